import { expect, test } from 'vitest';
import { digestOf, type Digest } from '../../base/digest.ts';
import { errorCatalogue } from '../../contract/errors.ts';
import type { StreamEvent } from '../../contract/stream.ts';
import { createConversation, type Conversation, type ConversationOptions } from './conversation.ts';
import { createEvents } from './testing/events.ts';

const blobs = new Map<Digest, Uint8Array>();

function begin(options: Partial<ConversationOptions> = {}): Conversation {
  return createConversation({
    blobs: { get: async (digest) => blobs.get(digest) },
    columns: () => 60,
    colour: false,
    hyperlinks: false,
    code: { highlight: () => undefined, load: async () => {} },
    ...options,
  });
}

async function shown(conversation: Conversation, ...events: StreamEvent[]): Promise<string[]> {
  const lines: string[] = [];
  for (const event of events) lines.push(...(await conversation.take(event)));
  return lines;
}

const text = (said: string) => [{ type: 'text' as const, text: said }];

test('a turn: the message where it begins, the answer, what it took; each once', async () => {
  const { entry, delta } = createEvents();
  const conversation = begin();
  expect(await shown(conversation, entry('input.received'))).toEqual([]);
  expect(conversation.queued()).toEqual([{ event_id: 'e1', text: 'hello' }]);
  expect(await shown(conversation, entry('turn.started'))).toEqual(['', '› hello']);
  expect(conversation.queued()).toEqual([]);
  expect(conversation.hasBegun('e1')).toBe(true);
  expect(conversation.turn()).toEqual({ turn: 1, event_ids: ['e1'] });
  expect(conversation.doing()?.phase).toBe('thinking');
  expect(await shown(conversation, entry('model.requested'), delta('Good '), delta('morn'))).toEqual([]);
  expect(conversation.live()).toEqual(['', 'Good morn']);
  expect(conversation.doing()?.phase).toBe('answering');
  expect(await shown(conversation, entry('model.replied', { parts: text('Good morning.') }))).toEqual([
    '',
    'Good morning.',
  ]);
  expect(await shown(conversation, entry('turn.ended'))).toEqual(['  3s · 15 tokens']);
  expect(conversation.doing()).toBeUndefined();
  expect(conversation.turn()).toBeUndefined();
  expect(conversation.seq()).toBe(5);
});

test('an answer that nobody saw as it came is printed whole', async () => {
  const { entry } = createEvents();
  const parts = text('All of it.');
  expect(await shown(begin(), entry('turn.started'), entry('model.replied', { parts }))).toEqual(['', 'All of it.']);
});

test('what the model could not see is said beside its answer', async () => {
  const { entry } = createEvents();
  const unseen = { model: 'gpt', seq: 2, parts: ['"cat.png" (image/png, 3 KB)'] };
  const lines = await shown(begin(), entry('turn.started'), entry('model.replied', { parts: text('No.'), unseen }));
  expect(lines.slice(0, 3)).toEqual(['', 'No.', '']);
  expect(lines.slice(3).join(' ')).toMatch(/! gpt can't see "cat\.png" \(image\/png, 3\s+KB\)/);
});

test('an answer of several parts, whose pieces come without the breaks between them, is not said twice', async () => {
  const { entry, delta } = createEvents();
  const parts = [...text('One.'), ...text('Two.')];
  const lines = await shown(
    begin(),
    entry('turn.started'),
    delta('One.'),
    delta('Two.'),
    entry('model.replied', { parts }),
  );
  expect(lines.join('\n').match(/One\./g)).toHaveLength(1);
  expect(lines.join('\n').match(/Two\./g)).toHaveLength(1);
});

test('an answer that is recorded otherwise than it came is shown as it is recorded', async () => {
  const { entry, delta } = createEvents();
  const replied = entry('model.replied', { parts: text('key [redacted]') });
  const lines = await shown(begin(), entry('turn.started'), delta('key 1234'), replied);
  expect(lines).toEqual(['', 'key 1234', '', 'key [redacted]']);
});

test('what a failed attempt said stands alone; the next begins anew and says why', async () => {
  const { entry, delta } = createEvents();
  const conversation = begin();
  const lines = await shown(
    conversation,
    entry('turn.started'),
    entry('model.requested', { attempt: 1 }),
    delta('Half an ans'),
    entry('model.failed'),
    entry('model.requested', { attempt: 2 }),
    delta('Whole.', { attempt: 2 }),
    entry('model.replied', { attempt: 2, parts: text('Whole.') }),
  );
  expect(lines).toEqual(['', 'Half an ans', '', '! too busy; asks gpt again, attempt 2', '', 'Whole.']);
  const fellBack = [entry('model.failed'), entry('model.requested', { attempt: 3, model: 'another' })];
  expect(await shown(conversation, ...fellBack)).toEqual(['', '! too busy; asks another instead, attempt 3']);
});

test('pieces of another attempt are never joined to those before', async () => {
  const { entry, delta } = createEvents();
  const conversation = begin();
  await shown(conversation, entry('turn.started'), delta('Half'));
  expect(await shown(conversation, delta('Whole', { attempt: 2 }))).toEqual(['', 'Half']);
  expect(conversation.live()).toEqual(['', 'Whole']);
});

test('reasoning and arguments are not shown', async () => {
  const { entry, delta } = createEvents();
  const conversation = begin();
  const pieces = [delta('hm', { kind: 'reasoning' }), delta('{"cmd":', { kind: 'arguments' })];
  expect(await shown(conversation, entry('turn.started'), ...pieces)).toEqual([]);
  expect(conversation.live()).toEqual([]);
});

test('a call: its last lines while it runs, then its title, how it ended and the first lines', async () => {
  const { entry, delta } = createEvents();
  const conversation = begin();
  const output = { call_id: 'c1', kind: 'tool_output' as const };
  await shown(conversation, entry('turn.started'), entry('call.inspected'), entry('call.started'));
  expect(conversation.output()).toEqual([]);
  await shown(conversation, delta('1\n2\n3\n', output), delta('4\n', output), delta('x', { ...output, call_id: 'c9' }));
  expect(conversation.output()).toEqual(['  │ 2', '  │ 3', '  │ 4']);
  expect(conversation.doing()).toMatchObject({ phase: 'running', calls: ['Run true'] });
  const finished = entry('call.finished', { output: '1\n2\n3\n4\n5\n6\n', exit_code: 2 });
  expect(await shown(conversation, finished)).toEqual([
    '',
    '● Run true · exit code 2, 9ms',
    '  │ 1',
    '  │ 2',
    '  │ 3',
    '  │ 4',
    '  │ … 2 more lines',
  ]);
  expect(conversation.doing()?.phase).toBe('thinking');
});

test('an approval is printed whole and waits until it is resolved', async () => {
  const { entry } = createEvents();
  const conversation = begin();
  const body = 'rm -rf build\nmake';
  const diff = '@@ -1 +1 @@\n-a\n+b';
  const digest = digestOf(body);
  blobs.set(digest, Buffer.from(body));
  const presentation = {
    title: 'Change\nit \x1b[31mred',
    body: { blob: digest, bytes: body.length, head: 'rm', tail: 'ke' },
    diff,
  };
  const lines = await shown(
    conversation,
    entry('turn.started'),
    entry('call.inspected', { presentation }),
    entry('approval.requested', { may_repeat_of: 'c0' }),
  );
  expect(lines).toEqual([
    '',
    '? Change it �[31mred',
    '  rm -rf build',
    '  make',
    '  @@ -1 +1 @@',
    '  -a',
    '  +b',
    '  careful: c0 was the same call and may have taken effect',
  ]);
  expect(conversation.asked()).toEqual([{ approval_id: 'a-1', call_id: 'c1', title: presentation.title, rows: 7 }]);
  expect(conversation.doing()?.phase).toBe('waiting');
  const resolved = entry('approval.resolved', {
    outcome: 'denied',
    reason: 'not now',
    by: { actor: { id: 'ann', role: 'admin' }, via: 'http' },
  });
  expect(await shown(conversation, resolved)).toEqual(['✗ denied by ann via http: not now']);
  expect(conversation.asked()).toEqual([]);
});

test('a person who said no is not told again that the call was not run', async () => {
  const { entry } = createEvents();
  const conversation = begin();
  await shown(conversation, entry('turn.started'), entry('call.inspected'));
  expect(await shown(conversation, entry('call.refused', { why: 'approval_denied' }))).toEqual([]);
  expect(await shown(conversation, entry('call.refused'))).toEqual([
    '',
    '○ Run true: not run',
    '  │ the policy refuses it',
  ]);
});

test('what is said to the running turn is shown at once, whole, without control characters', async () => {
  const { entry } = createEvents();
  const conversation = begin();
  const parts = [...text('use\x1b[2J npm\nnot yarn\n'), { type: 'file' as const, blob: digestOf(''), media_type: 'text/plain', name: 'a\x1b.txt', bytes: 0 }]; // prettier-ignore
  expect(await shown(conversation, entry('input.received', { mode: 'steer', parts, source: 'telegram' }))).toEqual([
    '',
    '» use�[2J npm',
    '  not yarn',
    '  + @a�.txt · text/plain, 0 bytes',
    '  (telegram)',
  ]);
  expect(conversation.queued()).toEqual([]);
});

test('a text that stands on the screen as it was typed is not printed again', async () => {
  const { entry } = createEvents();
  const conversation = begin({ isEchoed: (said) => said === 'hello' });
  expect(await shown(conversation, entry('input.received'), entry('turn.started'))).toEqual([]);
});

test('a turn that fails says why, what the runtime says of it, and what to do', async () => {
  const { entry } = createEvents();
  const ended = entry('turn.ended', { reason: 'auth_missing', code: 'auth_missing' });
  const lines = await shown(
    begin(),
    entry('turn.started'),
    entry('reply.made', { parts: text('There is no key.') }),
    ended,
  );
  expect(lines.slice(0, 3)).toEqual(['', expect.stringMatching(/^■ auth missing · /), '  There is no key.']);
  expect(
    lines
      .slice(3)
      .map((line) => line.trim())
      .join(' '),
  ).toBe(errorCatalogue.auth_missing.next);
});

test('the end of a turn leaves nothing behind: no answer under way, no call, no question', async () => {
  const { entry, delta } = createEvents();
  const conversation = begin();
  await shown(
    conversation,
    entry('turn.started'),
    entry('call.inspected'),
    entry('approval.requested'),
    entry('call.started'),
    delta('Half'),
  );
  const lines = await shown(conversation, entry('turn.ended', { reason: 'canceled' }));
  expect(lines).toEqual(['', 'Half', '', expect.stringMatching(/^■ canceled/)]);
  expect([conversation.live(), conversation.output(), conversation.asked(), conversation.doing()]).toEqual([
    [],
    [],
    [],
    undefined,
  ]);
});

test('a session of thousands of turns keeps of those that ended only what their messages were', async () => {
  const { entry } = createEvents();
  const conversation = begin();
  for (let turn = 1; turn <= 300; turn++) {
    const event_ids = [`e${turn}`];
    await shown(
      conversation,
      entry('input.received', { event_id: `e${turn}` }),
      entry('turn.started', { turn, event_ids }),
      entry('call.inspected'),
      entry('turn.ended', { turn, event_ids }),
    );
  }
  expect(conversation.hasBegun('e300')).toBe(true);
  expect(conversation.hasBegun('e1')).toBe(false);
  // The title of a call is known for as long as its turn is open.
  expect(await shown(conversation, entry('call.refused'))).toEqual(['', '○ c1: not run', expect.anything()]);
});

test('tokens and money are counted for the turn and for all', async () => {
  const { entry } = createEvents();
  const conversation = begin();
  const replied = { cost_micro_usd: 250_000 };
  await shown(
    conversation,
    entry('turn.started'),
    entry('model.replied', replied),
    entry('turn.ended'),
    entry('turn.started'),
  );
  await shown(conversation, entry('model.replied', replied));
  expect(conversation.doing()).toMatchObject({ tokens: 15, cost_micro_usd: 250_000 });
  expect(conversation.spent()).toEqual({ tokens: 30, cost_micro_usd: 500_000 });
});

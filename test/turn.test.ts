/** A turn from its message to its answer, as the model and the journal see it. H-numbers: the prior art's checks. */
import { describe, expect } from 'vitest';
import type { MockOpenai } from './support/mock-openai.ts';
import { approvalsIn, entriesOf, expectVerified, type Line, test } from './support/place.ts';

interface Sent {
  model: string;
  messages: { role: string; content: unknown; tool_calls?: { id: string }[]; tool_call_id?: string }[];
  tools?: { function: { name: string } }[];
}

const sentTo = (mock: MockOpenai): Sent[] => mock.requests.map(({ body }) => body as Sent);
const textIn = (value: unknown): string => JSON.stringify(value);

/** The journal without what differs from run to run: ids, times, digests over them. */
function shapeOf(lines: Line[]): unknown[] {
  const dropped =
    /^(at|prev|hash|durable|event_id|event_ids|session_id|duration_ms|expires_at|frozen|idempotency_key)$/;
  return JSON.parse(
    JSON.stringify(lines, (key, value: unknown) => (dropped.test(key) ? undefined : value)),
  ) as unknown[];
}

describe('one message', () => {
  test('a plain question is one model call', async ({ place, mock }) => {
    mock.reply({ text: 'Forty-two.' });
    place.connect(mock);
    expect((await place.run(['run', '--session', 'one', 'What is it?'])).stdout).toBe('Forty-two.\n');
    expect(mock.requests).toHaveLength(1);
    const [{ messages, tools }] = sentTo(mock) as [Sent];
    expect(messages.map(({ role }) => role)).toEqual(['system', 'user']);
    expect(textIn(messages[1])).toContain('What is it?');
    expect(tools!.map((tool) => tool.function.name)).toContain('exec_command');
  });

  test('H-64 plan, think, act, think: in that order, one turn', async ({ place }) => {
    place.play([
      { match: { tool_result: 'time' }, reply: { text: 'It is late.' } },
      { match: { any: true }, reply: { calls: [{ tool: 'time', arguments: {} }] } },
    ]);
    await place.run(['run', '--session', 'one', 'go']);
    const phases = place
      .journal('one')
      .filter(({ type }) => ['plan.made', 'model.requested', 'call.started', 'turn.reflected'].includes(type));
    expect(phases.map(({ type }) => type)).toEqual([
      'plan.made', 'model.requested', 'call.started', 'turn.reflected', 'model.requested', 'turn.reflected',
    ]); // prettier-ignore
    expect(entriesOf(place.journal('one'), 'turn.reflected').map(({ turn, signal }) => `${turn} ${signal}`)).toEqual([
      '1 continue',
      '1 stop',
    ]);
  });

  test('N rounds of tools are N + 1 model calls, and each result goes with its call', async ({ place, mock }) => {
    place.write('a.txt', 'the content of a\n');
    mock.reply(
      {
        calls: [
          { name: 'read_file', arguments: { path: 'a.txt' } },
          { name: 'list_files', arguments: { path: '.' } },
        ],
      },
      { calls: [{ name: 'time', arguments: {} }] },
      { text: 'Done.' },
    );
    place.connect(mock);
    await place.run(['run', '--session', 'one', 'go']);
    const requests = sentTo(mock);
    expect(requests).toHaveLength(3);
    const last = requests[2]!.messages;
    expect(last.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool', 'tool', 'assistant', 'tool']);
    const called = last.flatMap(({ tool_calls }) => tool_calls ?? []).map(({ id }) => id);
    expect(last.flatMap(({ tool_call_id }) => tool_call_id ?? [])).toEqual(called);
    expect(textIn(last[3])).toContain('the content of a');
    // What was sent before is sent again as it was: caches of prefixes hit.
    for (const [index, { messages }] of requests.slice(0, -1).entries()) {
      expect(requests[index + 1]!.messages.slice(0, messages.length)).toEqual(messages);
      expect(requests[index + 1]!.tools).toEqual(requests[index]!.tools);
    }
    await expectVerified(place, 'one');
  });

  test('an approved call goes on without the model being asked again', async ({ place, mock }) => {
    mock.reply({ calls: [{ name: 'exec_command', arguments: { cmd: 'echo ran >> ran.txt' } }] }, { text: 'Done.' });
    place.connect(mock);
    const asked = await place.run(['run', '--session', 'one', 'go']);
    expect((await place.run(['run', '--session', 'one'])).code).toBe(5);
    expect(mock.requests).toHaveLength(1);
    await place.run(['approve', approvalsIn(asked)[0]!]);
    expect(mock.requests).toHaveLength(1);
    expect((await place.run(['run', '--continue'])).stdout).toBe('Done.\n');
    expect(mock.requests).toHaveLength(2); // with the result; the call itself wasn't asked for again
    expect(textIn(sentTo(mock)[1]!.messages.at(-1))).toContain('exit code 0');
    expect(place.read('ran.txt')).toBe('ran\n');
    await expectVerified(place, 'one');
  });

  test('a message for a session that waits is accepted, and said to be', async ({ place, mock }) => {
    mock.reply(
      { calls: [{ name: 'exec_command', arguments: { cmd: 'true' } }] },
      { text: 'First.' },
      { text: 'Second.' },
    );
    place.connect(mock);
    const asked = await place.run(['run', '--session', 'one', 'go']);
    const second = await place.run(['run', '--session', 'one', 'and then?']);
    expect(second).toMatchObject({ code: 5, stdout: '' });
    expect(second.stderr).toContain('accepted; session one has an open turn, which goes on first\n');
    expect(second.stderr).toContain('waits for a person: Run true\n');
    const resumed = await place.run(['approve', approvalsIn(asked)[0]!, '--resume']);
    expect(resumed.stdout).toBe('First.\n');
    expect(resumed.stderr).toContain('other messages answered: 1;');
  });

  test('H-80 the same script and inputs give the same entries', async ({ place }) => {
    place.write('a.txt', 'the content\n');
    place.play([
      { match: { tool_result: 'read_file' }, reply: { text: 'Read: {{result}}', chunks: 3 } },
      { match: { any: true }, reply: { calls: [{ tool: 'read_file', arguments: { path: 'a.txt' } }] } },
    ]);
    await place.run(['run', '--session', 'one', 'go']);
    await place.run(['run', '--session', 'two', 'go']);
    expect(shapeOf(place.journal('two'))).toEqual(shapeOf(place.journal('one')));
  });
});

describe('sessions', () => {
  test('H-31 a later message is answered with the earlier ones in sight', async ({ place, mock }) => {
    mock.reply({ text: 'Noted.' }, { text: 'Blue.' }, { text: 'Still blue.' });
    place.connect(mock);
    await place.run(['run', '--session', 'one', 'My colour is blue.']);
    await place.run(['run', '--session', 'one', 'Which is my colour?']);
    await place.run(['run', '--continue', 'And now?']);
    const texts = sentTo(mock).map(({ messages }) => textIn(messages));
    expect(texts[1]).toContain('My colour is blue.');
    expect(texts[1]).toContain('Noted.');
    expect(texts[2]).toContain('Which is my colour?');
    expect(sentTo(mock)[2]!.messages).toHaveLength(6);
    await expectVerified(place, 'one');
  });

  test('a session keeps its project root wherever it is continued from', async ({ place }) => {
    place.write('here/a.txt', 'found\n');
    place.play([
      { match: { tool_result: 'read_file' }, reply: { text: '{{result}}' } },
      { match: { any: true }, reply: { calls: [{ tool: 'read_file', arguments: { path: 'a.txt' } }] } },
    ]);
    await place.run(['run', '--session', 'one', '--root', 'here', 'go']);
    const { stdout } = await place.run(['run', '--session', 'one', 'go'], { cwd: '/' });
    expect(stdout).toContain('found');
  });

  test('--model answers from now on, and the session remembers it', async ({ place, mock }) => {
    mock.reply({ text: 'a' }, { text: 'b' }, { text: 'c' });
    place.connect(mock);
    await place.run(['run', '--session', 'one', 'go']);
    await place.run(['run', '--session', 'one', '--model', 'other', 'go']);
    await place.run(['run', '--session', 'one', 'go']);
    expect(sentTo(mock).map(({ model }) => model)).toEqual(['mock', 'other', 'other']);
  });

  test('without anything set up the offline demo answers, and says so once', async ({ place }) => {
    place.write('README.md', '# Rockets\n');
    const ran = await place.run(['run', 'What does this project do?']);
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain('# Rockets');
    expect(ran.stderr).toMatch(/^offline demo: .*OPENAI_API_KEY.*\n$/);
    expect((await place.run(['run', 'Fix it'])).code).toBe(5);
  });
});

describe('limits', () => {
  test('H-71 max_turns: it ends, says so, and tells what was done until then', async ({ place }) => {
    place.play(
      [
        { match: { request: 1 }, reply: { calls: [{ tool: 'time', arguments: {} }] } },
        {
          match: { any: true },
          reply: { text: 'one more', calls: [{ tool: 'list_files', arguments: { path: '.' } }] },
        },
      ],
      { orchestrator: { max_turns: 2 } },
    );
    const { code, stdout, stderr } = await place.run(['run', '--session', 'one', 'go']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('orchestrator.max_turns');
    expect(stderr).toContain('list_files (1 done)');
    const lines = place.journal('one');
    expect(entriesOf(lines, 'turn.ended')).toMatchObject([{ reason: 'failed', code: 'max_turns', model_calls: 2 }]);
    expect(entriesOf(lines, 'reply.made')).toMatchObject([{ final: true }]);
    await expectVerified(place, 'one');
  });

  test('H-70 however a turn stops, there is a reply in words', async ({ place }) => {
    place.play([
      { match: { equals: 'refuse' }, reply: { text: 'I would rather not.', stop_reason: 'refused' } },
      { match: { equals: 'break' }, fail: { class: 'invalid_request', message: 'no such parameter' } },
    ]);
    const refused = await place.run(['run', '--session', 'a', 'refuse']);
    const broken = await place.run(['run', '--session', 'b', 'break']);
    expect([refused.code, broken.code]).toEqual([1, 1]);
    expect(refused.stderr).toContain('I would rather not.');
    expect(broken.stderr).toContain('no such parameter');
  });

  test('H-73 calls_per_reply 2 of 5 calls: two run, the others are told the limit', async ({ place }) => {
    const calls = Array.from({ length: 5 }, () => ({ tool: 'time', arguments: {} }));
    place.play(
      [
        { match: { tool_result: 'time' }, reply: { text: '{{result}}' } },
        { match: { any: true }, reply: { calls } },
      ],
      { orchestrator: { max_calls_per_reply: 2 } },
    );
    expect((await place.run(['run', '--session', 'one', 'go'])).stdout).toContain('[limit]');
    const lines = place.journal('one');
    expect(entriesOf(lines, 'call.finished').map(({ call_id }) => call_id)).toEqual(['c1.1.1', 'c1.1.2']);
    expect(entriesOf(lines, 'call.refused').map(({ why }) => why)).toEqual(['limit', 'limit', 'limit']);
    await expectVerified(place, 'one');
  });

  test('A-30: a rate limit is waited out as long as the service says, in the same call', async ({ place, mock }) => {
    mock.reply(
      { status: 429, headers: { 'retry-after': '1' }, body: { error: { message: 'slow down' } } },
      { text: 'ok' },
    );
    place.connect(mock);
    expect((await place.run(['run', '--session', 'one', 'go'])).stdout).toBe('ok\n');
    expect(mock.requests[1]!.arrivedAt - mock.requests[0]!.arrivedAt).toBeGreaterThanOrEqual(1000);
    const lines = place.journal('one');
    expect(entriesOf(lines, 'model.failed')).toMatchObject([{ class: 'rate_limit', retry_after_ms: 1000 }]);
    expect(entriesOf(lines, 'timer.fired')).toHaveLength(1);
    await expectVerified(place, 'one');
  });

  test('A-31, A-32: what a tool did is not done again when the model must be asked again', async ({ place, mock }) => {
    mock.reply(
      { calls: [{ name: 'exec_command', arguments: { cmd: 'echo ran >> ran.txt' } }] },
      { status: 429, headers: { 'retry-after': '0' }, body: { error: { message: 'slow down' } } },
      { text: 'half of an answer', chunks: 4, cutAfter: 3 },
      { text: 'Done.' },
    );
    place.connect(mock, {}, { governance: { auto_allow: ['exec_command'] } });
    expect((await place.run(['run', '--session', 'one', 'go'])).stdout).toBe('Done.\n');
    expect(place.read('ran.txt')).toBe('ran\n');
    expect(mock.requests).toHaveLength(4);
    expect(entriesOf(place.journal('one'), 'model.failed')).toMatchObject([
      { class: 'rate_limit' },
      { class: 'network' },
    ]);
    await expectVerified(place, 'one');
  });

  test('H-82 a fallback is asked under its own model id when the first cannot be reached', async ({ place, mock }) => {
    mock.reply({ status: 500 }, { text: 'from the second' });
    place.connect(mock);
    place.configure({
      models: {
        default: 'first',
        fallback: ['second'],
        registry: ['first', 'second'].map((name) => ({
          name,
          model: `${name}-id`,
          base_url: mock.url,
          api_key: 'sk-0123456789',
        })),
      },
      orchestrator: { model_attempts: 1 },
    });
    expect((await place.run(['run', '--session', 'one', 'go'])).stdout).toBe('from the second\n');
    expect(sentTo(mock).map(({ model }) => model)).toEqual(['first-id', 'second-id']);
    await expectVerified(place, 'one');
  });
});

/**
 * The process that owns the workspace goes, in every way and at every moment: who is attached goes on in front of the
 * person, nothing is lost and nothing is done twice.
 */
import { existsSync } from 'node:fs';
import { describe, type ExpectStatic } from 'vitest';
import { entriesOf, type Line, linesOf, type Place, test, until } from './support/place.ts';
import type { MockOpenai, MockReply } from './support/mock-openai.ts';
import { openTerminal, type Terminal } from './support/terminal.ts';
import {
  expectEnded,
  expectOnceInOrder,
  HELD,
  joinRepl,
  journaled,
  letGo,
  openRepl,
  ownerOf,
  press,
  say,
  shell,
  socketOf,
  times,
} from './support/shared.ts';

const RUNS = { governance: { auto_allow: ['exec_command'] } };
const ASKS = { governance: { auto_allow: ['read_file'] } };
const RUN = 'echo ran >> ran.txt';
const TAKEN_OVER = 'this one has taken over';
const has =
  (type: Line['type'], often = 1) =>
  (lines: Line[]): boolean =>
    lines.filter((line) => line.type === type).length >= often;

describe.concurrent('the owner leaves', () => {
  test('what runs comes to its end first; what is said meanwhile has one turn', async ({ place, mock, expect }) => {
    place.connect(mock, {}, RUNS);
    mock.reply(shell(HELD), { text: 'First done.' }, { text: 'Second done.' });
    const a = await openRepl(place, 's');
    const b = await joinRepl(place, 's');
    say(a, 'one');
    await journaled(place, 's', has('call.started'));
    a.press('ctrl-d');
    await a.waitFor('leaves when what runs has ended');
    say(b, 'two');
    await b.waitFor('leaves; this goes to the next one');
    letGo(place);
    expect(await a.exited).toEqual({ code: 0, signal: null });
    await b.waitFor('Second done.');
    await expectEnded(place, 's', 2);
    expectOnceInOrder(b, '› one', '● Run echo', `has left; ${TAKEN_OVER}`, 'First done.', '› two', 'Second done.');
    expect([mock.requests.length, place.read('ran.txt'), ownerOf(place)]).toEqual([3, 'ran\n', b.pid]);
    expect(entriesOf(place.journal('s'), 'input.received')).toHaveLength(2);
  });

  test('Ctrl-C ends its patience, and what it cut goes on elsewhere', async ({ place, mock, expect }) => {
    place.connect(mock);
    mock.reply({ hangHead: true }, { text: 'Done.' });
    const a = await openRepl(place, 's');
    const b = await joinRepl(place, 's');
    say(a, 'one');
    await until('the model is asked', () => mock.requests.length === 1);
    a.press('ctrl-d');
    await a.waitFor('leaves when what runs has ended');
    a.press('ctrl-c');
    expect(await a.exited).toEqual({ code: 0, signal: null });
    await b.waitFor('Done.');
    await expectEnded(place, 's', 1);
    expectOnceInOrder(b, '› one', `has left; ${TAKEN_OVER}`, 'Done.');
  });

  test('of two others one takes over, and the third is told which', async ({ place, mock, expect }) => {
    place.connect(mock);
    mock.reply({ text: 'Here.' });
    const a = await openRepl(place, 's');
    const others = [await joinRepl(place, 's'), await joinRepl(place, 's')];
    a.press('ctrl-d');
    expect(await a.exited).toEqual({ code: 0, signal: null });
    for (const other of others) await other.waitFor('has taken over');
    const [next, third] = others[0]!.screen().includes(TAKEN_OVER) ? others : others.toReversed();
    expect(third!.screen()).toContain(`has left; another one has taken over, pid ${next!.pid}`);
    say(third!, 'where?');
    for (const other of others) await other.waitFor('Here.');
    next!.signal('SIGKILL');
    await third!.waitFor(`has ended; ${TAKEN_OVER}`);
    await expectEnded(place, 's', 1);
  });
});

interface Phase {
  config?: object;
  /** Before and after the kill. */
  replies: [MockReply[], MockReply[]];
  reached: (place: Place, mock: MockOpenai, attached: string) => boolean;
  /** What is in ran.txt at the end. */
  ran: string;
}

const asked =
  (often: number) =>
  (_: Place, { requests }: MockOpenai): boolean =>
    requests.length === often;

const PHASES: Record<string, Phase> = {
  'it thinks': { replies: [[{ hangHead: true }], [{ text: 'Done.' }]], reached: asked(1), ran: '' },
  'it answers': {
    replies: [[{ text: 'uno dos tres', chunks: 3, hangAfter: 3 }], [{ text: 'Done.' }]],
    reached: (_place, _mock, attached) => attached.includes('uno'),
    ran: '',
  },
  'a tool runs': {
    config: RUNS,
    replies: [[shell(HELD)], [{ text: 'Done.' }]],
    reached: (place) => place.read('ran.txt') !== '',
    ran: 'ran\n',
  },
  'between tool and model': {
    config: RUNS,
    replies: [[shell(RUN), { hangHead: true }], [{ text: 'Done.' }]],
    reached: asked(2),
    ran: 'ran\n',
  },
};

describe.concurrent.each(Object.entries(PHASES))('the owner is killed while %s', (_, phase) => {
  const { config, replies, reached, ran } = phase;

  test('a terminal goes on', async ({ place, mock, expect }) => {
    place.connect(mock, {}, config);
    mock.reply(...replies[0]);
    const a = await openRepl(place, 's');
    const b = await joinRepl(place, 's');
    say(a, 'one');
    await until('it is so far', () => reached(place, mock, b.screen()));
    mock.reply(...replies[1]);
    a.signal('SIGKILL');
    await b.waitFor('Done.');
    await expectEnded(place, 's', 1);
    expectOnceInOrder(b, '› one', `has ended; ${TAKEN_OVER}`, 'Done.');
    expect([times(b, 'error'), place.read('ran.txt')]).toEqual([0, ran]);
    expect(mock.requests).toHaveLength(replies.flat().length);
    letGo(place);
  });

  test('a one-shot run goes on', async ({ place, mock, expect }) => {
    place.connect(mock, {}, config);
    mock.reply(...replies[0]);
    const a = await openRepl(place, 'elsewhere');
    await until('it serves', () => existsSync(socketOf(place)));
    const run = place.start(['run', '--json', '--session', 's', 'one']);
    let output = '';
    run.child.stdout!.on('data', (text: string) => (output += text));
    await until('it is so far', () => reached(place, mock, output));
    mock.reply(...replies[1]);
    a.signal('SIGKILL');
    const { code, stdout } = await run.ended;
    expect(code).toBe(0);
    const events = linesOf(stdout) as { id: string | null; seq: number; data: { text?: string } }[];
    expect(events.at(-1)!.data.text).toBe('Done.');
    const seqs = events.flatMap(({ id, seq }) => (id === null ? [] : [seq]));
    expect(seqs).toEqual(place.journal('s').map(({ seq }) => seq));
    await expectEnded(place, 's', 1);
    expect(place.read('ran.txt')).toBe(ran);
    letGo(place);
  });
});

describe.concurrent('the owner is killed', () => {
  test('while nothing happens: the next message is answered', async ({ place, mock, expect }) => {
    place.connect(mock);
    mock.reply({ text: 'Done.' });
    const a = await openRepl(place, 's');
    const b = await joinRepl(place, 's');
    a.signal('SIGKILL');
    await b.waitFor(TAKEN_OVER);
    say(b, 'one');
    await b.waitFor('Done.');
    await expectEnded(place, 's', 1);
    expect(mock.requests).toHaveLength(1);
  });

  test('while an approval waits: it still does, and is answered there', async ({ place, mock, expect }) => {
    place.connect(mock, {}, ASKS);
    mock.reply(shell(RUN), { text: 'Done.' });
    const a = await openRepl(place, 's');
    const b = await joinRepl(place, 's');
    say(a, 'one');
    await b.waitFor('y yes');
    a.signal('SIGKILL');
    await b.waitFor(TAKEN_OVER);
    await press('y', b);
    await b.waitFor('Done.');
    await expectEnded(place, 's', 1);
    expectOnceInOrder(b, '› one', '? Run echo', TAKEN_OVER, '✓ approved', '● Run echo', 'Done.');
    expect(place.read('ran.txt')).toBe('ran\n');
  });

  test('while a message waits for its turn, and another is on its way', async ({ place, mock, expect }) => {
    place.connect(mock);
    mock.reply({ hangHead: true });
    const a = await openRepl(place, 's');
    const b = await joinRepl(place, 's');
    say(a, 'one');
    await until('the model is asked', () => mock.requests.length === 1);
    say(b, 'two');
    await b.waitFor('next: two');
    a.signal('SIGSTOP');
    say(b, 'three');
    mock.reply({ text: 'Answer 1.' }, { text: 'Answer 2.' }, { text: 'Answer 3.' });
    a.signal('SIGKILL');
    await b.waitFor('Answer 3.');
    await expectEnded(place, 's', 3);
    expectOnceInOrder(b, '› one', TAKEN_OVER, 'Answer 1.', '› two', 'Answer 2.', '› three', 'Answer 3.');
    expect(mock.requests).toHaveLength(4);
  });
});

describe.concurrent('the owner stands still', () => {
  test('who is attached says so, displaces nobody, and goes on when it does', async ({ place, mock, expect }) => {
    place.connect(mock);
    mock.reply({ text: 'Done.' });
    const a = await openRepl(place, 's');
    const b = await joinRepl(place, 's');
    a.signal('SIGSTOP');
    say(b, 'one');
    await b.waitFor('does not answer; it may be suspended');
    expect(ownerOf(place)).toBe(a.pid);
    a.signal('SIGCONT');
    for (const terminal of [a, b]) await terminal.waitFor('Done.');
    await b.waitFor('answers again');
    await expectEnded(place, 's', 1);
    expect([times(b, TAKEN_OVER), times(b, 'error'), mock.requests.length]).toEqual([0, 0, 1]);
  });

  test.for([
    ['Ctrl-D', ['ctrl-d'], 0],
    ['Ctrl-C twice', ['ctrl-c', 'ctrl-c'], 130],
  ] as const)('%s leaves at once, also before it was let in', async ([, keys, code], { place, mock, expect }) => {
    place.connect(mock);
    mock.reply({ hangHead: true });
    const a = await openRepl(place, 's');
    const b = await joinRepl(place, 's');
    say(b, 'one');
    await until('the model is asked', () => mock.requests.length === 1);
    a.signal('SIGSTOP');
    say(b, 'two');
    const c = openTerminal(place, ['run', '--session', 's']);
    await c.waitFor('starting …');
    for (const terminal of [b, c]) {
      terminal.press(...keys);
      expect(await terminal.exited).toEqual({ code, signal: null });
      expect(times(terminal, 'error')).toBe(0);
    }
    expect(b.screen()).toContain('not sent: two');
    a.signal('SIGCONT');
    a.press('ctrl-c');
    await a.waitFor('canceled');
    await expectEnded(place, 's', 1);
  });
});

/** What a turn with one call writes, each with how often its type has come. */
const TURN: Line['type'][] = [
  'session.created', 'input.received', 'turn.started', 'plan.made',
  'model.requested', 'model.replied', 'call.inspected', 'policy.decided', 'call.started', 'call.finished', 'turn.reflected',
  'model.requested', 'model.replied', 'turn.reflected', 'reply.made', 'turn.ended',
]; // prettier-ignore

/** One freeze, two model calls, an inspection and a run of the tool. */
const EFFECTS = 5;

const points = [
  'before-ack',
  ...TURN.flatMap((type, index) => {
    const pass = TURN.slice(0, index + 1).filter((other) => other === type).length;
    return [`before-append-${type}:${pass}`, `after-append-${type}:${pass}`];
  }),
  ...['call.started', 'turn.ended'].flatMap((type) => [`before-sync-${type}`, `after-sync-${type}`]),
  ...Array.from({ length: EFFECTS }, (_, index) => [`before-effect:${index + 1}`, `after-effect:${index + 1}`]).flat(),
];

describe.concurrent('the owner dies in front of a terminal', () => {
  const prepare = (place: Place): void =>
    place.play(
      [
        { match: { tool_result: 'exec_command' }, reply: { text: 'All done.' } },
        { match: { any: true }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: RUN } }] } },
      ],
      RUNS,
    );

  /** The turn came to its end, and proves itself, in the terminal that was left. */
  async function expectDone(place: Place, terminal: Terminal, expect: ExpectStatic): Promise<Line[]> {
    await terminal.waitFor('All done.');
    await journaled(place, 's', has('turn.ended'));
    say(terminal, '/verify');
    await terminal.waitFor('verified');
    const lines = place.journal('s');
    for (const type of ['session.created', 'input.received', 'turn.started', 'call.started', 'turn.ended'] as const) {
      expect(entriesOf(lines, type)).toHaveLength(1);
    }
    expectOnceInOrder(terminal, '› go', 'All done.');
    expect(times(terminal, 'error')).toBe(0);
    return lines;
  }

  test('the turn is this one', async ({ place, expect }) => {
    prepare(place);
    const a = await openRepl(place, 's');
    say(a, 'go');
    expect((await expectDone(place, a, expect)).map(({ type }) => type)).toEqual(TURN);
  });

  test.for(points)('%s', async (point, { place, expect }) => {
    prepare(place);
    const a = await openRepl(place, 's', { environment: { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: point } });
    const b = await joinRepl(place, 's');
    say(b, 'go');
    expect(await a.exited).toMatchObject({ signal: 'SIGKILL' });
    await b.waitFor(TAKEN_OVER);
    const lines = await expectDone(place, b, expect);
    const finished = entriesOf(lines, 'call.finished').length === 1;
    expect(entriesOf(lines, 'call.abandoned')).toHaveLength(finished ? 0 : 1);
    expect(finished ? ['ran\n'] : ['ran\n', '']).toContain(place.read('ran.txt'));
  });
});

/**
 * Killed at any named point of a turn, the next start carries the turn to its end: nothing finished is done again, a
 * command runs at most once, a patch is whole, and the journal proves itself. H-42 of the prior art's checks.
 */
import { existsSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { type EntryType } from '../src/contract/entries.ts';
import { entriesOf, expectVerified, type Line, type Place, type Ran, test } from './support/place.ts';

const PATCH = [
  '*** Begin Patch',
  '*** Update File: a.txt',
  '@@',
  '-old a',
  '+new a',
  '*** Add File: b.txt',
  '+new b',
  '*** Delete File: c.txt',
  '*** End Patch',
  '',
].join('\n');

/** Two reads side by side, a patch of three files, a command, an answer. */
function prepare(place: Place): void {
  place.write('a.txt', 'old a\n');
  place.write('c.txt', 'old c\n');
  const reads = ['a.txt', 'c.txt'].map((path) => ({ tool: 'read_file', arguments: { path } }));
  place.play(
    [
      { match: { tool_result: 'exec_command' }, reply: { text: 'All done.' } },
      {
        match: { tool_result: 'apply_patch' },
        reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'echo ran >> ran.txt' } }] },
      },
      { match: { tool_result: 'read_file' }, reply: { calls: [{ tool: 'apply_patch', arguments: { patch: PATCH } }] } },
      { match: { any: true }, reply: { calls: reads } },
    ],
    { governance: { auto_allow: ['read_file', 'apply_patch', 'exec_command'] } },
  );
}

const begin = (place: Place, point?: string): Promise<Ran> =>
  place.run(['run', '--session', 'one', 'go'], {
    environment: point === undefined ? {} : { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: point },
  });

/** The entries of such a turn, each with how often its type has come. */
const TURN: EntryType[] = [
  'session.created', 'input.received', 'turn.started', 'plan.made',
  'model.requested', 'model.replied', 'call.inspected', 'call.inspected', 'policy.decided', 'call.started',
  'policy.decided', 'call.started', 'call.finished', 'call.finished', 'turn.reflected',
  'model.requested', 'model.replied', 'call.inspected', 'policy.decided', 'call.started', 'call.finished', 'turn.reflected',
  'model.requested', 'model.replied', 'call.inspected', 'policy.decided', 'call.started', 'call.finished', 'turn.reflected',
  'model.requested', 'model.replied', 'turn.reflected', 'reply.made', 'turn.ended',
]; // prettier-ignore

/** Types of which one at least has a sync of its own: a guarded call and the end of the turn. */
const SYNCED: EntryType[] = ['policy.decided', 'call.started', 'turn.reflected', 'reply.made', 'turn.ended'];

/** One freeze, four model calls, four inspections and as many runs of tools. */
const EFFECTS = 13;

const points = [
  'before-ack',
  ...TURN.flatMap((type, index) => {
    const pass = TURN.slice(0, index + 1).filter((other) => other === type).length;
    return [`before-append-${type}:${pass}`, `after-append-${type}:${pass}`];
  }),
  ...SYNCED.flatMap((type) => [`before-sync-${type}`, `after-sync-${type}`]),
  ...Array.from({ length: EFFECTS }, (_, index) => [`before-effect:${index + 1}`, `after-effect:${index + 1}`]).flat(),
];

test('the turn that is killed at all these points is this one', async ({ place }) => {
  prepare(place);
  expect(await begin(place)).toMatchObject({ code: 0, stdout: 'All done.\n' });
  expect(place.journal('one').map(({ type }) => type)).toEqual(TURN);
});

describe.concurrent('H-42 killed at a named point, carried on by the next start', () => {
  test.for(points)('%s', async (point, { place, expect }) => {
    prepare(place);
    expect(await begin(place, point)).toMatchObject({ signal: 'SIGKILL', stdout: '' });
    const begun = existsSync(place.journalFile('one')) && place.journal('one').length > 0;
    expect((await place.run(['session', 'verify', 'one'])).code).toBe(begun ? 0 : 1); // as it lies there
    const resumed = await place.run(['run', '--session', 'one']);
    expect(resumed).toMatchObject({ code: 0, stdout: 'All done.\n' });

    const lines = place.journal('one');
    for (const type of ['session.created', 'input.received', 'turn.started', 'turn.ended'] as const) {
      expect(entriesOf(lines, type)).toHaveLength(1);
    }
    expect(entriesOf(lines, 'turn.ended')).toMatchObject([{ reason: 'success' }]);
    expectOnce(lines, place);
    expect({ a: place.read('a.txt'), b: place.read('b.txt'), c: place.read('c.txt') }).toEqual({
      a: 'new a\n',
      b: 'new b\n',
      c: '',
    });
    await expectVerified(place, 'one');
  });
});

/** The command was started at most once; told as finished, it ran; abandoned, it may have. */
function expectOnce(lines: Line[], place: Place): void {
  const started = entriesOf(lines, 'call.started').filter(({ tool }) => tool === 'exec_command');
  expect(started).toHaveLength(1);
  const finished = entriesOf(lines, 'call.finished').some(({ call_id }) => call_id === started[0]!.call_id);
  const abandoned = entriesOf(lines, 'call.abandoned').some(({ call_id }) => call_id === started[0]!.call_id);
  expect(finished).not.toBe(abandoned);
  expect(finished ? ['ran\n'] : ['ran\n', '']).toContain(place.read('ran.txt'));
}

test('without RUNTIME_CHAOS=1 no point is one', async ({ place }) => {
  prepare(place);
  const environment = { RUNTIME_CRASH_AT: 'before-effect' };
  expect((await place.run(['run', 'go'], { environment })).code).toBe(0);
});

test('a message that was accepted and never begun has its turn before the next', async ({ place }) => {
  place.play([{ match: { any: true }, reply: { text: 'You said: {{asked}}' } }]);
  const environment = { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: 'before-ack' };
  expect((await place.run(['run', '--session', 'one', 'first'], { environment })).signal).toBe('SIGKILL');
  expect(existsSync(place.journalFile('one'))).toBe(false);
  const { code, stdout } = await place.run(['run', '--session', 'one', 'second']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'You said: second\n' });
  const texts = entriesOf(place.journal('one'), 'input.received').map(({ parts }) => parts);
  expect(texts).toMatchObject([[{ text: 'first' }], [{ text: 'second' }]]);
  expect(entriesOf(place.journal('one'), 'turn.ended')).toHaveLength(2);
  await expectVerified(place, 'one');
});

test("an answer that nobody saw is shown as that message's, though another was answered since", async ({ place }) => {
  place.play([
    { match: { contains: 'second' }, reply: { text: 'two' } },
    { match: { any: true }, reply: { text: 'one' } },
  ]);
  const dying = (at: string) => ({ environment: { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: at } });
  await place.run(['run', '--session', 's', 'first'], dying('after-sync-turn.ended'));
  await place.run(['run', '--session', 's', 'second'], dying('before-ack'));
  const { code, stdout, stderr } = await place.run(['run', '--session', 's']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'one\n' });
  expect(stderr).toContain('other messages answered: 1');
});

test('H-51 a killed run is named by the next one, and its lock is free at once', async ({ place }) => {
  prepare(place);
  await begin(place, 'after-append-model.requested');
  const other = await place.run(['run', '--session', 'two', 'go']);
  expect(other.code).toBe(0);
  expect(other.stderr).toContain(
    'unfinished: session one: the model is asked again (attempt 2); carry it on with: runtime session resume one',
  );
});

test('a turn at which the program dies again and again is given up', async ({ place }) => {
  prepare(place);
  await begin(place, 'after-append-model.requested');
  const dies = { environment: { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: 'before-effect' } };
  for (let i = 0; i < 2; i++) expect((await place.run(['run', '--session', 'one'], dies)).signal).toBe('SIGKILL');
  const last = await place.run(['run', '--session', 'one']);
  expect(last).toMatchObject({ code: 1, stdout: '' });
  expect(entriesOf(place.journal('one'), 'turn.ended')).toMatchObject([{ reason: 'interrupted', code: 'quarantined' }]);
  await expectVerified(place, 'one');
  expect((await place.run(['run', '--session', 'one', 'go'])).code).toBe(0); // the next turn is another one
});

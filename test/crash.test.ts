/**
 * Killed at any named point of a turn, the next start carries the turn to its end: nothing finished is done again, a
 * command runs at most once, a patch is whole, and the journal proves itself. H-42 of the prior art's checks.
 */
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { checkTurn } from '../src/engine/chaos/check.ts';
import { POINTS } from '../src/engine/chaos/points.ts';
import { ENTRIES, WORKLOAD } from '../src/engine/chaos/workload.ts';
import { entriesOf, expectVerified, type Place, type Ran, test, until } from './support/place.ts';

/** Two reads side by side, a patch of three files, a command, an answer. */
function prepare(place: Place): void {
  for (const [path, text] of Object.entries(WORKLOAD.before)) place.write(path, text);
  place.play(WORKLOAD.turns, WORKLOAD.config);
}

const begin = (place: Place, point?: string): Promise<Ran> =>
  place.run(['run', '--session', 'one', 'go'], {
    environment: point === undefined ? {} : { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: point },
  });

test('the turn that is killed at all these points is this one', async ({ place }) => {
  prepare(place);
  expect(await begin(place)).toMatchObject({ code: 0, stdout: 'All done.\n' });
  expect(place.journal('one').map(({ type }) => type)).toEqual(ENTRIES.map(([type]) => type));
});

describe.concurrent('H-42 killed at a named point, carried on by the next start', () => {
  test.for(POINTS.map(({ name }) => name))('%s', async (point, { place, expect }) => {
    prepare(place);
    expect(await begin(place, point)).toMatchObject({ signal: 'SIGKILL', stdout: '' });
    const begun = existsSync(place.journalFile('one')) && place.journal('one').length > 0;
    expect((await place.run(['session', 'verify', 'one'])).code).toBe(begun ? 0 : 1); // as it lies there
    const resumed = await place.run(['run', '--session', 'one']);
    expect(resumed).toMatchObject({ code: 0, stdout: 'All done.\n' });

    expect(checkTurn(place.journal('one'), place.read).broken).toEqual([]);
    await expectVerified(place, 'one');
  });
});

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

test('a command that outlives its killed run for moments has the project until it has ended', async ({ place }) => {
  const patch =
    '*** Begin Patch\n*** Update File: late.sh\n-echo as it was >> ran\n+echo otherwise >> ran\n*** End Patch\n';
  const cmd = 'trap "" TERM; touch began; while :; do sh late.sh; sleep 0.05; done';
  place.play(
    [
      { match: { tool_result: 'apply_patch' }, reply: { text: 'patched' } },
      { match: { contains: 'slow' }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd } }] } },
      { match: { any: true }, reply: { calls: [{ tool: 'apply_patch', arguments: { patch } }] } },
    ],
    { governance: { auto_allow: ['exec_command', 'apply_patch'] } },
  );
  place.write('late.sh', 'echo as it was >> ran\n');
  const slow = place.start(['run', '--session', 'one', 'slow']);
  await until('it runs', () => place.read('ran').length > 0);
  slow.child.kill('SIGKILL');
  await slow.ended;
  expect(await place.run(['run', '--session', 'two', 'patch'])).toMatchObject({ code: 0, stdout: 'patched\n' });
  expect(place.read('late.sh')).toContain('otherwise');
  await delay(300); // it would run it again
  expect(place.read('ran')).not.toContain('otherwise');
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
  expect(last.stderr).toContain('interrupted: the program stopped again and again at the same place of this turn');
  expect(last.stderr).toContain('Ask again');
  expect(entriesOf(place.journal('one'), 'turn.ended')).toMatchObject([{ reason: 'interrupted', code: 'quarantined' }]);
  await expectVerified(place, 'one');
  expect((await place.run(['run', '--session', 'one', 'go'])).code).toBe(0); // the next turn is another one
});

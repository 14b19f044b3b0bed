/** Signals: what is stopped, what is left to be carried on, and that no child stays. */
import { existsSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { entriesOf, expectVerified, linesOf, type Place, type Running, test, until } from './support/place.ts';
import { isAlive } from './support/processes.ts';

/** A command whose grandchild ignores SIGTERM and holds the pipe. */
const STUBBORN = `sh -c 'trap "" TERM; echo $$ > pid.txt; while :; do sleep 0.2; done' & echo started; wait`;

/** A run whose command has started. */
const startCommand = async (place: Place): Promise<{ running: Running; pid: number }> => {
  place.play(
    [
      { match: { tool_result: 'exec_command' }, reply: { text: 'It says: {{result}}' } },
      { match: { any: true }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: STUBBORN } }] } },
    ],
    { governance: { auto_allow: ['exec_command'] } },
  );
  const running = place.start(['run', '--json', '--session', 'one', 'go']);
  await until('the command runs', () => place.read('pid.txt').endsWith('\n'));
  return { running, pid: Number(place.read('pid.txt')) };
};

/** A run whose model is silent. */
const startSilence = async (place: Place): Promise<Running> => {
  place.play([
    { match: { equals: 'wait' }, stall: '40s', reply: { text: 'late' } },
    { match: { any: true }, reply: { text: 'fine' } },
  ]);
  const running = place.start(['run', '--json', '--session', 'one', 'wait']);
  await running.says('model.requested');
  return running;
};

describe('SIGINT', () => {
  test('once: the turn is cancelled, exit 130, and the command is gone with its children', async ({ place }) => {
    const { running, pid } = await startCommand(place);
    running.child.kill('SIGINT');
    const { code, stdout } = await running.ended;
    expect(code).toBe(130);
    expect(linesOf(stdout).at(-1)).toMatchObject({ data: { state: 'ended', reason: 'canceled', exit_code: 130 } });
    expect(isAlive(pid)).toBe(false);
    const lines = place.journal('one');
    expect(entriesOf(lines, 'input.received').map(({ mode }) => mode)).toEqual(['message', 'stop']);
    expect(entriesOf(lines, 'call.finished')).toMatchObject([{ outcome: 'canceled' }]);
    expect(lines.at(-1)).toMatchObject({ type: 'turn.ended', data: { reason: 'canceled' } });
    await expectVerified(place, 'one');
  });

  test('while the model is silent: the call is ended, nothing is left to carry on', async ({ place }) => {
    const running = await startSilence(place);
    running.child.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
    expect(entriesOf(place.journal('one'), 'model.failed')).toMatchObject([{ class: 'aborted' }]);
    const after = await place.run(['run', '--session', 'one']);
    expect(after).toMatchObject({ code: 0, stdout: '' });
    expect(after.stderr).toContain('nothing to carry on');
    await expectVerified(place, 'one');
  });

  test('twice: it leaves at once and can be carried on or was cancelled; nothing is lost', async ({ place }) => {
    const { running, pid } = await startCommand(place);
    running.child.kill('SIGINT');
    running.child.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
    expect(isAlive(pid)).toBe(false);
    expect((await place.run(['session', 'verify', 'one'])).code).toBe(0);
    expect((await place.run(['run', '--session', 'one'])).code).toBeLessThan(2);
    await expectVerified(place, 'one');
  });
});

describe.each([
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s', (signal, exitCode) => {
  test('the turn is left as it is, durable, and goes on at the next start', async ({ place }) => {
    const running = await startSilence(place);
    running.child.kill(signal);
    const { code, stdout } = await running.ended;
    expect(code).toBe(exitCode);
    expect(linesOf(stdout).at(-1)).toMatchObject({ data: { state: 'open', exit_code: exitCode } });
    expect(entriesOf(place.journal('one'), 'turn.ended')).toEqual([]);
    await expectVerified(place, 'one');
    place.play([{ match: { any: true }, reply: { text: 'there you are' } }]);
    expect(await place.run(['run', '--session', 'one'])).toMatchObject({ code: 0, stdout: 'there you are\n' });
    await expectVerified(place, 'one');
  });

  test('a command is ended with its children, and the model is told so afterwards', async ({ place }) => {
    const { running, pid } = await startCommand(place);
    running.child.kill(signal);
    expect((await running.ended).code).toBe(exitCode);
    expect(isAlive(pid)).toBe(false);
    expect(entriesOf(place.journal('one'), 'call.finished')).toMatchObject([{ outcome: 'canceled' }]);
    const carriedOn = await place.run(['run', '--session', 'one']);
    expect(carriedOn.code).toBe(0);
    expect(carriedOn.stdout).toContain('[canceled]');
    await expectVerified(place, 'one');
  });
});

test('kill -9 while a command runs: the command is ended all the same', async ({ place }) => {
  const { running, pid } = await startCommand(place);
  running.child.kill('SIGKILL');
  await running.ended;
  await until('the command is gone', () => !isAlive(pid));
  const carriedOn = await place.run(['run', '--session', 'one']);
  expect(carriedOn.code).toBe(0);
  expect(carriedOn.stdout).toContain('[unknown]');
  await expectVerified(place, 'one');
});

test.runIf(existsSync('/usr/bin/script'))('the terminal goes: the turn is left to be carried on', async ({ place }) => {
  place.play([{ match: { any: true }, stall: '40s', reply: { text: 'late' } }]);
  const terminal = place.start([], {
    shell: `exec script -qec 'echo $$ > shell.txt; exec "$PROGRAM" run --session one wait' /dev/null`,
  });
  const asked = (): boolean =>
    existsSync(place.journalFile('one')) && place.journal('one').at(-1)?.type === 'model.requested';
  await until('the model is asked', asked);
  const pid = Number(place.read('shell.txt'));
  terminal.child.kill('SIGKILL');
  await until('the program has ended', () => !isAlive(pid));
  place.play([{ match: { any: true }, reply: { text: 'fine' } }]);
  expect(await place.run(['run', '--session', 'one'])).toMatchObject({ code: 0, stdout: 'fine\n' });
  // It had time to record how the model call ended.
  expect(entriesOf(place.journal('one'), 'model.failed')).toMatchObject([{ class: 'aborted' }]);
  await expectVerified(place, 'one');
});

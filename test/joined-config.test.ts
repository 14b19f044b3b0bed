/** What a person sets for a run holds for it, also where another process has the workspace: else it doesn't join. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'vitest';
import { startDaemon } from './support/daemon.ts';
import { approvalsIn, type Place, test } from './support/place.ts';
import { openTerminal } from './support/terminal.ts';

const ALLOWED = { governance: { auto_allow: ['exec_command'] } };

/** A command, then an answer. */
function runsCommand(place: Place, config: object = ALLOWED): void {
  place.play(
    [
      { match: { tool_result: 'exec_command' }, reply: { text: 'Done.' } },
      { match: { any: true }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'echo ran >>ran.txt' } }] } },
    ],
    config,
  );
}

interface Given {
  args?: string[];
  environment?: Record<string, string>;
}

describe.concurrent('a run that the owner would do by another configuration is refused', () => {
  test.for<[string, Given]>([
    ['--sandbox.mode', { args: ['--sandbox.mode=required'] }],
    ['--governance.profile', { args: ['--governance.profile=readonly'] }],
    ['--governance.deny', { args: ['--governance.deny=exec_command'] }],
    ['--budget.turn.cost', { args: ['--budget.turn.cost', '0.01'] }],
    ['RUNTIME_GOVERNANCE_PROFILE', { environment: { RUNTIME_GOVERNANCE_PROFILE: 'readonly' } }],
    ['RUNTIME_SANDBOX_MODE', { environment: { RUNTIME_SANDBOX_MODE: 'required' } }],
  ])('%s', async ([named, { args = [], environment = {} }], { place, expect }) => {
    runsCommand(place);
    const daemon = await startDaemon(place);
    const { code, stdout, stderr } = await place.run(['run', '--json', 'go', ...args], { environment });
    expect(code).toBe(3);
    expect(stdout).toContain('"code":"config_differs"');
    expect(stderr).toMatch(
      new RegExp(`^error: Process ${daemon.pid} has the workspace.*: ${named}\\.\nnext: .*--workspace`, 'm'),
    );
    expect(place.read('ran.txt')).toBe('');
  });

  test('a goal, a session that goes on, a job that is run now', async ({ place, expect }) => {
    runsCommand(place);
    await startDaemon(place);
    await place.run(['cron', 'add', 'job', '--schedule', '@yearly', '--message', 'go']);
    for (const command of [
      ['goal', 'go'],
      ['run', '--session', 's', 'go'],
      ['cron', 'run', 'job'],
    ]) {
      const { code, stderr } = await place.run([...command, '--governance.deny=exec_command']);
      expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining('--governance.deny') as string });
    }
    expect(place.read('ran.txt')).toBe('');
  });

  test('the file of --config, with the keys that differ', async ({ place, expect }) => {
    runsCommand(place);
    await startDaemon(place);
    const strict = join(place.project, 'strict.yaml');
    writeFileSync(strict, 'governance: {deny: [exec_command]}\nbudget: {turn: {cost: 2}}\n');
    const { code, stderr } = await place.run(['run', '--config', strict, 'go']);
    expect({ code, stderr }).toMatchObject({
      code: 3,
      stderr: expect.stringContaining(`: governance.deny in ${strict}.`) as string,
    });
    expect(place.read('ran.txt')).toBe('');
  });

  test('the interactive terminal', async ({ place, expect }) => {
    runsCommand(place);
    await startDaemon(place);
    const terminal = openTerminal(place, ['run', '--governance.profile=readonly']);
    expect(await terminal.exited).toMatchObject({ code: 3 });
    expect(terminal.scrollback()).toContain('--governance.profile');
  });

  test('an approval that would be given, but none that is denied', async ({ place, expect }) => {
    runsCommand(place, {});
    await startDaemon(place);
    const [id] = approvalsIn(await place.run(['run', 'go']));
    const strict = ['--sandbox.mode=required'];
    expect(await place.run(['approve', id!, '--resume', ...strict])).toMatchObject({ code: 3 });
    expect(await place.run(['approve', id!, ...strict])).toMatchObject({ code: 3 });
    expect(await place.run(['deny', id!, ...strict])).toMatchObject({ code: 0 });
    expect(place.read('ran.txt')).toBe('');
  });

  test('a fork with a message, which isn’t made then', async ({ place, expect }) => {
    runsCommand(place);
    await startDaemon(place);
    await place.run(['run', '--session', 's', 'go']);
    const fork = await place.run(['session', 'fork', 's', '--message', 'again', '--governance.deny=exec_command']);
    expect(fork).toMatchObject({ code: 3, stdout: '' });
    expect(place.read('ran.txt')).toBe('ran\n');
  });
});

describe.concurrent('a run joins', () => {
  test.for<[string, { daemon?: Given; run: Given }]>([
    ['when the owner has the same by its file', { run: { args: ['--governance.auto_allow=exec_command'] } }],
    [
      'when the owner was given the same',
      {
        daemon: { environment: { RUNTIME_GOVERNANCE_APPROVAL_TTL: '2h', RUNTIME_BUDGET_TURN_COST: '1.50' } },
        run: { args: ['--budget.turn.cost', '1.5'], environment: { RUNTIME_GOVERNANCE_APPROVAL_TTL: '2h' } },
      },
    ],
    ['whatever the owner alone was given', { daemon: { args: ['--budget.turn.cost', '1'] }, run: {} }],
    [
      'with what only a daemon goes by',
      { run: { args: ['--log.level=debug', '--workspace', 'default'], environment: { RUNTIME_SERVER_PORT: '1234' } } },
    ],
    ['with what goes with its message', { run: { args: ['--model', 'scripted', '--timeout', '30s'] } }],
  ])('%s', async ([, { daemon = {}, run }], { place, expect }) => {
    runsCommand(place);
    await startDaemon(place, daemon.args, { environment: daemon.environment ?? {} });
    const ran = await place.run(['run', 'go', ...(run.args ?? [])], { environment: run.environment ?? {} });
    expect(ran).toMatchObject({ code: 0, stdout: 'Done.\n' });
    expect(place.read('ran.txt')).toBe('ran\n');
  });

  test('with what the owner has read since it was started', async ({ place, expect }) => {
    runsCommand(place, {});
    const daemon = await startDaemon(place);
    const strict = ['run', 'go', '--governance.deny=exec_command'];
    expect(await place.run(strict)).toMatchObject({ code: 3 });
    runsCommand(place, { governance: { deny: ['exec_command'] } });
    process.kill(daemon.pid, 'SIGHUP');
    await daemon.says('configuration');
    expect((await place.run(strict)).code).not.toBe(3);
    expect(place.read('ran.txt')).toBe('');
  });
});

test('what a terminal or a run was given is for itself, and no other run is done by it', async ({ place, expect }) => {
  runsCommand(place, {});
  const looser = '--governance.auto_allow=exec_command';
  const terminal = openTerminal(place, ['run', looser]);
  await terminal.waitFor('ask, or say');
  const { code, stderr } = await place.run(['run', 'go']);
  expect(code).toBe(3);
  expect(stderr).toMatch(
    /differs here: governance\.auto_allow, which it was given\.\nnext: Wait until process \d+ ends/,
  );
  expect(place.read('ran.txt')).toBe('');
  expect(await place.run(['run', 'go', looser])).toMatchObject({ code: 0, stdout: 'Done.\n' });
  expect(await place.run(['session', 'ls'])).toMatchObject({ code: 0 });
});

test('a terminal that gives the workspace to a daemon of another configuration leaves', async ({ place, expect }) => {
  runsCommand(place);
  const terminal = openTerminal(place, ['run', '--governance.profile=readonly']);
  await terminal.waitFor('ask, or say');
  await startDaemon(place);
  expect(await terminal.exited).toMatchObject({ code: 3 });
  expect(terminal.scrollback()).toContain('--governance.profile');
});

/** Daily limits of tools: what ran counts over restarts, kills and sessions side by side, and what is refused says why. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { startDaemon } from './support/daemon.ts';
import { approvalsIn, entriesOf, expectVerified, type Place, test } from './support/place.ts';

const ALL = ['exec_command', 'read_file', 'time'];
const step = (tool: string, args: Record<string, string>) => [
  { match: { tool_result: tool }, reply: { text: '{{result}}' } },
  { match: { any: true as const }, reply: { calls: [{ tool, arguments: args }] } },
];

/** A zone in which it is another day now than in UTC. */
function otherDay(): string {
  return new Date().getUTCHours() >= 10 ? 'Etc/GMT-14' : 'Etc/GMT+12';
}

function counted(place: Place): number {
  const folder = join(place.home, 'workspaces/default/usage');
  if (!existsSync(folder)) return 0;
  const lines = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  return lines.join('').split('"type":"usage.called"').length - 1;
}

test('H-121: a call beyond the limit is refused, also after a restart, and not on another day', async ({ place }) => {
  place.write('a.txt', 'hello\n');
  place.play(step('read_file', { path: 'a.txt' }), { governance: { daily_tool_limit: { read_file: 2 } } });
  const environment = { TZ: 'UTC' };
  for (const session of ['one', 'two', 'three', 'four']) {
    expect((await place.run(['run', '--session', session, 'go'], { environment })).code).toBe(0);
  }
  expect(entriesOf(place.journal('two'), 'call.finished')).toMatchObject([{ outcome: 'ok' }]);
  const reason =
    '2 of 2 calls of read_file ran today; it begins anew at midnight, or with a higher governance.daily_tool_limit';
  for (const session of ['three', 'four']) {
    const journal = place.journal(session);
    expect(entriesOf(journal, 'call.inspected')).toMatchObject([{ quota: { limit: 2, used: 2 } }]);
    expect(entriesOf(journal, 'policy.decided')).toMatchObject([
      { verdict: 'deny', rules: [{ id: 'quota:read_file', verdict: 'deny' }, { id: 'allow:read_file' }], reason },
    ]);
    expect(entriesOf(journal, 'call.refused')).toMatchObject([{ message: `Denied by policy: ${reason}.` }]);
    expect(entriesOf(journal, 'call.started')).toEqual([]);
    await expectVerified(place, session);
  }
  const shown = await place.run(['policy', 'show', '-o', 'json'], { environment });
  expect(JSON.parse(shown.stdout)).toContainEqual(
    expect.objectContaining({ tool: 'read_file', today: { limit: 2, used: 2 } }),
  );
  await place.run(['run', '--session', 'five', 'go'], { environment: { TZ: otherDay() } });
  expect(entriesOf(place.journal('five'), 'call.finished')).toMatchObject([{ outcome: 'ok' }]);
  await place.run(['run', '--session', 'six', 'go'], { environment }); // the clock goes back
  expect(entriesOf(place.journal('six'), 'policy.decided')).toMatchObject([{ verdict: 'deny' }]);
  expect((await place.run(['store', 'check'])).code).toBe(0);
  expect((await place.run(['cost', '-o', 'json'])).stdout).not.toContain('tool:');
});

test('what waits for a person takes nothing, and what was approved still needs a place', async ({ place }) => {
  place.play(step('exec_command', { cmd: 'echo ran >> ran.txt' }), { governance: { daily_tool_limit: 1 } });
  const first = await place.run(['run', '--session', 'one', 'go']);
  const second = await place.run(['run', '--session', 'two', 'go']);
  expect([first.code, second.code]).toEqual([5, 5]);
  expect(counted(place)).toBe(0);
  await place.run(['approve', approvalsIn(second)[0]!, '--resume']);
  await place.run(['approve', approvalsIn(first)[0]!, '--resume']);
  expect(place.read('ran.txt')).toBe('ran\n');
  expect(entriesOf(place.journal('one'), 'call.finished')).toMatchObject([
    { outcome: 'error', error: { code: 'quota_exceeded', message: expect.stringContaining('1 of 1 calls') } },
  ]);
  await expectVerified(place, 'one');
  // Nobody is asked any more for what can't run.
  expect((await place.run(['run', '--session', 'three', 'go'])).code).toBe(0);
  expect(entriesOf(place.journal('three'), 'approval.requested')).toEqual([]);
});

test('side by side, sessions never pass the limit together', async ({ place }) => {
  place.play(step('exec_command', { cmd: 'sleep 0.2; echo ran >> ran.txt' }), {
    governance: { auto_allow: ALL, daily_tool_limit: { exec_command: 2 } },
  });
  const sessions = ['a', 'b', 'c', 'd', 'e'];
  const ran = await Promise.all(sessions.map((session) => place.run(['run', '--session', session, 'go'])));
  expect(ran.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
  expect(place.read('ran.txt')).toBe('ran\nran\n');
  expect(counted(place)).toBe(2);
});

describe.concurrent('killed at a point, a read counts once', () => {
  const POINTS = [
    'after-append-call.started',
    'before-usage.called',
    'after-usage.called',
    'before-append-call.finished',
    'after-append-call.finished',
  ];
  test.for(POINTS)('%s', async (point, { place, expect }) => {
    place.write('a.txt', 'hello\n');
    place.play(step('read_file', { path: 'a.txt' }), { governance: { daily_tool_limit: { read_file: 2 } } });
    const environment = { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: point };
    expect((await place.run(['run', '--session', 'one', 'go'], { environment })).signal).toBe('SIGKILL');
    expect((await place.run(['run', '--session', 'one'])).code).toBe(0);
    expect(entriesOf(place.journal('one'), 'call.finished')).toMatchObject([{ outcome: 'ok' }]);
    expect(counted(place)).toBe(1);
    for (const session of ['two', 'three']) await place.run(['run', '--session', session, 'go']);
    expect(entriesOf(place.journal('two'), 'call.finished')).toMatchObject([{ outcome: 'ok' }]);
    expect(entriesOf(place.journal('three'), 'call.finished')).toEqual([]);
  });
});

test('a command that was killed counts, and isn’t run again', async ({ place }) => {
  place.play(step('exec_command', { cmd: 'echo ran >> ran.txt' }), {
    governance: { auto_allow: ALL, daily_tool_limit: { '*': 1 } },
  });
  const environment = { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: 'after-usage.called' };
  expect((await place.run(['run', '--session', 'one', 'go'], { environment })).signal).toBe('SIGKILL');
  await place.run(['run', '--session', 'one']);
  await place.run(['run', '--session', 'two', 'go']);
  expect(entriesOf(place.journal('two'), 'policy.decided')).toMatchObject([{ verdict: 'deny' }]);
  expect(place.read('ran.txt')).toBe('');
});

test('a daemon takes another limit as it reads its configuration again', async ({ place }) => {
  place.write('a.txt', 'hello\n');
  const steps = step('read_file', { path: 'a.txt' });
  place.play(steps, { governance: { daily_tool_limit: 1 } });
  const daemon = await startDaemon(place);
  for (const session of ['one', 'two']) await place.run(['run', '--session', session, 'go']);
  expect(entriesOf(place.journal('two'), 'policy.decided')).toMatchObject([{ verdict: 'deny' }]);
  place.play(steps, { governance: { daily_tool_limit: { read_file: 2 } } });
  process.kill(daemon.pid, 'SIGHUP');
  await daemon.says('configuration reloaded');
  await place.run(['run', '--session', 'three', 'go']);
  expect(entriesOf(place.journal('three'), 'call.finished')).toMatchObject([{ outcome: 'ok' }]);
});

test('without a limit there is no ledger', async ({ place }) => {
  place.play(step('read_file', { path: 'a.txt' }));
  place.write('a.txt', 'hello\n');
  await place.run(['run', '--session', 'one', 'go']);
  expect(readdirSync(join(place.home, 'workspaces/default'))).not.toContain('usage');
});

test('a limit of a tool that there isn’t is refused', async ({ place }) => {
  place.play([], { governance: { daily_tool_limit: { exec_comand: 1 } } });
  const { code, stderr } = await place.run(['run', 'go']);
  expect(code).toBe(2);
  expect(stderr).toContain('there is no tool "exec_comand"; did you mean exec_command?');
});

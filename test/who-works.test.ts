/** `session ls` and `doctor` beside the process that owns the workspace: who it is, what it does, whether it answers. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { type Place, type Running, test, until } from './support/place.ts';
import { openTerminal, type TerminalOptions } from './support/terminal.ts';

const LINUX = process.platform === 'linux';
const socketOf = (place: Place): string => join(place.home, 'workspaces/default/control.sock');

/** A process whose turn doesn't end, and another session that has ended. */
async function own(place: Place): Promise<Running> {
  place.play([
    { match: { equals: 'wait' }, stall: '40s', reply: { text: 'late' } },
    { match: { any: true }, reply: { text: 'done' } },
  ]);
  await place.run(['run', '--session', 'ended', 'hello']);
  const owner = place.start(['run', '--json', '--session', 'own', 'wait']);
  await owner.says('model.requested');
  await until('the owner serves', () => existsSync(socketOf(place)));
  return owner;
}

interface Row {
  session_id: string;
  status: string;
  phase?: string;
  owner_pid?: number;
}

async function rows(place: Place): Promise<Row[]> {
  const { code, stdout, stderr } = await place.run(['session', 'ls', '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return (JSON.parse(stdout) as Row[]).map(({ session_id, status, phase, owner_pid }) => ({
    session_id,
    status,
    ...(phase !== undefined && { phase }),
    ...(owner_pid !== undefined && { owner_pid }),
  }));
}

interface Finding {
  check: string;
  status: string;
  message: string;
  next?: string;
}

async function finding(place: Place, check: string): Promise<Finding> {
  const { stdout } = await place.run(['doctor', '--json']);
  return (JSON.parse(stdout) as { findings: Finding[] }).findings.find((one) => one.check === check)!;
}

describe('who owns the workspace', () => {
  test('nobody: nothing is said, nothing made', async ({ place }) => {
    await place.run(['run', '--session', 'ended', 'hello']);
    expect(await place.run(['session', 'ls'])).toMatchObject({ code: 0, stderr: '' });
    expect(await rows(place)).toEqual([{ session_id: 'ended', status: 'success' }]);
    expect(await finding(place, 'control')).toEqual({
      check: 'control',
      status: 'ok',
      message: `nobody works on this workspace; whoever does will serve ${socketOf(place)}`,
    });
    expect(existsSync(socketOf(place))).toBe(false);
  });

  test('one that answers', async ({ place }) => {
    const owner = await own(place);
    const { stdout, stderr } = await place.run(['session', 'ls']);
    expect(stderr).toBe(`process ${owner.pid} owns the workspace: 1 running, 0 waiting for an approval\n`);
    expect(stdout).toMatch(/^own +running \(think\) +wait/m);
    expect(await rows(place)).toEqual([
      { session_id: 'own', status: 'running', phase: 'think', owner_pid: owner.pid },
      { session_id: 'ended', status: 'success', owner_pid: owner.pid },
    ]);
    expect(await finding(place, 'control')).toMatchObject({
      status: 'ok',
      message: expect.stringMatching(new RegExp(`^process ${owner.pid} \\(version .*control.sock and answers$`)),
    });
  });

  test.skipIf(!LINUX)('one that does not answer', async ({ place }) => {
    const owner = await own(place);
    owner.child.kill('SIGSTOP');
    const { code, stdout, stderr } = await place.run(['session', 'ls']);
    expect(code).toBe(0);
    expect(stderr).toBe(
      `process ${owner.pid} holds the workspace and does not answer; this is what the journals say\n`,
    );
    expect(stdout).toMatch(/^own +open +wait/m);
    expect(await rows(place)).toContainEqual({ session_id: 'own', status: 'open', owner_pid: owner.pid });
    expect(await finding(place, 'control')).toMatchObject({
      status: 'problem',
      message: `process ${owner.pid} holds the workspace and does not answer at ${socketOf(place)}`,
      next: 'Wait until it answers or ends, or stop that process.',
    });
  });

  test('one that was killed owns nothing; its socket is no obstacle', async ({ place }) => {
    const owner = await own(place);
    owner.child.kill('SIGKILL');
    await owner.ended;
    expect((await place.run(['session', 'ls'])).stderr).toBe('');
    expect(await rows(place)).toContainEqual({ session_id: 'own', status: 'open' });
    expect(await finding(place, 'control')).toMatchObject({ status: 'ok' });
    expect(existsSync(socketOf(place))).toBe(true);
  });
});

describe('doctor looks at the terminal', () => {
  const doctor = async (place: Place, options: TerminalOptions): Promise<string> => {
    const terminal = openTerminal(place, ['doctor'], { columns: 120, rows: 60, ...options });
    expect(await terminal.exited).toEqual({ code: 0, signal: null });
    return terminal.scrollback().replaceAll(/^(ok|note) +terminal +/gm, '$1 ');
  };

  test('that can do all', async ({ place }) => {
    expect(await doctor(place, {})).toContain('\nok xterm-256color, 120 × 60, UTF-8, colours\n');
    expect(await doctor(place, { environment: { NO_COLOR: '1' } })).toContain('UTF-8, no colours (NO_COLOR)\n');
  });

  test('that can do little, with what to do', async ({ place }) => {
    const shown = await doctor(place, { term: 'dumb', environment: { LANG: 'C' } });
    expect(shown).toContain('\nnote TERM is dumb: plain lines, without colours, pager or progress\n');
    expect(shown).toMatch(/→ If it can do more: export TERM=xterm-256color\nnote the locale is C, not UTF-8/);
    expect(shown).toContain('→ export LC_ALL=C.UTF-8\n');
    expect(await doctor(place, { columns: 39 })).toContain('39 × 60 is small');
  });

  test('that there is not', async ({ place }) => {
    expect((await finding(place, 'terminal')).message).toContain('is no terminal: commands work');
  });
});

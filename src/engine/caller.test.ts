import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { descendsFromTool } from './caller.ts';

const MODULE = new URL('caller.ts', import.meta.url).href;

/** The code of the error with which a child of a shell is refused; empty when it isn't. */
const refusal = (shell: string, environment: Record<string, string>): string => {
  const program = `import('${MODULE}').then(({ refuseTools }) => { try { refuseTools(process.env) } catch (e) { console.log(e.code) } })`; // prettier-ignore
  const { stdout } = spawnSync('/bin/sh', ['-c', shell, 'sh', process.execPath, '-e', program], {
    env: environment,
    encoding: 'utf8',
  });
  return stdout.trim();
};

test('a person may', () => {
  expect(refusal('"$@"; :', {})).toBe('');
});

test('a tool may not', () => {
  expect(refusal('"$@"; :', { RUNTIME_TOOL_CALL: 'c1.1.1' })).toBe('caller_is_tool');
});

test.runIf(existsSync('/proc/self/environ'))('nor may a tool that took the mark out of its environment', () => {
  expect(refusal('unset RUNTIME_TOOL_CALL; (sh -c \'"$@"; :\' sh "$@"); :', { RUNTIME_TOOL_CALL: 'c1' })).toBe(
    'caller_is_tool',
  );
});

const runIfProc = test.runIf(existsSync('/proc/self/environ'));

/** What is known of a process that a shell has started; `program`: as if this were ours. */
async function ofChild(shell: string, environment: Record<string, string>, program = '/nowhere'): Promise<boolean> {
  const child = spawn('/bin/sh', ['-c', shell], { env: environment, stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const pid = await new Promise<number>((resolve) => {
      child.stdout.once('data', (line: Buffer) => resolve(Number(line)));
    });
    return descendsFromTool(pid, program);
  } finally {
    child.stdin.end();
    child.kill('SIGKILL');
  }
}

/** Says its own id, and stays as long as someone holds its standard input. */
const WAIT = 'echo $$; read -r line';

runIfProc('another process may be asked about', async () => {
  expect(await ofChild(WAIT, { PATH: '/usr/bin:/bin' })).toBe(false);
  expect(await ofChild(WAIT, { RUNTIME_TOOL_CALL: 'c1.1.1' })).toBe(true);
});

runIfProc('an ancestor with the mark counts, a clean environment does not help', async () => {
  const nested = `env -i /bin/sh -c '${WAIT}'; :`;
  expect(await ofChild(nested, { PATH: '/usr/bin:/bin', RUNTIME_TOOL_CALL: 'c1.1.1' })).toBe(true);
  expect(await ofChild(nested, { PATH: '/usr/bin:/bin' })).toBe(false);
});

runIfProc('an ancestor that runs the program counts, the process itself may run it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'runtime-caller-'));
  const program = join(folder, 'program');
  writeFileSync(program, WAIT);
  try {
    expect(await ofChild(`exec /bin/sh ${program}`, {}, program)).toBe(false);
    writeFileSync(program, `/bin/sh -c '${WAIT}'; :`);
    expect(await ofChild(`exec /bin/sh ${program}`, {}, program)).toBe(true);
    expect(await ofChild(`exec /bin/sh -u -f ${program}`, {}, program)).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a process that is not there descends from nothing', () => {
  expect(descendsFromTool(2 ** 22 + 1)).toBe(false);
});

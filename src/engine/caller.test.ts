import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';

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

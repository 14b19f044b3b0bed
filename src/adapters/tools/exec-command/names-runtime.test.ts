import { expect, test } from 'vitest';
import { namesRuntime } from './names-runtime.ts';

const homes = ['/home/me/.state'];

test.each([
  'runtime approve a-1', './bin/runtime', 'cd x && RUNTIME deny y', 'run\\time approve', "r'untim'e", 'cat ~/.runtime/x',
  'echo $RUNTIME_HOME', 'unset RUNTIME_TOOL_CALL', 'cat /home/me/.state/config.yaml', 'node dist/main.js approve',
  'run\\\ntime',
])('%s names the program or its home', (text) => expect(namesRuntime(text, homes)).toBe(true)); // prettier-ignore

test.each(['npm test', 'grep runtimes src', 'echo my-runtime-helper', 'ls /home/me'])('%s does not', (text) =>
  expect(namesRuntime(text, homes)).toBe(false),
);

import { expect, test } from 'vitest';
import type { CommandFact } from '../../../contract/values.ts';
import { parseCommand } from '../shell/parse-command.ts';
import { markRuntime, namesRuntime } from './names-runtime.ts';

const homes = ['/home/me/.state'];

test.each([
  'runtime approve a-1', './bin/runtime', 'cd x && RUNTIME deny y', 'run\\time approve', "r'untim'e", 'cat ~/.runtime/x',
  'echo $RUNTIME_HOME', 'unset RUNTIME_TOOL_CALL', 'cat /home/me/.state/config.yaml', 'node dist/main.js approve',
  'run\\\ntime',
])('%s names the program or its home', (text) => expect(namesRuntime(text, homes)).toBe(true)); // prettier-ignore

test.each(['npm test', 'grep runtimes src', 'echo my-runtime-helper', 'ls /home/me'])('%s does not', (text) =>
  expect(namesRuntime(text, homes)).toBe(false),
);

test.each([
  ['ls; bin/runtime approve a-1', [false, true]],
  ["ls; $'\\x72untime' approve a-1", [false, true]],
  ['cat x > ~/.runtime/config.yaml; ls', [true, false]],
  ['RUNTIME_HOME=x ls; ls', [true, false]],
  ["sh -c 'runtime x'", [true, true]],
  ['ls; ls # runtime', [true, false]],
  ['ls; runtime "', [true]],
  ['ls; ls', [false, false]],
])('%s: which of its commands names the program', (text, named) => {
  const marked: CommandFact[] = markRuntime(parseCommand(text), text, homes, false);
  expect(marked.map((command) => command.names_runtime === true)).toEqual(named);
});

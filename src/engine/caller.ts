/**
 * Whether this process descends from a tool of the agent: the agent can't approve itself. Tools run with a mark in their
 * environment; the mark of an ancestor counts too, since a tool may clear its own. What leaves its ancestors (a daemon of
 * its own) is not seen here: the workspace's lock and the closed home stand in its way.
 */
import { readFileSync } from 'node:fs';
import type { Environment } from '../base/environment.ts';
import { RuntimeError } from '../contract/errors.ts';

const MARK = 'RUNTIME_TOOL_CALL';
const MOST_ANCESTORS = 64;

/** @throws RuntimeError caller_is_tool */
export function refuseTools(environment: Environment): void {
  if (environment[MARK] === undefined && !ancestorIsTool(process.ppid)) return;
  throw new RuntimeError(
    'caller_is_tool',
    'This command was started by a tool of the agent, which may not decide about itself.',
  );
}

function ancestorIsTool(from: number): boolean {
  let pid = from;
  for (let i = 0; i < MOST_ANCESTORS && pid > 1; i++) {
    if (
      read(`/proc/${pid}/environ`)
        .split('\0')
        .some((variable) => variable.startsWith(`${MARK}=`))
    )
      return true;
    // `pid (name) state ppid …`; the name may hold anything, parentheses too.
    const stat = read(`/proc/${pid}/stat`);
    pid = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
  }
  return false;
}

/** '' where there is no such file, or it isn't ours to read: then it isn't our tool either. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

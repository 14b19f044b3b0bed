import { readFileSync } from 'node:fs';
import { TOOL_CALL_VARIABLE } from '../adapters/tools/exec-command/command-environment.ts';
import type { Environment } from '../base/environment.ts';
import { RuntimeError } from '../contract/errors.ts';

/** More ancestors than this no shell has. */
const MOST_ANCESTORS = 64;

/**
 * Refuses a caller that descends from one of the agent's own tools: what a person decides is not for the agent. A tool
 * that takes the mark out of its environment is still known by its ancestors', where the system shows them (Linux).
 * @throws RuntimeError caller_is_tool
 */
export function refuseTools(environment: Environment, parent = process.ppid): void {
  let marked = Boolean(environment[TOOL_CALL_VARIABLE]);
  for (let pid = parent, depth = 0; !marked && pid > 1 && depth < MOST_ANCESTORS; depth++) {
    try {
      marked = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').some((line) => line.startsWith(`${TOOL_CALL_VARIABLE}=`)); // prettier-ignore
      pid = parentOf(pid);
    } catch {
      break; // no /proc, or the process of another user, which no tool of ours has started
    }
  }
  if (marked) throw new RuntimeError('caller_is_tool', 'this is for a person to decide, and the caller is a tool of the agent');
}

/** The fourth field; the second, a name in brackets, may hold anything. */
function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

/**
 * Whether a process descends from a tool of the agent: the agent can't approve itself. Tools run with a mark in their
 * environment; the mark of an ancestor counts too, since a tool may clear its own. A tool that becomes another program
 * with a clean environment (`env -i`) leaves no mark at all, but this very program is still above it, and only its tools
 * are below it. What leaves its ancestors (a daemon of its own) is not seen here: only the closed home stands in its way,
 * and for what it does without an owner the workspace's lock.
 */
import { readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Environment } from '../base/environment.ts';
import { RuntimeError } from '../contract/errors.ts';

const MARK = 'RUNTIME_TOOL_CALL';
const MOST_ANCESTORS = 64;

/** `program`: the file that this process runs. @throws RuntimeError caller_is_tool */
export function refuseTools(environment: Environment, program = process.argv[1] ?? ''): void {
  if (environment[MARK] !== undefined || ancestorIsOurs(process.ppid, realPath(program))) throw callerIsTool();
}

/**
 * The same of any process, as far as /proc tells: the mark is in its environment, or an ancestor has it, or runs
 * `program`. What the process itself runs doesn't count.
 */
export function descendsFromTool(pid: number, program = process.argv[1] ?? ''): boolean {
  return isMarked(pid) || ancestorIsOurs(parentOf(pid), realPath(program));
}

export function callerIsTool(): RuntimeError {
  return new RuntimeError(
    'caller_is_tool',
    'This command was started by a tool of the agent, which may not decide about itself.',
  );
}

function ancestorIsOurs(from: number, program: string): boolean {
  let pid = from;
  for (let i = 0; i < MOST_ANCESTORS && pid > 1; i++) {
    if (isMarked(pid) || (program !== '' && programOf(pid) === program)) return true;
    pid = parentOf(pid);
  }
  return false;
}

/** 0 where that isn't known. */
function parentOf(pid: number): number {
  // `pid (name) state ppid …`; the name may hold anything, parentheses too.
  const stat = read(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
}

function isMarked(pid: number): boolean {
  return read(`/proc/${pid}/environ`)
    .split('\0')
    .some((variable) => variable.startsWith(`${MARK}=`));
}

/** The file that a Node process runs: the word behind the interpreter and its flags. '' when there is none. */
function programOf(pid: number): string {
  const [, ...words] = read(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  const file = words.find((word) => !word.startsWith('-'));
  if (!file) return '';
  try {
    return realPath(resolve(readlinkSync(`/proc/${pid}/cwd`), file));
  } catch {
    return '';
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return '';
  }
}

/** '' where there is no such file, or it isn't ours to read: then it isn't our tool either. */
function read(path: string, encoding: 'latin1' | 'utf8' = 'latin1'): string {
  try {
    return readFileSync(path, encoding);
  } catch {
    return '';
  }
}

/**
 * One command from start to end: started in its own process group → ends, runs out of time or is canceled → what is
 * left of it is ended → its output is read to the end, but never waited for when someone else holds it.
 */
import type { ChildProcess, spawn as Spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { Clock } from '../../../base/clock.ts';
import { type Confined, FIRST_DESCRIPTOR } from '../../../contract/sandbox.ts';
import type { ExecLimits } from '../tool.ts';
import { TOOL_CALL_VARIABLE } from './command-environment.ts';
import { endProcesses, pause } from './processes.ts';
import { inheritedDescriptors } from './inherited.ts';
import type { Watchdog } from './watchdog.ts';

/** How long output may take to arrive once nothing writes any more, and children to end by themselves. */
const DRAIN_MS = 200;
/** How long the system may take to report the end of a process that was killed. */
const REPORT_MS = 2000;

export interface Command {
  /** Absolute path of the program, and what it is given. */
  program: string;
  args: readonly string[];
  folder: string;
  /** Holds `RUNTIME_TOOL_CALL`, the mark by which its processes are found. */
  environment: Record<string, string>;
  timeoutMs: number;
  /** Where bash is, if there is one. */
  bash: string | undefined;
  /** What is started in its stead, with limits on what it may use; absent: it runs as it is. */
  confined?: { by: Confined; limits: ExecLimits };
}

export interface CommandEnd {
  why: 'ended' | 'timeout' | 'canceled';
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Nothing of it is left running. */
  confirmed: boolean;
  /** What was to confine it could not, and it never ran. */
  notBegun?: true;
}

export interface Surroundings {
  spawn: typeof Spawn;
  watchdog: Watchdog;
  clock: Clock;
  signal: AbortSignal;
  onBytes: (bytes: Buffer) => void;
}

/**
 * Standard output and error share one pipe, so that they come in the order in which they were written. Node gives
 * children a socket, which can't be opened by name (`echo … >/dev/stderr`); bash can put a real pipe before it. That runs
 * outside of any sandbox: nothing of it is looked for where a command may have put something.
 */
const WITH_PIPE = 'exec "$@" > >(trap "" TERM; PATH=/usr/bin:/bin; exec cat) 2>&1';
const WITHOUT_PIPE = 'exec "$@" 2>&1';
/**
 * Nothing runs before it is watched: the wrapper waits for a word on descriptor 3, and ends when the program died before
 * it gave it.
 */
const WHEN_WATCHED = 'IFS= read -r go <&3 || exit 125; exec 3<&-; ';

export async function runProcess(command: Command, around: Surroundings): Promise<CommandEnd | { notStarted: Error }> {
  const { clock, signal, watchdog } = around;
  const child = start(command, around);
  if (child instanceof Error) return { notStarted: child };
  const refused = new Promise<Error>((resolve) => child.once('error', resolve));
  const leader = child.pid;
  if (leader === undefined) return { notStarted: await refused };
  try {
    watchdog.watch(leader);
  } catch (error) {
    for (const stream of child.stdio) stream?.destroy(); // nobody lets it go, and it ends
    return { notStarted: error as Error };
  }
  letGo(child);
  const processes = {
    leader,
    marker: command.environment[TOOL_CALL_VARIABLE]!,
    leaderLast: command.confined !== undefined,
  };
  const status = statusOf(child);
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));

  const why = await firstOf(exited, command.timeoutMs, clock, signal);
  if (why === 'ended') await pause(clock, DRAIN_MS, closed);
  const ended = await endProcesses(processes, clock);
  await pause(clock, REPORT_MS, exited);
  await pause(clock, DRAIN_MS, closed);
  child.stdout?.destroy();
  child.stderr?.destroy();
  watchdog.release(leader);
  const { exitCode: code, signalCode } = child;
  const confirmed = ended && (code !== null || signalCode !== null);
  // Of one that was killed from outside nobody knows.
  const begun = why !== 'ended' || signalCode !== null || (command.confined?.by.began(status()) ?? true);
  return { why, code, signal: signalCode, confirmed, ...(!begun && { notBegun: true }) };
}

/** What is written to descriptor 4, as far as it came. */
function statusOf(child: ChildProcess): () => string {
  let text = '';
  child.stdio[4]?.on('data', (bytes: Buffer) => (text += bytes.toString())).on('error', () => undefined);
  return () => text;
}

/** Those that this program was started with; looked for once. */
let inherited: number[] | undefined;

/** An error, or a process without id, when it could not be started; then its event says why. */
function start(command: Command, around: Surroundings): ChildProcess | Error {
  const { folder, bash, confined } = command;
  const { program, args } = confined?.by ?? command;
  const [shell, wrapper] = bash === undefined ? ['/bin/sh', WITHOUT_PIPE] : [bash, WITH_PIPE];
  const limits = confined === undefined ? '' : limiting(confined.limits, command);
  const given = confined?.by.descriptors ?? [];
  inherited ??= inheritedDescriptors();
  // Other shells know descriptors of one digit only.
  const closed = bash === undefined ? [] : inherited.filter((id) => id >= FIRST_DESCRIPTOR + given.length);
  const closing = closed.map((id) => `exec ${id}>&-; `).join('');
  let child: ChildProcess;
  try {
    child = around.spawn(shell, ['-c', `${WHEN_WATCHED}${closing}${limits}${wrapper}`, shell, program, ...args], {
      cwd: folder,
      env: { ...command.environment, ...confined?.by.environment },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', ...(confined ? (['pipe', 'pipe'] as const) : []), ...given],
    });
  } catch (error) {
    return error as Error; // arguments or variables that are too long
  }
  const settings = (child.stdio as readonly unknown[])[5] as Writable | undefined;
  settings?.on('error', () => undefined); // it may not be read
  settings?.end(confined?.by.settings);
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', around.onBytes).on('error', () => undefined);
  return child;
}

const KIB_A_MIB = 1024;

/** As bash and other shells take limits; one that can't be set is left. Processor time: all that the machine has until it is ended. */
function limiting({ processes, memory, file_size }: ExecLimits, { timeoutMs, bash }: Command): string {
  const wanted: [option: string, value: number][] = [
    ['c', 0],
    ['t', Math.ceil(timeoutMs / 1000) * availableParallelism() + 1],
    ...(memory > 0 ? [['d', memory * KIB_A_MIB] as [string, number]] : []),
    ...(file_size > 0 ? [['f', file_size * KIB_A_MIB] as [string, number]] : []),
    ...(processes > 0 ? [[bash === undefined ? 'p' : 'u', processes + runningNow()] as [string, number]] : []),
  ];
  return wanted.map(([option, value]) => `ulimit -${option} ${value} 2>&-; `).join('');
}

/** Processes and threads on this machine, of all users: the limit counts them for the user, in all sandboxes together. */
function runningNow(): number {
  try {
    return Number(/\/(\d+) /.exec(readFileSync('/proc/loadavg', 'latin1'))![1]);
  } catch {
    return 1000;
  }
}

function letGo(child: ChildProcess): void {
  const gate = child.stdio[3] as Writable;
  gate.on('error', () => undefined); // it may have been killed
  gate.end('go\n');
}

function firstOf(
  exited: Promise<void>,
  timeoutMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<CommandEnd['why']> {
  return new Promise((resolve) => {
    const settle = (why: CommandEnd['why']): void => {
      stopTimer();
      signal.removeEventListener('abort', onAbort);
      resolve(why);
    };
    const onAbort = (): void => settle('canceled');
    const stopTimer = clock.at(clock.now() + timeoutMs, () => settle('timeout'));
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    void exited.then(() => settle('ended'));
  });
}

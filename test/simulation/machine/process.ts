/**
 * A simulated process. From the moment of its death nothing that its code still does has any effect: its disk calls
 * throw, its clock never fires, and nobody answers it.
 */
import { type Clock, SET_BACK_MS } from '../../../src/base/clock.ts';
import type { Environment } from '../../../src/base/environment.ts';
import { fileError } from '../disk/errors.ts';
import type { Machine, SimulatedProcess } from './parts.ts';

/** Thrown by what a dead process does. */
export class ProcessDied extends Error {}

/** Is it only what a dead process throws? */
export function diedIn(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) if (error instanceof ProcessDied) return true;
  return false;
}

/** Runs what may belong to a process that dies of it. */
export function survive(run: () => void): void {
  try {
    run();
  } catch (thrown) {
    if (!diedIn(thrown)) throw thrown;
  }
}

const byMount = new Map<string, SimulatedProcess>();
const byClock = new WeakMap<Clock, SimulatedProcess>();

export function createProcess(machine: Machine): SimulatedProcess {
  const id = machine.processes.length + 1;
  const name = `p${id}`;
  let alive = true;
  let call: { left: number; when: 'before' | 'after' } | undefined;
  let point: { name: string; left: number } | undefined;

  const process: SimulatedProcess = {
    id,
    name,
    mount: `/@${id}`,
    machine,
    clock: { now: machine.wall, at: armTimer },
    environment: { TZ: 'UTC', SIMULATED_PROCESS: `/@${id}` },
    isAlive: () => alive,
    die(why) {
      if (!alive) return;
      alive = false;
      if (machine.holder === process) machine.holder = undefined;
      byMount.delete(process.mount);
      if (why !== undefined) machine.note(`${name} dies: ${why}`);
    },
    dieAtCall: (left, when) => void (call = { left, when }),
    dieAtPoint: (at, left) => void (point = { name: at, left }),
    spare: () => void ([call, point] = [undefined, undefined]),
    call(work) {
      const last = call !== undefined && --call.left === 0 ? call.when : undefined;
      if (last === 'before') process.die('killed before a disk call');
      if (!alive) throw new ProcessDied(name);
      const result = work();
      if (last === 'after') {
        process.die('killed after a disk call');
        throw new ProcessDied(name);
      }
      return result;
    },
    passPoint(at) {
      if (point?.name === at && --point.left === 0) process.die(`killed at ${at}`);
      if (!alive) throw new ProcessDied(name);
    },
    after: (ms, run) =>
      machine.agenda.after(ms, () => {
        if (alive) run();
      }),
  };

  /** As the system's clock does: a timer counts steady time, and looks at the wall clock when it fires. */
  function armTimer(dueAt: number, run: () => void): () => void {
    let cancel = (): void => {};
    const arm = (): void => void (cancel = process.after(Math.max(0, dueAt - machine.wall()), fire));
    const fire = (): void => {
      const left = dueAt - machine.wall();
      if (left > 0 && left < SET_BACK_MS) arm();
      else run();
    };
    arm();
    return () => cancel();
  }

  machine.processes.push(process);
  byMount.set(process.mount, process);
  byClock.set(process.clock, process);
  machine.count('processes');
  return process;
}

/** Whose call it is, by the path that it names, and the path on the disk. @throws ProcessDied; EACCES outside of a disk */
export function ownerOf(path: string): { process: SimulatedProcess; path: string } {
  if (path === '/') throw fileError('EACCES', 'open', path);
  const end = path.indexOf('/', 1);
  const mount = end === -1 ? path : path.slice(0, end);
  const process = byMount.get(mount);
  if (process === undefined) throw new ProcessDied(mount);
  return { process, path: path.slice(mount.length) };
}

export function processIn(environment: Environment): SimulatedProcess {
  return ownerOf(environment['SIMULATED_PROCESS']!).process;
}

export function processWith(clock: Clock): SimulatedProcess {
  return byClock.get(clock)!;
}

/** Between runs. */
export function forgetProcesses(): void {
  byMount.clear();
}

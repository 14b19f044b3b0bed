import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Whether `/usr/bin/time -f %M` says how much memory a program took at most. */
export const measuresMemory = process.platform === 'linux' && existsSync('/usr/bin/time');

/** Whether a process runs. A zombie has ended. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return statOf(pid).state !== 'Z';
  } catch (error) {
    return (error as NodeJS.ErrnoException).syscall === 'open'; // it is there, but this system has no /proc
  }
}

/** A process that once ran: its id may be another's by now, but not with the same start. */
export interface Once {
  pid: number;
  started: string;
}

/** What runs in the session of a process, with all that these started. Empty on systems without /proc. */
export function familyOf(leader: number): Once[] {
  const all = running();
  const family = new Set(all.filter(({ pid, session }) => pid === leader || session === leader));
  for (const { pid: parent } of family) {
    for (const process of all) if (process.parent === parent) family.add(process); // a set also walks what is added
  }
  return [...family].map(({ pid, started }) => ({ pid, started }));
}

/** What was started with a path in this folder in its environment, whoever its parent is by now. */
export function startedIn(folder: string): Once[] {
  return running().flatMap(({ pid, started }) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`=${folder}`) ? [{ pid, started }] : [];
    } catch {
      return []; // it has ended, or is another user's
    }
  });
}

/** SIGKILL to those that still run. */
export function killAll(processes: Once[]): void {
  for (const { pid, started } of processes) {
    try {
      if (statOf(pid).started === started) process.kill(pid, 'SIGKILL');
    } catch {
      // it has ended
    }
  }
}

/** Whether a thread of the process computes, or waits for a disk. False on systems without /proc. */
export function isBusy(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).some((task) => /[RD]/.test(statOf(`${pid}/task/${task}`).state));
  } catch {
    return false;
  }
}

type Stat = Once & { state: string; parent: number; session: number };

/** All processes that have not ended. */
function running(): Stat[] {
  if (!existsSync('/proc/self/stat')) return [];
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = statOf(name);
      return stat.state === 'Z' ? [] : [stat];
    } catch {
      return []; // it has ended
    }
  });
}

/** Of a process, or of a thread by its path in /proc. */
function statOf(process: number | string): Stat {
  const stat = readFileSync(`/proc/${process}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the name before it may hold anything
  return {
    pid: Number.parseInt(stat, 10),
    state: fields[0]!,
    parent: Number(fields[1]),
    session: Number(fields[3]),
    started: fields[19]!,
  };
}

/** What the system says of other processes. */
import { existsSync, readFileSync } from 'node:fs';

export interface ProcessTable {
  /** When a process began (ticks since the machine did): with its id, what tells it from every other. */
  startOf(pid: number): string | undefined;
  /** Its name, at most 15 bytes. Only the process itself can change it: the system refuses all others. */
  nameOf(pid: number): string | undefined;
}

/** Undefined where there is no /proc to look into. */
export function systemProcesses(): ProcessTable | undefined {
  if (!existsSync('/proc/self/comm')) return undefined;
  return {
    startOf(pid) {
      // `pid (name) state …`; the name may hold anything. The start is field 22.
      const stat = read(`/proc/${pid}/stat`);
      return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    },
    nameOf: (pid) => read(`/proc/${pid}/comm`)?.replace(/\n$/, ''),
  };
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

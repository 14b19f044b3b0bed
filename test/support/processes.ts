import { existsSync, readFileSync } from 'node:fs';

/** Whether `/usr/bin/time -f %M` says how much memory a program took at most. */
export const measuresMemory = process.platform === 'linux' && existsSync('/usr/bin/time');

/** Whether a process runs. A zombie has ended. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2)[0] !== 'Z';
  } catch (error) {
    return (error as NodeJS.ErrnoException).syscall === 'open'; // it is there, but this system has no /proc
  }
}

import { readdirSync, readFileSync } from 'node:fs';

const CLOSED_BY_EXEC = 0o2000000; // O_CLOEXEC, as proc_pid_fdinfo(5) shows it

/**
 * Descriptors that the program was started with and that whatever it starts would have, too: a file of whoever started it,
 * which no sandbox keeps from being read. Node closes those below 16 to children, and all that it opens itself.
 */
export function inheritedDescriptors(): number[] {
  try {
    const descriptors = readdirSync('/proc/self/fd').map(Number);
    return descriptors.filter((descriptor) => descriptor > 2 && staysOpen(descriptor));
  } catch {
    return []; // a system without /proc
  }
}

function staysOpen(descriptor: number): boolean {
  try {
    const [, flags = ''] = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'latin1')) ?? [];
    return flags !== '' && (parseInt(flags, 8) & CLOSED_BY_EXEC) === 0;
  } catch {
    return false; // the listing's own
  }
}

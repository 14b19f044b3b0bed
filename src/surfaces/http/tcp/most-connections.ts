/** How many connections may be open at once. */
import { readFileSync } from 'node:fs';

const MOST = 5000;

/**
 * Each takes one of the files that the process may open. At least half of them stay free for journals, tools and models:
 * without them turns would fail, and whoever only connects needs no token.
 */
export function mostConnections(): number {
  return Math.min(MOST, Math.floor(mostFiles() / 2));
}

/** Where the system doesn't say it there are many: Node has raised its own limit to what it may. */
function mostFiles(): number {
  try {
    const [, files] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return Number(files ?? Infinity);
  } catch {
    return Infinity;
  }
}

/** Where in the home a value still stands, whatever file that is; and what can be done about it. */
import { closeSync, lstatSync, openSync, readdirSync, readSync, writeSync, constants, fsyncSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { SessionRedaction } from '../../contract/redaction.ts';
import type { Substitution } from './substitution.ts';

const BLOCK_BYTES = 1024 * 1024;
const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants;

/** Files that hold it, by their names within the home. What can't be read is left out: nothing of it can be said. */
export function findTraces(home: string, substitution: Substitution): SessionRedaction['left'] {
  return filesIn(home).flatMap((path) => {
    const count = countIn(path, substitution);
    const file = relative(home, path);
    return count === 0 ? [] : [{ file, count, advice: adviceOn(file) }];
  });
}

/**
 * Overwrites it where nothing is proved and nobody goes on from it: what was typed in terminals, and logs. In place, and
 * byte for byte as long, since others may be appending to them. Gives the files that held it.
 */
export function cleanBesides(home: string, substitution: Substitution): string[] {
  const paths = [join(home, 'history.jsonl'), ...filesIn(join(home, 'logs'))];
  return paths.filter((path) => overwrite(path, substitution)).map((path) => relative(home, path));
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch {
    return [];
  }
}

function countIn(path: string, substitution: Substitution): number {
  let count = 0;
  eachBlock(path, substitution, O_RDONLY, (block) => void (count += substitution.count(block)));
  return count;
}

function overwrite(path: string, substitution: Substitution): boolean {
  let changed = false;
  eachBlock(path, substitution, O_RDWR, (block, position, fd) => {
    const next = substitution.bytes(block);
    if (next === block) return;
    changed = true;
    for (let at = 0; at < next.length;) at += writeSync(fd, next, at, next.length - at, position + at);
    fsyncSync(fd);
  });
  return changed;
}

/** Blocks that each hold whole what began in it; what begins near the end of one is looked at with the next. */
function eachBlock(
  path: string,
  { longest }: Substitution,
  flags: number,
  use: (block: Buffer, position: number, fd: number) => void,
): void {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) return;
  let fd: number;
  try {
    fd = openSync(path, flags | O_NOFOLLOW | O_NONBLOCK);
  } catch {
    return;
  }
  try {
    for (let position = 0; ;) {
      const block = Buffer.alloc(BLOCK_BYTES + longest);
      const count = readSync(fd, block, 0, block.length, position);
      if (count === 0) return;
      use(block.subarray(0, count), position, fd);
      if (count < block.length) return;
      position += BLOCK_BYTES;
    }
  } finally {
    closeSync(fd);
  }
}

const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/^config\.yaml$/, 'you wrote it there: `runtime config path` names the file; the vault is a better place'],
  [/^workspaces\/[^/]+\.before-/, 'a workspace as it was before; delete the folder when you no longer need it'],
  [/^workspaces\/[^/]+\/(?:repairs|torn)\//, 'kept by a repair or after a crash, and read by nobody: delete it'],
  [
    /^workspaces\/[^/]+\/sessions\//,
    'another session: redact it too, or all with --all (--workspace names another workspace)',
  ],
  [/^workspaces\/[^/]+\/ingress\//, 'a message to another session; it goes with `governance.idempotency_ttl`'],
  [/^workspaces\/[^/]+\/blobs\/private\//, 'a file as it was before a patch: delete it, and the patch can’t be undone'],
  [/^workspaces\/[^/]+\/blobs\//, 'named by another session or a kept copy: redact that too; `runtime store gc` removes what nothing names'], // prettier-ignore
  [/^workspaces\/[^/]+\/schedules\.jsonl$/, 'a job or what became of it: `runtime cron ls`; remove the job'],
  [/^workspaces\/[^/]+\/governance\/tainted-files\./, 'a file that a tainted call wrote: it stays in the record'],
  [/^workspaces\/[^/]+\/governance\//, 'a standing grant: `runtime approvals grants`; it stays in the record'],
  [/^workspaces\/[^/]+\/audit\.jsonl$/, 'the audit log, which nothing rewrites'],
  [/^workspaces\/[^/]+\/cache\//, 'a cache: delete it'],
];

function adviceOn(file: string): string {
  return ADVICE.find(([pattern]) => pattern.test(file))?.[1] ?? 'look at it, and delete it if nothing needs it';
}

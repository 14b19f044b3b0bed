/** Files in which people tell agents how to work: AGENTS.md (https://agents.md). */
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { characterStart } from '../../base/utf8.ts';
import { toRuntimeError } from '../../contract/errors.ts';
import type { InstructionFile, InstructionFiles } from '../../contract/ports.ts';

const FILE = 'AGENTS.md';
const ROOT = 0;
/** A pipe isn't waited for, and a link that came meanwhile isn't followed. */
const HOW_TO_OPEN = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/** `folder`: of the workspace, whose file comes first. */
export function createInstructionFiles(folder: string): InstructionFiles {
  return {
    async read(project_root, most) {
      const paths = [join(folder, FILE), ...chain(project_root)];
      const believed = (uid: number): boolean => isBelieved(uid, project_root);
      return paths.map((path) => readWithin(path, most, believed)).filter((file) => file !== undefined);
    },
  };
}

/** The files from the root of the repository down to the folder; without a repository the folder's alone. */
function chain(folder: string): string[] {
  const folders = [folder];
  while (!existsSync(join(folders[0]!, '.git'))) {
    const above = dirname(folders[0]!);
    if (above === folders[0]) return [join(folder, FILE)];
    folders.unshift(above);
  }
  return folders.map((one) => join(one, FILE));
}

/** Undefined: there is no such file. Read at once: it is little, and the functions that wait take longer to load. */
function readWithin(path: string, most: number, believed: (uid: number) => boolean): InstructionFile | undefined {
  try {
    // Each turn asks, and mostly there is none: nothing else tells so without an error being made.
    const named = lstatSync(path, { throwIfNoEntry: false });
    if (named === undefined) return undefined;
    const file = openSync(named.isSymbolicLink() ? targetWithin(path) : path, HOW_TO_OPEN);
    try {
      const stats = fstatSync(file);
      if (!stats.isFile()) return { path, why: 'it is no file' };
      if (!believed(stats.uid)) return { path, why: 'it belongs to another user' };
      const buffer = Buffer.alloc(Math.min(stats.size, most + 1)); // one more, to see whether a character ends there
      const read = readSync(file, buffer, 0, buffer.length, 0);
      const bytes = read > most ? characterStart(buffer, most) : read;
      return { path, text: buffer.toString('utf8', 0, bytes), left_out: stats.size - bytes };
    } finally {
      closeSync(file);
    }
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : { path, why: toRuntimeError(thrown).message };
  }
}

/** Above a project there may be folders that everybody can write to. */
function isBelieved(uid: number, projectRoot: string): boolean {
  const own = process.geteuid?.();
  return own === undefined || uid === own || uid === ROOT || uid === statSync(projectRoot).uid;
}

/** A link may lead to another Markdown file of the folder only: what else it names is nothing to tell a model. */
function targetWithin(path: string): string {
  const real = realpathSync.native(path);
  if (dirname(real) !== realpathSync.native(dirname(path)) || !/\.mdx?$/i.test(real)) {
    throw new Error(`it leads to ${real}`);
  }
  return real;
}

/** A file that a command writes for a person: under its name it is there whole, or not at all. */
import { closeSync, fsyncSync, lstatSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { randomSecret } from '../../base/ids.ts';
import { nameIn, type OpenFile, openFolder } from '../../base/files/open-file.ts';
import { linkOutOfProject } from '../../base/files/link-out-of-project.ts';
import { resolveReal } from '../../base/files/resolve-real.ts';
import { RuntimeError } from '../../contract/errors.ts';

/**
 * Replaces what stood there. Others may not read it. The folder is held open: what comes into its place leads nowhere.
 * `root`: the folder in which the person is. A link of it that leads out may be the agent's.
 * @throws RuntimeError usage (the path is a folder, a device, a link, in no folder, or led out of the root) | disk_full | no_permission
 */
export async function writeOutputFile(path: string, pieces: AsyncIterable<string>, root: string): Promise<void> {
  const { fd: folder, real } = openFolderOf(path, root);
  try {
    // Whoever may write there could take a name that can be guessed.
    const [target, temporary] = [basename(path), `.${randomSecret(12)}.tmp`].map((name) =>
      nameIn({ fd: folder, real }, name),
    ) as [string, string];
    if (lstatSync(target, { throwIfNoEntry: false })?.isFile() === false) {
      throw new RuntimeError('usage', `${path} is there and is no plain file`, { next: 'Name another file.' });
    }
    await replace(target, temporary, pieces);
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function openFolderOf(path: string, root: string): OpenFile & { real: string } {
  const found = resolveReal(dirname(path));
  if ('code' in found) throw new RuntimeError('usage', found.message, { next: 'Name another file.' });
  const { real, kind } = found;
  const link = linkOutOfProject(found, [root]);
  if (link !== undefined) {
    throw new RuntimeError(
      'usage',
      `${path} leads out of a project, by the link ${link}, which a command may have made`,
      {
        next: `Name ${join(real, basename(path))} if that is what you mean.`,
      },
    );
  }
  if (kind === 'missing') {
    throw new RuntimeError('usage', `there is no folder ${dirname(path)}`, { next: 'Make the folder first.' });
  }
  const folder = openFolder(real);
  if ('code' in folder) throw new RuntimeError('usage', `${path}: ${folder.message}`, { next: 'Name another file.' });
  return { ...folder, real };
}

async function replace(target: string, temporary: string, pieces: AsyncIterable<string>): Promise<void> {
  const fd = openSync(temporary, 'wx', 0o600);
  try {
    for await (const piece of pieces) writeAll(fd, Buffer.from(piece));
    fsyncSync(fd);
    renameSync(temporary, target);
  } catch (error) {
    unlinkSync(temporary);
    throw error;
  } finally {
    closeSync(fd);
  }
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) written += writeSync(fd, bytes, written);
}

/**
 * Files by which a project's folder would tell the agent what to do are told only as a person has seen them: by the
 * digest of what is told. Whoever clones a project, or lets an agent write into it, decides that once, and again when
 * they change.
 */
import { realpathSync } from 'node:fs';
import { createInstructionFiles } from '../../adapters/instructions/instruction-files.ts';
import { digestOf } from '../../base/digest.ts';
import type { InstructionFile, InstructionFiles } from '../../contract/ports.ts';
import type { TrustedFile } from '../../contract/trust.ts';

/** As `gatherInstructions` reads them. */
export const MOST_BYTES = 32 * 1024;

/** As a workspace is. */
interface Place {
  home: string;
  store: { folder: string };
}

export interface ProjectFile {
  path: string;
  text: string;
  /** Bytes of it that are not told. */
  left_out: number;
  standing: 'trusted' | 'new' | 'changed';
}

const WHY = {
  new: 'it is not told before you trust it: see `runtime trust`',
  changed: 'it changed since you trusted it, and is not told: see `runtime trust`',
};

/** The files of a project's folder, those of the workspace left out, and what a person said of them. @throws RuntimeError store_damaged … */
export async function projectFiles({ home, store }: Place, project_root: string): Promise<ProjectFile[]> {
  const found = await createInstructionFiles(store.folder).read(project_root, MOST_BYTES);
  const told = found.filter((file) => isOfProject(file, home));
  if (told.length === 0) return [];
  const trusted = await trustedIn(home);
  return told.map(({ path, text, left_out }) => ({ path, text, left_out, standing: standingOf(path, text, trusted) }));
}

/** A line for a person where something of the folder is not told; undefined: all of it is, or there is nothing. */
export async function untoldNotice(place: Place, project_root: string): Promise<string | undefined> {
  const files = await projectFiles(place, project_root);
  const untold = files.filter(({ standing }) => standing !== 'trusted').map(({ path }) => path);
  if (untold.length === 0) return undefined;
  return `not told to the model, as you have not trusted it: ${untold.join(', ')}; look at it with: runtime trust`;
}

/** Reads what may be told; what may not is named with why. */
export function onlyTrusted(files: InstructionFiles, home: string): InstructionFiles {
  return {
    async read(project_root, most) {
      const found = await files.read(project_root, most);
      if (!found.some((file) => isOfProject(file, home))) return found;
      let trusted: TrustedFile[] | undefined;
      try {
        trusted = await trustedIn(home);
      } catch (thrown) {
        const why = thrown instanceof Error ? thrown.message : String(thrown);
        return found.map((file) => (isOfProject(file, home) ? { path: file.path, why } : file));
      }
      return found.map((file): InstructionFile => {
        if (!isOfProject(file, home)) return file;
        const standing = standingOf(file.path, file.text, trusted);
        return standing === 'trusted' ? file : { path: file.path, why: WHY[standing] };
      });
    },
  };
}

/** What a person has seen of a file, to be trusted as it is. */
export function asSeen({ path, text }: Pick<ProjectFile, 'path' | 'text'>, at: number): TrustedFile {
  return { path: realOf(path), digest: digestOf(text), at };
}

async function trustedIn(home: string): Promise<TrustedFile[]> {
  const { readTrusted } = await import('../../store/trusted.ts');
  return readTrusted(home);
}

function standingOf(path: string, text: string, trusted: readonly TrustedFile[]): ProjectFile['standing'] {
  const real = realOf(path);
  const seen = trusted.find((file) => file.path === real);
  if (seen === undefined) return 'new';
  return seen.digest === digestOf(text) ? 'trusted' : 'changed';
}

function isOfProject(file: InstructionFile, home: string): file is Extract<InstructionFile, { text: string }> {
  return 'text' in file && !file.path.startsWith(`${home}/`);
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Secrets of a project, found by their names before each command. */
import { type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isKeyShaped, isPlainlySecret, isSecretShaped, isSecretShapedFolder } from '../../base/secret-shaped.ts';
import { createListings } from './listings.ts';
import { isPrivateKey } from './private-key.ts';

/** What others made and made public, and what is for git alone. */
const NOT_LOOKED_INTO = new Set(['.git', 'node_modules', '.venv', 'venv', '__pycache__']);
/** Behind so many nobody looks: a command could make them. */
const MOST_FOLDERS = 20_000;

interface Listing {
  /** Names of folders in it. */
  folders: string[];
  /** Names that look like a secret's, in any folder; and those that mean one wherever they are. */
  shaped: string[];
  plain: string[];
  /** That may be private keys. */
  keys: string[];
}

/** What is there to be tried, or is of others, whatever its name. */
const OF_TESTS =
  /\/(?:(?:__)?(?:tests?|mocks?)(?:__)?|specs?|e2e|fixtures?|test[-_]?data|examples?|samples?|vendor|third[-_]party|site-packages)(?=\/|$)/i;

/**
 * What is named like a secret, in the project or a folder of it. Deeper only what can hardly be anything else, and private keys, but
 * for those of tests: `tokens.json` may be of colours there, and certificates are for everybody.
 * `now`: ms UTC.
 * @throws Error when the project itself can't be read, or holds too much: it wouldn't be hidden then
 */
export function secretsOfProject(root: string, now: number): string[] {
  const found: string[] = [];
  let level = [root];
  let left = MOST_FOLDERS;
  for (let depth = 0; level.length > 0; depth++) {
    const next: string[] = [];
    for (const folder of level) {
      if (left-- === 0) throw new Error(`the project has more than ${MOST_FOLDERS} folders`);
      const listing = listingOf(folder, { must: depth === 0, now });
      if (listing === undefined) {
        found.push(folder); // nobody can see what it holds, until a command changes that
        continue;
      }
      for (const name of depth < 2 ? listing.shaped : listing.plain) found.push(join(folder, name));
      if (depth >= 2 && !OF_TESTS.test(folder.slice(root.length))) {
        found.push(...listing.keys.map((name) => join(folder, name)).filter(isPrivateKey));
      }
      for (const name of listing.folders) next.push(join(folder, name));
    }
    level = next;
  }
  return found;
}

const listed = createListings((folder) => sorted(readdirSync(String(folder), { withFileTypes: true })));

function listingOf(folder: string, { must, now }: { must: boolean; now: number }): Listing | undefined {
  try {
    return listed(Buffer.from(folder), now);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { folders: [], shaped: [], plain: [], keys: [] };
    if (must) throw error;
    return undefined;
  }
}

/** Links lead elsewhere, and are judged there. */
function sorted(entries: readonly Dirent[]): Listing {
  const own = entries.filter((entry) => !entry.isSymbolicLink());
  const isShaped = (entry: Dirent): boolean =>
    (entry.isDirectory() ? isSecretShapedFolder : isSecretShaped)(entry.name);
  const shaped = own.filter(isShaped).map(({ name }) => name);
  const hidden = new Set(shaped);
  return {
    folders: own
      .filter((entry) => entry.isDirectory() && !NOT_LOOKED_INTO.has(entry.name) && !hidden.has(entry.name))
      .map(({ name }) => name),
    shaped,
    plain: shaped.filter(isPlainlySecret),
    keys: own.filter((entry) => entry.isFile() && isKeyShaped(entry.name)).map(({ name }) => name),
  };
}

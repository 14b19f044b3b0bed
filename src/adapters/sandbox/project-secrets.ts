/** Secrets of a project, found by their names before each command. */
import { type Dirent, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { realPathOf } from '../../base/files/resolve-real.ts';
import { isKeyShaped, isPlainlySecret, isSecretShaped, isSecretShapedFolder } from '../../base/secret-shaped.ts';
import { createListings } from './listings.ts';
import { isPrivateKey } from './private-key.ts';

/** What others made and made public, and what is for git alone. */
const NOT_LOOKED_INTO = new Set(['.git', 'node_modules', '.venv', 'venv', '__pycache__']);
/** Behind so many nobody looks: a command could make them. */
const MOST_FOLDERS = 20_000;

export interface ProjectSecrets {
  /** Paths of what is named like a secret. */
  own: string[];
  /** Of links that are, and lead to something. */
  links: string[];
}

interface Listing {
  /** Names of folders in it. */
  folders: string[];
  /** Names that look like a secret's, in any folder; and those that mean one wherever they are. */
  shaped: string[];
  plain: string[];
  /** That may be private keys. */
  keys: string[];
  /** Links that are named like secrets. */
  links: string[];
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
export function secretsOfProject(root: string, now: number): ProjectSecrets {
  const [own, links]: [string[], string[]] = [[], []];
  let level = [root];
  let left = MOST_FOLDERS;
  for (let depth = 0; level.length > 0; depth++) {
    const next: string[] = [];
    for (const folder of level) {
      if (left-- === 0) throw new Error(`the project has more than ${MOST_FOLDERS} folders`);
      const listing = listingOf(folder, { must: depth === 0, now });
      if (listing === undefined) {
        own.push(folder); // nobody can see what it holds, until a command changes that
        continue;
      }
      const at = (name: string): string => join(folder, name);
      const hasKeys = depth >= 2 && !OF_TESTS.test(folder.slice(root.length));
      own.push(...(depth < 2 ? listing.shaped : listing.plain).map(at));
      if (hasKeys) own.push(...listing.keys.map(at).filter((path) => isPrivateKey(path)));
      const counts = (name: string): boolean => depth < 2 || isPlainlySecret(name) || (hasKeys && isKeyShaped(name));
      links.push(...listing.links.filter(counts).map(at).filter(leadsToSecret));
      next.push(...listing.folders.map(at));
    }
    level = next;
  }
  return { own, links };
}

const listed = createListings((folder) => sorted(readdirSync(String(folder), { withFileTypes: true })));

function listingOf(folder: string, { must, now }: { must: boolean; now: number }): Listing | undefined {
  try {
    return listed(Buffer.from(folder), now);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return NOTHING;
    if (must) throw error;
    return undefined;
  }
}

/** Of what is named like certificates most are. */
function leadsToSecret(link: string): boolean {
  const real = realPathOf(link);
  return real !== undefined && (!isKeyShaped(basename(link)) || isPrivateKey(real, basename(link)));
}

const NOTHING: Listing = { folders: [], shaped: [], plain: [], keys: [], links: [] };

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
    links: entries.filter((entry) => entry.isSymbolicLink() && isShaped(entry)).map(({ name }) => name),
  };
}

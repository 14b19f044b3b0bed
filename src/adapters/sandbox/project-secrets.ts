/** Secrets of a project, found by their names before each command. */
import { type Dirent, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { realPathOf } from '../../base/files/resolve-real.ts';
import {
  isExample,
  isPlainlySecret,
  isSecretByPlace,
  isSecretFolder,
  isSecretShapedFolder,
  secretKind,
  type SecretKind,
} from '../../base/secret-shaped.ts';
import { createListings } from '../../base/files/listings.ts';
import { isPrivateKey } from './private-key.ts';

/** What others made and made public, and what is for git alone. */
const NOT_LOOKED_INTO = new Set(['.git', 'node_modules', '.venv', 'venv', '__pycache__']);
/** Behind so many nobody looks: a command could make them. */
const MOST_FOLDERS = 20_000;
/** So many are looked into for keys. */
const MOST_KEYS = 5_000;

export interface ProjectSecrets {
  /** Paths of what is named like a secret. */
  own: string[];
  /** Of links that are, and lead to something. */
  links: string[];
}

interface Named {
  name: string;
  kind: SecretKind;
}

interface Listing {
  /** Names of folders in it that are to be looked into. */
  folders: string[];
  /** What is named like a secret; and links that are. */
  own: Named[];
  links: Named[];
}

/** What is there to be tried, or is of others, whatever its name. */
const OF_TESTS =
  /\/(?:(?:__)?(?:tests?|mocks?)(?:__)?|specs?|e2e|fixtures?|test[-_]?data|examples?|samples?|vendor|third[-_]party|site-packages)(?=\/|$)/i;

interface Where {
  /** Deeper than two levels. */
  isDeep: boolean;
  isOfTests: boolean;
}

/** Where what is named so counts, if of keys the content agrees: deep in a project `tokens.json` may be of colours. */
const COUNTS: Readonly<Record<SecretKind, (where: Where) => boolean>> = {
  plain: () => true,
  settings: ({ isDeep, isOfTests }) => !isDeep || !isOfTests,
  key: ({ isDeep, isOfTests }) => !isDeep || !isOfTests,
  unsure: ({ isOfTests }) => !isOfTests,
  shaped: ({ isDeep }) => !isDeep,
};

/**
 * What is named like a secret, in the project or a folder of it. Keys deeper than two levels are looked into, as certificates are for
 * everybody, and everywhere what only its content tells to be one.
 * `now`: ms UTC.
 * @throws Error when the project itself can't be read, or holds too much: it wouldn't be hidden then
 */
export function secretsOfProject(root: string, now: number): ProjectSecrets {
  const [own, links]: [string[], string[]] = [[], []];
  let level = [root];
  let left = MOST_FOLDERS;
  let keysLeft = MOST_KEYS;
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
      const where = { isDeep: depth >= 2, isOfTests: OF_TESTS.test(folder.slice(root.length)) };
      const counts = ({ kind }: Named): boolean => COUNTS[kind](where);
      for (const { name, kind } of listing.own.filter(counts)) {
        const isByContent = kind === 'unsure' || (kind === 'key' && where.isDeep);
        if (isByContent && keysLeft-- === 0)
          throw new Error(`the project has more than ${MOST_KEYS} files that may be keys`);
        if (!isByContent || isPrivateKey(at(name))) own.push(at(name));
      }
      for (const link of listing.links.filter(counts))
        if (leadsToSecret(at(link.name), link)) links.push(at(link.name));
      next.push(...listing.folders.map(at));
    }
    level = next;
  }
  return { own, links };
}

const listed = createListings((folder) => sorted(String(folder), readdirSync(String(folder), { withFileTypes: true })));

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
function leadsToSecret(link: string, { name, kind }: Named): boolean {
  const real = realPathOf(link);
  if (real === undefined || isExample(basename(real))) return false;
  return (kind !== 'key' && kind !== 'unsure') || isPrivateKey(real, name);
}

const NOTHING: Listing = { folders: [], own: [], links: [] };

function sorted(folder: string, entries: readonly Dirent[]): Listing {
  const listing: Listing = { folders: [], own: [], links: [] };
  for (const entry of entries) {
    const { name } = entry;
    const kind = entry.isDirectory() ? kindOfFolder(name) : kindOfFile(folder, name);
    if (kind !== undefined) (entry.isSymbolicLink() ? listing.links : listing.own).push({ name, kind });
    else if (entry.isDirectory() && !NOT_LOOKED_INTO.has(name)) listing.folders.push(name);
  }
  return listing;
}

function kindOfFolder(name: string): SecretKind | undefined {
  if (!isSecretShapedFolder(name)) return undefined;
  return isPlainlySecret(name) ? 'plain' : 'shaped';
}

function kindOfFile(folder: string, name: string): SecretKind | undefined {
  return isSecretFolder(name) || isSecretByPlace(join(folder, name)) ? 'plain' : secretKind(name);
}

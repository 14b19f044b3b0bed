/**
 * The files that a word with patterns may stand for, for any shell and whatever its options (`nocaseglob`, `dotglob`): rather
 * too many than one too few. Bash's own rules depend on these, on the locale, and on how it counts characters.
 */
import { type Dir, opendirSync } from 'node:fs';
import { homedir } from 'node:os';
import { isInPieces } from '../../../base/in-pieces.ts';
import { LONGEST_PATH, partsOf } from './file-named.ts';

/** So many names are looked at for a line, those of a folder again for each word; and so many words are made of one with alternatives. */
const MOST_NAMES = 10_000;
const MOST_WORDS = 100;

const ALTERNATIVES = /^([^{}]*)\{([^{}]*,[^{}]*)\}([^]*)$/;
/** Stands for any text here: also `[a-z]`, but no class that is named, negated or has brackets in it. */
const WILD = /(?:[*?]|\[[^[\]\\!^][^[\]\\]*\])+/;
/** Ends what can be told by the text of one name. */
const UNTOLD = /[[\]{}()\\!+@^]/;

/** Stands for many names, also for those with a `/`, where the shell is told to know it. */
const EXTENDED = /[@+!?*]\(/;
/** No part of it ends where it seems to: `[=]`. */
const CLASS = /\[[^\]]*\]+/g;

/** Names in folders, each of which is read once, as long as not too many were looked at. */
export interface Names {
  in(folder: string): readonly string[];
  /** Whether there is such a folder, and nobody here may list it. */
  isLocked(folder: string): boolean;
  /** Whether one more may be looked at: if not, never again. */
  more(): boolean;
}

export function createNames(): Names {
  const read = new Map<string, string[]>();
  const locked = new Set<string>();
  let left = MOST_NAMES;
  return {
    in(folder) {
      const known = read.get(folder);
      if (known) {
        left -= known.length;
        return left < 0 ? [] : known;
      }
      const names: string[] = [];
      read.set(folder, names);
      const dir = opened(folder);
      if (dir === 'locked') locked.add(folder);
      if (dir === undefined || dir === 'locked') return names;
      try {
        for (let entry = dir.readSync(); entry && left-- > 0; entry = dir.readSync()) names.push(entry.name);
      } catch {
        return names;
      } finally {
        dir.closeSync();
      }
      return names;
    },
    isLocked: (folder) => locked.has(folder),
    more: () => left-- > 0,
  };
}

/**
 * `word`: without quotes. `isQuoted`: it had some, so that a comma may be no comma. Undefined: it isn't only patterns and
 * alternatives, begins in a folder that only the shell knows, or too much is to be looked at.
 */
export function filesOfPattern(
  word: string,
  isQuoted: boolean,
  folders: readonly string[],
  names: Names,
): string[] | undefined {
  if (!/[*?[]|\{.*[,.].*\}/.test(word) || /[$`]|\*\*/.test(word) || EXTENDED.test(word)) return undefined;
  if (word.includes('{') && (isQuoted || word.includes('('))) return undefined;
  const words = names.more() ? alternativesOf(word) : undefined;
  if (words === undefined || words.some((one) => one.includes('{') || one.length > LONGEST_PATH)) return undefined;
  const parts = words.flatMap((one) =>
    partsOf(
      one,
      one.replace(CLASS, (text) => ' '.repeat(text.length)),
    ),
  );
  if (parts.some((part) => /^~(?!\/|$)/.test(part))) return undefined;
  const found: string[] = [];
  for (const part of parts) {
    const { bases, rest } = placeOf(part, folders);
    for (const base of bases) {
      let paths = [base];
      for (const name of rest) {
        const fits = patternOf(name);
        const before = paths;
        paths = paths.flatMap((path) => {
          if (!names.more()) return [];
          if (fits === undefined) return `${path}/${name}`;
          return names.in(path).filter(fits).map((other) => `${path}/${other}`); // prettier-ignore
        });
        // A name that is no text leads nowhere from here, and the shell finds it; so it may what lies in a locked folder, by then.
        if (paths.some((path) => path.includes('\ufffd')) || before.some(names.isLocked)) return undefined;
      }
      found.push(...paths);
      if (!names.more()) return undefined;
    }
  }
  return found;
}

/** Undefined: too many. One that isn't plainly alternatives stays as it is. */
function alternativesOf(word: string): string[] | undefined {
  const done: string[] = [];
  const waiting = [word];
  for (const one of waiting) {
    const [, before, inner, after] = ALTERNATIVES.exec(one) ?? [];
    if (before === undefined) done.push(one);
    else waiting.push(...inner!.split(',').map((part) => `${before}${part}${after!}`));
    if (waiting.length > MOST_WORDS) return undefined;
  }
  return done;
}

/** From where names are looked for, and which. In quotes `~` is a folder of this name. */
function placeOf(word: string, folders: readonly string[]): { bases: readonly string[]; rest: string[] } {
  const [first, ...rest] = word.split('/');
  if (first === '') return { bases: [''], rest };
  const below = { bases: folders, rest: [first!, ...rest] };
  return first === '~' ? { bases: [homedir(), ...folders.map((folder) => `${folder}/~`)], rest } : below;
}

/** Whether a name fits; undefined: it must be just this. From where nobody can tell by its text, anything fits. */
function patternOf(text: string): ((name: string) => boolean) | undefined {
  if (!/[*?[\]{}()\\]/.test(text)) return undefined;
  const parts = text.toLowerCase().split(WILD);
  const untold = parts.findIndex((part) => UNTOLD.test(part));
  if (untold >= 0) parts.splice(untold, parts.length, parts[untold]!.slice(0, parts[untold]!.search(UNTOLD)), '');
  return (name) => isInPieces(name.toLowerCase(), parts);
}

/** Undefined: it is no folder. */
function opened(folder: string): Dir | 'locked' | undefined {
  try {
    return opendirSync(folder === '' ? '/' : folder, { bufferSize: 256 });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'locked' : undefined;
  }
}

/**
 * What was typed, across starts: `RUNTIME_HOME/history.jsonl`, a JSON string a line, the newest last. Lines that look as if
 * they held a secret are not kept. Nothing here fails: a history is a convenience.
 */
import {
  appendFileSync,
  chmodSync,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { createHistory, type History } from '../terminal/editor/history.ts';

const LONGEST_ENTRY = 10_000;
/** The file is written anew when it is longer than this (bytes); no more than this is read of its end. */
const MOST_BYTES = 1024 * 1024;
const OTHERS_RIGHTS = 0o077;
/** Keys of the services that people paste, private keys, tokens and passwords that are named as such, or in an address. */
const SECRET =
  /\b(?:sk|pk|rk|ghp|gho|ghs|github_pat|glpat|xox[abprs]|AKIA|ASIA|AIza|ya29|npm|hf|eyJ)[-_A-Za-z0-9]{12,}|-----BEGIN [A-Z ]*PRIVATE KEY|(?:password|passwd|passphrase|secret|token|(?:api|access|private)[-_ ]?key|\bbearer)\b["']?(?:\s*[:=]\s*\S{4,}|\s+(?=[a-z]*[^\sa-z.,;:!?'")-])\S{6,})|:\/\/[^\s/:@]*:[^\s/@]+@/i;

export interface HistoryFile {
  load(): History;
  add(text: string): void;
}

export function historyFile(home: string): HistoryFile {
  const path = join(home, 'history.jsonl');
  /** Ended somebody in the middle of a line? What is added mustn't go on there. */
  let torn = false;
  return {
    load() {
      try {
        const { size, mode } = lstatSync(path);
        const content = endOf(path, size);
        torn = content !== '' && !content.endsWith('\n');
        if ((mode & OTHERS_RIGHTS) !== 0) chmodSync(path, 0o600);
        const history = createHistory(content.split('\n').flatMap(entryOf));
        if (size > MOST_BYTES && rewrite(path, history, size)) torn = false;
        return history;
      } catch {
        return createHistory([]);
      }
    },
    add(text) {
      if (text.length > LONGEST_ENTRY || SECRET.test(text)) return;
      try {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
        if (lstatSync(path, { throwIfNoEntry: false })?.isFile() === false) return; // a pipe would wait for a reader
        appendFileSync(path, `${torn ? '\n' : ''}${JSON.stringify(text)}\n`, { mode: 0o600 });
        torn = false;
      } catch {
        // Without a place to keep it, it lasts as long as the program.
      }
    },
  };
}

/** @throws when it is no file that can be read */
function endOf(path: string, size: number): string {
  if (!lstatSync(path).isFile()) throw new Error(`${path} is no file`);
  const bytes = Buffer.alloc(Math.min(size, MOST_BYTES));
  const descriptor = openSync(path, 'r');
  try {
    return bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, bytes.length, size - bytes.length));
  } finally {
    closeSync(descriptor);
  }
}

function entryOf(line: string): string[] {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === 'string' ? [entry] : [];
  } catch {
    return [];
  }
}

/** Unless another terminal has added to it meanwhile. Gives whether it did. */
function rewrite(path: string, { entries }: History, size: number): boolean {
  writeFileSync(`${path}.tmp`, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''), { mode: 0o600 });
  if (lstatSync(path).size !== size) return false;
  renameSync(`${path}.tmp`, path);
  return true;
}

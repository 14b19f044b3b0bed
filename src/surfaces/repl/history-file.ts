/**
 * What was typed, across starts: `RUNTIME_HOME/history.jsonl`, a JSON string a line, the newest last. Lines that look as if
 * they held a secret are not kept. Nothing here fails: a history is a convenience.
 */
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createHistory, type History } from '../terminal/editor/history.ts';

const LONGEST_ENTRY = 10_000;
/** The file is written anew when it is longer than this (characters). */
const MOST_LENGTH = 1024 * 1024;
/** Keys of the services that people paste, private keys, tokens and passwords that are named as such. */
const SECRET =
  /\b(?:sk|pk|rk|ghp|gho|ghs|github_pat|glpat|xox[abprs]|AKIA|ASIA|AIza|ya29|npm|hf|eyJ)[-_A-Za-z0-9]{12,}|-----BEGIN [A-Z ]*PRIVATE KEY|\b(?:password|passwd|secret|token|api[-_ ]?key|bearer)\b(?:\s*[:=]\s*\S{6,}|\s+(?=[a-z]*[^\sa-z.,;:!?'")-])\S{6,})/i;

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
        const content = readFileSync(path, 'utf8');
        torn = content !== '' && !content.endsWith('\n');
        const history = createHistory(content.split('\n').flatMap(entryOf));
        if (content.length > MOST_LENGTH) {
          rewrite(path, history);
          torn = false;
        }
        return history;
      } catch {
        return createHistory([]);
      }
    },
    add(text) {
      if (text.length > LONGEST_ENTRY || SECRET.test(text)) return;
      try {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
        appendFileSync(path, `${torn ? '\n' : ''}${JSON.stringify(text)}\n`, { mode: 0o600 });
        torn = false;
      } catch {
        // Without a place to keep it, it lasts as long as the program.
      }
    },
  };
}

function entryOf(line: string): string[] {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === 'string' ? [entry] : [];
  } catch {
    return [];
  }
}

function rewrite(path: string, { entries }: History): void {
  writeFileSync(`${path}.tmp`, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''), { mode: 0o600 });
  renameSync(`${path}.tmp`, path);
}

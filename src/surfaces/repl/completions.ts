/** What Tab offers: commands, their arguments, and files behind `@`. */
import { readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { Workspace } from '../../engine/wire.ts';
import { namesIn } from '../cli/completion/names.ts';
import type { Candidate, Candidates } from '../terminal/editor/completion.ts';
import { COMMANDS } from './slash.ts';

const ARGUMENTS: ReadonlyMap<string, 'model' | 'session' | 'approval' | 'tool'> = new Map([
  ['model', 'model'],
  ['resume', 'session'],
  ['approvals', 'approval'],
  ['approve', 'approval'],
  ['deny', 'approval'],
  ['policy', 'tool'],
]);

/** What may follow the first argument. */
const SECOND: ReadonlyMap<string, readonly string[]> = new Map([
  ['approve', ['session', 'always']],
  ['policy', ['allow', 'ask', 'deny']],
]);

/** Without a workspace, which is still being opened, only commands and files. */
export async function completionsOf(
  text: string,
  cursor: number,
  { workspace, root }: { workspace: Workspace | undefined; root: string },
): Promise<Candidates> {
  const before = text.slice(0, cursor);
  const [quotedMention] = /(?<=^|\s)@"[^"\n]*$/.exec(before) ?? [];
  if (quotedMention !== undefined) {
    return { from: cursor - quotedMention.length, to: cursor, items: mentions(files(quotedMention.slice(2), root)) };
  }
  const from = Math.max(before.lastIndexOf(' '), before.lastIndexOf('\n')) + 1;
  const word = before.slice(from);
  if (word.startsWith('@')) return { from, to: cursor, items: mentions(files(word.slice(1), root)) };
  const command = /^\/([a-z]*)$/.exec(before);
  if (command) return { from: 0, to: cursor, items: commands(command[1]!) };
  const kind = ARGUMENTS.get(/^\/([a-z]+) +\S*$/.exec(before)?.[1] ?? '');
  if (kind !== undefined && workspace !== undefined) {
    const names = await namesIn(workspace, kind, word).catch(() => []); // what can't be read says so where it is used
    const items = names.filter(({ value }) => value.startsWith(word));
    return { from, to: cursor, items: items.map(({ value, meaning }) => ({ value, detail: meaning })) };
  }
  const second = SECOND.get(/^\/([a-z]+) +\S+ +\S*$/.exec(before)?.[1] ?? '');
  if (second !== undefined) {
    return { from, to: cursor, items: second.filter((one) => one.startsWith(word)).map((value) => ({ value })) };
  }
  return { from, to: cursor, items: word.includes('/') || before.startsWith('!') ? files(word, root) : [] };
}

function commands(typed: string): Candidate[] {
  return Object.entries(COMMANDS)
    .filter(([name]) => name.startsWith(typed))
    .map(([name, { usage, summary }]) => ({
      value: `/${name}${usage === '' ? '' : ' '}`,
      label: `/${name} ${usage}`,
      detail: summary,
    }));
}

/** With quotes where a path would end too early; a folder's stay open. */
function mentions(found: readonly Candidate[]): Candidate[] {
  return found.map(({ value, ...rest }) => {
    const quoted = /\s/.test(value) ? `"${value}${value.endsWith('/') ? '' : '"'}` : value;
    return { ...rest, value: `@${quoted}` };
  });
}

const MOST_FILES = 200;

function files(typed: string, root: string): Candidate[] {
  const folder = typed.slice(0, typed.lastIndexOf('/') + 1);
  const begin = typed.slice(folder.length);
  try {
    return readdirSync(resolve(root, folder.replace(/^~(?=\/)/, homedir())), { withFileTypes: true })
      .filter(({ name }) => name.startsWith(begin) && (begin.startsWith('.') || !name.startsWith('.')))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .slice(0, MOST_FILES)
      .map((entry) => ({
        value: `${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`,
        label: `${entry.name}${entry.isDirectory() ? '/' : ''}`,
      }));
  } catch {
    return [];
  }
}

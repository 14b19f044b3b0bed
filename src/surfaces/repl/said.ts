/** What of a message is shown: what was typed, the beginning of what is long, and of what goes with it only what it is. */
import type { Part } from '../../contract/values.ts';

export interface Said {
  text: string;
  /** How many lines of it are left out. */
  left: number;
  /** Files and outputs that go with it, each in a few words. */
  with: string[];
}

const MOST_LINES = 20;
/** As attachments.ts and person-command.ts write them. */
const FILE = /^The file (.+):\n/;
const OWN_COMMAND = /^I (?:ran|tried to run) `([^]+?)`(?: myself \((.+)\):\n|, but: )/;

/** `texts`: those of its parts; `files`: what else goes with it. */
export function saidOf(texts: readonly string[], files: readonly string[] = []): Said {
  const typed: string[] = [];
  const others: string[] = [];
  for (const part of texts) {
    const label = labelOf(part);
    if (label === undefined) typed.push(part);
    else others.push(label);
  }
  const lines = typed.join('\n').trimEnd().split('\n');
  const isLong = lines.length > MOST_LINES + 1;
  const shown = isLong ? lines.slice(0, MOST_LINES) : lines;
  return { text: shown.join('\n'), left: lines.length - shown.length, with: [...others, ...files] };
}

/** Images and documents of a message, each in a few words. */
export function filesIn(parts: readonly Part[]): string[] {
  return parts.flatMap((part) => {
    if (part.type !== 'image' && part.type !== 'file') return [];
    const { name = 'without a name', media_type, bytes } = part;
    return `@${name} · ${media_type}, ${bytes.toLocaleString('en')} bytes`;
  });
}

function labelOf(part: string): string | undefined {
  const [, file] = FILE.exec(part) ?? [];
  if (file !== undefined) {
    const count = part.trimEnd().split('\n').length - 1;
    return `@${file} · ${count} line${count === 1 ? '' : 's'}`;
  }
  const [, command, how = 'not run'] = OWN_COMMAND.exec(part) ?? [];
  return command === undefined ? undefined : `!${command} · ${how}`;
}

/**
 * Golden frames: what is on a screen, kept in test/frames and compared. `UPDATE_FRAMES=1` writes them anew.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import type { Terminal } from './terminal.ts';

export const FRAMES = join(import.meta.dirname, '../frames');

/** What varies from run to run, and what a frame has instead. The first rules go first. */
const RULES: [pattern: RegExp, shown: string][] = [
  [/(?:\/[\w.-]+)+\/runtime-test-\w{6}/g, '<place>'],
  [/\b[0-7][0-9a-hjkmnp-tv-z]{25}\b/g, '<ulid>'],
  [/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<uuid>'],
  [/\b(?:sha256[:-])?[0-9a-f]{64}\b/g, '<digest>'],
  [/\ba-[0-9a-f]{16}\b/g, 'a-<approval>'],
  [/\b[0-9a-f]{16}(?=…)/g, '<digest>'],
  [/(?<=\bpid )\d+/g, '<pid>'],
  [/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/g, '⠿'],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?/g, '<time>'],
  [/\b\d\d:\d\d:\d\d\b/g, '<time>'],
  [/\b\d{4}-\d\d-\d\d\b/g, '<date>'],
  [/(?<=\bpid )\d+/g, '<pid>'],
  [/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/g, '⠋'],
  [/(?<=\b127\.0\.0\.1:|localhost:)\d+/g, '<port>'],
  [/(?<![\w.])v?\d+\.\d+\.\d+(?:-[\w.]+)?(?!\w|\.\d)/g, '<version>'],
  [/(?<![\w.])(?:\d+(?:\.\d+)?\s?(?:ms|h|m|s)\s?)*\d+(?:\.\d+)?\s?(?:ms|h|m|s)(?!\w)/g, '<duration>'],
];

/**
 * The text with what varies replaced. A gap after it in its row, or else one before it, makes up for its length, so that
 * what is in columns stays there.
 */
export function normalise(text: string): string {
  return text.split('\n').map(normaliseRow).join('\n');
}

function normaliseRow(row: string): string {
  const pieces = row.split(/( {2,})/); // words, gap, words, …
  for (let i = 0; i < pieces.length; i += 2) {
    const words = pieces[i]!;
    const shown = RULES.reduce((result, [pattern, name]) => result.replaceAll(pattern, name), words);
    pieces[i] = shown;
    const gap = i + 1 < pieces.length ? i + 1 : i - 1;
    const isIndent = gap < 0 || pieces[gap - 1] === '';
    if (!isIndent) pieces[gap] = ' '.repeat(Math.max(1, pieces[gap]!.length + words.length - shown.length));
  }
  return pieces.join('');
}

/** What a frame's file has of a screen: its size, then the rows. */
export function frameOf(terminal: Terminal, { styled = false } = {}): string {
  const rows = normalise(styled ? terminal.styled() : terminal.screen());
  return `${terminal.columns()} × ${terminal.rows()}\n${rows}\n`;
}

/** The screen is as in test/frames/<name>.txt. Wait until the terminal has settled. The name stands in the call. */
export function expectFrame(name: string, terminal: Terminal, options: { styled?: boolean } = {}): void {
  const path = join(FRAMES, `${name}.txt`);
  const frame = frameOf(terminal, options);
  if (process.env['UPDATE_FRAMES'] === '1') {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, frame);
    return;
  }
  let golden: string;
  try {
    golden = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Error(`test/frames/${name}.txt is missing; UPDATE_FRAMES=1 writes it. The screen:\n${frame}`, { cause });
  }
  expect(frame, `test/frames/${name}.txt differs; UPDATE_FRAMES=1 writes it`).toBe(golden);
}

/** The frames that no call of `expectFrame` in the folder's tests names. A `${…}` in a name stands for anything. */
export function unusedFrames(folder: string, frames: string): string[] {
  const tests = readdirSync(folder).filter((file) => file.endsWith('.test.ts'));
  const used = tests.flatMap((file) => namesIn(readFileSync(join(folder, file), 'utf8')));
  return readdirSync(frames, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name).slice(frames.length + 1))
    .filter((file) => !used.some((name) => name.test(file)));
}

function namesIn(source: string): RegExp[] {
  return [...source.matchAll(/\bexpectFrame\(\s*(['"`])(.+?)\1/g)].map(([, , name]) => {
    const parts = name!.split(/\$\{[^}]*\}/).map((part) => RegExp.escape(part));
    return new RegExp(`^${parts.join('.+')}\\.txt$`);
  });
}

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shell } from '../test-host.ts';
import { applyHunks } from './apply-hunks.ts';
import { type Hunk, type HunkLine, parsePatch } from './parse-patch.ts';
import { bytesOf, linesOf } from './text-file.ts';
import { unifiedDiff } from './unified-diff.ts';

/** Applies the lines of an update section to a text. */
function apply(text: string, ...patch: string[]): string {
  const parsed = parsePatch(['*** Begin Patch', '*** Update File: f', ...patch, '*** End Patch'].join('\n'));
  if ('refused' in parsed) throw new Error(parsed.refused);
  const section = parsed.sections[0]!;
  if (section.kind !== 'update') throw new Error(section.kind);
  const edit = applyHunks(linesOf(Buffer.from(text))!, section.hunks);
  return 'refused' in edit ? `refused: ${edit.refused}` : bytesOf(edit.result).toString();
}

test('exact, and around what is exact nothing moves', () => {
  expect(apply('a\nb\nc\n', ' a', '-b', '+B', ' c')).toBe('a\nB\nc\n');
  expect(apply('a\nb\nc\nb\n', '@@ c', '-b', '+B')).toBe('a\nb\nc\nB\n');
  expect(apply('a\nx\na\nx\n', '@@', '-x', '+1', '@@', '-x', '+2')).toBe('a\n1\na\n2\n');
  expect(apply('a\nb\n', '-a', '-b')).toBe('');
});

test('very many added lines, and very many hunks in a long file whose space differs', () => {
  expect(apply('a\n', ' a', '+b\n'.repeat(200_000).trimEnd())).toHaveLength(2 + 2 * 200_000);
  const lines = Array.from({ length: 100_000 }, (_, index) => `line ${index}`);
  const hunks = lines.filter((_, index) => index % 20 === 0).map((line) => `@@\n-${line}\n+x\n`);
  const changed = apply(`${lines.join(' \n')} \n`, hunks.join('').trimEnd()).split('\n');
  expect(changed.filter((line) => line === 'x')).toHaveLength(5000);
});

test('context is found in spite of other space and punctuation, and keeps its own', () => {
  expect(apply('  a \nb\n', ' a', '-b', '+B')).toBe('  a \nB\n');
  expect(apply('a \t\nb\n', ' a', '-b', '+B')).toBe('a \t\nB\n');
  expect(apply('“it’s” – so\u00a0on\nb\n', ' "it\'s" - so on', '-b', '+B')).toBe('“it’s” – so\u00a0on\nB\n');
  expect(apply('x\n x\n', '-x', '+y')).toBe('y\n x\n');
  expect(apply(' x\nx\n', '-x', '+y')).toBe(' x\ny\n');
});

test('line ends and a missing last one stay as they are', () => {
  expect(apply('a\r\nb\r\nc', ' a', '-b', '+B', '+C')).toBe('a\r\nB\r\nC\r\nc');
  expect(apply('a\nb', '-b', '+B')).toBe('a\nB');
  expect(apply('a\nb', ' b', '+c')).toBe('a\nb\nc');
  expect(apply('a\nb\nc', '-c')).toBe('a\nb');
  expect(apply('a\r\nb\nc\r\n', '-b', '+B')).toBe('a\r\nB\nc\r\n');
  expect(apply('\ufeffa\nb\n', '-b', '+B')).toBe('\ufeffa\nB\n');
  expect(apply('\ufeffa\nb\n', ' a', '+B')).toBe('\ufeffa\nB\nb\n');
});

test('only new lines go behind their anchor, else to the end', () => {
  expect(apply('a\nb\n', '@@ a', '+x')).toBe('a\nx\nb\n');
  expect(apply('a\nb\n', '+x')).toBe('a\nb\nx\n');
  expect(apply('', '+x')).toBe('x\n');
  expect(apply('a\nb\n', '@@ a', '@@ b', '+x')).toBe('a\nb\nx\n');
  expect(apply('a\nb\n', '@@ a', ' a', '+x')).toBe('a\nx\nb\n');
});

test('the end of the file is the end', () => {
  expect(apply('x\ny\nx\n', '-x', '+z', '*** End of File')).toBe('x\ny\nz\n');
  expect(apply('x\ny\n', '-x', '+z', '*** End of File')).toBe('refused: these lines do not stand in the file:\nx');
  expect(apply('x\ny\n', ' y', '+z', ' ', '*** End of File')).toBe('x\ny\nz\n');
});

test('what does not stand there is refused, with where it was looked for', () => {
  expect(apply('a\nb\n', '-x', '+y')).toBe('refused: these lines do not stand in the file:\nx');
  expect(apply('a\nb\n', '@@ nowhere', '+y')).toBe('refused: no line "nowhere" in the file');
  expect(apply('a\nb\n', '-b', '+c', '@@', '-a')).toBe(
    'refused: these lines do not stand in the file after line 2:\na',
  );
});

test('one line repeated in file and patch costs no more than their length', () => {
  const file = 'x\n'.repeat(200_000);
  expect(apply(file, ...Array.from({ length: 50_000 }, () => ' x'), '-y')).toMatch(/^refused/);
});

/** A way from one text to another: kept, removed and added lines in order. */
const script = fc.array(
  fc.record({ op: fc.constantFrom<HunkLine['op']>(' ', ' ', '-', '+'), text: fc.constantFrom('a', 'b', ' b', '', '-', '+x', '@@', '*** y') }),
  { minLength: 1, maxLength: 30 },
); // prettier-ignore

const side = (lines: HunkLine[], left: HunkLine['op']): string =>
  lines.filter(({ op }) => op !== left).map(({ text }) => `${text}\n`).join(''); // prettier-ignore

test('H-102 a patch made of all lines gives the target, whatever they hold', () => {
  fc.assert(
    fc.property(script, (lines) => {
      expect(apply(side(lines, '+'), '@@', ...lines.map(({ op, text }) => op + text), '*** End of File')).toBe(
        side(lines, '-'),
      );
    }),
    { numRuns: 500 },
  );
});

test('the diff that is shown is what patch(1) makes the same change of', { timeout: 60_000 }, ({ skip }) => {
  try {
    shell('patch --version');
  } catch {
    skip('needs patch(1)');
  }
  const folder = mkdtempSync(join(tmpdir(), 'diff-'));
  const unlike = fc.record({ ops: fc.array(fc.constantFrom<HunkLine['op']>(' ', ' ', ' ', ' ', '-', '+'), { minLength: 1, maxLength: 60 }) }); // prettier-ignore
  try {
    fc.assert(
      fc.property(unlike, ({ ops }) => {
        const lines = ops.map((op, index) => ({ op, text: `line ${index}` }));
        if (!lines.some(({ op }) => op !== ' ') || !lines.some(({ op }) => op !== '+')) return;
        const hunk: Hunk = { anchors: [], lines, endOfFile: true };
        const old = linesOf(Buffer.from(side(lines, '+')))!;
        const edit = applyHunks(old, [hunk]);
        if ('refused' in edit) throw new Error(edit.refused);
        const file = join(folder, 'f');
        writeFileSync(file, side(lines, '+'));
        const diff = unifiedDiff({ from: 'f', to: 'f', text: { lines: old, changes: edit.changes } });
        writeFileSync(join(folder, 'diff'), `${diff}\n`);
        shell('patch -s -F0 -E "$1" <"$2"', file, join(folder, 'diff'));
        const result = bytesOf(edit.result).toString();
        expect(result === '' ? '' : readFileSync(file, 'utf8')).toBe(result);
      }),
      { numRuns: 60 },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

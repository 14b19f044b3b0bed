/** Golden frames themselves: what counts as the same screen, and that no frame is left over. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';
import { expectFrame, FRAMES, normalise, unusedFrames } from './support/frames.ts';
import { type Place, test } from './support/place.ts';
import { openTerminal, type Terminal } from './support/terminal.ts';

/** A screen with all that varies. */
const REPORT = String.raw`
printf '╭──────────────────────────────╮\n'
printf '│ %-28s │\n' "took $1" "in $PWD" 'on 2026-03-01 at 12:30:01'
printf '╰──────────────────────────────╯\n'
printf 'session %s  \033[2mv0.1.0\033[m\n%12s %6s\n' $2 'a step' "$1"`;
const report = async (place: Place, took: string, id: string): Promise<Terminal> => {
  const terminal = openTerminal(place, ['-c', REPORT, 'sh', took, id], { program: '/bin/sh', columns: 60, rows: 8 });
  await terminal.exited;
  return terminal;
};

test('what varies does not count, what is written and where does', async ({ place }) => {
  const terminal = await report(place, '9.7s', '01jxv8m3c2n4p5q6r7s8t9vwxy');
  expectFrame('harness', terminal);
  expectFrame('harness-styled', terminal, { styled: true });
  const later = await report(place, '1m 12s', '01jxv8m3c2n4p5q6r7s8t9vwxz');
  expectFrame('harness', later);
});

test('another screen or size, and a frame that is missing, are said; UPDATE_FRAMES=1 writes it', async ({ place }) => {
  const terminal = await report(place, '9.7s', '01jxv8m3c2n4p5q6r7s8t9vwxy');
  const path = join(place.project, 'frame.txt');
  const name = relative(FRAMES, path).replace(/\.txt$/, '');
  vi.stubEnv('UPDATE_FRAMES', '');
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(() => expectFrame(name, terminal)).toThrow(/frame\.txt is missing[^]*UPDATE_FRAMES=1[^]*60 × 8/);
  vi.stubEnv('UPDATE_FRAMES', '1');
  expectFrame(name, terminal);
  expect(place.read('frame.txt')).toBe(readFileSync(join(FRAMES, 'harness.txt'), 'utf8'));
  vi.stubEnv('UPDATE_FRAMES', '');
  expectFrame(name, terminal);
  expect(() => expectFrame(name, terminal, { styled: true })).toThrow('frame.txt differs');
  terminal.resize(61, 8);
  expect(() => expectFrame(name, terminal)).toThrow('frame.txt differs');
});

test.each([
  ['after 1.5s', 'after <duration>'],
  ['│ 10ms, then 1500ms             │ 1', '│ <duration>, then <duration>   │ 1'],
  ['│ took 1m 12s  │', '│ took <duration> │'],
  ['a step        9.5s', 'a step  <duration>'],
  ['(5m30s ago)', '(<duration> ago)'],
  ['12 messages, 3 more', '12 messages, 3 more'],
  ['node 24.21.0, v0.1.0-rc.1', 'node <version>, <version>'],
  ['http://127.0.0.1:43123/v1', 'http://127.0.0.1:<port>/v1'],
  ['2026-03-01T10:00:00.123Z', '<time>'],
  [`${'a'.repeat(64)}`, '<digest>'],
])('%s', (text, normal) => {
  expect(normalise(text)).toBe(normal);
});

test('frames that no test names are found', ({ place }) => {
  const frames = join(place.project, 'frames');
  mkdirSync(join(frames, 'sub'), { recursive: true });
  for (const name of ['a.txt', 'sub/b-80x24.txt', 'left.txt', 'sub/a.txt']) writeFileSync(join(frames, name), '');
  place.write('one.test.ts', "expectFrame('a', terminal); expectFrame(`sub/b-${columns}x${rows}`, terminal);");
  expect(unusedFrames(place.project, frames).toSorted()).toEqual(['left.txt', 'sub/a.txt']);
});

test('each frame in test/frames is named by a test', () => {
  expect(unusedFrames(import.meta.dirname, FRAMES)).toEqual([]);
});

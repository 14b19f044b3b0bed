import { afterEach, beforeEach, expect, test } from 'vitest';
import { SHOWN_BYTES } from './limits.ts';
import { type TestHost, testHost } from './test-host.ts';

let t: TestHost;
beforeEach(() => void (t = testHost()));
afterEach(() => t.remove());

/** Reads of a session in which only `c1.1.1` has put something out. */
const reading = (output: string) => async (args: object) => {
  const outputOf = async (call_id: string) => (call_id === 'c1.1.1' ? output : undefined);
  return t.call('read_output', { call_id: 'c1.1.1', ...args }, { outputOf });
};
const LINES = Array.from({ length: 5000 }, (_, n) => `line ${n + 1}\n`).join('');

test('pages of whole lines follow one another without a gap, and none is cut again', async () => {
  const read = reading(LINES);
  const pages: string[] = [];
  for (let offset: number | undefined = 0; offset !== undefined;) {
    const { output } = await read({ offset });
    expect(Buffer.byteLength(output)).toBeLessThanOrEqual(16 * 1024);
    const [, page, next] = /^([^]*)\n\[bytes \d+ to \d+ of \d+; (.*)\]$/.exec(output)!;
    pages.push(page!);
    expect(page!.endsWith('\n')).toBe(true);
    offset = next === 'the end' ? undefined : Number(/^go on with offset (\d+)$/.exec(next!)![1]);
  }
  expect(pages.length).toBeGreaterThan(3);
  expect(pages.join('')).toBe(LINES);
});

test('one endless line is read in pieces that split no character', async () => {
  const read = reading('€'.repeat(20_000));
  const first = await read({});
  expect(first.output).toBe(`${'€'.repeat(SHOWN_BYTES / 3)}\n[bytes 0 to 15360 of 60000; go on with offset 15360]`);
  expect((await read({ offset: 4, limit: 5 })).output).toBe('€\n[bytes 3 to 6 of 60000; go on with offset 6]');
  expect((await read({ offset: 59_998, limit: 1 })).output).toBe('€\n[bytes 59997 to 60000 of 60000; the end]');
  expect((await read({ offset: 0, limit: 1 })).output).toBe('€\n[bytes 0 to 3 of 60000; go on with offset 3]');
});

test('finds lines, with the offset at which each can be read', async () => {
  const read = reading(`€\n${LINES}`);
  const { output } = await read({ find: 'LINE 2500' });
  expect(output).toBe('[no line matches]');
  const found = (await read({ find: 'line 2500' })).output;
  const offset = Number(/^(\d+): line 2500\n\[before each line: its offset\]$/.exec(found)![1]);
  expect((await read({ offset, limit: 10 })).output).toMatch(/^line 2500\n/);
  expect((await read({ find: 'line 2500', offset: offset + 1 })).output).toBe('[no line matches]');
});

test('where more lines match than can be shown, it says how to find on', async () => {
  const read = reading(LINES);
  const first = (await read({ find: 'line', limit: 40 })).output;
  expect(first).toBe('0: line 1\n7: line 2\n14: line 3\n[more lines match: find on with offset 21]');
  expect((await read({ find: 'line', limit: 12, offset: 21 })).output).toBe(
    '21: line 4\n[more lines match: find on with offset 28]',
  );
  expect(Buffer.byteLength((await read({ find: 'line' })).output)).toBeLessThanOrEqual(16 * 1024);
});

test('an output that is empty, an offset behind the end, a call that is not there', async () => {
  expect((await reading('')({})).output).toBe('[it put out nothing]');
  expect((await reading('abc')({ offset: 3 })).output).toBe('[no byte 3: the output has 3 bytes]');
  expect(await reading('abc')({ call_id: 'c9.9.9' })).toMatchObject({
    outcome: 'error',
    error: { code: 'not_found', message: expect.stringContaining('no call c9.9.9') as string },
  });
});

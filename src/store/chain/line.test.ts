import { describe, expect, test } from 'vitest';
import { sha256 } from '../../base/digest.ts';
import { buildLine, MAX_LINE_BYTES, parseLine } from './line.ts';

const prev = sha256('s-1');
const place = { seq: 7, durable: 5, prev };
const record = { at: 1_763_622_000_000, type: 'call.started', data: { call_id: 'c1.1.1', attempt: 1 } };

function parse(text: string) {
  return parseLine(Buffer.from(text.replace(/\n$/, '')));
}

test('a line has its keys in one order, and its hash covers what stands before it', () => {
  const { text, hash } = buildLine(record, place);
  const covered =
    '{"v":1,"seq":7,"at":1763622000000,"type":"call.started","data":{"call_id":"c1.1.1","attempt":1},' +
    `"durable":5,"prev":"${prev}"`;
  expect(text).toBe(`${covered},"hash":"${hash}"}\n`);
  expect(hash).toBe(sha256(covered));
  expect(parse(text)).toEqual({ line: { ...record, ...place, hash } });
});

describe('text of any kind comes back as it was', () => {
  test.each([
    ['line separators of Unicode', 'a\u2028b\u2029c\u0085d'],
    ['line ends', 'a\r\nb\nc\rd'],
    ['NUL and other control characters', 'a\0b\u001f'],
    ['characters beyond the BMP', 'é 𝒳 🏳️‍🌈'],
    ['a lone surrogate', 'a\ud800b\udc00'],
    ["the chain's own words", '","durable":99,"prev":"x","hash":"y"}'],
    ['keys of the prototype', '__proto__'],
  ])('%s', (_, text) => {
    const data = { text, [text]: [text] };
    const { text: line } = buildLine({ ...record, data }, place);
    expect(line.slice(0, -1)).not.toMatch(/[\n\r\0]/);
    expect(line.isWellFormed()).toBe(true);
    expect(parse(line)).toMatchObject({ line: { data } });
  });
});

test('the longest line is one of 1 MiB; a longer one is not built', () => {
  const build = (characters: number) => buildLine({ ...record, data: 'é'.repeat(characters) }, place).text;
  const rest = Buffer.byteLength(build(0));
  const most = Math.floor((MAX_LINE_BYTES - rest) / 2);
  expect(Buffer.byteLength(build(most))).toBeGreaterThan(MAX_LINE_BYTES - 2);
  expect(parse(build(most))).toHaveProperty('line');
  expect(() => build(most + 1)).toThrow(/longer than 1048576 bytes/);
});

test('what could not be read back is not built', () => {
  expect(() => buildLine({ ...record, data: undefined }, place)).toThrow(/no place in a file/);
  expect(() => buildLine({ ...record, at: 0.5 }, place)).toThrow(/no place in a file/);
  expect(() => buildLine({ ...record, at: -1 }, place)).toThrow(/no place in a file/);
});

describe('there is one reading of a line: what is not exactly as built is refused', () => {
  const { text } = buildLine(record, place);
  /** With the hash made anew: only the form is wrong. */
  const forged = (change: (covered: string) => string) => {
    const covered = change(text.slice(0, text.indexOf(',"hash"')));
    return parse(`${covered},"hash":"${sha256(covered)}"}`);
  };
  test.each<[string, (covered: string) => string]>([
    ['another order of keys', (covered) => covered.replace('"seq":7,"at":1763622000000', '"at":1763622000000,"seq":7')],
    ['a space', (covered) => covered.replace('"seq":7', '"seq": 7')],
    ['another key', (covered) => covered.replace('"durable"', '"more":1,"durable"')],
    ['data twice', (covered) => covered.replace('"data":{', '"data":{},"data":{')],
    ['a leading zero', (covered) => covered.replace('"seq":7', '"seq":07')],
    ['a sequence number of 0', (covered) => covered.replace('"seq":7', '"seq":0')],
    ['data that is not JSON', (covered) => covered.replace('"attempt":1', '"attempt":x')],
    ['a chain in capitals', (covered) => covered.replace(prev, prev.toUpperCase())],
    ['a chain that is longer', (covered) => covered.replace(prev, `${prev}0`)],
    ['a chain that is shorter', (covered) => covered.replace(prev, prev.slice(1))],
    ['a chain of other letters', (covered) => covered.replace(prev, 'é'.repeat(64))],
    ['a mark with a leading zero', (covered) => covered.replace('"durable":5', '"durable":05')],
    ['no mark', (covered) => covered.replace('"durable":5,', '')],
    ['version 0', (covered) => covered.replace('"v":1', '"v":0')],
  ])('%s', (_, change) => {
    expect(forged(change)).toMatchObject({ defect: { code: 'malformed' } });
  });

  test.each<[string, (hash: string) => string]>([
    ['in capitals', (hash) => hash.toUpperCase()],
    ['longer', (hash) => `0${hash}`],
    ['shorter', (hash) => hash.slice(1)],
    ['another', (hash) => sha256(hash)],
  ])('a hash of its bytes that is %s', (_, change) => {
    expect(parse(text.replace(/(?<="hash":")[0-9a-f]+/, change))).toHaveProperty('defect');
  });

  test('bytes that are not UTF-8', () => {
    const bytes = Buffer.from(text.trimEnd());
    bytes[bytes.indexOf('c1.1')] = 0xff;
    expect(parseLine(bytes)).toMatchObject({ defect: { code: 'malformed' } });
  });

  test('of a newer version, whatever else it holds, only that is said', () => {
    expect(parse('{"v":2,"anything":"else"}')).toMatchObject({ defect: { code: 'entry_too_new' } });
  });
});

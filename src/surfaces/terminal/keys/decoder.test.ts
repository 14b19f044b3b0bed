import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createKeyDecoder, type KeyEvent } from './decoder.ts';
import type { Key } from './key.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');

function decode(chunks: readonly Uint8Array[]): KeyEvent[] {
  const decoder = createKeyDecoder();
  const events = chunks.flatMap((chunk) => decoder.write(chunk));
  return [...events, ...decoder.giveUp().filter((event) => event.type !== 'paste' || event.text !== '')];
}

/** `C-M-S-name`, or the text. */
function spell({ name, text, ctrl, alt, shift }: Key): string {
  return `${ctrl ? 'C-' : ''}${alt ? 'M-' : ''}${shift ? 'S-' : ''}${name === 'char' ? text : name}`;
}

const spelled = (events: readonly KeyEvent[]): string[] =>
  events.map((event) => {
    if (event.type === 'key') return spell(event.key);
    return event.type === 'paste'
      ? `paste ${JSON.stringify(event.text)}`
      : `at ${event.position.row};${event.position.column}`;
  });

describe('what a terminal sends', () => {
  test.each([
    // Characters
    ['aÄ漢😀', ['a', 'Ä', '漢', '😀']],
    ['\r\n\t\x7f\b', ['enter', 'C-j', 'tab', 'backspace', 'C-h']],
    ['\x01\x1a\x00\x1c\x1d\x1e\x1f', ['C-a', 'C-z', 'C- ', 'C-\\', 'C-]', 'C-^', 'C-_']],
    // Alt as an ESC in front
    ['\x1bb\x1b\r\x1b\x7f\x1b\b\x1bü\x1b\x1f', ['M-b', 'M-enter', 'M-backspace', 'M-backspace', 'M-ü', 'C-M-_']],
    // xterm, vt
    ['\x1b[A\x1bOB\x1b[H\x1bOF\x1b[3~\x1b[5~', ['up', 'down', 'home', 'end', 'delete', 'page_up']],
    ['\x1b[1;5C\x1b[1;3D\x1b[3;5~\x1b[1;2H\x1b[Z', ['C-right', 'M-left', 'C-delete', 'S-home', 'S-tab']],
    ['\x1bOP\x1b[15~\x1b[24~\x1bO5P\x1bO1;5Q\x1b[1;6S', ['f1', 'f5', 'f12', 'C-f1', 'C-f2', 'C-S-f4']],
    ['\x1bOM\x1bOj\x1bOy', ['enter', '*', '9']],
    // Where the cursor is; in the first row that is F3
    ['a\x1b[2;17Ry\x1b\x1b[24;1R\x1b[1;2R', ['a', 'at 2;17', 'y', 'escape', 'at 24;1', 'S-f3']],
    // rxvt
    ['\x1b[7~\x1b[8^\x1b[3$\x1b[3@\x1bOc\x1b[a', ['home', 'C-end', 'S-delete', 'C-S-delete', 'C-right', 'S-up']],
    ['\x1b\x1b[A\x1b\x1bOD\x1b\x1b[3~', ['M-up', 'M-left', 'M-delete']],
    // The Linux console
    ['\x1b[[A\x1b[[E\x1b[1~\x1b[4~', ['f1', 'f5', 'home', 'end']],
    // modifyOtherKeys
    ['\x1b[27;2;13~\x1b[27;5;99~\x1b[27;6;90~\x1b[27;3;120~', ['S-enter', 'C-c', 'C-S-z', 'M-x']],
    // kitty
    ['\x1b[13;2u\x1b[27u\x1b[99;5u\x1b[127;3u\x1b[9;2u', ['S-enter', 'escape', 'C-c', 'M-backspace', 'S-tab']],
    ['\x1b[97;6u\x1b[97:65;4u\x1b[47;5u\x1b[32;5u', ['C-S-a', 'M-A', 'C-/', 'C- ']],
    ['\x1b[1089::99;5u\x1b[1092::97;3u', ['C-c', 'M-a']],
    ['\x1b[57414u\x1b[57400u\x1b[57417;5u\x1b[57426u', ['enter', '1', 'C-left', 'delete']],
    ['\x1b[1;1:2A\x1b[1;1:3A\x1b[99;5:3u\x1b[97;9u\x1b[97;33u\x1b[57441;2u\x1b[97;129u', ['up', 'M-a', 'a']],
    // What is no key
    ['a\x1b[I\x1b[O\x1b[?62;c\x1b[2;1$y\x1b[200;5xb', ['a', 'b']],
    ['a\x1b]11;rgb:00/00/00\x1b\\b\x1b]10;x\x07c\x1bP>|XTerm\x1b\\d\x1b_Gi=1;OK\x1b\\e', ['a', 'b', 'c', 'd', 'e']],
    ['\x1b[<0;10;10M\x1b[<0;10;10mx\x1b[M !!y\u0085', ['x', 'y']],
    // What turned out to be none
    ['\x1b[12é', ['M-[', '1', '2', 'é']],
    ['\x1bOx\x1bOü', ['8', 'M-O', 'ü']],
    ['\x1b]hi\x1bPoem\x1b]1\r', ['M-]', 'h', 'i', 'M-P', 'o', 'e', 'm', 'M-]', '1', 'enter']],
    ['\x1b\x1bx\x1b\x1b\x1b[A', ['escape', 'M-x', 'escape', 'M-up']],
    ['\x1b[A\x1b', ['up', 'escape']],
    ['\x1b\x1b', ['escape', 'escape']],
    ['\x1b[', ['M-[']],
    ['\x1b[[x', ['M-[', '[', 'x']],
    [`\x1b[${'1'.repeat(70)}A`, ['M-[', ...'1'.repeat(70), 'A']],
    // Pastes
    ['\x1b[200~a\r\nb\rc\nd\x1b[A\x1b[201~e', ['paste "a\\nb\\nc\\nd\\u001b[A"', 'e']],
    ['\x1b[200~\x1b[201~\x1b[200~x\x1b[200~y', ['paste ""', 'paste "x\\u001b[200~y"']],
    ['\x1b[201~x', ['x']],
  ])('%j is %j', (input, keys) => {
    expect(spelled(decode([bytes(input)]))).toEqual(keys);
  });
});

test.each([
  ['\x1b', 'escape'],
  ['\x1b\x1b', 'escape'],
  ['\x1b[', 'sequence'],
  ['\x1b[1;', 'sequence'],
  ['\x1bO', 'sequence'],
  ['\x1b]1', 'sequence'],
  ['\x1b[200~x', 'paste'],
  ['x', 'nothing'],
  ['\x1bx', 'nothing'],
] as const)('after %j it waits for: %s', (input, pending) => {
  const decoder = createKeyDecoder();
  decoder.write(bytes(input));
  expect(decoder.pending).toBe(pending);
});

test('bytes that are no UTF-8 are replacement characters', () => {
  expect(spelled(decode([Uint8Array.of(0x61, 0xff, 0x62, 0xe2, 0x82), bytes('c')]))).toEqual(['a', '�', 'b', '�', 'c']);
});

/** Bytes as they might come: text, pieces of sequences, and anything. */
const input = fc
  .array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.constantFrom(
          ...'\x1b\x1b\x1b[[O]P_0127;:?$~uAMZ \r\n\x7f\x07\\',
          '\x1b[200~',
          '\x1b[201~',
          '漢',
          '😀',
        ),
      },
      { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 3 }) },
    ),
    { maxLength: 30 },
  )
  .map((parts) => bytes(parts.join('')));
const anyBytes = fc.uint8Array({ maxLength: 60 });

test('however the bytes are chunked, the events are the same', () => {
  fc.assert(
    fc.property(fc.oneof(input, anyBytes), fc.array(fc.nat(60), { maxLength: 8 }), (all, cuts) => {
      const edges = [0, ...cuts.filter((cut) => cut < all.length).sort((a, b) => a - b), all.length];
      const chunks = edges.slice(1).map((edge, index) => all.subarray(edges[index], edge));
      const whole = decode([all]);
      expect(decode(chunks)).toEqual(whole);
      expect(decode([...all].map((byte) => Uint8Array.of(byte)))).toEqual(whole);
    }),
    { numRuns: 2000 },
  );
});

test('printable text gets through, whatever stands before it and behind it', () => {
  const text = fc.string({ unit: fc.constantFrom('ä', 'ö', '漢', '😀', '🏽'), minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(input, text, input, (before, typed, after) => {
      const shown = decode([before, bytes(typed), after])
        .map((event) => (event.type === 'paste' ? event.text : event.type === 'key' ? (event.key.text ?? '') : ''))
        .join('');
      expect(shown).toContain(typed);
    }),
    { numRuns: 2000 },
  );
});

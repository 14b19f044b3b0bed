/** Keys as the bytes that a terminal sends for them (those of xterm), and keys by chance. */
import * as fc from 'fast-check';

const PLAIN: Record<string, string> = { enter: '\r', tab: '\t', escape: '\x1b', backspace: '\x7f', space: ' ' };
/** The last letter of their sequence; with `O` before it in application mode. */
const CURSOR: Record<string, string> = { up: 'A', down: 'B', right: 'C', left: 'D', end: 'F', home: 'H' };
const FUNCTION: Record<string, string> = { f1: 'P', f2: 'Q', f3: 'R', f4: 'S' };
/** The number in their sequence. */
const NUMBERED: Record<string, number> = {
  insert: 2,
  delete: 3,
  'page-up': 5,
  'page-down': 6,
  f5: 15,
  f6: 17,
  f7: 18,
  f8: 19,
  f9: 20,
  f10: 21,
  f11: 23,
  f12: 24,
};
const MODIFIERS = { shift: 1, alt: 2, ctrl: 4 };

/**
 * What a terminal sends for a key: `enter`, `ctrl-c`, `alt-enter`, `shift-tab`, `ctrl-left`, `f5`, `x`. As with a real
 * terminal, some keys are the same to the program: `shift-enter` and `enter`, `ctrl-i` and `tab`, `ctrl-m` and `enter`.
 */
export function bytesOf(key: string, applicationCursor: boolean): string {
  const [, modifiers = '', name = ''] = /^((?:(?:shift|alt|ctrl)-)*)(.+)$/su.exec(key) ?? [];
  const held = (modifier: keyof typeof MODIFIERS): boolean => modifiers.includes(`${modifier}-`);
  let mask = 0;
  for (const modifier of ['shift', 'alt', 'ctrl'] as const) if (held(modifier)) mask += MODIFIERS[modifier];

  const letter = CURSOR[name] ?? FUNCTION[name];
  if (letter !== undefined) {
    if (mask > 0) return `\x1b[1;${mask + 1}${letter}`;
    return applicationCursor || name in FUNCTION ? `\x1bO${letter}` : `\x1b[${letter}`;
  }
  if (name in NUMBERED) return `\x1b[${NUMBERED[name]}${mask > 0 ? `;${mask + 1}` : ''}~`;
  return `${held('alt') ? '\x1b' : ''}${characterOf(key, name, held('ctrl'), held('shift'))}`;
}

function characterOf(key: string, name: string, ctrl: boolean, shift: boolean): string {
  if (name === 'tab' && shift) return '\x1b[Z';
  if (name === 'backspace' && ctrl) return '\b';
  const character = PLAIN[name] ?? name;
  if ([...character].length !== 1) throw new Error(`no such key: ${key}`);
  if (ctrl && /^[a-z@[\\\]^_ ]$/i.test(character))
    return String.fromCharCode(character.toUpperCase().charCodeAt(0) & 0x1f);
  if (ctrl && !(name in PLAIN)) throw new Error(`a terminal has no bytes for ${key}`);
  return shift ? character.toUpperCase() : character;
}

/** Something that a person does at a terminal. */
export type KeyAction =
  | { do: 'press'; key: string }
  | { do: 'type'; text: string }
  | { do: 'paste'; text: string }
  | { do: 'resize'; columns: number; rows: number };

const KEYS = [
  ...[PLAIN, CURSOR, NUMBERED, FUNCTION].flatMap(Object.keys),
  ...[...'abcdefghijklmnopqrstuvwxyz_]\\'].map((letter) => `ctrl-${letter}`),
  ...['enter', 'backspace', 'b', 'd', 'f', 'y', '.', 'up', 'left'].map((name) => `alt-${name}`),
  'ctrl-left',
  'ctrl-right',
  'ctrl-delete',
  'ctrl-alt-up',
  'shift-tab',
  'shift-up',
];
/** Text that editors get wrong: wide, joined, combining, right to left, blanks, commands, controls. */
const TEXTS = [
  '/',
  '/help',
  '@',
  '!',
  '漢字',
  '👩‍👩‍👧',
  'e\u0301',
  'שלום',
  '  ',
  'it\'s "so"',
  'x'.repeat(300),
  '\t',
  '\u200b',
];

const text = fc.oneof(fc.constantFrom(...TEXTS), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }));
const pasted = fc.array(fc.oneof(text, fc.constantFrom('\n', '\r\n', '\x1b[201~', '\x1b[31m', '\0')), {
  maxLength: 12,
});
const action: fc.Arbitrary<KeyAction> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('press' as const), key: fc.constantFrom(...KEYS) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('type' as const), text }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('paste' as const), text: pasted.map((parts) => parts.join('')) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('resize' as const),
      columns: fc.integer({ min: 1, max: 200 }),
      rows: fc.integer({ min: 1, max: 60 }),
    }),
  },
);

/** So many actions by chance; the same for the same seed. */
export function randomKeys(seed: number, count: number): KeyAction[] {
  return fc.sample(action, { seed, numRuns: count });
}

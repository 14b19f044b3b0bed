/**
 * Which key a control sequence is: those of xterm, vt, rxvt and the Linux console, xterm's modifyOtherKeys, and kitty's
 * keyboard protocol. Unknown sequences are no key.
 */
import { charKey, keyOfCharacter, namedKey, type Key, type KeyName, type Modifiers } from './key.ts';

type Named = Exclude<KeyName, 'char'>;

/** By the final character of CSI and SS3. */
const BY_FINAL: Readonly<Record<string, Named>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  F: 'end',
  H: 'home',
  M: 'enter', // the keypad's, SS3 only
  P: 'f1',
  Q: 'f2',
  R: 'f3',
  S: 'f4',
};

/** By the number in `CSI n ~`. */
const BY_NUMBER: Readonly<Record<number, Named>> = {
  1: 'home',
  2: 'insert',
  3: 'delete',
  4: 'end',
  5: 'page_up',
  6: 'page_down',
  7: 'home',
  8: 'end',
  11: 'f1',
  12: 'f2',
  13: 'f3',
  14: 'f4',
  15: 'f5',
  17: 'f6',
  18: 'f7',
  19: 'f8',
  20: 'f9',
  21: 'f10',
  23: 'f11',
  24: 'f12',
};

/** The keypad in application mode: `SS3 j` is `*`, … */
const KEYPAD = 'j*k+l,m-n.o/p0q1r2s3t4u5v6w7x8y9';

/** Kitty's codes for keys without a character, in Unicode's private area. */
const KITTY_KEYPAD = '0123456789./*-+\r=,';
const KITTY_KEYPAD_START = 57399;
const KITTY_NAMED_START = 57417;
const KITTY_NAMED: readonly Named[] = [
  'left',
  'right',
  'up',
  'down',
  'page_up',
  'page_down',
  'home',
  'end',
  'insert',
  'delete',
];
const PRIVATE_START = 0xe000;
const PRIVATE_END = 0xf8ff;

const RXVT_FINALS: Readonly<Record<string, Modifiers>> = {
  $: { shift: true },
  '^': { ctrl: true },
  '@': { ctrl: true, shift: true },
};

const SHIFT = 1;
const ALT = 2;
const CTRL = 4;
const SUPER = 8;
const HYPER = 16;
const META = 32;
const RELEASED = 3;

/** The key of `CSI parameters final`; undefined where it is none, or one that nobody here wants (a release, Super). */
export function keyOfCsi(parameters: string, final: string): Key | undefined {
  if (/[^0-9:;]/.test(parameters)) return undefined;
  const [first = [], second = []] = parameters.split(';').map((field) => field.split(':').map(Number));
  if (final === 'u') return keyOfCode(first, second);
  if (final === '~' && first[0] === 27) return keyOfCode([Number(parameters.split(';')[2] ?? NaN)], second);
  if (final === 'Z') return namedKey('tab', { shift: true });
  const rxvt = RXVT_FINALS[final];
  if (rxvt !== undefined) return named(BY_NUMBER[first[0]!], rxvt);
  if (final >= 'a' && final <= 'd') return named(BY_FINAL[final.toUpperCase()], { shift: true });
  const modifiers = modifiersOf(second);
  if (modifiers === undefined) return undefined;
  if (final === '~') return named(BY_NUMBER[first[0]!], modifiers);
  return final === 'M' ? undefined : named(BY_FINAL[final], modifiers);
}

/** The key of `SS3 modifier final`. */
export function keyOfSs3(modifier: string, final: string): Key | undefined {
  const modifiers = modifiersOf(modifier === '' ? [] : [Number(modifier.split(';').at(-1))]);
  if (modifiers === undefined) return undefined;
  if (final >= 'a' && final <= 'd') return named(BY_FINAL[final.toUpperCase()], { ctrl: true });
  const keypad = KEYPAD.indexOf(final);
  if (keypad !== -1 && keypad % 2 === 0) return charKey(KEYPAD[keypad + 1]!, modifiers);
  return named(BY_FINAL[final], modifiers);
}

function named(name: Named | undefined, modifiers: Modifiers): Key | undefined {
  return name === undefined ? undefined : namedKey(name, modifiers);
}

/** `[modifiers + 1, event]`; undefined for a key that was released or is held with Super: not ours. */
function modifiersOf([field, event]: readonly (number | undefined)[]): Modifiers | undefined {
  const bits = Math.max(0, (field || 1) - 1);
  if (event === RELEASED || (bits & (SUPER | HYPER)) !== 0) return undefined;
  return { shift: (bits & SHIFT) !== 0, alt: (bits & (ALT | META)) !== 0, ctrl: (bits & CTRL) !== 0 };
}

/** `[code, with Shift, on a Latin layout]`, as code points. */
function keyOfCode([code, shifted, latin]: readonly number[], modifierField: readonly number[]): Key | undefined {
  const modifiers = modifiersOf(modifierField);
  if (modifiers === undefined || code === undefined || !(code >= 0 && code <= 0x10ffff)) return undefined;
  if (code >= PRIVATE_START && code <= PRIVATE_END) return keyOfKittyCode(code, modifiers);
  const { ctrl = false, alt = false, shift = false } = modifiers;
  if (code < 0x20 || code === 0x7f) {
    const key = keyOfCharacter(String.fromCodePoint(code), modifiers);
    return key?.name === 'char' ? { ...key, ctrl: true } : key;
  }
  if (code >= 0xd800 && code <= 0xdfff) return undefined;
  // Ctrl-C stays Ctrl-C on a Cyrillic layout.
  const pressed = (ctrl || alt) && code > 0x7f && latin ? latin : code;
  const text = String.fromCodePoint(pressed);
  if (ctrl) return charKey(text.toLowerCase(), modifiers);
  if (!shift) return keyOfCharacter(text, modifiers);
  return keyOfCharacter(shifted ? String.fromCodePoint(Math.min(shifted, 0x10ffff)) : text.toUpperCase(), { alt });
}

function keyOfKittyCode(code: number, modifiers: Modifiers): Key | undefined {
  const keypad = KITTY_KEYPAD[code - KITTY_KEYPAD_START];
  if (keypad !== undefined) return keyOfCharacter(keypad, modifiers);
  return named(KITTY_NAMED[code - KITTY_NAMED_START], modifiers);
}

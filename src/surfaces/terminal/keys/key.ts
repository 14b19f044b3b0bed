/** What a person pressed, whatever the terminal sent for it. */

/** Keys with a name of their own. `char`: everything that has a text. */
export type KeyName =
  | 'char'
  | 'enter'
  | 'tab'
  | 'escape'
  | 'backspace'
  | 'delete'
  | 'insert'
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'home'
  | 'end'
  | 'page_up'
  | 'page_down'
  | `f${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12}`;

/**
 * One key press. `text` is there for `char` only: one code point; lower-case when `ctrl` is held. `shift` is known for
 * named keys, and for characters only where the terminal tells it apart from the character itself.
 */
export interface Key {
  name: KeyName;
  text?: string;
  ctrl: boolean;
  alt: boolean;
  shift: boolean;
}

export interface Modifiers {
  ctrl?: boolean;
  alt?: boolean;
  shift?: boolean;
}

export function namedKey(
  name: Exclude<KeyName, 'char'>,
  { ctrl = false, alt = false, shift = false }: Modifiers = {},
): Key {
  return { name, ctrl, alt, shift };
}

export function charKey(text: string, { ctrl = false, alt = false, shift = false }: Modifiers = {}): Key {
  return { name: 'char', text, ctrl, alt, shift };
}

/** The key of one character as terminals have sent it since ever: control characters are keys or Ctrl with a letter. */
export function keyOfCharacter(character: string, modifiers: Modifiers = {}): Key | undefined {
  const code = character.codePointAt(0)!;
  if (code === 0x0d) return namedKey('enter', modifiers);
  if (code === 0x09) return namedKey('tab', modifiers);
  if (code === 0x1b) return namedKey('escape', modifiers);
  if (code === 0x7f) return namedKey('backspace', modifiers);
  if (code === 0) return charKey(' ', { ...modifiers, ctrl: true });
  if (code < 0x20) return charKey(String.fromCharCode(code + 0x40).toLowerCase(), { ...modifiers, ctrl: true });
  if (code < 0xa0 && code > 0x7f) return undefined; // C1 controls: no key sends them
  return charKey(character, modifiers);
}

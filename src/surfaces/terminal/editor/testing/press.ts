/** Keys as words: `C-a`, `M-enter`, `up`; anything in quotes is typed. */
import { charKey, namedKey, type Key, type KeyName } from '../../keys/key.ts';
import { editor } from '../editor.ts';
import type { EditorState, Intent } from '../state.ts';

/** Presses the keys one after another; gives the intents as well. */
export function press(start: EditorState, keys: string, columns = 40): { state: EditorState; intents: Intent[] } {
  let state = start;
  const intents: Intent[] = [];
  for (const [word, typed] of keys.matchAll(/"([^"]*)"|\S+/g)) {
    const pressed = typed === undefined ? [keyOf(word)] : Array.from(typed, (character) => charKey(character));
    for (const key of pressed) {
      const step = editor(state, key, columns);
      state = step.state;
      if (step.intent !== undefined) intents.push(step.intent);
    }
  }
  return { state, intents };
}

/** The text with `|` where the cursor is. */
export function shown({ buffer: { text, cursor } }: EditorState): string {
  return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
}

function keyOf(word: string): Key {
  const modifiers = { ctrl: /\bC-/.test(word), alt: /\bM-/.test(word), shift: /\bS-/.test(word) };
  const name = word.replace(/^([CMS]-)+(?=.)/, '');
  return Array.from(name).length === 1
    ? charKey(name, modifiers)
    : namedKey(name as Exclude<KeyName, 'char'>, modifiers);
}

/**
 * What each key does. Emacs' and readline's keys, and those that people expect of an input today.
 *
 * A key goes to the first that wants it: a begun chord, the search, the menu, the text. What is none of the editor's
 * business comes out as an intent.
 */
import type { Key } from '../keys/key.ts';
import { moveTo, redo, replace, undo } from './buffer.ts';
import { answered, filtered, moved, taken, type Candidates } from './completion.ts';
import { nextBoundary, previousBoundary } from './graphemes.ts';
import { killing, transpose, yank, yankOlder } from './kills.ts';
import * as motion from './motion.ts';
import { cleanText, withPlaceholders } from './pastes.ts';
import { verticalMove } from './rows.ts';
import { acceptSearch, beginSearch, searchFor, searchOn } from './search.ts';
import { closed, layoutOf, submit, textOf, visit, type EditorState, type Intent, type Step } from './state.ts';

/** The editor after the key; `columns`: of the terminal, as rows are what up and down go by. */
export function editor(state: EditorState, key: Key, columns: number): Step {
  const spelled = spell(key);
  if (state.chord) return onChord({ ...state, chord: false }, spelled);
  if (state.search !== undefined) return onSearch(state, key, spelled, columns);
  const onMenu = state.completion.menu === undefined ? undefined : menuKey(state, spelled);
  return onMenu === undefined ? onText(state, key, spelled, columns) : { state: onMenu };
}

/** The answer to a `complete` intent. */
export function completed(state: EditorState, request: number, candidates: Candidates): EditorState {
  return { ...state, ...answered(state, request, candidates) };
}

type Action = (state: EditorState, columns: number) => EditorState | Step;

const moves =
  (to: motion.Motion): Action =>
  (state) => ({ ...state, buffer: moveTo(state.buffer, to(state.buffer.text, state.buffer.cursor)) });

const deletes =
  (to: motion.Motion): Action =>
  (state) => {
    const { text, cursor } = state.buffer;
    const other = to(text, cursor);
    return { ...state, buffer: replace(state.buffer, Math.min(cursor, other), Math.max(cursor, other), '') };
  };

const gives =
  (intent: (state: EditorState) => Intent): Action =>
  (state) => ({ state, intent: intent(state) });

const inserts =
  (text: string): Action =>
  (state) => {
    const { buffer, last } = state;
    // What is typed in a go is undone word by word.
    const joins = last?.type === 'typed' && !(text.trim() !== '' && /\s/.test(buffer.text[buffer.cursor - 1] ?? ''));
    return {
      ...state,
      buffer: replace(buffer, buffer.cursor, buffer.cursor, cleanText(text), joins),
      last: { type: 'typed' },
    };
  };

const vertically =
  (direction: -1 | 1): Action =>
  (state, columns) => {
    const { text, cursor } = state.buffer;
    const target = verticalMove(text, cursor, state.goal, direction, layoutOf(state, columns));
    if (target === undefined) return visit(state, state.entry + direction);
    return { ...state, buffer: moveTo(state.buffer, target.cursor), goal: target.goal };
  };

const enter: Action = (state) => {
  const { buffer } = state;
  if (buffer.text[buffer.cursor - 1] !== '\\') return submit(state);
  return { ...state, buffer: replace(buffer, buffer.cursor - 1, buffer.cursor, '\n') };
};

const complete: Action = (state) => {
  const request = state.completion.request + 1;
  const { text, cursor } = state.buffer;
  return {
    state: { ...state, completion: { request, waiting: true, menu: undefined } },
    intent: { type: 'complete', request, text: withPlaceholders(text), cursor },
  };
};

const editExternally = gives((state) => ({ type: 'edit_externally', text: textOf(state) }));
const undoes: Action = (state) => ({ ...state, buffer: undo(state.buffer) });
const redoes: Action = (state) => ({ ...state, buffer: redo(state.buffer) });

const ACTIONS: Readonly<Record<string, Action>> = {
  left: moves(motion.left),
  right: moves(motion.right),
  'C-b': moves(motion.left),
  'C-f': moves(motion.right),
  'C-left': moves(motion.wordLeft),
  'C-right': moves(motion.wordRight),
  'M-left': moves(motion.wordLeft),
  'M-right': moves(motion.wordRight),
  'M-b': moves(motion.wordLeft),
  'M-f': moves(motion.wordRight),
  home: moves(motion.lineStart),
  end: moves(motion.lineEnd),
  'C-a': moves(motion.lineStart),
  'C-e': moves(motion.lineEnd),
  'C-home': moves(motion.textStart),
  'C-end': moves(motion.textEnd),
  up: vertically(-1),
  down: vertically(1),
  'C-p': (state) => visit(state, state.entry - 1),
  'C-n': (state) => visit(state, state.entry + 1),
  backspace: deletes(previousBoundary),
  'C-h': deletes(previousBoundary),
  delete: deletes(nextBoundary),
  'C-d': (state, columns) =>
    state.buffer.text === '' ? { state, intent: { type: 'leave' } } : deletes(nextBoundary)(state, columns),
  'C-k': killing(motion.lineEnd, motion.right),
  'C-u': killing(motion.lineStart, motion.left),
  'C-w': killing(motion.blankLeft),
  'M-backspace': killing(motion.wordLeft),
  'C-backspace': killing(motion.wordLeft),
  'M-d': killing(motion.wordRight),
  'C-delete': killing(motion.wordRight),
  'M-delete': killing(motion.wordRight),
  'C-y': yank,
  'M-y': yankOlder,
  'C-t': transpose,
  'C-_': undoes,
  'C-/': undoes,
  'C--': undoes, // as kitty spells Ctrl-_
  'C-M-_': redoes,
  'C-M-/': redoes,
  'C-M--': redoes,
  enter,
  'S-enter': inserts('\n'),
  'M-enter': inserts('\n'),
  'M-S-enter': inserts('\n'),
  'C-enter': inserts('\n'),
  'C-j': inserts('\n'),
  tab: complete,
  'C-r': beginSearch,
  'C-x': (state) => ({ ...state, chord: true }),
  'C-g': editExternally,
  'C-c': gives(() => ({ type: 'cancel' })),
  'C-l': gives(() => ({ type: 'redraw' })),
  'C-z': gives(() => ({ type: 'suspend' })),
  escape: gives(() => ({ type: 'escape' })),
  page_up: gives(() => ({ type: 'page', direction: 'up' })),
  page_down: gives(() => ({ type: 'page', direction: 'down' })),
};

const CHORDS: Readonly<Record<string, Action>> = { 'C-e': editExternally, 'C-u': undoes, 'C-r': redoes };

/** `C-M-S-name`, or the character. Shift counts where it makes another key. */
function spell({ name, text = '', ctrl, alt, shift }: Key): string {
  const shifted = shift && (name === 'enter' || name === 'tab');
  return `${ctrl ? 'C-' : ''}${alt ? 'M-' : ''}${shifted ? 'S-' : ''}${name === 'char' ? text : name}`;
}

function typedText({ name, text, ctrl, alt }: Key): string | undefined {
  return name === 'char' && !ctrl && !alt ? text : undefined;
}

function onText(state: EditorState, key: Key, spelled: string, columns: number): Step {
  const text = typedText(key);
  const action = text === undefined ? ACTIONS[spelled] : inserts(text);
  // What the key before has begun lasts for one key, unless that goes on with it.
  const fresh: EditorState = { ...state, last: undefined, goal: undefined };
  if (action === undefined) return { state: fresh };
  const vertical = action === ACTIONS['up'] || action === ACTIONS['down'];
  const result = action({ ...fresh, last: state.last, ...(vertical && { goal: state.goal }) }, columns);
  const step = 'state' in result ? result : { state: result };
  const { last } = step.state;
  const settled = last === state.last ? { ...step.state, last: undefined } : step.state;
  return { ...step, state: settledCompletion(state, settled, step.intent) };
}

/** A menu goes on with what is typed; an answer is too late once the text is another. */
function settledCompletion(before: EditorState, after: EditorState, intent: Intent | undefined): EditorState {
  const { menu, waiting } = after.completion;
  if (intent?.type === 'complete' || (menu === undefined && !waiting)) return after;
  const same = before.buffer.text === after.buffer.text && before.buffer.cursor === after.buffer.cursor;
  if (same && waiting) return after;
  const left = menu === undefined || same ? undefined : filtered(menu, before.buffer, after.buffer);
  return { ...after, completion: { ...after.completion, waiting: false, menu: left } };
}

function onChord(state: EditorState, spelled: string): Step {
  const result = CHORDS[spelled]?.(closed(state), 0) ?? state;
  return 'state' in result ? result : { state: result };
}

function menuKey(state: EditorState, spelled: string): EditorState | undefined {
  const { completion, buffer } = state;
  const menu = completion.menu!;
  switch (spelled) {
    case 'up':
    case 'S-tab':
    case 'C-p':
      return { ...state, completion: { ...completion, menu: moved(menu, -1) } };
    case 'down':
    case 'tab':
    case 'C-n':
      return { ...state, completion: { ...completion, menu: moved(menu, 1) } };
    case 'enter':
      return closed({ ...state, buffer: taken(menu, buffer) });
    case 'escape':
    case 'C-c':
    case 'C-g':
      return closed(state);
    default:
      return undefined;
  }
}

function onSearch(state: EditorState, key: Key, spelled: string, columns: number): Step {
  const { query } = state.search!;
  const text = typedText(key);
  if (text !== undefined) return { state: searchFor(state, query + cleanText(text)) };
  switch (spelled) {
    case 'C-r':
    case 'up':
      return { state: searchOn(state, -1) };
    case 'C-s':
    case 'down':
      return { state: searchOn(state, 1) };
    case 'backspace':
    case 'C-h':
      return { state: searchFor(state, query.slice(0, previousBoundary(query, query.length))) };
    case 'C-c':
    case 'C-g':
      return { state: closed(state) };
    case 'escape':
    case 'tab':
      return { state: closed(acceptSearch(state)) };
    default:
      return onText(closed(acceptSearch(state)), key, spelled, columns);
  }
}

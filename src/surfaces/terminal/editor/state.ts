/** The input editor's state. Immutable: every key makes a new one. */
import { displayWidth } from '../width.ts';
import { bufferOf, moveTo, replace, type Buffer } from './buffer.ts';
import type { Completion } from './completion.ts';
import type { History } from './history.ts';
import { NO_PASTES, cleanText, expanded, pasted, prunePastes, type Pastes } from './pastes.ts';
import { withEntry } from './history.ts';
import type { Layout } from './wrap.ts';

export interface EditorState {
  readonly buffer: Buffer;
  readonly pastes: Pastes;
  /** Killed texts, the latest first. */
  readonly kills: readonly string[];
  /** What the last key did, as far as the next one goes on with it. */
  readonly last: { type: 'typed' | 'killed' } | { type: 'yanked'; from: number; kill: number } | undefined;
  /** The column that up and down keep to. */
  readonly goal: number | undefined;
  readonly history: History;
  /** Which entry is edited; behind the last one: the draft. */
  readonly entry: number;
  /** The others that were edited, and the draft, by entry. They last until something is submitted. */
  readonly visited: ReadonlyMap<number, Buffer>;
  readonly search: Search | undefined;
  readonly completion: Completion;
  /** Was Ctrl-X pressed? */
  readonly chord: boolean;
  readonly prompts: Prompts;
  readonly hint: string;
}

export interface Search {
  readonly query: string;
  /** The entry that was found. */
  readonly entry: number | undefined;
  /** There is none for the query; `entry` is the last one that there was. */
  readonly failed: boolean;
}

/** What stands in front of the first line and of the others. May be styled by the view's look only. */
export interface Prompts {
  readonly first: string;
  readonly others: string;
}

/** What the editor leaves to others. `complete`: answer with `completed`, and the same request. */
export type Intent =
  | { type: 'submit'; text: string }
  | { type: 'cancel' }
  | { type: 'leave' }
  | { type: 'escape' }
  | { type: 'complete'; request: number; text: string; cursor: number }
  | { type: 'edit_externally'; text: string }
  | { type: 'redraw' }
  | { type: 'page'; direction: 'up' | 'down' }
  | { type: 'suspend' };

export interface Step {
  readonly state: EditorState;
  readonly intent?: Intent;
}

export function createEditor(history: History, prompts: Prompts = { first: '> ', others: '… ' }): EditorState {
  return {
    buffer: bufferOf(''),
    pastes: NO_PASTES,
    kills: [],
    last: undefined,
    goal: undefined,
    history,
    entry: history.entries.length,
    visited: new Map(),
    search: undefined,
    completion: { request: 0, waiting: false, menu: undefined },
    chord: false,
    prompts,
    hint: '',
  };
}

/** The text as it would be submitted. */
export function textOf({ buffer, pastes }: EditorState): string {
  return expanded(pastes, buffer.text);
}

/** Another text instead, from an external editor say. Can be undone. */
export function withText(state: EditorState, text: string): EditorState {
  const { buffer } = state;
  return closed({ ...state, buffer: replace(buffer, 0, buffer.text.length, cleanText(text)) });
}

/** Shown faintly behind the text while the cursor is at its end. */
export function withHint(state: EditorState, hint: string): EditorState {
  return hint === state.hint ? state : { ...state, hint };
}

/** A paste at the cursor: much text becomes an atom. */
export function paste(state: EditorState, text: string): EditorState {
  const { pastes, inserted } = pasted(state.pastes, cleanText(text));
  const { buffer } = state;
  return closed({ ...state, pastes, buffer: replace(buffer, buffer.cursor, buffer.cursor, inserted) });
}

export function submit(state: EditorState): Step {
  const text = textOf(state);
  const history = withEntry(state.history, text);
  const next: EditorState = {
    ...closed(state),
    buffer: bufferOf(''),
    pastes: prunePastes(state.pastes, state.kills),
    history,
    entry: history.entries.length,
    visited: new Map(),
  };
  return { state: next, intent: { type: 'submit', text } };
}

/** Goes to another entry of the history, or back to the draft; what was changed here is kept. */
export function visit(state: EditorState, entry: number): EditorState {
  const text = state.history.entries[entry];
  if (entry === state.entry || entry < 0 || entry > state.history.entries.length) return state;
  const buffer = state.visited.get(entry) ?? bufferOf(cleanText(text ?? ''));
  const visited = new Map(state.visited).set(state.entry, state.buffer);
  return { ...state, entry, visited, buffer: moveTo(buffer, buffer.text.length) };
}

/** Nothing is open or begun any more: no menu, no search, no chord. */
export function closed(state: EditorState): EditorState {
  const completion = { ...state.completion, waiting: false, menu: undefined };
  return { ...state, last: undefined, goal: undefined, search: undefined, chord: false, completion };
}

/** Columns in front of each line. */
export function promptWidth({ prompts }: EditorState): number {
  return Math.max(displayWidth(prompts.first), displayWidth(prompts.others));
}

/** How the text is laid out; one column is left for a cursor behind a full row. */
export function layoutOf(state: EditorState, columns: number): Layout {
  return { columns: Math.max(2, columns - promptWidth(state) - 1), pastes: state.pastes };
}

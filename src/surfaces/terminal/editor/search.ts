/** Ctrl-R: the history searched while typing, from the latest entry back. */
import { moveTo, type Buffer, bufferOf } from './buffer.ts';
import { cleanText } from './pastes.ts';
import { visit, type EditorState, type Search } from './state.ts';

export function beginSearch(state: EditorState): EditorState {
  return { ...state, search: { query: '', entry: undefined, failed: false } };
}

/** With another query, from the latest entry on. */
export function searchFor(state: EditorState, query: string): EditorState {
  return find(state, query, state.history.entries.length, -1);
}

/** The next entry before or after the found one that has another text. */
export function searchOn(state: EditorState, direction: -1 | 1): EditorState {
  const { query = '', entry } = state.search ?? {};
  if (query === '') return state;
  return find(state, query, entry ?? state.history.entries.length, direction);
}

/** What the search shows instead of the text. */
export function searchPreview({ search, history }: EditorState): Buffer | undefined {
  const found = search?.entry === undefined ? undefined : history.entries[search.entry];
  if (search === undefined || found === undefined) return undefined;
  const text = cleanText(found);
  return moveTo(bufferOf(text), text.toLowerCase().indexOf(search.query.toLowerCase()));
}

/** Ends the search in what it found. */
export function acceptSearch(state: EditorState): EditorState {
  const preview = searchPreview(state);
  const entry = state.search?.entry;
  const ended: EditorState = { ...state, search: undefined };
  if (entry === undefined || preview === undefined) return ended;
  const visited = visit(ended, entry);
  return visited.buffer.text === preview.text
    ? { ...visited, buffer: moveTo(visited.buffer, preview.cursor) }
    : visited;
}

function find(state: EditorState, query: string, from: number, direction: -1 | 1): EditorState {
  const { entries } = state.history;
  const wanted = query.toLowerCase();
  const current = entries[from];
  let entry = from + direction;
  const isFound = (): boolean => entries[entry] !== current && entries[entry]!.toLowerCase().includes(wanted);
  while (entry >= 0 && entry < entries.length && !isFound()) entry += direction;
  const failed = query !== '' && entries[entry] === undefined;
  const found = failed || query === '' ? (query === '' ? undefined : state.search?.entry) : entry;
  const search: Search = { query, entry: found, failed };
  return { ...state, search };
}

/** Emacs' way to cut and paste: what is killed in a row is one, and can be yanked back. */
import { replace } from './buffer.ts';
import { nextBoundary, previousBoundary } from './graphemes.ts';
import type { Motion } from './motion.ts';
import type { EditorState } from './state.ts';

type Action = (state: EditorState) => EditorState;

const MOST_KILLS = 32;

/** Kills up to where the motion goes, or `otherwise` when that is nowhere. */
export function killing(to: Motion, otherwise: Motion = (_, cursor) => cursor): Action {
  return (state) => {
    const { buffer, kills, last } = state;
    const { text, cursor } = buffer;
    const target = to(text, cursor) === cursor ? otherwise(text, cursor) : to(text, cursor);
    if (target === cursor) return state;
    const killed = text.slice(Math.min(cursor, target), Math.max(cursor, target));
    const [latest = '', ...older] = kills;
    const joined = target > cursor ? latest + killed : killed + latest;
    return {
      ...state,
      buffer: replace(buffer, Math.min(cursor, target), Math.max(cursor, target), ''),
      kills: last?.type === 'killed' ? [joined, ...older] : [killed, ...kills].slice(0, MOST_KILLS),
      last: { type: 'killed' },
    };
  };
}

export const yank: Action = (state) => {
  const { buffer, kills } = state;
  const [latest] = kills;
  if (latest === undefined) return state;
  const last = { type: 'yanked' as const, from: buffer.cursor, kill: 0 };
  return { ...state, buffer: replace(buffer, buffer.cursor, buffer.cursor, latest), last };
};

/** Right after a yank: an older kill instead. */
export const yankOlder: Action = (state) => {
  const { buffer, kills, last } = state;
  if (last?.type !== 'yanked') return state;
  const kill = (last.kill + 1) % kills.length;
  return { ...state, buffer: replace(buffer, last.from, buffer.cursor, kills[kill]!), last: { ...last, kill } };
};

/** Changes the places of the characters before and after the cursor, at a line's end of the two before it. */
export const transpose: Action = (state) => {
  const { buffer } = state;
  const { text, cursor } = buffer;
  const atEnd = cursor === text.length || text[cursor] === '\n';
  const middle = atEnd ? previousBoundary(text, cursor) : cursor;
  const start = previousBoundary(text, middle);
  const end = nextBoundary(text, middle);
  if (start === middle || middle === end || text.slice(start, end).includes('\n')) return state;
  return { ...state, buffer: replace(buffer, start, end, text.slice(middle, end) + text.slice(start, middle)) };
};

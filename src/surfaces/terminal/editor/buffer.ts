/** A text with a cursor in it, and the way back to what it was. Immutable. */
import { snap } from './graphemes.ts';

export interface Buffer {
  readonly text: string;
  /** An offset in `text`, never inside of a character. */
  readonly cursor: number;
  readonly done: Changes;
  readonly undone: Changes;
}

/** The latest first. */
type Changes = { readonly change: Change; readonly before: Changes } | undefined;

interface Change {
  readonly at: number;
  readonly removed: string;
  readonly inserted: string;
  /** Where the cursor was. */
  readonly cursor: number;
}

export function bufferOf(text: string): Buffer {
  return { text, cursor: text.length, done: undefined, undone: undefined };
}

export function moveTo(buffer: Buffer, cursor: number): Buffer {
  const snapped = snap(buffer.text, cursor);
  return snapped === buffer.cursor ? buffer : { ...buffer, cursor: snapped };
}

/** Replaces what stands from `from` to `to`. With `joins`, it is undone together with the change before, if it goes on there. */
export function replace(buffer: Buffer, from: number, to: number, inserted: string, joins = false): Buffer {
  const removed = buffer.text.slice(from, to);
  if (removed === '' && inserted === '') return buffer;
  const text = buffer.text.slice(0, from) + inserted + buffer.text.slice(to);
  const last = buffer.done?.change;
  const goesOn =
    joins && last !== undefined && removed === '' && last.removed === '' && last.at + last.inserted.length === from;
  const done: Changes = goesOn
    ? { change: { ...last, inserted: last.inserted + inserted }, before: buffer.done!.before }
    : { change: { at: from, removed, inserted, cursor: buffer.cursor }, before: buffer.done };
  return { text, cursor: snap(text, from + inserted.length), done, undone: undefined };
}

export function undo(buffer: Buffer): Buffer {
  if (buffer.done === undefined) return buffer;
  const { change, before } = buffer.done;
  const { at, removed, inserted, cursor } = change;
  const text = buffer.text.slice(0, at) + removed + buffer.text.slice(at + inserted.length);
  return { text, cursor, done: before, undone: { change, before: buffer.undone } };
}

export function redo(buffer: Buffer): Buffer {
  if (buffer.undone === undefined) return buffer;
  const { change, before } = buffer.undone;
  const { at, removed, inserted } = change;
  const text = buffer.text.slice(0, at) + inserted + buffer.text.slice(at + removed.length);
  return { text, cursor: snap(text, at + inserted.length), done: { change, before: buffer.done }, undone: before };
}

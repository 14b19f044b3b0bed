/** Keys and pastes from a terminal's input stream. */
import type { Clock } from '../../../base/clock.ts';
import { createKeyDecoder, type CursorReport, type KeyEvent, type Pending } from './decoder.ts';
import type { Key } from './key.ts';

/** What the reader needs of `process.stdin`. */
export interface KeyStream {
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  off(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  resume(): unknown;
  pause(): unknown;
  setRawMode?(raw: boolean): unknown;
}

export interface KeyHandlers {
  key(key: Key): void;
  /** The text with line feeds; anything else may be in it, control characters too. */
  paste(text: string): void;
  /** The terminal was asked where its cursor is, and answers. */
  report?(position: CursorReport): void;
}

/** A person can't press Escape and another key so quickly; a terminal sends a sequence in one piece. */
const ESCAPE_TIMEOUT_MS = 50;
/** The rest of a sequence that was cut by a network is under way. */
const SEQUENCE_TIMEOUT_MS = 400;
const PASTE_TIMEOUT_MS = 1000;
/** On a terminal that doesn't mark pastes, its chunks follow one another within this. */
const BURST_TIMEOUT_MS = 30;
/** Nobody types so much between two reads, not even over a slow line. */
const BURST_LENGTH = 200;

const TIMEOUT_MS: Readonly<Record<Exclude<Pending, 'nothing'>, number>> = {
  escape: ESCAPE_TIMEOUT_MS,
  sequence: SEQUENCE_TIMEOUT_MS,
  paste: PASTE_TIMEOUT_MS,
};

/**
 * Puts the stream into raw mode and reads it until closed; then raw mode is off and the stream paused. What was begun and
 * not finished by then is dropped.
 *
 * Some terminals don't mark pastes. There, a chunk of text with more than one line break in it, or a very long one, is
 * taken for a paste, with all text that follows at once. A terminal that has marked a paste is believed from then on.
 */
export function createKeyReader(stream: KeyStream, handlers: KeyHandlers, clock: Clock): { close(): void } {
  const decoder = createKeyDecoder();
  let marksPastes = false;
  let burst = '';
  let closed = false;
  let cancelTimeout = (): void => {};

  const endBurst = (): void => {
    const text = burst.replace(/\r\n?/g, '\n');
    burst = '';
    if (text !== '') handlers.paste(text);
  };
  const deliver = (events: readonly KeyEvent[]): void => {
    if (events.length === 0) return;
    const text = marksPastes ? undefined : textOf(events);
    if (text !== undefined && (burst !== '' || isBurst(text))) {
      burst += text;
      return;
    }
    endBurst();
    for (const event of events) {
      if (closed) return;
      if (event.type === 'key') handlers.key(event.key);
      else if (event.type === 'report') handlers.report?.(event.position);
      else {
        marksPastes = true;
        handlers.paste(event.text);
      }
    }
  };
  const arm = (): void => {
    const { pending } = decoder;
    if (closed || (pending === 'nothing' && burst === '')) return;
    const timeoutMs = pending === 'nothing' ? BURST_TIMEOUT_MS : TIMEOUT_MS[pending];
    cancelTimeout = clock.at(clock.now() + timeoutMs, () => {
      endBurst();
      deliver(decoder.giveUp());
      arm();
    });
  };
  const read = (chunk: Uint8Array): void => {
    cancelTimeout();
    deliver(decoder.write(chunk));
    arm();
  };

  stream.setRawMode?.(true);
  stream.on('data', read);
  stream.resume();
  return {
    close() {
      if (closed) return;
      closed = true;
      cancelTimeout();
      stream.off('data', read);
      stream.pause();
      stream.setRawMode?.(false);
    },
  };
}

/** The text of keys that are nothing but text and line breaks; undefined when another one is among them. */
function textOf(events: readonly KeyEvent[]): string | undefined {
  const characters: string[] = [];
  for (const event of events) {
    if (event.type !== 'key') return undefined;
    const { name, text, ctrl, alt, shift } = event.key;
    if (alt || shift) return undefined;
    if (name === 'char' && !ctrl) characters.push(text!);
    else if (name === 'char' && text === 'j') characters.push('\n');
    else if (name === 'enter') characters.push('\r');
    else if (name === 'tab') characters.push('\t');
    else return undefined;
  }
  return characters.join('');
}

function isBurst(text: string): boolean {
  if (text.length >= BURST_LENGTH) return true;
  const lines = text.split(/\r\n?|\n/);
  return lines.length > 2 && lines.filter((line) => line.trim() !== '').length > 1;
}

import type { MessagePart, ModelDelta, ModelReply } from '../../../contract/messages.ts';
import type { Usage } from '../../../contract/values.ts';
import { ModelFault } from './fault.ts';

/** A reply's text, reasoning with its seals, and arguments together; above it the reply is cut off. */
export const REPLY_BYTES = 8 * 1024 * 1024;
export const REPLY_CALLS = 1000;

/** What has come of a reply so far: passed on, and counted against the limits. */
export interface Draft {
  /** @throws ModelFault malformed when the reply has grown too large. */
  add(kind: ModelDelta['kind'], text: string): void;
  /** What is kept of the reply beside that, and isn't passed on: seals. Gives it as text. @throws ModelFault malformed */
  hold(text: unknown): string;
  /** @throws ModelFault malformed */
  checkCalls(count: number): void;
  text(kind: 'text' | 'reasoning'): string;
  /** Bytes (UTF-8) that have come. */
  bytes(): number;
}

export function createDraft(onDelta: (delta: ModelDelta) => void): Draft {
  const texts = { text: createText(), reasoning: createText() };
  let bytes = 0;
  let held = 0;
  return {
    add(kind, text) {
      if (text === '') return;
      bytes += Buffer.byteLength(text);
      checkSize(bytes + held);
      if (kind !== 'arguments') texts[kind].add(text); // those the reader keeps, by call
      onDelta({ kind, text });
    },
    hold(value) {
      const text = textIn(value);
      held += Buffer.byteLength(text);
      checkSize(bytes + held);
      return text;
    },
    checkCalls(count) {
      if (count > REPLY_CALLS) {
        throw new ModelFault('malformed', 'too_many_calls', `the reply has more than ${REPLY_CALLS} tool calls`);
      }
    },
    text: (kind) => texts[kind].whole(),
    bytes: () => bytes,
  };
}

/** Text that comes in pieces, maybe millions of one or two characters: joined block by block, as each piece costs memory. */
export interface Text {
  add(piece: string): void;
  whole(): string;
}

const PIECES_IN_BLOCK = 1024;

export function createText(): Text {
  const blocks: string[] = [];
  let pieces: string[] = [];
  return {
    add(piece) {
      if (pieces.push(piece) < PIECES_IN_BLOCK) return;
      blocks.push(pieces.join(''));
      pieces = [];
    },
    whole: () => blocks.join('') + pieces.join(''),
  };
}

/** What a reader has made of a whole reply. */
export interface Finished {
  parts: MessagePart[];
  calls: { id: string | undefined; name: string; arguments_raw: string }[];
  stop_reason: ModelReply['stop_reason'];
  model: string | undefined;
  /** The service's own name of the reply, where no header has one. */
  id?: string | undefined;
}

/** Reads one reply in one of the wire formats. */
export interface Reader<Event> {
  /** @throws ModelFault when the event says that the reply failed, or it passes a limit. */
  take(event: Event): void;
  /** Whether the event that ends a reply has come. Without it a stream was cut. */
  ended(): boolean;
  /** Whether nothing more is to come after that. */
  settled(): boolean;
  usage(): Usage | undefined;
  finish(): Finished;
}

/** Brings a finished reply into the form of the contract, within its limits. @throws ModelFault malformed */
export function replyFields({
  parts,
  calls,
  stop_reason,
}: Finished): Pick<ModelReply, 'parts' | 'tool_calls' | 'stop_reason'> {
  let bytes = 0;
  for (const part of parts) bytes += Buffer.byteLength(('text' in part && part.text) || '');
  for (const call of calls) bytes += Buffer.byteLength(call.arguments_raw);
  checkSize(bytes);
  const taken = new Set<string>();
  const tool_calls = calls.map(({ id, name, arguments_raw }, index) => {
    const provider_id = freeId(id, index, taken);
    taken.add(provider_id);
    return { provider_id, name: name.toWellFormed(), arguments_raw: arguments_raw.toWellFormed() };
  });
  const wellFormed = parts.map((part) =>
    'text' in part && part.text !== undefined ? { ...part, text: part.text.toWellFormed() } : part,
  );
  return { parts: wellFormed, tool_calls, stop_reason };
}

/** Results are paired with calls by id: it must be there, and be one call's only. `id` may be anything. */
function freeId(id: unknown, index: number, taken: ReadonlySet<string>): string {
  const given = typeof id === 'string' ? id.toWellFormed() : '';
  if (given !== '' && !taken.has(given)) return given;
  let number = index + 1;
  while (taken.has(`call_${number}`)) number++;
  return `call_${number}`;
}

/** Names of models and requests are a line of the journal, and of what people read: no longer than this. */
const NAME_CHARACTERS = 200;

/** A name as a service gives it; undefined where none that can be kept stands there. */
export function nameIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, NAME_CHARACTERS).toWellFormed() : undefined;
}

/** The text that stands at a place of an event; compatible servers send null, or leave it out. @throws ModelFault malformed */
export function textIn(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string')
    throw new ModelFault('malformed', 'bad_event', 'an event of the reply has no text where one must be');
  return value;
}

/** No call has more tokens. What is added up of such counts, and what they cost, stays a number that can be written. */
const MOST_TOKENS = 1_000_000_000;

/** Of tokens as a service reports them: a count, whatever stands there. */
export function count(value: unknown): number {
  return typeof value === 'number' && value > 0 ? Math.min(Math.trunc(value), MOST_TOKENS) : 0;
}

function checkSize(bytes: number): void {
  if (bytes > REPLY_BYTES) {
    throw new ModelFault('malformed', 'reply_too_large', `the reply is longer than ${REPLY_BYTES / 2 ** 20} MiB`);
  }
}

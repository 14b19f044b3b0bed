/**
 * What a turn says while it is worked on, as pieces of text: one for each reply of the model. A piece that was begun before
 * anybody looked is given when it is whole. What the reader hasn't taken is joined, so that it takes no more room than the
 * texts themselves.
 */
import type { EntryData } from '../../../contract/entries.ts';
import { RuntimeError } from '../../../contract/errors.ts';
import type { EventStatus, Host } from '../../../contract/host.ts';
import type { StreamEvent } from '../../../contract/stream.ts';
import { replyEnd } from './outcome.ts';

export type TurnEvent =
  | { kind: 'text'; text: string }
  /** The piece is over. `broken`: the model's reply broke off; it is asked again. */
  | { kind: 'piece'; text: string; end: 'commentary' | 'answer' | 'broken' }
  /** Undefined: what became of the message isn't known yet. */
  | { kind: 'settled'; status: EventStatus | undefined };

export interface TurnWatch {
  /** Follows the turn of a message; ends behind `settled`. @throws what `settled` does; invalid_request: too slow a reader */
  follow(event_id: string, settled: Promise<EventStatus | undefined>): AsyncGenerator<TurnEvent>;
  close(): void;
}

/** So many characters may wait for a reader. */
const MOST_WAITING = 4 * 1024 * 1024;

/** Watches a session from behind an entry on. */
export function watchTurn(host: Host, session_id: string, after: number): TurnWatch {
  /** Until it is known which message is followed. */
  let held: StreamEvent[] = [];
  let take = (event: StreamEvent): void => void held.push(event);
  const watch = host.watch(session_id, after, { onEvent: (event) => take(event) });

  async function* events(event_id: string, settled: Promise<EventStatus | undefined>): AsyncGenerator<TurnEvent> {
    const queue = createQueue();
    const pieces = createPieces(event_id, queue.push);
    // Its turn may have begun before anybody looked.
    const { turn, status } = await host.event(event_id);
    if (status !== 'queued' && turn !== undefined) pieces.begin(turn);
    for (const event of held) pieces.take(event);
    held = [];
    take = pieces.take;
    void settled.then(pieces.settle, queue.fail);
    for (;;) {
      const event = await queue.next();
      yield event;
      if (event.kind === 'settled') return;
    }
  }

  return {
    follow(event_id, settled) {
      settled.catch(() => {}); // that may be before anybody asks for the first event
      return events(event_id, settled);
    },
    close: () => watch.close(),
  };
}

/** Makes pieces of a session's events. */
function createPieces(event_id: string, push: (event: TurnEvent) => void) {
  let turn: number | undefined;
  /** The call whose deltas are all seen, and what of them. */
  let call: string | undefined;
  let said = '';
  let answer: string | undefined;

  function say(text: string): void {
    if (text === '') return;
    said += text;
    push({ kind: 'text', text });
  }

  function end(how: 'commentary' | 'answer' | 'broken'): void {
    if (said !== '') push({ kind: 'piece', text: said, end: how });
    if (how === 'answer') answer = said;
    said = '';
    call = undefined;
  }

  function replied({ purpose, parts, tool_calls }: EntryData<'model.replied'>): void {
    if (purpose !== undefined) return; // nothing that is said to anyone
    const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []));
    // A long text lies in a blob; its deltas were given, or the reply is given as a whole.
    const whole = texts.every((text) => typeof text === 'string') ? texts.join('') : said;
    if (whole.startsWith(said)) say(whole.slice(said.length));
    end(tool_calls.length > 0 ? 'commentary' : 'answer');
  }

  function take(event: StreamEvent): void {
    if (event.type === 'turn.started') {
      const { event_ids } = event.data as EntryData<'turn.started'>;
      if (event_ids.includes(event_id)) turn = event.turn;
    }
    if (turn === undefined || event.turn !== turn) return;
    switch (event.type) {
      case 'model.requested':
        if (said !== '') end('broken');
        call = keyOf(event.data as EntryData<'model.requested'>);
        return;
      case 'delta': {
        const { data } = event;
        if (data.kind === 'text' && keyOf(data) === call) say(data.text);
        return;
      }
      case 'model.failed':
        return end('broken');
      case 'model.replied':
        return replied(event.data as EntryData<'model.replied'>);
      default:
        return;
    }
  }

  return {
    begin: (known: number): void => void (turn = known),
    take,
    settle(status: EventStatus | undefined): void {
      const text = (status && replyEnd(status) && status.text) ?? '';
      if (text !== '' && text !== answer) {
        if (!text.startsWith(said)) end('broken');
        say(text.slice(said.length));
        end('answer');
      }
      push({ kind: 'settled', status });
    },
  };
}

function createQueue() {
  let events: TurnEvent[] = [];
  let waiting = 0;
  let failure: { error: unknown } | undefined;
  let wake = (): void => {};
  const fail = (error: unknown): void => {
    failure ??= { error };
    wake();
  };
  return {
    fail,
    push(event: TurnEvent): void {
      const last = events.at(-1);
      if (event.kind === 'text') waiting += event.text.length;
      if (event.kind === 'text' && last?.kind === 'text') last.text += event.text;
      else events.push(event.kind === 'text' ? { ...event } : event);
      if (waiting > MOST_WAITING) {
        events = [];
        fail(new RuntimeError('invalid_request', 'The reader is too slow.', { next: 'Ask for what came of it.' }));
      }
      wake();
    },
    async next(): Promise<TurnEvent> {
      for (;;) {
        const event = events.shift();
        if (event?.kind === 'text') waiting -= event.text.length;
        if (event) return event;
        if (failure) throw failure.error;
        await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

function keyOf({ call_id, attempt }: { call_id: string; attempt: number }): string {
  return `${call_id} ${attempt}`;
}

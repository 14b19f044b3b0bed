/** One request and its reply, whatever SDK sends it and whatever wire format it is in. */
import type { Clock } from '../../../base/clock.ts';
import type { ModelAnswer, ModelRequest } from '../../../contract/messages.ts';
import type { Usage } from '../../../contract/values.ts';
import { createDeadline } from '../http/deadline.ts';
import type { ReplyBody } from '../http/reply-body.ts';
import type { Patience } from '../settings.ts';
import { type Draft, type Finished, nameIn, type Reader, replyFields } from './draft.ts';
import { estimateTokens, requestBytes } from './estimate.ts';
import { abortFault, failureOf, ModelFault } from './fault.ts';
import { type ReadThrown, toFault } from './faults.ts';

/** Some servers keep the connection open after the end of a reply; then it is closed from here. */
const LINGER_MS = 1000;

/** Why the SDK is to let go of a request. Without a reason each time an error is made, with its stack. */
const DONE = 'the exchange is over';

/** A request about to be sent, and who reads its reply. */
export interface Exchange<Event> {
  reader: Reader<Event>;
  send(
    cut: AbortSignal,
  ): Promise<{ data: AsyncIterable<Event>; response: { body: unknown }; request_id?: string | null | undefined }>;
}

export interface Conversation {
  /** Who answers, as messages name it. */
  label: string;
  /** The key, or the token of a login, that was sent. Never shown. */
  secret: () => string | undefined;
  readThrown: ReadThrown;
  request: ModelRequest;
  draft: Draft;
  signal: AbortSignal;
  clock: Clock;
  patience: Patience;
}

/** Asks once and reads the reply to its end. Whatever goes wrong is a failure, given as a value. */
export async function converse<Event>(exchange: Exchange<Event>, conversation: Conversation): Promise<ModelAnswer> {
  const { label, secret, readThrown, request, draft, signal, clock } = conversation;
  const { reader } = exchange;
  try {
    if (signal.aborted) throw abortFault();
    const { body, requestId } = await receive(exchange, conversation);
    const finished = understand(() => reader.finish());
    const id = nameIn(requestId) ?? nameIn(finished.id);
    return {
      ok: true,
      ...replyFields(finished),
      usage: believed(reader.usage(), request, estimateTokens(bytesOf(finished))),
      model_served: nameIn(finished.model) ?? request.model,
      ...(id !== undefined && { provider_request_id: id }),
      wire_hash: body.hash(),
    };
  } catch (thrown) {
    const context = { provider: label, apiKey: secret(), now: clock.now() };
    const fault = signal.aborted ? abortFault() : toFault(thrown, context, readThrown);
    return failureOf(fault, { usage: soFar(reader.usage(), request, draft), partial: draft.text('text') });
  }
}

/** Sends and reads to the end. @throws what the SDK, the transport or the reader throws */
async function receive<Event>(
  { reader, send }: Exchange<Event>,
  { draft, signal, clock, patience }: Pick<Conversation, 'draft' | 'signal' | 'clock' | 'patience'>,
) {
  const cut = new AbortController();
  const abort = (): void => cut.abort();
  const watch = createWatch(clock, patience, draft, abort);
  signal.addEventListener('abort', abort);
  let lingering: (() => void) | undefined;
  let events = 0;
  try {
    const { data, response, request_id: requestId } = await send(cut.signal);
    const body = response.body as ReplyBody;
    try {
      for await (const event of data) {
        events++;
        understand(() => reader.take(event));
        watch.came();
        if (reader.settled()) lingering ??= clock.at(clock.now() + LINGER_MS, abort);
      }
    } catch (thrown) {
      if (!reader.settled() || !(cut.signal.aborted || isLoss(thrown))) throw thrown;
    }
    if (signal.aborted) throw abortFault(); // the SDK's stream just ends then
    if (!reader.settled()) watch.check();
    if (!reader.ended()) throw unfinished(events, body.head());
    return { body, requestId };
  } catch (thrown) {
    if (!signal.aborted) watch.check();
    throw thrown;
  } finally {
    watch.stop();
    lingering?.();
    signal.removeEventListener('abort', abort);
    cut.abort(DONE);
  }
}

/**
 * Watches the pieces of a reply. A connection on which only signs of life come is as silent as one on which nothing does;
 * and that a reply goes on and on is no reason to wait for ever.
 */
function createWatch(clock: Clock, { firstTokenMs, idleMs, totalMs }: Patience, draft: Draft, cut: () => void) {
  let late: ModelFault | undefined;
  let bytes = 0;
  const expire = (code: string, message: string): void => {
    late ??= new ModelFault('timeout', code, message);
    cut();
  };
  const silence = createDeadline(clock, () => {
    if (bytes > 0) expire('idle_timeout', `nothing came for ${idleMs / 1000} s`);
    else expire('first_token_timeout', `no piece of the reply came for ${firstTokenMs / 1000} s`);
  });
  silence.within(firstTokenMs);
  const stopTotal = clock.at(clock.now() + totalMs, () => {
    expire('total_timeout', `the reply was not over after ${totalMs / 1000} s`);
  });
  return {
    /** An event was read: was it more than a sign of life? */
    came(): void {
      if (draft.bytes() === bytes) return;
      bytes = draft.bytes();
      silence.within(idleMs);
    },
    /** @throws ModelFault timeout, when one of the limits was reached */
    check(): void {
      if (late) throw late;
    },
    stop(): void {
      silence.clear();
      stopTotal();
    },
  };
}

/** Services send what their types don't promise; whatever a reader stumbles over, the reply is to blame. */
function understand<T>(read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof ModelFault) throw thrown;
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw new ModelFault('malformed', 'bad_event', `the reply can't be understood (${why})`, { cause: thrown });
  }
}

/** The connection's failing, which a reply that has come whole needn't care about. */
function isLoss(thrown: unknown): boolean {
  return thrown instanceof ModelFault && (thrown.class === 'network' || thrown.class === 'timeout');
}

function unfinished(events: number, head: string): ModelFault {
  if (events > 0 || head === '')
    return new ModelFault('network', 'stream_cut', 'the reply ended before it was complete');
  return new ModelFault('malformed', 'not_a_stream', `the reply is no stream of events; it begins: ${head}`);
}

/** For services that count nothing, or that none of the input was read: budgets must not take their replies for free. */
function believed(said: Usage = NO_USAGE, request: ModelRequest, output: number): Usage {
  const input = said.input || estimateTokens(requestBytes(request));
  return { ...said, input, output: said.output || output };
}

const NO_USAGE: Usage = { input: 0, output: 0, cached: 0, reasoning: 0 };

/** Of a reply that broke off. What a service says at its beginning (one token) is less than what came since. */
function soFar(said: Usage | undefined, request: ModelRequest, draft: Draft): Usage | undefined {
  const output = Math.max(said?.output ?? 0, estimateTokens(draft.bytes()));
  return said && believed({ ...said, output }, request, output);
}

function bytesOf({ parts, calls }: Finished): number {
  let bytes = 0;
  for (const part of parts) if ('text' in part && part.text !== undefined) bytes += Buffer.byteLength(part.text);
  for (const call of calls) bytes += Buffer.byteLength(call.name + call.arguments_raw);
  return bytes;
}

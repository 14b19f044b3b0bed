/**
 * What the journal of a step's session says of its tries, and by that how each of them ended. Whoever works on a goal and
 * whoever proves it ask here: a try ends the same, however often and however late it is asked for.
 */
import { sha256 } from '../base/digest.ts';
import type { Entry, EntryData, EntryOf } from '../contract/entries.ts';
import { RuntimeError } from '../contract/errors.ts';
import type { Blobs, ChildEnd, JournalEnd, StoredEntry, Visit } from '../contract/ports.ts';
import type { Part } from '../contract/values.ts';
import { workedMs } from '../kernel/budget/budget.ts';
import { shortened } from '../kernel/context/transcript.ts';
import { createKernel } from '../kernel/kernel.ts';
import type { Resolved, State } from '../kernel/turn/state.ts';
import { isChildEvent } from './child-event.ts';
import { createReplyReader } from './session/reply-reader.ts';
import { createResolver, withResolved } from './session/fold.ts';
import { wholeTexts } from './session/messages.ts';

/** So many characters of a result go to who goes on with it; the rest stays in the session's journal. */
const MOST_RESULT = 12_000;

export interface Tries {
  /** Is there such a session? */
  isThere: boolean;
  /** Whose step it was made for; absent: nobody's. */
  parent?: EntryData<'session.created'>['parent'];
  /** The messages of tries that it was given. */
  given: Set<string>;
  /** Of those that have ended, by the id of their message. */
  ends: Map<string, ChildEnd>;
}

/** `read` visits the entries of the session. @throws RuntimeError store_damaged: of one that can't be read whole nothing is known */
export async function readTries(
  session_id: string,
  read: (visit: Visit) => Promise<JournalEnd>,
  blobs: Pick<Blobs, 'get'>,
): Promise<Tries> {
  const kernel = createKernel(sha256);
  const resolve = createResolver(blobs);
  const replies = createReplyReader();
  const tries: Tries = { isThere: false, given: new Set(), ends: new Map() };
  const ended: { event_id: string; ending: Ending }[] = [];
  let state = kernel.initial();

  const take = ({ entry, hash }: StoredEntry, resolved: Resolved): void => {
    const before = state;
    ({ state } = kernel.evolve(before, entry, resolved));
    replies.take(entry);
    tries.isThere = true;
    if (entry.type === 'session.created' && entry.data.parent) tries.parent = entry.data.parent;
    for (const event_id of messagesOf(entry)) {
      if (!isChildEvent(session_id, event_id)) continue;
      if (entry.type === 'input.received') tries.given.add(event_id);
      else if (entry.type === 'turn.ended')
        ended.push({ event_id, ending: { entry, hash, before, taint: state.taint, reply: replies.reply() } });
    }
  };
  const { failure } = await read((stored) => withResolved(resolve(stored.entry), (resolved) => take(stored, resolved)));
  if (failure) {
    const message = `Session ${session_id} is damaged: ${failure.message}.`;
    throw new RuntimeError('store_damaged', message, { id: session_id });
  }
  for (const { event_id, ending } of ended) tries.ends.set(event_id, await endOf(session_id, ending, blobs));
  return tries;
}

function messagesOf({ type, data }: Entry): string[] {
  if (type === 'turn.ended') return data.event_ids;
  return type === 'input.received' ? [data.event_id] : [];
}

interface Ending {
  entry: EntryOf<'turn.ended'>;
  hash: string;
  before: State;
  taint: string[];
  reply: Part[];
}

/** Its time is that of its own turn: what people do in its session before or between is theirs. */
async function endOf(
  session_id: string,
  { entry: { seq, data }, hash, before, taint, reply }: Ending,
  blobs: Pick<Blobs, 'get'>,
): Promise<ChildEnd> {
  const { reason, message, usage, cost_micro_usd, model_calls, tool_calls } = data;
  const text = (await wholeTexts(reply, blobs)).join('');
  const rest = text.length > MOST_RESULT ? `\n(The whole is in session ${session_id}.)` : '';
  const said = text === '' ? (message ?? 'It ended without a result.') : `${shortened(text, MOST_RESULT)}${rest}`;
  return {
    reason,
    head: { seq, hash },
    result: [{ type: 'text', text: said }],
    taint,
    usage,
    ...(cost_micro_usd !== undefined && { cost_micro_usd }),
    model_calls,
    tool_calls,
    active_ms: before.turn ? workedMs(before.turn) : 0,
  };
}

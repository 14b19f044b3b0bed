/**
 * The sessions that do the steps of goals. What a try is and how it ended stands in the child's own journal: whoever asks
 * for it again, after a crash too, finds it there, and nothing is done a second time.
 */
import type { EntryData } from '../../contract/entries.ts';
import type { Audit, ChildEnd, ChildRequest, Children, Journal } from '../../contract/ports.ts';
import type { Part } from '../../contract/values.ts';
import { shortened } from '../../kernel/context/transcript.ts';
import type { State } from '../../kernel/turn/state.ts';
import { childEvent } from '../child-event.ts';
import type { LiveSession, Owner } from '../owner.ts';
import { nothingDone } from '../session/nothing-done.ts';
import type { LiveSessions } from './live-sessions.ts';
import { createReplyReader } from './reply-reader.ts';

export interface ChildrenPorts {
  sessions: Pick<LiveSessions, 'get' | 'use' | 'engage'>;
  owner: Pick<Owner, 'stop'>;
  journal: Pick<Journal, 'read'>;
  audit: Pick<Audit, 'read'>;
  /** The whole text of a reply's parts. */
  textOf: (parts: Part[]) => Promise<string>;
  /** What others wait for in a session may have changed. */
  onChanged: (session_id: string) => void;
}

/** So many characters of a result go to who goes on with it; the rest stays in the child's journal. */
const MOST_RESULT = 12_000;
/** Who stops a step whose goal was stopped. */
const BY_ITS_GOAL = { actor: { id: 'system', role: 'overlord' }, via: 'goal' } as const;

export function createChildren({ sessions, owner, journal, audit, textOf, onChanged }: ChildrenPorts): Children {
  async function work(
    request: ChildRequest,
    { signal, changed }: { signal: AbortSignal; changed: () => void },
  ): Promise<ChildEnd> {
    const { session_id, attempt, parent, recovered } = request;
    const event_id = childEvent(request);
    const found = await readTry(journal, request, event_id);
    if (found.isThere && !found.isOurs) {
      return nothingDone('failed', `There is a session ${session_id} already, and it is another's.`);
    }
    if (found.end) return endOf(request, found, found.end);
    const mayBeGone = attempt > 1 || (recovered && (await wasRemoved(audit, session_id)));
    if (!found.isThere && mayBeGone) return wasRemovedEnd(session_id);
    if (!found.begun && signal.aborted) return stoppedBefore();

    const live = await sessions.engage(request, { make: !found.isThere });
    if (live === undefined) return wasRemovedEnd(session_id);
    const withdrawn = Promise.withResolvers<'withdrawn'>();
    const stop = (): void => {
      const stopping = owner.stop(live, event_id, BY_ITS_GOAL).then((stopped) => {
        if (stopped && waitsBehindAnother(live.runner.state(), event_id)) withdrawn.resolve('withdrawn');
      });
      stopping.catch(() => {}); // how it ends says more
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop);
    const listener = (): void => {
      changed();
      onChanged(parent.session_id);
    };
    const how = await turnEnd(live, { event_id, withdrawn: withdrawn.promise }, listener);
    signal.removeEventListener('abort', stop);
    const done = await readTry(journal, request, event_id);
    if (done.end) return endOf(request, done, done.end);
    if (how === 'withdrawn') return stoppedBefore();
    return nothingDone('interrupted', `The session ${session_id} of this step was closed before it had ended.`);
  }

  async function endOf({ session_id, active_ms }: ChildRequest, { reply }: Try, end: TurnEnd): Promise<ChildEnd> {
    const { reason, message, usage, cost_micro_usd, model_calls, tool_calls } = end.data;
    const state = await sessions.use(session_id, ({ runner }) => runner.state());
    const text = await textOf(reply);
    const rest = text.length > MOST_RESULT ? `\n(The whole is in session ${session_id}.)` : '';
    const said = text === '' ? (message ?? 'It ended without a result.') : `${shortened(text, MOST_RESULT)}${rest}`;
    return {
      reason,
      head: { seq: end.seq, hash: end.hash },
      result: [{ type: 'text', text: said }],
      taint: state.taint,
      usage,
      ...(cost_micro_usd !== undefined && { cost_micro_usd }),
      model_calls,
      tool_calls,
      active_ms: Math.max(0, state.active_ms - active_ms),
    };
  }

  return {
    work,
    waitsFor(session_id) {
      const runner = sessions.get(session_id)?.runner;
      return runner?.state().turn && runner.isWaiting() ? runner.approvals() : [];
    },
  };
}

interface TurnEnd {
  seq: number;
  hash: string;
  data: EntryData<'turn.ended'>;
}

/** What a child's journal says of a try. */
interface Try {
  isThere: boolean;
  /** It was made for this step. */
  isOurs: boolean;
  /** It has the try's message. */
  begun: boolean;
  end?: TurnEnd;
  reply: Part[];
}

async function readTry(journal: Pick<Journal, 'read'>, request: ChildRequest, event_id: string): Promise<Try> {
  const { session_id, parent } = request;
  const found: Try = { isThere: false, isOurs: false, begun: false, reply: [] };
  const reader = createReplyReader();
  await journal.read(session_id, ({ entry, hash }) => {
    found.isThere = true;
    reader.take(entry);
    if (entry.type === 'session.created') {
      const own = entry.data.parent;
      found.isOurs = own?.session_id === parent.session_id && own.seq === parent.seq && own.step_id === parent.step_id;
    }
    if (entry.type === 'input.received' && entry.data.event_id === event_id) found.begun = true;
    if (entry.type === 'turn.ended' && entry.data.event_ids.includes(event_id)) {
      found.end = { seq: entry.seq, hash, data: entry.data };
      found.reply = reader.reply();
    }
  });
  return found;
}

/** Somebody doesn't want it: it is not tried again. */
function wasRemovedEnd(session_id: string): ChildEnd {
  return nothingDone('canceled', `The session ${session_id} of this step was removed.`);
}

async function wasRemoved(audit: Pick<Audit, 'read'>, session_id: string): Promise<boolean> {
  let removed = false;
  await audit.read(({ record }) => {
    if (record.type === 'session.removed' && record.data.session === session_id) removed = true;
  });
  return removed;
}

/** Nobody will be asked for it: it was stopped, durably, while it waited. */
function stoppedBefore(): ChildEnd {
  return nothingDone('canceled', 'It was stopped before it began.');
}

/** Does it wait for a turn that somebody began by hand? That is theirs, and may take long. */
function waitsBehindAnother({ turn, queue }: State, event_id: string): boolean {
  const place = queue.findIndex((item) => item.event_id === event_id);
  return place > 0 || (place === 0 && turn !== null);
}

/** Resolves when the turn that has the message has ended, it was withdrawn, or nobody works on its session any more. */
async function turnEnd(
  { runner }: LiveSession,
  { event_id, withdrawn }: { event_id: string; withdrawn: Promise<'withdrawn'> },
  changed: () => void,
): Promise<'withdrawn' | void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const unsubscribe = runner.subscribe((event) => {
    if (event.kind !== 'entry') return;
    const { type, data } = event.stored.entry;
    if (type === 'turn.ended' && data.event_ids.includes(event_id)) resolve();
    else changed();
  });
  if (!holds(runner.state(), event_id)) resolve(); // it came to its end before anybody listened
  const how = await Promise.race([promise, withdrawn, runner.ended]);
  unsubscribe();
  return how;
}

function holds({ turn, queue }: State, event_id: string): boolean {
  return turn?.event_ids.includes(event_id) === true || queue.some((item) => item.event_id === event_id);
}

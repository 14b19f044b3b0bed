/**
 * The sessions that do the steps of goals. What a try is and how it ended stands in the child's own journal: whoever asks
 * for it again, after a crash too, finds it there, and nothing is done a second time.
 */
import type { Audit, Blobs, ChildEnd, ChildRequest, Children, Journal } from '../../contract/ports.ts';
import type { State } from '../../kernel/turn/state.ts';
import { childEvent } from '../child-event.ts';
import type { LiveSession, Owner } from '../owner.ts';
import { nothingDone } from '../session/nothing-done.ts';
import { readTries, type Tries } from '../step-tries.ts';
import type { LiveSessions } from './live-sessions.ts';

export interface ChildrenPorts {
  sessions: Pick<LiveSessions, 'get' | 'use' | 'engage'>;
  owner: Pick<Owner, 'stop'>;
  journal: Pick<Journal, 'read'>;
  audit: Pick<Audit, 'read'>;
  blobs: Pick<Blobs, 'get'>;
  /** What others wait for in a session may have changed. */
  onChanged: (session_id: string) => void;
}

/** Who stops a step whose goal was stopped. */
const BY_ITS_GOAL = { actor: { id: 'system', role: 'overlord' }, via: 'goal' } as const;

export function createChildren({ sessions, owner, journal, audit, blobs, onChanged }: ChildrenPorts): Children {
  async function work(
    request: ChildRequest,
    { signal, changed }: { signal: AbortSignal; changed: () => void },
  ): Promise<ChildEnd> {
    const { session_id, attempt, parent, recovered } = request;
    const event_id = childEvent(request);
    const triesOf = (): Promise<Tries> => readTries(session_id, (visit) => journal.read(session_id, visit), blobs);
    const { isThere, parent: own, given, ends } = await triesOf();
    if (isThere && !isSameStep(own, parent)) return anothersEnd(session_id);
    const known = ends.get(event_id);
    if (known) return durable(session_id, known);
    const mayBeGone = !isThere && (attempt > 1 || recovered);
    if (mayBeGone && (await wasRemoved(audit, session_id))) return wasRemovedEnd(session_id);
    if (!given.has(event_id) && signal.aborted) return stoppedBefore();

    const told = given.size > 0 ? { ...request, parts: request.again } : request;
    const live = await sessions.engage(told, { make: !isThere });
    if (live === 'gone') return wasRemovedEnd(session_id);
    if (live === 'another') return anothersEnd(session_id);
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
    const end = (await triesOf()).ends.get(event_id);
    if (end) return durable(session_id, end);
    if (how === 'withdrawn') return stoppedBefore();
    return nothingDone('interrupted', `The session ${session_id} of this step was closed before it had ended.`);
  }

  /** What a process wrote right before it was killed may not be on the disk yet: who opens its session sees to that. */
  function durable(session_id: string, end: ChildEnd): Promise<ChildEnd> {
    return sessions.use(session_id, () => end);
  }

  return {
    work,
    waitsFor(session_id) {
      const runner = sessions.get(session_id)?.runner;
      return runner?.state().turn && runner.isWaiting() ? runner.approvals() : [];
    },
  };
}

function isSameStep(own: Tries['parent'], asked: ChildRequest['parent']): boolean {
  return own?.session_id === asked.session_id && own.seq === asked.seq && own.step_id === asked.step_id;
}

function anothersEnd(session_id: string): ChildEnd {
  return nothingDone('failed', `There is a session ${session_id} already, and it is another's.`);
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
  if (!holds(runner.state(), event_id))
    resolve(); // it came to its end before anybody listened
  else changed(); // it may wait for a person since before
  const how = await Promise.race([promise, withdrawn, runner.ended]);
  unsubscribe();
  return how;
}

function holds({ turn, queue }: State, event_id: string): boolean {
  return turn?.event_ids.includes(event_id) === true || queue.some((item) => item.event_id === event_id);
}

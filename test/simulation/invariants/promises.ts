/** What was acknowledged is on the disk when it is, and stays there. (The journals themselves are verified with the evidence.) */
import type { Entry } from '../../../src/contract/entries.ts';
import { endedUnseen, entriesOf as ofType } from './journal-facts.ts';
import { WORKSPACE } from '../world/journals.ts';
import type { Ledger } from '../world/ledger.ts';
import type { Evidence, Invariant } from '../world/parts.ts';
import type { World } from '../world/parts.ts';

export const promisesKept: Invariant = {
  letter: 'g',
  says: 'what was acknowledged is durable: accepted events, ended turns, answers, stops, forks, grants',
  watch(world, broken) {
    const { ledger, journals } = world;
    const seen = { accepted: 0, ends: 0, answers: 0, stops: 0, forks: 0 };

    return {
      /** What came new in this step must be durable in this moment. */
      step() {
        const durable = (session: string): Entry[] => {
          const view = journals.view(session);
          return view?.entries.slice(0, view.durable) ?? [];
        };
        for (const event_id of [...ledger.accepted.keys()].slice(seen.accepted)) {
          if (!ingressHas(world, `"event":{"event_id":"${event_id}"`))
            broken(`${event_id} was acknowledged, and is not durable`);
        }
        const fresh = {
          ends: ledger.ends.slice(seen.ends),
          answers: ledger.answers.slice(seen.answers),
          stops: ledger.stops.slice(seen.stops),
          forks: ledger.forks.slice(seen.forks),
        };
        check(world, fresh, durable, broken);
        for (const { event_id, session_id, life } of fresh.stops) {
          const own = durable(session_id);
          if (ledger.life(session_id) !== life || !endedUnseen(world, own, event_id)) continue;
          if (ofType(own, 'input.received').some(({ data }) => data.for === event_id)) continue;
          if (!ingressHas(world, `"data":{"event_id":"${event_id}","outcome":"`))
            broken(`the end of ${event_id} in its lane was acknowledged, and is not durable`);
        }
        seen.accepted = ledger.accepted.size;
        for (const kind of ['ends', 'answers', 'stops', 'forks'] as const) seen[kind] = ledger[kind].length;
      },
      evidence({ sessions, pending, grants }) {
        check(world, ledger, (session) => sessions.get(session) ?? [], broken);
        checkAccepted(sessions, pending);
        const standing = new Set(grants.map(({ grant_id }) => grant_id));
        for (const { record, resolution } of ledger.answers) {
          const grant_id = record.resolved?.grant_id;
          if (resolution.scope !== 'always' || grant_id === undefined) continue;
          if (ledger.revoked.has(grant_id)) continue;
          if (!standing.has(grant_id)) broken(`the standing grant ${grant_id} is lost`);
        }
      },
    };

    function checkAccepted(sessions: Evidence['sessions'], pending: Evidence['pending']): void {
      const waiting = new Set(pending.map(({ event_id }) => event_id));
      for (const [event_id, { session_id, life }] of ledger.accepted) {
        if (ledger.life(session_id) !== life || waiting.has(event_id)) continue;
        const ended = sessions
          .get(session_id)
          ?.some((one) => one.type === 'turn.ended' && one.data.event_ids.includes(event_id));
        if (!ended && !endedUnseen(world, sessions.get(session_id), event_id))
          broken(`${event_id} was accepted, and is neither waiting nor answered`);
      }
    }
  },
};

function check(
  world: World,
  { ends, answers, stops, forks }: Pick<Ledger, 'ends' | 'answers' | 'stops' | 'forks'>,
  entriesOf: (session: string) => readonly Entry[],
  broken: (message: string) => void,
): void {
  const { ledger } = world;
  const has = (session: string, matches: (entry: Entry) => boolean): boolean => entriesOf(session).some(matches);
  for (const { event_id, session_id, life, reason } of ends) {
    if (ledger.life(session_id) !== life) continue;
    const ended = (one: Entry): boolean =>
      one.type === 'turn.ended' && one.data.event_ids.includes(event_id) && one.data.reason === reason;
    if (!has(session_id, ended) && !endedUnseen(world, entriesOf(session_id), event_id))
      broken(`somebody was told that ${event_id} ended ${reason}, and that is not durable`);
  }
  for (const { record, life } of answers) {
    if (ledger.life(record.session_id) !== life) continue;
    const answered = (one: Entry): boolean =>
      one.type === 'approval.resolved' &&
      one.data.approval_id === record.id &&
      one.data.outcome === record.resolved?.outcome;
    if (!has(record.session_id, answered)) broken(`the answer to ${record.id} was acknowledged, and is not durable`);
  }
  for (const { session_id, event_id, life } of stops) {
    if (ledger.life(session_id) !== life) continue;
    const asked = (one: Entry): boolean => one.type === 'input.received' && one.data.for === event_id;
    if (!has(session_id, asked) && !endedUnseen(world, entriesOf(session_id), event_id))
      broken(`the stop of ${event_id} was acknowledged, and is not durable`);
  }
  for (const { session_id, life } of forks) {
    if (ledger.life(session_id) !== life) continue;
    if (!has(session_id, ({ type }) => type === 'session.forked')) broken(`the fork ${session_id} is not durable`);
  }
}

/** Does a durable line of the ingress log hold that? */
function ingressHas({ machine: { disk } }: World, text: string): boolean {
  const folder = disk.findDurable(`${WORKSPACE}/ingress`);
  if (folder?.kind !== 'folder') return false;
  return [...folder.durable.values()].some((node) => node.kind === 'file' && node.durable.bytes.includes(text));
}

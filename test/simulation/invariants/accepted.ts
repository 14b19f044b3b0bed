import { parseDuration } from '../../../src/base/duration.ts';
import type { Entry, EntryOf } from '../../../src/contract/entries.ts';
import type { Part } from '../../../src/contract/values.ts';
import { timeOf } from '../stand-ins/ids.ts';
import type { Invariant } from '../world/parts.ts';
import { endedUnseen, entriesOf, ownEntries } from './journal-facts.ts';

export const acceptedEndsOnce: Invariant = {
  letter: 'a',
  says: 'every accepted event ends in exactly one finished turn, unless its session was removed',
  watch(world, broken) {
    const isPresent = (session: string, life: number): boolean => world.ledger.life(session) === life;

    function checkSession(session: string, entries: readonly Entry[], isEnd: boolean): void {
      const own = ownEntries(entries);
      const ends = entriesOf(own, 'turn.ended').flatMap(({ data }) => data.event_ids);
      const inputs = entriesOf(own, 'input.received').filter(({ data }) => data.mode !== 'stop');
      const ids = inputs.map(({ data }) => data.event_id);
      const twice = ids.find((id, index) => ids.indexOf(id) !== index);
      if (twice !== undefined) broken(`${twice} was entered twice in ${session}`);
      for (const id of new Set([...ids, ...ends])) {
        const count = ends.filter((ended) => ended === id).length;
        if (count > 1) broken(`${id} has ${count} finished turns in ${session}`);
        if (count === 0 && isEnd && !isOrphan(entries)) broken(`${id} has no finished turn in ${session}`);
      }
      checkKeys(session, inputs);
    }

    /** A message that was sent with a key is one message, however often it is sent, while the key is remembered. */
    function checkKeys(session: string, inputs: readonly EntryOf<'input.received'>[]): void {
      if (world.machine.counts.has('clock set back')) return;
      const ttl = parseDuration(world.loaded.config.governance.idempotency_ttl)!;
      const byName = new Map<string, number>();
      for (const { data } of inputs) {
        const name = nameIn(data.parts);
        const sent = world.ledger.sent.find((one) => one.name === name);
        if (sent?.submission.idempotency_key === undefined) continue;
        const before = byName.get(name);
        const at = timeOf(data.event_id);
        if (before !== undefined && at - before < ttl) broken(`${name} came twice into ${session}, with one key`);
        byName.set(name, at);
      }
    }

    /** A step whose goal is gone: nobody goes on with it. */
    function isOrphan([first]: readonly Entry[]): boolean {
      const parent = first?.type === 'session.created' ? first.data.parent : undefined;
      if (!parent) return false;
      const intent = world.journals.view(parent.session_id)?.entries[parent.seq - 1];
      return intent?.type !== 'child.started' || intent.data.session_id !== (first as EntryOf<'session.created'>).data.session_id; // prettier-ignore
    }

    return {
      evidence({ after, sessions, pending }) {
        const isEnd = after === 'end';
        for (const [session, entries] of sessions) checkSession(session, entries, isEnd);
        if (!isEnd) return;
        if (pending.length > 0) broken(`${pending[0]!.event_id} still waits in the ingress log`);
        for (const [event_id, { session_id, life }] of world.ledger.accepted) {
          if (!isPresent(session_id, life)) continue;
          const ends = entriesOf(ownEntries(sessions.get(session_id) ?? []), 'turn.ended');
          const count = ends.filter(({ data }) => data.event_ids.includes(event_id)).length;
          if (count === 0 && endedUnseen(world, sessions.get(session_id), event_id)) continue;
          if (count !== 1) broken(`${event_id}, which was accepted, has ${count} finished turns in ${session_id}`);
        }
      },
    };
  },
};

/** Every message begins with its name. */
function nameIn([part]: readonly Part[]): string {
  const text = part?.type === 'text' ? part.text : '';
  return (typeof text === 'string' ? text : text.head).split(' ')[0]!;
}

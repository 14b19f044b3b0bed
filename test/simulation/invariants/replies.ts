/** One final reply a turn. (What is delivered of it, once there are deliveries, belongs here too.) */
import type { Invariant } from '../world/parts.ts';
import { entriesOf, turnsOf } from './journal-facts.ts';

const WITHOUT_REPLY: ReadonlySet<string> = new Set(['canceled', 'interrupted']);

export const oneReply: Invariant = {
  letter: 'f',
  says: 'every finished turn has one final reply, and all are told the same',
  watch(world, broken) {
    return {
      evidence({ sessions }) {
        for (const [session, entries] of sessions) {
          for (const [turn, own] of turnsOf(entries)) {
            const replies = entriesOf(own, 'reply.made').filter(({ data }) => data.final).length;
            const [end] = entriesOf(own, 'turn.ended');
            const wanted = end !== undefined && !WITHOUT_REPLY.has(end.data.reason) ? 1 : 0;
            if (end !== undefined ? replies !== wanted : replies > 1) {
              broken(`turn ${turn} of ${session} ended ${end?.data.reason ?? 'not yet'} with ${replies} replies`);
            }
          }
        }
      },
      step() {
        const told = new Map<string, string>();
        for (const { event_id, reason, text } of world.ledger.ends) {
          const said = `${reason}: ${text}`;
          const before = told.get(event_id) ?? said;
          if (before !== said) broken(`of ${event_id} one was told "${before}", another "${said}"`);
          told.set(event_id, said);
        }
      },
    };
  },
};

/** What a goal says of its steps is what the steps' own journals say, and each try was done for a durable intent, once. */
import type { Entry, EntryOf } from '../../../src/contract/entries.ts';
import type { Invariant } from '../world/parts.ts';
import { entriesOf, ownEntries, turnsOf } from './journal-facts.ts';

export const stepsAgree: Invariant = {
  letter: 'n',
  says: 'a step has one session, made for a durable intent; each try is done once, and told as it ended',
  watch(world, broken) {
    return {
      effect({ session, run }) {
        const view = world.journals.view(session);
        const [first] = view?.entries ?? [];
        const parent = first?.type === 'session.created' ? first.data.parent : undefined;
        if (!parent || ownEntries(view!.entries).length < view!.entries.length) return; // none, or a fork of one
        const above = world.journals.view(parent.session_id);
        if (!above || world.ledger.life(parent.session_id) > 1) return; // removed since
        const intent = above.entries.slice(0, above.durable)[parent.seq - 1];
        if (intent?.type !== 'child.started' || intent.data.session_id !== session) {
          broken(
            `${run.spec.name} of the step ${session} began, and no durable intent of ${parent.session_id} made it`,
          );
        }
      },
      evidence({ sessions }) {
        for (const [session, entries] of sessions) {
          for (const end of entriesOf(ownEntries(entries), 'child.finished')) {
            const own = sessions.get(end.data.session_id);
            if (own && end.data.head.seq > 0) checkTold(session, end, own);
          }
          for (const own of turnsOf(entries).values()) checkTries(session, own);
        }
      },
    };

    function checkTold(session: string, { data }: EntryOf<'child.finished'>, child: readonly Entry[]): void {
      const end = child[data.head.seq - 1];
      const what = `try ${data.attempt} of ${data.session_id}`;
      if (end?.type !== 'turn.ended') return broken(`${session} says that ${what} ended at an entry that is no end`);
      if (end.data.reason !== data.reason) broken(`${session} says that ${what} ended ${data.reason}: it did not`);
      if (!end.data.event_ids.includes(`${data.session_id}.${data.attempt}`)) broken(`${session} tells the end of another turn as ${what}`); // prettier-ignore
    }

    /** In a turn that isn't a fork's. */
    function checkTries(session: string, turn: readonly Entry[]): void {
      if (turn.some(({ type }) => type === 'session.forked')) return;
      const started = entriesOf(turn, 'child.started').map(({ data }) => `${data.session_id}.${data.attempt}`);
      const finished = entriesOf(turn, 'child.finished').map(({ data }) => `${data.session_id}.${data.attempt}`);
      for (const list of [started, finished]) {
        const twice = list.find((one, index) => list.indexOf(one) !== index);
        if (twice !== undefined) broken(`${session}: the try ${twice} stands there twice`);
      }
      const [end] = entriesOf(turn, 'turn.ended');
      const left = started.filter((one) => !finished.includes(one));
      if (end && left.length > 0) broken(`${session} ended its turn while ${left[0]} ran`);
      if (end?.data.reason !== 'success') return;
      const [plan] = entriesOf(turn, 'plan.made');
      const steps = plan?.data.by === 'model' && plan.data.steps.length > 1 ? plan.data.steps.length : 0;
      const done = entriesOf(turn, 'child.finished').filter(({ data }) => data.reason === 'success').length;
      if (done !== steps) broken(`${session} calls its goal a success, and ${done} of ${steps} steps are done`);
      world.machine.count('goals done', steps > 0 ? 1 : 0);
    }
  },
};

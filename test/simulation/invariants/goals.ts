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
          checkStop(session, entries, sessions);
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

    /** Only who stops a goal stops its steps. */
    function checkStop(session: string, entries: readonly Entry[], sessions: ReadonlyMap<string, Entry[]>): void {
      const [first] = entries;
      const parent = first?.type === 'session.created' ? first.data.parent : undefined;
      const isStopped = entriesOf(entries, 'input.received').some(
        ({ data }) => data.mode === 'stop' && data.source === 'goal',
      );
      const above = parent && sessions.get(parent.session_id);
      if (!isStopped || !above || above[parent.seq - 1]?.type !== 'child.started') return;
      const turn = [...turnsOf(above).values()].find((own) => own.some(({ seq }) => seq === parent.seq))!;
      const [end] = entriesOf(turn, 'turn.ended');
      const isCut = end?.data.reason === 'interrupted' || turn.some(({ type }) => type === 'session.forked');
      const stopped = entriesOf(turn, 'input.received').some(({ data }) => data.mode === 'stop');
      if (!isCut && !stopped) broken(`the step ${session} was stopped by its goal, and nobody stopped that`);
    }

    /** Each begins when what it depends on is done, and no more of them at once than may. */
    function checkOrder(session: string, turn: readonly Entry[]): void {
      const [plan] = entriesOf(turn, 'plan.made');
      const { max_parallel_subtasks: most } = world.loaded.config.orchestrator;
      const done = new Set<string>();
      const running = new Map<string, string>();
      for (const entry of turn) {
        if (entry.type === 'child.started') {
          const { session_id, step_id } = entry.data;
          running.set(session_id, step_id);
          const step = plan?.data.steps.find(({ id }) => id === step_id);
          const missing = step?.depends_on.find((id) => !done.has(id));
          if (missing !== undefined) broken(`${session}: step ${step_id} began before ${missing} was done`);
          if (running.size > most) broken(`${session}: ${running.size} steps at once, and ${most} may be`);
        }
        if (entry.type !== 'child.finished') continue;
        const step_id = running.get(entry.data.session_id)!;
        running.delete(entry.data.session_id);
        if (entry.data.reason === 'success') done.add(step_id);
      }
    }

    /** In a turn that isn't a fork's. */
    function checkTries(session: string, turn: readonly Entry[]): void {
      if (turn.some(({ type }) => type === 'session.forked')) return;
      checkOrder(session, turn);
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

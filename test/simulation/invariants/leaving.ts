import { isIntent } from '../../../src/contract/entry-types.ts';
import { knownSessions } from '../actors/actor.ts';
import type { Invariant, Program, World } from '../world/parts.ts';
import { ownEntries } from './journal-facts.ts';
import { clocksSet, faultsMet } from '../world/disturbances.ts';

/** What cancelled effects may take to report, and the disk to be slow. */
const LAST_MS = 15_000;

interface Leaving {
  program: Program;
  /** By session: how many entries there were, in memory or on the disk. */
  entries: Map<string, number>;
  asked_at: number;
  until: number;
  clocks: number;
}

export const leavesInOrder: Invariant = {
  letter: 's',
  says: 'who is asked to leave begins nothing more, leaves in time, and with everything written',
  watch(world, broken) {
    let leaving: Leaving | undefined;

    /** It met no fault, and no clock was set since: what is late then is late by itself. */
    const isUndisturbed = ({ program, clocks }: Leaving): boolean =>
      program.faults_before === faultsMet(world) && clocks === clocksSet(world);

    function checkIntents({ program, entries }: Leaving): void {
      for (const session of knownSessions(world)) {
        const known = entries.get(session) ?? 0;
        const own = ownEntries(world.journals.view(session)?.entries ?? []).filter(({ seq }) => seq > known);
        const begun = own.find(({ type }) => isIntent(type));
        if (begun)
          broken(`${program.process.name} was asked to leave, and began ${begun.type} ${begun.seq} of ${session}`);
      }
    }

    return {
      leaves(program, patience_ms) {
        const now = world.machine.agenda.now();
        const until = now + patience_ms + LAST_MS;
        if (leaving?.program === program) {
          leaving.until = Math.min(leaving.until, now + LAST_MS); // patience ends
          return;
        }
        const entries = entriesNow(world, program);
        leaving = { program, entries, asked_at: now, until, clocks: clocksSet(world) };
      },
      command({ process, job }) {
        if (leaving?.program.process === process)
          broken(`${process.name} was asked to leave, and began a command of ${job}`);
      },
      left(program) {
        if (leaving?.program !== program) return;
        const { machine } = world;
        machine.count('left in order');
        if (machine.agenda.now() >= leaving.until - LAST_MS && leaving.until - LAST_MS > leaving.asked_at)
          machine.count('patience ran out');
        checkIntents(leaving);
        if (program.faults_before < faultsMet(world)) return;
        for (const { process, session } of world.runners) {
          const view = process === program.process ? world.journals.view(session) : undefined;
          if (view && view.durable < view.entries.length)
            broken(
              `${process.name} has left, and ${session} is durable up to ${view.durable} of ${view.entries.length}`,
            );
        }
      },
      step() {
        const { machine } = world;
        if (leaving?.program.process.isAlive() !== true) return;
        checkIntents(leaving);
        if (machine.agenda.now() > leaving.until && isUndisturbed(leaving))
          broken(`${leaving.program.process.name} was asked to leave, and is still there`);
      },
    };
  },
};

function entriesNow(world: World, { process }: Program): Map<string, number> {
  const written = knownSessions(world).map((id) => [id, world.journals.view(id)?.entries.length ?? 0] as const);
  const entries = new Map(written);
  for (const { session, fold, process: whose } of world.runners) {
    if (whose === process) entries.set(session, Math.max(entries.get(session) ?? 0, fold.state.seq));
  }
  return entries;
}

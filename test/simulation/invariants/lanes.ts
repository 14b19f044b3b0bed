import type { QueueItem } from '../../../src/contract/host.ts';
import { knownSessions } from '../actors/actor.ts';
import { WORKSPACE } from '../world/journals.ts';
import type { Invariant, Program, World } from '../world/parts.ts';
import { entriesOf } from './journal-facts.ts';
import { faultsMet } from '../world/disturbances.ts';

export const lanesKept: Invariant = {
  letter: 'l',
  says: 'nothing interactive waits while its lane has a place; what was refused leaves no trace',
  watch(world, broken) {
    let refused = 0;

    function look(program: Program): void {
      const { hub, process } = program;
      // After a fault, messages wait for another reason.
      if (program.faults_before < faultsMet(world) || program.takes !== 'all' || program.leaving) return;
      const isSame = (): boolean => world.program === program && process.isAlive() && !program.leaving;
      hub.queue().then(
        (items) => {
          const waits = isSame() ? needlesslyWaiting(world, program, items) : undefined;
          if (waits) broken(`${waits.event_id} waits in the interactive lane, which has a place`);
        },
        () => {},
      );
    }

    return {
      step() {
        if (world.program?.process.isAlive()) look(world.program);
        for (const { name } of world.ledger.refused.slice(refused)) {
          if (ingressText(world).some((bytes) => new RegExp(`"text":"${name}[ "]`).test(bytes)))
            broken(`${name} was refused, and the ingress log has it`);
        }
        refused = world.ledger.refused.length;
      },
    };
  },
};

/** Somebody drops or stops it, and hasn't been answered. */
function isBeingEnded({ asked }: Program, event_id: string): boolean {
  return [...asked].some(({ what }) => what === `drop ${event_id}` || what.startsWith(`stop ${event_id} `));
}

function needlesslyWaiting(world: World, program: Program, items: QueueItem[]): QueueItem | undefined {
  const { interactive_concurrency, sender_concurrency } = world.loaded.config.worker;
  // Where a sender has a limit of its own, or a session goes on with a turn of nobody's, a place alone says nothing.
  if (sender_concurrency > 0 || knownSessions(world).some((session) => hasTurnOfNobody(world, session)))
    return undefined;
  const given = items.filter(({ state }) => state !== 'waiting' && state !== 'dead');
  const active = new Set(given.map(({ session_id }) => session_id));
  const working = [...active].filter((session) => {
    const own = given.filter(({ session_id }) => session_id === session);
    const main = own.find(({ state }) => state !== 'delivered') ?? own[0];
    return main?.state !== 'waiting_approval' && main?.lane !== 'background';
  });
  if (working.length >= interactive_concurrency) return undefined;
  // Nothing overtakes what is being ended.
  const held = new Set(
    items.filter(({ event_id }) => isBeingEnded(program, event_id)).map(({ session_id }) => session_id),
  );
  return items.find(
    ({ state, lane, session_id }) =>
      state === 'waiting' && lane === 'interactive' && !active.has(session_id) && !held.has(session_id),
  );
}

/** A fork may, and what stands yet although it was to be removed: its messages are done. */
function hasTurnOfNobody({ journals, ledger }: World, session: string): boolean {
  const entries = journals.view(session)?.entries ?? [];
  if (entries.some(({ type }) => type === 'session.forked')) return true;
  const life = ledger.life(session);
  const isOfNow = (event_id: string): boolean => ledger.accepted.get(event_id)?.life === life;
  return life > 1 && !entriesOf(entries, 'input.received').every(({ data }) => isOfNow(data.for ?? data.event_id));
}

/** The segments of the ingress log, as processes see them. */
function ingressText({ machine: { disk } }: World): string[] {
  const folder = disk.findIfThere(`${WORKSPACE}/ingress`);
  if (folder?.kind !== 'folder') return [];
  return [...folder.names.values()].map((node) => (node.kind === 'file' ? String(node.bytes) : ''));
}

/** Those who start and end the program, restore the workspace, and change what it may do. */
import { canonicalJson } from '../../../src/base/canonical-json.ts';
import type { Verdict } from '../../../src/contract/values.ts';
import { WORKSPACE } from '../world/journals.ts';
import { ask, leave, startProgram } from '../world/program.ts';
import { anyOf, knownSessions, living, SESSIONS, type Actor } from './actor.ts';
import type { Program, World } from '../world/parts.ts';
import { TOOL_NAMES } from '../world/tools.ts';

/** From none, over what mostly runs out, to what lets every turn come to its end. */
const PATIENCE_MS = [0, 50, 5000, 600_000] as const;

/** Starts the program where none runs; seldom ends the one that does, as SIGTERM would, or the same once more. */
export const operator: Actor = {
  name: 'operator',
  weight: 24,
  act(world) {
    const { dice } = world;
    const program = living(world);
    if (program === undefined) startProgram(world, drawTakes(world));
    else if (program.leaving ? dice.once(8) : dice.once(30)) leave(world, program, dice.pick(PATIENCE_MS));
  },
};

/** Another process wants the workspace while one has it, or is about to leave it. */
export const rival: Actor = {
  name: 'rival',
  weight: 1,
  act(world) {
    const program = living(world);
    const started = startProgram(world, 'all');
    world.program = started ?? program;
    if (started !== undefined && program !== undefined && !program.leaving) {
      world.violate('u', `${started.process.name} got the workspace of ${program.process.name}`);
    }
  },
};

/** Puts back a backup of the workspace, as far as the program sees: the epoch is a higher one. */
export const restorer: Actor = {
  name: 'restorer',
  weight: 10,
  act(world) {
    const { dice, machine } = world;
    const { disk } = machine;
    const path = `${WORKSPACE}/workspace.json`;
    if (disk.findDurable(path) === undefined) return;
    if (isTelling(world)) living(world)?.process.die('killed for a restore');
    else if (!dice.once(3)) return;
    if (living(world) || machine.holder !== undefined) return;
    world.epoch++;
    machine.note(`the workspace is restored: epoch ${world.epoch}`);
    disk.place(path, `${JSON.stringify({ v: 1, id: 'default', epoch: world.epoch })}\n`);
    // Who restores wants to go on.
    startProgram(world, drawTakes(world));
  },
};

/** Who takes what is named may be given approvals of sessions on which nobody works. */
function drawTakes(world: World): Program['takes'] {
  return world.dice.once(isTelling(world) ? 2 : 4) ? 'named' : 'all';
}

/** Most is at stake where an approval waits, or was given and hasn't been used, in a session that no restore has reached. */
function isTelling(world: World): boolean {
  return knownSessions(world).some((name) => {
    const { session, turn } = world.journals.view(name)?.fold.state ?? {};
    if (session?.epoch !== world.epoch) return false;
    return turn?.calls.some(({ status, approval }) => status === 'asked' && approval !== undefined) === true;
  });
}

export const policyMaker: Actor = {
  name: 'policy maker',
  weight: 2,
  act(world) {
    if (!living(world)) return;
    const { dice } = world;
    // Mostly of a tool for which somebody is being asked right now.
    const asked = [...world.ledger.shown.values()].at(-1)?.tool;
    const tool = asked !== undefined && !dice.once(3) ? asked : dice.pick(TOOL_NAMES);
    const verdict = dice.pick(['deny', 'require_approval', 'allow'] as const);
    if (world.side.once(3)) return editPolicy(world, tool, verdict);
    const told = held(world);
    ask(world, `policy: ${tool} ${verdict}`, (host) => host.setPolicy({ tool, verdict }), () => told()); // prettier-ignore
  },
};

/** Somebody writes into the file. The program that runs is asked to read it, or does so when it is started next. */
function editPolicy(world: World, tool: string, verdict: Verdict): void {
  const { machine, program, side } = world;
  machine.note(`the policy is edited: ${tool} ${verdict}`);
  machine.outside.setPolicy(tool, verdict);
  if (program === undefined || side.once(3)) return;
  const told = held(world);
  ask(world, 'reload', () => program.hub.reload(), () => told()); // prettier-ignore
}

/** To be called when the program has said that the policy holds. */
function held(world: World): () => void {
  return () => {
    const { ledger, journals, program } = world;
    // Another change may have come before this was answered, of which the program knows nothing yet.
    if (canonicalJson(program?.workspace.policy ?? null) !== canonicalJson(world.policy)) return;
    const seqs = new Map<string, number>();
    for (const name of knownSessions(world)) {
      const open = world.runners.findLast(({ session, process }) => session === name && process === program?.process);
      const seq = open?.runner.state().seq ?? journals.view(name)?.entries.at(-1)?.seq ?? 0;
      seqs.set(`${name}#${ledger.life(name)}`, seq);
    }
    ledger.held = { change: ledger.policyChanges, seqs };
  };
}

/** Chooses models, goes on with sessions, forks and removes them. */
export const curator: Actor = {
  name: 'curator',
  weight: 3,
  act(world) {
    if (!living(world)) return;
    const { dice, ledger, journals } = world;
    const session = anyOf(dice, knownSessions(world));
    if (session === undefined) return;
    const kind = dice.pick(['resume', 'fork', 'fork', 'resume', 'configure', 'remove'] as const);
    if (kind === 'resume') {
      ask(world, `resume ${session}`, (host) => host.resume(session), () => {}); // prettier-ignore
    } else if (kind === 'configure') {
      const model = dice.pick(['main', 'other']);
      ask(world, `model ${model} for ${session}`, (host) => host.configure(session, { model }), () => {}); // prettier-ignore
    } else if (kind === 'fork') {
      const entries = journals.view(session)?.entries ?? [];
      // Where an approval waits, or was just given, most is at stake.
      const stakes = entries.filter(({ type }) => type === 'approval.requested' || type === 'approval.resolved');
      const at = dice.once(3) ? undefined : anyOf(dice, stakes.length > 0 && dice.once(2) ? stakes : entries)?.seq;
      ask(
        world,
        `fork ${session} at ${at ?? 'its last end'}`,
        (host) => host.fork(session, at === undefined ? {} : { at }),
        ({ session_id }) => {
          world.machine.note(`the fork is ${session_id}`);
          // Of its first life: it may have been removed before it was told of.
          ledger.forks.push({ session_id, life: 1 });
          ask(world, `resume ${session_id}`, (host) => host.resume(session_id), () => {}); // prettier-ignore
        },
      );
    } else if (!(SESSIONS as readonly string[]).includes(session) || dice.once(2)) {
      ledger.endLife(session);
      ask(world, `remove ${session}`, (host) => host.remove(session, { force: dice.once(2) }), () => ledger.endLife(session)); // prettier-ignore
    }
  },
};

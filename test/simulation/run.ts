/** One run: a tape is lived through, then the world calms down and everything must come to an end. */
import { sha256 } from '../../src/base/digest.ts';
import { answerCalmly } from './actors/approvers.ts';
import { drawActor } from './actors/all.ts';
import { knownSessions, living } from './actors/actor.ts';
import { send } from './actors/people.ts';
import { endJobs } from './actors/planner.ts';
import { noFaults } from './disk/faults.ts';
import { INVARIANTS } from './invariants/all.ts';
import { forgetImmediates, settle } from './machine/immediates.ts';
import { diedIn, forgetProcesses, survive } from './machine/process.ts';
import { forgetFiles } from './stand-ins/fs.ts';
import { gatherEvidence, somethingWaits } from './world/evidence.ts';
import type { Sent } from './world/ledger.ts';
import { ask, leave, startProgram } from './world/program.ts';
import type { Program } from './world/parts.ts';
import { watchAll } from './world/watching.ts';
import { createWorld } from './world/world.ts';
import type { Violation, World } from './world/parts.ts';

export interface Outcome {
  violation?: Violation;
  trace: string[];
  /** SHA-256 of the trace: the same seed gives the same. */
  digest: string;
  counts: Record<string, number>;
  simulated_ms: number;
}

/** What is further away than this is answered by people, in the next round. */
const CALM_MS = 15 * 60_000;
const MOST_ROUNDS = 60;
const MOST_EVENTS = 3000;
/** Of a calm round: a job that somebody has added meanwhile is paused in the next one. */
const MOST_CALM_EVENTS = 300;
const EVERYTHING_LOST = 1;

export async function run(tape: readonly number[]): Promise<Outcome> {
  forgetProcesses();
  forgetImmediates();
  forgetFiles();
  const world = createWorld(tape, (made) => watchAll(INVARIANTS, made));
  const { machine } = world;
  const onRejection = (reason: unknown): void => {
    if (!diedIn(reason)) world.violate('u', `nobody takes a rejection: ${String(reason)}`);
  };
  process.on('unhandledRejection', onRejection);
  try {
    while (!world.dice.ended() && world.violation === undefined)
      await step(world, () => drawActor(world.dice).act(world));
    if (world.violation === undefined) await calmDown(world);
  } catch (thrown) {
    world.violate('u', thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
  } finally {
    process.off('unhandledRejection', onRejection);
  }
  machine.count('turns', turnsOf(world));
  return {
    ...(world.violation && { violation: world.violation }),
    trace: machine.trace,
    digest: sha256(machine.trace.join('\n')),
    counts: Object.fromEntries(machine.counts),
    simulated_ms: machine.agenda.now(),
  };
}

/** Something happens, and all that follows from it at once. A crash is looked at before anything else happens. */
async function step(world: World, act: () => void): Promise<void> {
  const { machine } = world;
  const before = living(world);
  const cuts = machine.counts.get('power cuts') ?? 0;
  machine.count('steps');
  survive(act);
  await settle();
  world.watching.step();
  const wasCut = (machine.counts.get('power cuts') ?? 0) > cuts;
  if (wasCut) return gatherEvidence(world, 'power cut');
  if (before === undefined || before.process.isAlive()) return;
  if (!before.leaving) machine.count('crashes');
  await gatherEvidence(world, before.leaving ? 'leave' : 'kill');
}

async function calmDown(world: World): Promise<void> {
  const { machine } = world;
  machine.note('the world calms down');
  world.calm = true;
  Object.assign(machine.disk.faults, noFaults());
  for (let round = 0; round < MOST_ROUNDS; round++) {
    // Not in the first: a job may be about to fire.
    if (round > 0 && (await isDone(world))) return end(world);
    await step(world, () => takeAll(world));
    living(world)?.process.spare();
    // Waiting for room in a full lane takes time: every other round is for what is far away.
    await step(world, () => everybodyAsks(world, { full: round % 2 === 0 }));
    for (let events = 0; events < MOST_CALM_EVENTS && world.violation === undefined; events++) {
      const next = machine.agenda.next();
      // Where nothing is nearer, what is far is waited for: a clock that was set back holds timers up.
      if (next === undefined || (next > CALM_MS && events > 0)) break;
      await step(world, () => machine.agenda.runNext());
    }
    if (world.violation !== undefined) return;
  }
  const unanswered = [...(living(world)?.asked ?? [])].map(({ what }) => what);
  world.violate(
    'a',
    `nothing comes to an end: ${[...openSessions(world), ...unaccepted(world).map(({ name }) => name), ...unanswered].join(', ') || 'a message waits'}`,
  );
}

/** The program runs, and works on everything. */
function takeAll(world: World): void {
  const program = living(world);
  if (program === undefined) startProgram(world, 'all');
  else if (!program.leaving && (program.takes === 'named' || nothingGoesOn(world, program))) leave(world, program, 0);
}

/** It could not take what waits when it started, and nobody asks it again. */
function nothingGoesOn(world: World, { asked }: Program): boolean {
  return world.machine.agenda.next() === undefined && asked.size === 0 && openSessions(world).length === 0;
}

/** What nobody accepted is sent again (`full`: also what found its lane full), open sessions are gone on with, and approvals are answered. */
function everybodyAsks(world: World, { full }: { full: boolean }): void {
  endJobs(world);
  for (const sent of unaccepted(world)) if (full || !sent.full) send(world, sent);
  for (const session of openSessions(world)) {
    ask(world, `resume ${session}`, (host) => host.resume(session), ({ approvals }) => {
      // Those of a goal's steps are answered with the steps' own sessions.
      for (const id of approvals) if (asks(world, session, id)) answerCalmly(world, id, session);
    }); // prettier-ignore
  }
}

function asks(world: World, session: string, approval: string): boolean {
  const calls = world.journals.view(session)?.fold.state.turn?.calls ?? [];
  return calls.some((call) => call.approval?.approval_id === approval);
}

function openSessions(world: World): string[] {
  return knownSessions(world).filter((session) => {
    const state = world.journals.view(session)?.fold.state;
    return state !== undefined && (state.turn !== null || state.queue.length > 0);
  });
}

/** Messages that somebody goes on sending until they are accepted. */
function unaccepted({ ledger }: World): Sent[] {
  return ledger.sent.filter(
    ({ event, refused, submission }) =>
      event === undefined && refused !== true && submission.idempotency_key !== undefined,
  );
}

async function isDone(world: World): Promise<boolean> {
  const program = living(world);
  if (openSessions(world).length > 0 || unaccepted(world).length > 0 || program === undefined || program.asked.size > 0)
    return false;
  return !(await somethingWaits(world));
}

async function end(world: World): Promise<void> {
  const { machine } = world;
  const program = living(world)!;
  leave(world, program, 0);
  for (let events = 0; events < MOST_EVENTS && program.process.isAlive(); events++) {
    await settle();
    survive(() => machine.agenda.runNext());
  }
  await settle();
  if (program.process.isAlive()) return world.violate('a', 'the program does not leave');
  await gatherEvidence(world, 'end');
  if (world.violation !== undefined) return;
  machine.cutPower(EVERYTHING_LOST);
  await gatherEvidence(world, 'power cut');
}

function turnsOf(world: World): number {
  let turns = 0;
  for (const session of knownSessions(world)) {
    turns += world.journals.view(session)?.entries.filter(({ type }) => type === 'turn.ended').length ?? 0;
  }
  return turns;
}

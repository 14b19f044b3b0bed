/** People at several terminals: they send messages, again where nobody answered, steer, stop, and ask what became of it. */
import type { Accepted, Submission, SubmittedPart } from '../../../src/contract/host.ts';
import type { Sent } from '../world/ledger.ts';
import { ask, leave } from '../world/program.ts';
import type { World } from '../world/parts.ts';
import { anyOf, living, SESSIONS, type Actor } from './actor.ts';

const LONG_TEXT = 'Please read all of this. '.repeat(60);
const MOST_SENT = 40;

export function send(world: World, sent: Sent): void {
  const isLate = living(world)?.leaving === true;
  sent.tries++;
  sent.full = false;
  ask(
    world,
    `send ${sent.name} to ${sent.submission.session_id ?? 'a new session'}, try ${sent.tries}`,
    (host) => host.submit(sent.submission),
    (accepted) => {
      if (isLate) world.violate('s', `${sent.name} was accepted, and the program had been asked to leave before`);
      note(world, sent, accepted);
    },
    ({ code }) => {
      if (code === 'not_found') sent.refused = true;
      if (code === 'lane_full') {
        world.machine.count('messages refused');
        sent.full = true;
        if (sent.tries === 1) world.ledger.refused.push(sent);
      }
      // The ingress log takes nothing more: whoever reads that starts the program anew.
      if (code === 'store_unavailable' || code === 'disk_full') restart(world);
    },
  );
}

function restart(world: World): void {
  const program = living(world);
  if (program !== undefined && !program.leaving) leave(world, program, 0);
}

function note(world: World, sent: Sent, { event_id, session_id }: Accepted): void {
  const { ledger, machine } = world;
  machine.count('accepted');
  sent.event = { event_id, session_id };
  if (!ledger.accepted.has(event_id)) ledger.accepted.set(event_id, { session_id, life: sent.life });
  if (world.dice.once(2)) askForEnd(world, event_id);
}

export function askForEnd(world: World, event_id: string): void {
  const { ledger } = world;
  const { life } = ledger.accepted.get(event_id)!;
  ask(
    world,
    `what became of ${event_id}`,
    (host) => host.settled(event_id),
    (status) => {
      if (status.status === 'done') ledger.ends.push({ ...status, life });
    },
  );
}

/** Each message's is another, so that none is there already. */
function imageOf(name: string): SubmittedPart {
  return {
    type: 'file',
    name: `${name}.png`,
    base64: Buffer.from(`\x89PNG\r\n\x1a\n${name}`, 'latin1').toString('base64'),
  };
}

function newMessage(world: World, changes: Partial<Submission>): Sent {
  const { dice, ledger } = world;
  const name = `m${ledger.sent.length + 1}`;
  const text = dice.once(12) ? `${name} ${LONG_TEXT}` : name;
  const session = dice.once(10) ? undefined : dice.pick(SESSIONS);
  const submission: Submission = {
    ...(session !== undefined && { session_id: session }),
    parts: [{ type: 'text', text }, ...(ledger.sent.length % 10 === 4 ? [imageOf(name)] : [])],
    root: '/project',
    ...(dice.roll(3) > 0 && { idempotency_key: `key-${name}` }),
    ...(dice.once(3) && { lane: 'background' as const }),
    ...(dice.once(8) && { priority: dice.pick([5, -5]) }),
    ...(dice.once(4) && { source: 'another' }),
    ...(dice.once(12) && { limits: { wall_ms: dice.pick([5000, 500]) } }),
    ...(dice.once(12) && { goal: true as const }),
    ...(dice.once(24) && { check: 'true' }),
    ...changes,
  };
  const life = session === undefined ? 1 : ledger.life(session);
  const sent: Sent = { name, submission, tries: 0, life };
  ledger.sent.push(sent);
  return sent;
}

export const writer: Actor = {
  name: 'writer',
  weight: 12,
  act(world) {
    if (!living(world) || world.ledger.sent.length >= MOST_SENT) return;
    const sent = newMessage(world, world.dice.once(6) ? { mode: 'steer' } : {});
    send(world, sent);
    if (world.dice.once(8) && sent.submission.idempotency_key !== undefined) send(world, sent); // from two terminals at once
  },
};

/** Sends again what nobody accepted, or, with its key, what was. */
export const repeater: Actor = {
  name: 'repeater',
  weight: 4,
  act(world) {
    if (!living(world)) return;
    const open = world.ledger.sent.filter(
      ({ event, submission }) => event === undefined || submission.idempotency_key !== undefined,
    );
    const sent = anyOf(world.dice, open);
    // A message without a key that somebody sends again is another message.
    if (sent?.submission.idempotency_key !== undefined) send(world, sent);
  },
};

export const asker: Actor = {
  name: 'asker',
  weight: 3,
  act(world) {
    if (!living(world)) return;
    const event_id = anyOf(world.dice, [...world.ledger.accepted.keys()]);
    if (event_id !== undefined) askForEnd(world, event_id);
  },
};

/** Drops what waits, seldom what doesn't. */
export const dropper: Actor = {
  name: 'dropper',
  weight: 1,
  act(world) {
    if (!living(world)) return;
    ask(
      world,
      'the queue',
      (host) => host.queue(),
      (items) => {
        const waiting = items.filter(({ state }) => state === 'waiting');
        const item = anyOf(world.dice, waiting.length > 0 && !world.dice.once(4) ? waiting : items);
        if (item === undefined) return;
        const { event_id, session_id } = item;
        const life = world.ledger.life(session_id);
        ask(
          world,
          `drop ${event_id}`,
          (host) => host.dropQueued(event_id),
          () => void world.ledger.stops.push({ session_id, event_id, life }),
        );
      },
    );
  },
};

export const stopper: Actor = {
  name: 'stopper',
  weight: 2,
  act(world) {
    if (!living(world)) return;
    const { ledger, dice } = world;
    const [event_id, accepted] = anyOf(dice, [...ledger.accepted].slice(-4)) ?? [];
    if (event_id === undefined || accepted === undefined) return;
    const { session_id } = accepted;
    const life = ledger.life(session_id);
    ask(
      world,
      `stop ${event_id} in ${session_id}`,
      (host) => host.stop(session_id, event_id),
      () => void ledger.stops.push({ session_id, event_id, life }),
    );
  },
};

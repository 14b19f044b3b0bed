/** Those who answer approvals: late, twice, against each other, from lists that they saw long ago. */
import type { ApprovalRecord } from '../../../src/contract/answers.ts';
import type { Resolution } from '../../../src/contract/host.ts';
import type { Dice } from '../../../src/kernel/testing/dice.ts';
import { ask } from '../world/program.ts';
import type { World } from '../world/parts.ts';
import { anyOf, living, someoneIsAsked, type Actor } from './actor.ts';

export function answer(
  world: World,
  { id, session_id }: Pick<ApprovalRecord, 'id' | 'session_id'>,
  resolution: Resolution,
): void {
  const { ledger, epoch } = world;
  const life = ledger.life(session_id);
  if (resolution.decision === 'grant') ledger.granting.add(id);
  ask(
    world,
    `${resolution.decision} ${id} ${resolution.scope ?? ''}`,
    (host) => host.resolve(id, resolution),
    (record) => {
      world.machine.count('approvals answered');
      ledger.answers.push({ record, resolution, life, epoch });
    },
  );
}

export function look(world: World, then: (records: ApprovalRecord[]) => void): void {
  ask(
    world,
    'which approvals wait?',
    (host) => host.approvals(),
    (records) => {
      const { ledger } = world;
      for (const record of records) ledger.shown.set(record.id, { ...record, life: ledger.life(record.session_id) });
      then(records);
    },
  );
}

function draw(dice: Dice): Resolution {
  if (dice.once(3)) return { decision: 'deny', ...(dice.once(2) && { reason: 'no' }) };
  return { decision: 'grant', ...(dice.once(3) && { scope: dice.pick(['once', 'session', 'always'] as const) }) };
}

export const approver: Actor = {
  name: 'approver',
  weight: 9,
  act(world) {
    if (!living(world)) return;
    const { dice } = world;
    if (!someoneIsAsked(world) && !dice.once(6)) return;
    look(world, (records) => {
      const record = anyOf(dice, records);
      if (record === undefined) return;
      answer(world, record, draw(dice));
      if (dice.once(6)) answer(world, record, draw(dice));
    });
  },
};

/** Answers what somebody saw waiting some time ago. */
export const lateApprover: Actor = {
  name: 'late approver',
  weight: 2,
  act(world) {
    if (!living(world)) return;
    const { ledger, dice } = world;
    const present = [...ledger.shown.values()].filter(({ session_id, life }) => ledger.life(session_id) === life);
    const record = anyOf(dice, present);
    if (record !== undefined) answer(world, record, draw(dice));
  },
};

/** Takes a standing grant back. */
export const revoker: Actor = {
  name: 'revoker',
  weight: 1,
  act(world) {
    if (!living(world)) return;
    const given = world.ledger.answers.flatMap(({ record }) => record.resolved?.grant_id ?? []);
    const grant = anyOf(world.dice, given);
    if (grant === undefined) return;
    world.ledger.revoked.add(grant); // from the moment on at which somebody tries
    ask(world, `revoke ${grant}`, (host) => host.revokeGrant(grant), () => {}); // prettier-ignore
  },
};

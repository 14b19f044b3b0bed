/** Those who answer approvals: late, twice, against each other, from lists that they saw long ago. */
import type { ApprovalRecord } from '../../../src/contract/answers.ts';
import type { Resolution } from '../../../src/contract/host.ts';
import type { Actor, Role } from '../../../src/contract/values.ts';
import { LOCAL_ACTOR } from '../../../src/engine/principal.ts';
import type { Dice } from '../../../src/kernel/testing/dice.ts';
import { ask } from '../world/program.ts';
import type { World } from '../world/parts.ts';
import { anyOf, living, someoneIsAsked, type Actor as Acting } from './actor.ts';

export function answer(
  world: World,
  { id, session_id }: Pick<ApprovalRecord, 'id' | 'session_id'>,
  resolution: Resolution,
  by: Actor = LOCAL_ACTOR,
): void {
  const { ledger, epoch, program } = world;
  const life = ledger.life(session_id);
  if (resolution.decision === 'grant') ledger.granting.add(id);
  const who = by === LOCAL_ACTOR ? '' : ` by ${by.id}`;
  const rule = resolution.rule ? ` ${JSON.stringify(resolution.rule)}` : '';
  ask(
    world,
    `${resolution.decision} ${id} ${resolution.scope ?? ''}${rule}${who}`,
    () => (by === LOCAL_ACTOR ? program!.hub : program!.hub.as({ actor: by, via: 'http' })).resolve(id, resolution),
    (record) => {
      world.machine.count('approvals answered');
      if (record.resolved?.rule) world.machine.count('rules granted');
      ledger.answers.push({ record, resolution, life, epoch });
    },
    ({ code, message }) => {
      world.machine.count(`answers refused: ${code}`);
      if (code !== 'approval_already_resolved' || /was (?:granted|denied) by \w+ via|its standing grant/.test(message)) return;
      world.violate('o', `who answered ${id} too late isn't told who decided: ${message}`);
    },
  );
} // prettier-ignore

/** Those who might answer beside who runs the machine. */
const OTHERS = {
  operator: { id: 'olga', role: 'operator' },
  admin: { id: 'ada', role: 'admin' },
  overlord: { id: 'otto', role: 'overlord' },
  member: { id: 'max', role: 'member' },
  viewer: { id: 'vera', role: 'viewer' },
} as const satisfies Partial<Record<Role, Actor>>;

/** Mostly who may. */
function drawWho(side: Dice, approver_roles: readonly string[]): Actor {
  if (side.once(4)) return OTHERS[side.pick(['operator', 'member', 'viewer', 'admin'])];
  return whoMay(approver_roles);
}

function whoMay(approver_roles: readonly string[]): Actor {
  if (approver_roles.includes('operator')) return LOCAL_ACTOR;
  return approver_roles.includes('admin') ? OTHERS.admin : OTHERS.overlord;
}

/** When all is calm somebody answers who may. */
export function answerCalmly(world: World, id: string, session_id: string): void {
  const entries = world.journals.view(session_id)?.entries ?? [];
  const asked = entries.findLast((one) => one.type === 'approval.requested' && one.data.approval_id === id);
  const call_id = asked?.type === 'approval.requested' ? asked.data.call_id : '';
  const fewer = entries.findLast((one) => one.type === 'policy.decided' && one.data.call_id === call_id && one.data.approver_roles); // prettier-ignore
  const roles = [asked, fewer].flatMap((one) => (one && 'approver_roles' in one.data ? [one.data.approver_roles] : []));
  answer(world, { id, session_id }, { decision: 'grant' }, whoMay(roles.at(-1) ?? []));
}

/** Half of what is granted is so for longer, by a rule: the proposed one, narrowed, or one that is none for this call. It may say nothing of sandboxes. */
function withRule(side: Dice, { tool, proposed_rule }: ApprovalRecord, resolution: Resolution): Resolution {
  if (!proposed_rule || resolution.decision !== 'grant' || !side.once(2)) return resolution;
  const kind = side.pick(['proposed', 'proposed', 'narrowed', 'other tool', 'other argument', 'any'] as const);
  const n = Number(proposed_rule.args?.['n'] ?? 0);
  const { sandboxed, ...unbound } = proposed_rule;
  const bare = sandboxed && side.once(2) ? unbound : proposed_rule;
  const rule = {
    proposed: bare,
    narrowed: { ...bare, lane: 'interactive' as const },
    'other tool': { ...proposed_rule, tool: tool === 'work' ? 'send' : 'work' },
    'other argument': { ...proposed_rule, args: { n: String((n + 1) % 3) } },
    any: { ...proposed_rule, args: { n: '*' } },
  }[kind];
  return { ...resolution, scope: side.pick(['always', 'session']), rule };
}

/** Two people answer at once, or more. */
function race(world: World, record: ApprovalRecord): void {
  const { side } = world;
  if (!side.once(5)) return;
  for (let left = side.pick([2, 5]); left > 0; left -= 1) {
    const decision = side.once(2) ? 'grant' : 'deny';
    answer(world, record, { decision }, drawWho(side, record.approver_roles));
  }
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

export const approver: Acting = {
  name: 'approver',
  weight: 9,
  act(world) {
    if (!living(world)) return;
    const { dice } = world;
    if (!someoneIsAsked(world) && !dice.once(6)) return;
    look(world, (records) => {
      const record = anyOf(dice, records);
      if (record === undefined) return;
      const { side } = world;
      const drawn = (): Resolution => withRule(side, record, draw(dice));
      answer(world, record, drawn(), drawWho(side, record.approver_roles));
      if (dice.once(6)) answer(world, record, drawn(), drawWho(side, record.approver_roles));
      race(world, record);
    });
  },
};

/** Answers what somebody saw waiting some time ago. */
export const lateApprover: Acting = {
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
export const revoker: Acting = {
  name: 'revoker',
  weight: 1,
  act(world) {
    if (!living(world)) return;
    const given = world.ledger.answers.flatMap(({ record }) => record.resolved?.grant_id ?? []);
    const grant = anyOf(world.dice, given);
    if (grant === undefined) return;
    world.ledger.revoked.add(grant); // from the moment on at which somebody tries
    ask(world, `revoke ${grant}`, (host) => host.revokeGrant(grant), () => world.ledger.takenBack.add(grant)); // prettier-ignore
  },
};

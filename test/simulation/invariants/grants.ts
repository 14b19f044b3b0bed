/** What runs by a grant is what somebody granted and nobody has taken back; and only who may has answered. */
import type { Entry, EntryOf } from '../../../src/contract/entries.ts';
import type { Grant, Manifest } from '../../../src/contract/manifest.ts';
import type { GrantRecord } from '../../../src/contract/records.ts';
import { knownSessions } from '../actors/actor.ts';
import { WORKSPACE } from '../world/journals.ts';
import type { Begun, Invariant } from '../world/parts.ts';
import type { World } from '../world/parts.ts';
import { intentOf, isAboutArguments, policiesIn, rulesAbout, valueOf } from './effects.ts';

export const grantsInForce: Invariant = {
  letter: 'o',
  says: 'what runs by a grant is covered by one that is in force, and confined; who answered may',
  watch(world, broken) {
    /** By grant, when it was taken back: how far each session was then. */
    const revoked = new Map<string, Map<string, number>>();
    /** How far each session was looked at, as it is in this life. */
    const looked = new Map<string, number>();

    return {
      effect(begun) {
        const intent = intentOf(world, begun);
        const grant_id = intent?.started.data.grant_id;
        if (intent === undefined || grant_id === undefined) return;
        const { session, run } = begun;
        const what = `${run.spec.name} ${session} ${run.call_id} began by ${grant_id}`;
        const { before } = intent;
        const started = before.findLast((one): one is EntryOf<'turn.started'> => one.type === 'turn.started')!;
        const manifest = valueOf<Manifest>(world, started.data.frozen);
        const standing = manifest.grants.find((one) => one.grant_id === grant_id);
        const grant = standing ?? givenIn(before, started, grant_id);
        if (grant === undefined) return broken(`${what}, which nobody gave`);
        if (
          standing &&
          !linesOf(world).some(({ type, data }) => type === 'grant.added' && data.grant_id === grant_id)
        ) {
          broken(`${what}, which doesn't stand in the file of grants`);
        }
        if (!isCovered(grant, begun, manifest)) broken(`${what}, which is not about it: ${JSON.stringify(grant)}`);
      },
      step() {
        const sessions = knownSessions(world);
        for (const session of sessions) checkNew(session);
        for (const grant_id of world.ledger.takenBack) {
          if (revoked.has(grant_id)) continue;
          revoked.set(grant_id, new Map(sessions.map((one) => [one, session(one).length])));
        }
      },
    };

    function session(id: string): Entry[] {
      return world.journals.view(id)?.entries ?? [];
    }

    function checkNew(id: string): void {
      const key = `${id}#${world.ledger.life(id)}`;
      const entries = session(id);
      const from = Math.min(looked.get(key) ?? 0, entries.length);
      for (const [index, entry] of entries.entries()) {
        if (index < from) continue;
        if (entry.type === 'turn.started') checkFrozen(id, entries, entry);
        if (entry.type === 'approval.requested') checkAsked(entries.slice(0, index), entry);
        if (entry.type === 'approval.resolved') checkAnswer(entries.slice(0, index), entry);
      }
      looked.set(key, entries.length);
    }

    /** Of a message that came when a grant had been taken back, the turn was frozen after that. */
    function checkFrozen(id: string, entries: Entry[], { data, seq }: EntryOf<'turn.started'>): void {
      const first = entries.find((one) => one.type === 'input.received' && data.event_ids.includes(one.data.event_id));
      for (const { grant_id } of valueOf<Manifest>(world, data.frozen).grants) {
        const known = revoked.get(grant_id);
        if (known && first && first.seq > (known.get(id) ?? 0) && first.seq < seq) {
          broken(`${grant_id} was taken back before turn ${data.turn} of ${id}, and is frozen with it`);
        }
      }
    }

    function checkAsked(before: Entry[], { data }: EntryOf<'approval.requested'>): void {
      const may = namedByAll(before, data.call_id);
      const wider = data.approver_roles.filter((role) => role !== 'overlord' && may?.includes(role) === false);
      if (wider.length > 0) broken(`${data.approval_id} asks ${wider.join(', ')}, whom not every rule names`);
    }

    /** By every policy in force behind these entries, and every rule about the call. */
    function namedByAll(before: Entry[], call_id: string): string[] | undefined {
      const call = callOf(before, call_id);
      if (!call) return undefined;
      const lists = policiesIn(world, before).flatMap((policy) => [
        policy.approver_roles,
        ...rulesAbout(policy, call.tool, call.wasNamed ? call.arguments_raw : undefined).flatMap(({ approvers }) => approvers ?? []).map((one) => [one]),
      ]);
      return ['operator', 'admin', 'overlord'].filter((role) => lists.every((list) => list.some((one) => one === role)));
    } // prettier-ignore

    function checkAnswer(before: Entry[], { data }: EntryOf<'approval.resolved'>): void {
      if (data.outcome === 'expired') return;
      const { role, id } = data.by.actor;
      const asked = before.findLast((one) => one.type === 'approval.requested' && one.data.approval_id === data.approval_id); // prettier-ignore
      if (asked?.type !== 'approval.requested') return broken(`${data.approval_id} is answered, and nobody was asked`);
      const now = namedByAll(before, asked.data.call_id);
      const roles = asked.data.approver_roles.filter((one) => now?.includes(one) !== false);
      if (role === 'member' || role === 'viewer' || (role !== 'overlord' && !roles.includes(role))) {
        broken(`${data.approval_id} is ${data.outcome} by ${id}, who is ${role}, and asks ${roles.join(', ')}`);
      }
    }
  },
};

/** What the model called, and whether the arguments at which rules look were recorded. */
function callOf(before: readonly Entry[], call_id: string) {
  for (const entry of before.toReversed()) {
    if (entry.type !== 'model.replied') continue;
    const call = entry.data.tool_calls.find((one) => one.call_id === call_id);
    if (!call || typeof call.arguments_raw !== 'string') continue;
    const inspected = before.findLast((one) => one.type === 'call.inspected' && one.data.call_id === call_id);
    const wasNamed = inspected?.type === 'call.inspected' && inspected.data.facts.args !== undefined;
    return { tool: call.name, arguments_raw: call.arguments_raw, wasNamed };
  }
  return undefined;
}

/** By a restore, or as somebody took it back, behind the entry that gave it. */
function hasEnded(before: readonly Entry[], at: number, grant_id: string): boolean {
  let epoch = 0;
  return before.some((entry, index) => {
    if (entry.type === 'session.created') epoch = entry.data.epoch;
    if (entry.type === 'session.configured') return index > at && entry.data.revoke?.includes(grant_id) === true;
    if (entry.type !== 'session.opened' || entry.data.epoch <= epoch) return false;
    epoch = entry.data.epoch;
    return index > at;
  });
}

/** A grant of this session, which no fork has left behind; one for always holds so in its own turn only. */
function givenIn(before: readonly Entry[], started: EntryOf<'turn.started'>, grant_id: string): Grant | undefined {
  const at = before.findLastIndex((one) => one.type === 'approval.resolved' && one.data.grant_id === grant_id);
  const given = before[at];
  if (given?.type !== 'approval.resolved' || given.data.outcome !== 'granted') return undefined;
  if (before.slice(at).some(({ type }) => type === 'session.forked')) return undefined;
  if (given.data.scope === 'always' && given.seq < started.seq) return undefined;
  if (given.data.scope === 'session' && hasEnded(before, at, grant_id)) return undefined;
  const asked = before.findLast((one) => one.type === 'approval.requested' && one.data.approval_id === given.data.approval_id); // prettier-ignore
  const call_id = asked?.type === 'approval.requested' ? asked.data.call_id : '';
  const decided = before.findLast((one) => one.type === 'policy.decided' && one.data.call_id === call_id);
  const inspected = before.findLast((one) => one.type === 'call.inspected' && one.data.call_id === call_id);
  if (decided?.type !== 'policy.decided' || inspected?.type !== 'call.inspected') return undefined;
  const { args_digest, facts_digest } = inspected.data;
  const what = given.data.rule ? { rule: given.data.rule } : { args_digest, facts_digest };
  return { grant_id, tool: decided.data.tool, project_root: '', ...what };
}

function isCovered(grant: Grant, { run }: Begun, { asker }: Manifest): boolean {
  if (grant.tool !== run.spec.name) return false;
  if (run.spec.effect === 'exec' && run.facts.sandbox === undefined) return false;
  if (!('rule' in grant)) return grant.args_digest === run.args_digest && grant.facts_digest === run.facts_digest;
  const { tool, decision, lane } = grant.rule;
  if (decision !== 'allow' || !tool.includes(run.spec.name) || (lane !== undefined && asker?.lane !== lane))
    return false;
  return isAboutArguments(grant.rule, run.arguments_raw);
}

/** The file of grants as processes see it. */
function linesOf({ machine: { disk } }: World): GrantRecord[] {
  const node = disk.findIfThere(`${WORKSPACE}/governance/grants.jsonl`);
  if (node?.kind !== 'file') return [];
  const text = Buffer.from(node.bytes.subarray(0, node.length)).toString('utf8');
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as GrantRecord];
    } catch {
      return []; // cut, or on its way
    }
  });
}

/**
 * Whether an observation may come now. What is not admitted is not appended: from an effect that is open the runner
 * appends that effect's failure instead; what comes from nothing open is dropped.
 */
import { canonicalJson } from '../../base/canonical-json.ts';
import type { Hash } from '../../base/digest.ts';
import type { Entry, EntryOf, NewEntry } from '../../contract/entries.ts';
import type { Manifest } from '../../contract/manifest.ts';
import { mayApprove } from '../approval/approvers.ts';
import { isToBePlaced, mustReserve, openEffects } from './open.ts';
import { activeGroup, KERNEL_VERSION, type Resolved, type State, type Turn } from './state.ts';

/** A reply with more calls is malformed. */
export const MOST_CALLS_IN_A_REPLY = 1000;

/** Entries that someone other than the owner's effects may write, at any time; so is a stop. */
const BYSTANDERS: ReadonlySet<Entry['type']> = new Set([
  'approval.resolved', 'policy.changed', 'session.configured', 'session.opened', 'session.forked', 'files.undone',
]); // prettier-ignore

export function isBystander({ type, data }: NewEntry): boolean {
  return BYSTANDERS.has(type) || (type === 'input.received' && data.mode === 'stop');
}

export function admits(hash: Hash, state: State, entry: Entry, resolved: Resolved = {}): boolean {
  if (entry.seq !== state.seq + 1 || entry.at < state.at) return false;
  if (entry.type === 'session.created') return state.session === null;
  const { session, turn } = state;
  if (!session) return false;
  switch (entry.type) {
    case 'session.opened':
      return entry.data.epoch >= session.epoch;
    case 'session.forked':
      return (entry.data.own_policies?.length ?? 0) === (resolved.own_policies?.length ?? 0);
    case 'session.configured':
      return true;
    case 'policy.changed':
      return turn !== null && resolved.policy !== undefined;
    case 'input.received':
      return admitsInput(state, entry);
    case 'turn.started':
      return admitsTurn(hash, state, entry, resolved);
    case 'files.undone':
      return turn === null && entry.data.turn >= 1 && entry.data.turn <= state.turns;
    case 'budget.reserved':
    case 'budget.refused':
      return turn?.ask.status === 'running' && mustReserve(turn) && entry.data.for === askKey(turn);
    case 'model.replied':
      return turn !== null && answersAsk(turn, entry) && hasDerivedIds(turn, entry);
    case 'model.failed':
      return turn !== null && answersAsk(turn, entry);
    case 'context.compacted':
      return turn !== null && admitsSummary(turn, entry, resolved);
    case 'call.inspected':
      return turn !== null && admitsInspection(turn, entry.data.call_id);
    case 'call.finished':
      return turn !== null && runs(turn, entry.data.call_id, entry.data.attempt);
    case 'approval.resolved':
      return turn !== null && admitsResolution(turn, entry);
    case 'child.finished':
      return turn !== null && works(turn, entry);
    case 'timer.fired':
      return openEffects(state).some(
        (effect) =>
          effect.kind === 'timer' &&
          effect.of !== 'approval' &&
          effect.id === entry.data.timer_id &&
          entry.at >= effect.due_at,
      );
    default:
      // Decisions are not observations; deliveries: nothing of them can be open under these rules.
      return false;
  }
}

function admitsInput(state: State, { data }: EntryOf<'input.received'>): boolean {
  if ((data.mode === 'stop') !== (data.for !== undefined)) return false;
  const { turn, queue } = state;
  const isIt = ({ event_id }: { event_id: string }): boolean => event_id === data.event_id;
  return !(queue.some(isIt) || turn?.event_ids.includes(data.event_id) || turn?.steers.some(isIt));
}

function admitsTurn(hash: Hash, state: State, { data }: EntryOf<'turn.started'>, { manifest }: Resolved): boolean {
  const next = state.queue[0];
  return (
    state.turn === null &&
    next !== undefined &&
    data.event_ids.length === 1 &&
    data.event_ids[0] === next.event_id &&
    data.turn === state.turns + 1 &&
    data.kernel === KERNEL_VERSION &&
    data.limits.max_turns >= 1 &&
    manifest !== undefined &&
    hasOwnPolicies(hash, state, manifest)
  );
}

/** A turn without one of the session's own policies would be judged more loosely than the session may be. */
function hasOwnPolicies(hash: Hash, { session }: State, { session_policies = [] }: Manifest): boolean {
  const own = session?.own_policies ?? [];
  return (
    own.length === session_policies.length &&
    session_policies.every((policy, index) => own[index] === `sha256:${hash(canonicalJson(policy))}`)
  );
}

function askKey(turn: Turn): string {
  return `${turn.ask.call_id}.${turn.ask.attempt}`;
}

function answersAsk(turn: Turn, { data }: EntryOf<'model.replied' | 'model.failed'>): boolean {
  const { ask } = turn;
  return ask.status === 'running' && !mustReserve(turn) && data.call_id === ask.call_id && data.attempt === ask.attempt;
}

function admitsSummary({ ask }: Turn, { data }: EntryOf<'context.compacted'>, { summary }: Resolved): boolean {
  return (
    isToBePlaced(ask) && data.call_id === ask.call_id && data.kept === ask.compaction!.keep && summary !== undefined
  );
}

function hasDerivedIds(turn: Turn, { data }: EntryOf<'model.replied'>): boolean {
  return (
    data.tool_calls.length <= MOST_CALLS_IN_A_REPLY &&
    data.tool_calls.every((call, index) => call.call_id === callId(turn, index))
  );
}

/** The id of the n-th call (from 0) of the present reply. */
export function callId(turn: Turn, index: number): string {
  return `c${turn.turn}.${turn.think}.${index + 1}`;
}

function admitsInspection(turn: Turn, call_id: string): boolean {
  return activeGroup(turn).some((call) => call.call_id === call_id && call.status === 'new' && !call.refusal);
}

function runs(turn: Turn, call_id: string, attempt: number): boolean {
  return turn.calls.some((call) => call.call_id === call_id && call.status === 'running' && call.attempt === attempt);
}

/** Only an entry of its session makes a step done; of one that came to nothing there may be none. */
function works({ goal }: Turn, { data }: EntryOf<'child.finished'>): boolean {
  if (data.reason === 'success' && data.head.seq === 0) return false;
  return (goal?.steps ?? []).some(
    ({ status, session_id, attempt }) =>
      status === 'running' && session_id === data.session_id && attempt === data.attempt,
  );
}

function admitsResolution(turn: Turn, { at, data }: EntryOf<'approval.resolved'>): boolean {
  const approval = turn.calls.find(
    (call) => call.status === 'asked' && call.approval?.approval_id === data.approval_id,
  )?.approval;
  if (approval?.status !== 'pending') return false;
  if (data.outcome === 'expired') return at >= approval.expires_at;
  return at < approval.expires_at && mayApprove(data.by.actor.role, approval.approver_roles);
}

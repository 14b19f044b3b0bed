/** How a tool call moves: new → inspected → decided (→ asked) → running → settled. */
import { canonicalJson } from '../../base/canonical-json.ts';
import type { Hash } from '../../base/digest.ts';
import type { EntryOf } from '../../contract/entries.ts';
import type { Part } from '../../contract/values.ts';
import { checkContent, checkSettled, isChecking } from '../goal/check.ts';
import { pendingOf, resultContent, textPart } from './history.ts';
import { seenAfter } from './loops.ts';
import type { Approval, Call, State, Turn, Evolved } from './state.ts';

type CallEntry = EntryOf<
  | 'call.inspected'
  | 'policy.decided'
  | 'approval.requested'
  | 'approval.resolved'
  | 'call.started'
  | 'call.finished'
  | 'call.refused'
  | 'call.abandoned'
>;

/** In which status of a call an entry about it means something. An approval is looked up by its own id. */
const EXPECTED: Record<Exclude<CallEntry['type'], 'approval.resolved'>, Call['status'][]> = {
  'call.inspected': ['new'],
  'policy.decided': ['inspected', 'decided', 'asked'],
  'approval.requested': ['decided'],
  'call.started': ['decided', 'asked'],
  'call.finished': ['running'],
  'call.refused': ['new', 'inspected', 'decided', 'asked'],
  'call.abandoned': ['inspected', 'decided', 'asked', 'lost'],
};

/** Outcomes after which it is known what the call did. */
const KNOWN_OUTCOMES: ReadonlySet<string> = new Set(['ok', 'error', 'timeout']);

/** How many calls of unknown outcome a session remembers. */
const UNKNOWNS_KEPT = 32;

export function evolveCall(hash: Hash, state: State, turn: Turn, entry: CallEntry): Evolved {
  if (entry.type === 'approval.resolved') return { state: resolved(state, turn, entry), joined: [] };
  const { call_id } = entry.data;
  const call = turn.calls.find((one) => one.call_id === call_id && EXPECTED[entry.type].includes(one.status));
  if (!call) return { state, joined: [] };
  switch (entry.type) {
    case 'call.inspected':
      return changed(state, turn, inspected(call, entry));
    case 'policy.decided':
      return changed(state, turn, decided(call, turn, entry));
    case 'approval.requested': {
      const { approval_id, expires_at, approver_roles } = entry.data;
      return changed(state, turn, {
        ...call,
        status: 'asked',
        approval: { approval_id, expires_at, approver_roles, status: 'pending' },
      });
    }
    case 'call.started': {
      const started_count = turn.started_count + (call.attempt === 0 ? 1 : 0);
      return changed(state, { ...turn, started_count }, { ...call, status: 'running', attempt: entry.data.attempt });
    }
    case 'call.finished':
      return settled(hash, state, turn, call, entry, entry.data.outcome, finishedParts(entry));
    case 'call.refused':
      return settled(hash, state, turn, call, entry, entry.data.why, [textPart(entry.data.message)]);
    case 'call.abandoned':
      return settled(hash, state, turn, call, entry, 'unknown', [textPart(entry.data.message)]);
  }
}

function inspected(call: Call, { data }: EntryOf<'call.inspected'>): Call {
  const invalid = data.invalid?.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
  const { args_digest, facts, facts_digest, presentation_digest, quota } = data;
  const seen = { args_digest, facts, facts_digest, presentation_digest, invalid: invalid || null };
  return { ...call, status: 'inspected', inspected: { ...seen, ...(quota && { quota }) } };
}

function decided(call: Call, turn: Turn, { data }: EntryOf<'policy.decided'>): Call {
  const { grant_id: _, ...rest } = call;
  return {
    ...rest,
    status: call.approval ? 'asked' : 'decided',
    verdict: data.verdict,
    reason: data.reason,
    judged_by: turn.policies.length,
    ...(data.grant_id !== undefined && { grant_id: data.grant_id }),
    ...(call.approval &&
      data.approver_roles && { approval: { ...call.approval, approver_roles: data.approver_roles } }),
  };
}

function resolved(state: State, turn: Turn, { data }: EntryOf<'approval.resolved'>): State {
  const of = turn.calls.find((call) => call.status === 'asked' && call.approval?.approval_id === data.approval_id);
  if (of?.approval?.status !== 'pending') return state;
  const approval: Approval = { ...of.approval, status: data.outcome };
  if (data.reason !== undefined) approval.reason = data.reason;
  const next = { ...state, turn: { ...turn, calls: replace(turn.calls, { ...of, approval }) } };
  if (data.outcome !== 'granted' || data.scope === undefined || data.scope === 'once' || data.grant_id === undefined) {
    return next;
  }
  const { args_digest, facts_digest } = of.inspected!;
  const { project_root } = state.session!;
  const covered = data.rule ? { rule: data.rule } : { args_digest, facts_digest };
  const grant = { grant_id: data.grant_id, tool: of.name, project_root, by_role: data.by.actor.role, ...covered };
  if (data.scope === 'session') return { ...next, grants: [...state.grants, grant] };
  return { ...next, turn: { ...next.turn, grants: [...turn.grants, grant] } };
}

function finishedParts({ data }: EntryOf<'call.finished'>): Part[] {
  if (!data.error) return [textPart(data.output)];
  const said = textPart(`${data.error.code}: ${data.error.message}`);
  return data.output === '' ? [said] : [said, textPart(data.output)];
}

function settled(
  hash: Hash,
  state: State,
  turn: Turn,
  call: Call,
  entry: EntryOf<'call.finished' | 'call.refused' | 'call.abandoned'>,
  status: string,
  parts: Part[],
): Evolved {
  const checking = isChecking(turn);
  const content = checking ? checkContent(turn, status, parts) : resultContent(call, status, parts);
  const result = {
    content: pendingOf(hash, entry.seq, content),
    status,
    signature: hash(canonicalJson([call.signature, status, parts])),
  };
  const calls = replace(turn.calls, { ...call, status: 'settled', result });
  const allSettled = calls.every((one) => one.status === 'settled');
  const finished = entry.type === 'call.finished' ? entry.data : undefined;
  const next: Turn = {
    ...(checking ? checkSettled(turn, status, finished) : turn),
    calls,
    phase: allSettled ? 'reflect' : turn.phase,
    seen: seenAfter(hash, turn, call, status, parts),
    // The names of tools that don't exist are the model's: any number, any length.
    tally: call.effect === 'unknown' ? turn.tally : count(turn.tally, call.name, status === 'ok'),
  };
  const taint = finished?.taint ?? [];
  return {
    state: {
      ...state,
      turn: next,
      unknowns: remember(state.unknowns, call, status),
      taint: [...state.taint, ...taint.filter((source) => !state.taint.includes(source))],
    },
    content,
    joined: [],
  };
}

/**
 * A call of unknown outcome is remembered until the same call has run to a known one: also one that was cancelled while
 * it ran, for how far it came nobody knows. What may always run again isn't remembered.
 */
function remember(unknowns: State['unknowns'], call: Call, status: string): State['unknowns'] {
  if (!call.inspected || call.recovery === 'rerun') return unknowns;
  const cut = status === 'unknown' || (status === 'canceled' && call.attempt > 0 && call.recovery === 'unknown');
  if (!cut && !KNOWN_OUTCOMES.has(status)) return unknowns;
  const { args_digest } = call.inspected;
  const others = unknowns.filter((one) => one.tool !== call.name || one.args_digest !== args_digest);
  if (!cut) return others;
  return [...others, { call_id: call.call_id, tool: call.name, args_digest }].slice(-UNKNOWNS_KEPT);
}

function count(tally: Turn['tally'], tool: string, ok: boolean): Turn['tally'] {
  const known = tally.find((one) => one.tool === tool) ?? { tool, ok: 0, other: 0 };
  const next = ok ? { ...known, ok: known.ok + 1 } : { ...known, other: known.other + 1 };
  return [...tally.filter((one) => one !== known), next];
}

function changed(state: State, turn: Turn, next: Call): Evolved {
  return { state: { ...state, turn: { ...turn, calls: replace(turn.calls, next) } }, joined: [] };
}

function replace(calls: Call[], next: Call): Call[] {
  return calls.map((call) => (call.call_id === next.call_id ? next : call));
}

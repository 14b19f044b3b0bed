/**
 * How an entry changes the state. Total: it throws for no entry in no state, and an entry that comes where it means
 * nothing changes only seq and time. Never decides; never reads a clock: the time is the entry's.
 */
import { canonicalJson } from '../../base/canonical-json.ts';
import type { Hash } from '../../base/digest.ts';
import type { Entry, EntryOf, Seq } from '../../contract/entries.ts';
import type { Policy } from '../../contract/manifest.ts';
import type { Content } from '../../contract/messages.ts';
import { forkScopes } from '../budget/fork-scopes.ts';
import { evolveCall } from './evolve-call.ts';
import { compacted, keepsToo } from '../context/compaction.ts';
import { pinsAfter } from '../context/pins.ts';
import { checkStarted } from '../goal/check.ts';
import { forkedSteps, planned as goalPlanned, stepFinished, stepRetried, stepStarted } from '../goal/evolve-goal.ts';
import { evolveAsk } from './evolve-ask.ts';
import { endTurn, forkedBy, reflectTurn, startTurn } from './evolve-turn.ts';
import { pendingOf, roll, userContent } from './history.ts';
import { LOSS, undoneNote } from './notes.ts';
import { stricterSandbox, tightest } from '../policy/rights.ts';
import { activeTime, retryTimer, somethingRuns, STALLS_TO_QUARANTINE, waitsForRetry } from './open.ts';
import { isGuarded, type Call, type Evolved, type Queued, type Resolved, type State, type Turn } from './state.ts';

export function evolve(hash: Hash, before: State, entry: Entry, resolved: Resolved = {}): Evolved {
  const state = advance(before, entry);
  switch (entry.type) {
    case 'session.created':
      return { state: state.session ? state : created(state, entry), joined: [] };
    case 'session.opened':
      return afterLoss(hash, opened(before, state, entry, resolved), entry);
    case 'session.forked':
      return { state: forked(state, entry, resolved), joined: [] };
    case 'policy.changed':
      return { state: withTurn(state, (turn) => addPolicy(turn, resolved.policy)), joined: [] };
    case 'session.configured':
      return { state: configured(state, entry), joined: [] };
    case 'input.received':
      return received(hash, state, entry);
    case 'turn.started':
      return resolved.manifest && state.session && !state.turn
        ? startTurn(hash, state, entry, resolved.manifest, before.stalls >= STALLS_TO_QUARANTINE)
        : { state, joined: [] };
    case 'plan.made':
      return { state: withTurn(state, (turn) => planned(turn, entry)), joined: [] };
    case 'budget.reserved':
    case 'budget.refused':
    case 'model.requested':
    case 'model.replied':
    case 'model.failed':
      return state.turn ? evolveAsk(hash, state, state.turn, entry) : { state, joined: [] };
    case 'timer.fired':
      return { state: withTurn(state, (turn) => fired(turn, entry.data.timer_id)), joined: [] };
    case 'call.inspected':
    case 'policy.decided':
    case 'approval.requested':
    case 'approval.resolved':
    case 'call.started':
    case 'call.finished':
    case 'call.refused':
    case 'call.abandoned':
      return state.turn ? evolveCall(hash, state, state.turn, entry) : { state, joined: [] };
    case 'turn.reflected':
      return state.turn ? reflectTurn(hash, state, state.turn, entry) : { state, joined: [] };
    case 'reply.made':
      return { state: withTurn(state, (turn) => ({ ...turn, reply_made: true })), joined: [] };
    case 'turn.ended':
      return state.turn?.turn === entry.data.turn ? endTurn(hash, state, state.turn) : { state, joined: [] };
    case 'context.compacted':
      return state.turn && resolved.summary
        ? compacted(hash, state, state.turn, entry.seq, resolved.summary)
        : { state, joined: [] };
    case 'child.started':
      return {
        state: withTurn(parentOfTree(state), (turn) => (turn.goal ? stepStarted(turn, entry) : turn)),
        joined: [],
      };
    case 'child.finished':
      return state.turn ? stepFinished(hash, state, state.turn, entry) : { state, joined: [] };
    case 'check.requested':
      return { state: withTurn(state, (turn) => checkStarted(hash, turn, entry)), joined: [] };
    case 'reply.settled':
      return { state, joined: [] };
    case 'files.undone':
      return state.session && !state.turn
        ? told(hash, state, entry.seq, undoneNote(entry.data))
        : { state, joined: [] };
  }
}

/** Entries that report on an effect: something came of what was running. */
const REPORTS: ReadonlySet<Entry['type']> = new Set([
  'turn.started', 'budget.reserved', 'budget.refused', 'model.replied', 'model.failed', 'call.inspected',
  'call.finished', 'timer.fired', 'child.finished', 'context.compacted',
]); // prettier-ignore

/** Observations before which time counts. Not an opening or a fork: nobody was there. */
const TIMED: ReadonlySet<Entry['type']> = new Set([
  ...REPORTS, 'input.received', 'approval.resolved', 'policy.changed', 'session.configured', 'reply.settled', 'files.undone',
]); // prettier-ignore

function advance(before: State, entry: Entry): State {
  const state = { ...before, seq: entry.seq, at: entry.at };
  if (REPORTS.has(entry.type)) state.stalls = 0;
  if (before.turn && TIMED.has(entry.type)) {
    const active = activeTime(before, entry.at);
    if (active > 0) state.turn = { ...before.turn, active_ms: before.turn.active_ms + active };
  }
  return state;
}

function created(state: State, { data }: EntryOf<'session.created'>): State {
  const { parent } = data;
  const session = {
    id: data.session_id,
    project_root: data.project_root,
    rights: data.rights,
    epoch: data.epoch,
    ...(data.own_policies && { own_policies: data.own_policies }),
    ...(parent && {
      parent: { session_id: parent.session_id, step_id: parent.step_id },
      tree: parent.root,
      scopes: parent.scopes,
    }),
  };
  return { ...state, session };
}

function opened(before: State, state: State, { data }: EntryOf<'session.opened'>, resolved: Resolved): State {
  if (!state.session) return state;
  const restored = data.epoch > state.session.epoch;
  const stalled = data.reason === 'recovery' && somethingRuns(before);
  const stalls = stalled ? state.stalls + 1 : state.stalls;
  // Of what a repair has lost nobody knows whether it took one back.
  const ended = restored || data.reason === 'repair';
  const old_grants = ended ? state.grants.map(({ grant_id }) => grant_id) : state.old_grants;
  const next = { ...state, stalls, old_grants, session: { ...state.session, epoch: data.epoch } };
  return withTurn(next, (turn) => {
    const calls = ended && turn.manifest.grants_of_epoch ? turn.calls.map(judgedAnew(old_grants)) : turn.calls;
    const back = recover({ ...turn, calls }, { voidApprovals: restored, abandonAll: false });
    const tightened = addPolicy(back, resolved.policy);
    const quarantined = stalls >= STALLS_TO_QUARANTINE && tightened.cut === null;
    return quarantined ? { ...tightened, cut: 'quarantine' } : tightened;
  });
}

/**
 * After a repair that lost entries the model is told so, in the place where they stood. What could have happened in them
 * doesn't happen by itself again: calls that change something count as lost, and messages that waited are stopped.
 */
function afterLoss(hash: Hash, state: State, { seq, data }: EntryOf<'session.opened'>): Evolved {
  if (data.reason !== 'repair' || !state.session) return { state, joined: [] };
  const queue = state.queue.map((item) => ({ ...item, stopped: true }));
  const next = withTurn({ ...state, queue }, (turn) => ({ ...turn, calls: turn.calls.map(doubted) }));
  return told(hash, next, seq, LOSS);
}

function doubted(call: Call): Call {
  const harmless = call.status === 'settled' || call.refusal !== undefined || !isGuarded(call.effect);
  return harmless ? call : { ...call, status: 'lost' };
}

/** A fork has what its source may do at most: rights only tighten, and policies of its own only become more. */
function forked(state: State, { data }: EntryOf<'session.forked'>, resolved: Resolved): State {
  if (!state.session) return state;
  const { epoch = state.session.epoch } = data;
  const own = [...new Set([...(state.session.own_policies ?? []), ...(data.own_policies ?? [])])];
  const { parent: _, scopes: __, tree: ___, ...source } = state.session; // what it shared was its source's
  const session = {
    ...source,
    id: data.session_id,
    rights: tightest(state.session.rights, data.rights),
    epoch,
    ...(own.length > 0 && { own_policies: own }),
  };
  const next = { ...state, session, queue: [], grants: [], old_grants: [] };
  return withTurn(next, (turn) => {
    const back = recover(turn, { voidApprovals: true, abandonAll: true });
    delete back.wall_grant;
    const { policy, rules } = turn.manifest;
    const boxed = { ...policy, sandbox: stricterSandbox(policy.sandbox, session.rights.sandbox) };
    const tightened = [boxed, ...(resolved.own_policies ?? [])].reduce(addPolicy, back);
    // Inputs that another workspace froze, with its grants, are nothing to go on with.
    const cut = data.epoch === undefined ? turn.cut : (turn.cut ?? 'stop');
    // Some grants may have been taken back since.
    const frozen = { ...rules, shared_scopes: forkScopes(next, back, data.session_id) };
    const manifest = { ...turn.manifest, grants: [], rules: frozen };
    const own = { ...forkedSteps(tightened), manifest, cut, grants: [], event_ids: [], steers: [] };
    return forkedBy(own, session.rights.role, data.source);
  });
}

/** Nothing that ran is running any more: what happens to each follows from the kind of its effect. */
function recover(turn: Turn, how: { voidApprovals: boolean; abandonAll: boolean }): Turn {
  const calls = turn.calls.map((call): Call => {
    const next = { ...call };
    if (call.status === 'running') {
      next.status = how.abandonAll || call.recovery === 'unknown' ? 'lost' : 'inspected';
    }
    // A fork has no session grants: what one allowed is judged anew.
    if (how.abandonAll && call.status === 'decided' && call.grant_id !== undefined) next.status = 'inspected';
    const open = call.status !== 'settled' && call.approval;
    if (how.voidApprovals && open && (open.status === 'pending' || open.status === 'granted')) {
      next.approval = { ...open, status: 'void' };
    }
    return next;
  });
  if (turn.ask.status !== 'running') return { ...turn, calls };
  // The attempt came to nothing and doesn't count, but it may have been charged.
  return {
    ...turn,
    calls,
    ask: { ...turn.ask, status: 'due', reserved: false },
    tokens: turn.tokens + turn.ask.reserve.tokens,
    cost_micro_usd: turn.cost_micro_usd + turn.ask.reserve.cost_micro_usd,
  };
}

/** From its first child on a session shares its budget. */
function parentOfTree(state: State): State {
  const { session } = state;
  return session ? { ...state, session: { ...session, tree: session.tree ?? session.id } } : state;
}

function configured(state: State, { seq, data }: EntryOf<'session.configured'>): State {
  if (!state.session) return state;
  const session = { ...state.session };
  if (data.model !== undefined) {
    session.model = data.model;
    delete session.model_listed;
    if (data.listed) session.model_listed = true;
  }
  if (data.instructions !== undefined) session.instructions = data.instructions;
  if (data.pin !== undefined || data.unpin !== undefined) session.pins = pinsAfter(session.pins, seq, data);
  if (data.compact) session.compact = true;
  const trusted = data.trust;
  const taint = trusted ? state.taint.filter((source) => !trusted.includes(source)) : state.taint;
  return revoked({ ...state, session, taint }, data.revoke ?? []);
}

function revoked(state: State, ids: readonly string[]): State {
  if (ids.length === 0) return state;
  const grants = state.grants.filter(({ grant_id }) => !ids.includes(grant_id));
  return withTurn({ ...state, grants }, (turn) => ({ ...turn, calls: turn.calls.map(judgedAnew(ids)) }));
}

/** One that a grant has let through and that hasn't begun. */
function judgedAnew(grants: readonly string[]): (call: Call) => Call {
  return (call) =>
    call.status === 'decided' && call.grant_id !== undefined && grants.includes(call.grant_id)
      ? { ...call, status: 'inspected' }
      : call;
}

function received(hash: Hash, state: State, entry: EntryOf<'input.received'>): Evolved {
  const { data } = entry;
  if (data.mode === 'stop') return { state: stopped(state, data.for), joined: [] };
  const content = userContent(entry);
  const item: Queued = {
    event_id: data.event_id,
    content: pendingOf(hash, entry.seq, content),
    taint: data.taint,
    stopped: false,
    ...((data.mode === 'steer' || state.session?.parent) && {
      by: { role: data.actor.role, source: data.source, lane: data.lane },
    }),
    ...(data.goal && { goal: data.goal }),
    ...(data.check !== undefined && { check: data.check }),
    ...(data.limits && { limits: data.limits }),
  };
  const turn = state.turn;
  if (data.mode === 'steer' && turn) {
    return { state: { ...state, turn: { ...turn, steers: [...turn.steers, item] } }, content, joined: [] };
  }
  return { state: { ...state, queue: [...state.queue, item] }, content, joined: [] };
}

/**
 * A stop names its message: it acts on the open turn that has it, or on that queued message. A steer that the turn has
 * not taken yet is marked too, else it would come back as a message of its own.
 */
function stopped(state: State, event_id: string | undefined): State {
  if (event_id === undefined) return state;
  const mark = (item: Queued): Queued => (item.event_id === event_id ? { ...item, stopped: true } : item);
  const { turn } = state;
  const has = turn && (turn.event_ids.includes(event_id) || turn.steers.some((steer) => steer.event_id === event_id));
  if (has) return { ...state, turn: { ...turn, cut: 'stop', steers: turn.steers.map(mark) } };
  return { ...state, queue: state.queue.map(mark) };
}

/** The state with a note in its history: the model is told with its next request. */
/** What is told while the history before it is summed up stays behind the summary. */
function told(hash: Hash, state: State, seq: Seq, content: Content): Evolved {
  const kept = state.turn?.ask.compaction?.keep ?? 0;
  const history = roll(hash, state.history, pendingOf(hash, seq, content), kept);
  return { state: { ...withTurn(state, keepsToo), history }, content, joined: [seq] };
}

function planned(turn: Turn, entry: EntryOf<'plan.made'>): Turn {
  if (turn.phase !== 'plan') return turn;
  return turn.goal ? goalPlanned(turn, entry) : { ...turn, phase: 'think' };
}

function fired(turn: Turn, timer_id: string): Turn {
  if (timer_id === `w${turn.turn}`) return turn.cut === null ? { ...turn, cut: 'timeout' } : turn;
  if (timer_id !== retryTimer(turn) || !waitsForRetry(turn.ask)) return stepRetried(turn, timer_id);
  const { retry_at: _, ...ask } = turn.ask;
  return { ...turn, ask: { ...ask, status: 'due' } };
}

/** A policy that is in force already adds nothing. */
function addPolicy(turn: Turn, policy: Policy | undefined): Turn {
  if (!policy) return turn;
  const text = canonicalJson(policy);
  if (turn.policies.some((known) => canonicalJson(known) === text)) return turn;
  return { ...turn, policies: [...turn.policies, policy] };
}

function withTurn(state: State, change: (turn: Turn) => Turn): State {
  return state.turn ? { ...state, turn: change(state.turn) } : state;
}

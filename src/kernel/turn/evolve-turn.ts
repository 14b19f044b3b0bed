/** How a turn begins, goes round, and ends; and when its contents enter the history. */
import { canonicalJson } from '../../base/canonical-json.ts';
import type { Hash } from '../../base/digest.ts';
import type { EntryOf, Seq } from '../../contract/entries.ts';
import type { Manifest } from '../../contract/manifest.ts';
import type { Role } from '../../contract/values.ts';
import { pendingOf, rested, roll, utf8Length } from './history.ts';
import type { Pending } from './pending.ts';
import { noteOf } from './notes.ts';
import { endingOf } from './ending.ts';
import { newGoal, planAsk, stepResults, stepsNote } from '../goal/evolve-goal.ts';
import { STEPS_ENDED } from '../goal/steps.ts';
import { allLoops } from './loops.ts';
import { allDenied, repetition } from './reflect.ts';
import { addUsage, workedMs } from '../budget/budget.ts';
import { lowerRole } from '../policy/rights.ts';
import { newAsk, NO_USAGE, type Call, type History, type Queued, type State, type Steered, type Turn, type Evolved } from './state.ts'; // prettier-ignore

/** `quarantined`: the freeze itself came to nothing too often, and this turn only ends. */
export function startTurn(
  hash: Hash,
  state: State,
  entry: EntryOf<'turn.started'>,
  manifest: Manifest,
  quarantined: boolean,
): Evolved {
  const { data } = entry;
  const taken = state.queue.filter((item) => data.event_ids.includes(item.event_id));
  const [first] = taken;
  const goal = first?.goal && manifest.rules.goal ? newGoal(first) : undefined;
  const turn: Turn = {
    turn: data.turn,
    phase: 'plan',
    event_ids: data.event_ids,
    kernel: data.kernel,
    frozen: data.frozen,
    manifest,
    prefix_bytes: prefixBytes(manifest),
    grants: [],
    policies: [manifest.policy, ...(manifest.session_policies ?? [])],
    limits: data.limits,
    rights: data.rights,
    ...(goal && { goal }),
    ...(first?.check !== undefined && { check: { command: first.check, status: 'due' } }),
    choice: 0,
    given_up: [],
    think: goal ? 0 : 1,
    ask: goal ? planAsk(data.turn, 1, manifest) : newAsk(data.turn, 1),
    reply: null,
    calls: [],
    call_count: 0,
    started_count: 0,
    tally: [],
    steers: [],
    retried: false,
    denied_rounds: 0,
    repeat: { signature: '', count: 0 },
    seen: [],
    loop_rounds: 0,
    cut: taken.some((item) => item.stopped) ? 'stop' : quarantined ? 'quarantine' : null,
    ending: null,
    reply_made: false,
    active_ms: 0,
    usage: NO_USAGE,
    tokens: 0,
    cost_micro_usd: 0,
    priced: manifest.models.some((choice) => choice.price !== undefined),
    model_calls: 0,
  };
  const next: State = {
    ...state,
    turns: data.turn,
    queue: state.queue.filter((item) => !data.event_ids.includes(item.event_id)),
    taint: withTaint(state.taint, taken),
    turn,
  };
  return join(
    hash,
    next,
    taken.map((item) => item.content),
  );
}

/** The end of a round: results and steers enter the history, and the next think begins or the turn ends. */
export function reflectTurn(hash: Hash, state: State, turn: Turn, entry: EntryOf<'turn.reflected'>): Evolved {
  if (turn.phase === 'end') return { state, joined: [] };
  const { signal, reason } = entry.data;
  const content = reason === STEPS_ENDED && turn.goal ? stepsNote(turn.goal.steps) : noteOf(signal, reason);
  const pending = [...stepResults(turn), ...joinable(turn, signal === 'retry')];
  const steers = signal === 'stop' ? [] : turn.steers;
  for (const steer of steers) pending.push(steer.content);
  if (content) pending.push(pendingOf(hash, entry.seq, content));

  const steered = steeredBy([turn.steered, ...steers.map(({ by }) => by && { role: by.role, channels: [by.source] })]);
  const goesOn = signal !== 'stop';
  const think = goesOn ? turn.think + 1 : turn.think;
  const next: Turn = {
    ...turn,
    phase: goesOn ? 'think' : 'end',
    think,
    ask: goesOn ? newAsk(turn.turn, think) : turn.ask,
    // The reply that ended the turn keeps its place: `reply.made` names it.
    reply: goesOn ? null : turn.reply,
    calls: [],
    event_ids: [...turn.event_ids, ...steers.map((steer) => steer.event_id)],
    steers: turn.steers.filter((steer) => !steers.includes(steer)),
    ...(steered && { steered }),
    retried: signal === 'retry',
    denied_rounds: allDenied(turn) ? turn.denied_rounds + 1 : 0,
    repeat: repetition(hash, turn),
    loop_rounds: allLoops(turn) ? turn.loop_rounds + 1 : 0,
    ending: signal === 'stop' ? endingOf(state, turn, reason) : null,
  };
  const evolved = join(hash, { ...state, turn: next, taint: withTaint(state.taint, steers) }, pending);
  return content ? { ...evolved, content } : evolved;
}

/**
 * Who forks an open turn goes on with it as one who speaks to it: it may no more than they may, and counts as from where they
 * came, too. What was decided of calls that haven't started is judged anew then.
 */
export function forkedBy(turn: Turn, role: Role, source: string | undefined): Turn {
  const may = lowerRole(turn.rights.role, role);
  const isKnown = source === undefined || (turn.manifest.asker?.channels.includes(source) ?? false);
  if (may === turn.rights.role && isKnown) return turn;
  const steered = isKnown ? turn.steered : steeredBy([{ role: may, channels: [source] }, turn.steered]);
  const calls = turn.calls.map((call): Call => (call.status === 'decided' ? { ...call, status: 'inspected' } : call));
  return { ...turn, rights: { ...turn.rights, role: may }, calls, ...(steered && { steered }) };
}

/** All who spoke to the turn together: the least role of them, from everywhere. */
function steeredBy(all: readonly (Steered | undefined)[]): Steered | undefined {
  return all.reduce(
    (a, b) =>
      a && b ? { role: lowerRole(a.role, b.role), channels: [...new Set([...a.channels, ...b.channels])] } : (a ?? b),
    undefined,
  );
}

export function endTurn(hash: Hash, state: State, turn: Turn): Evolved {
  // A turn that was stopped never reflected: what it has enters the history here, so that no call lacks its result.
  const pending = [...stepResults(turn), ...(turn.calls.length > 0 ? joinable(turn, false) : [])];
  const next: State = {
    ...state,
    turn: null,
    stalls: 0, // a quarantine gives up one turn; the others go on
    queue: [...state.queue, ...turn.steers].sort((a, b) => a.content.seq - b.content.seq),
    usage: addUsage(state.usage, turn.usage),
    tokens: state.tokens + turn.tokens,
    cost_micro_usd: state.cost_micro_usd + turn.cost_micro_usd,
    model_calls: state.model_calls + turn.model_calls,
    active_ms: state.active_ms + workedMs(turn),
  };
  const joined = join(hash, next, pending);
  return { ...joined, state: { ...joined.state, history: rested(joined.state.history) } };
}

/** Reply and results, by call index. An empty reply, or one cut off without calls, is left out. */
function joinable(turn: Turn, leaveOutReply: boolean): Pending[] {
  if (!turn.reply || leaveOutReply) return [];
  if (turn.calls.length === 0 && (!turn.reply.has_text || turn.reply.stop_reason === 'length')) return [];
  if (turn.check?.status === 'passed') return [turn.reply.content];
  return [turn.reply.content, ...turn.calls.flatMap((call) => (call.result ? [call.result.content] : []))];
}

/** The state with these contents in its history. */
function join(hash: Hash, state: State, pending: Pending[]): { state: State; joined: Seq[] } {
  const history = pending.reduce<History>((before, one) => roll(hash, before, one), state.history);
  return { state: { ...state, history }, joined: pending.map((one) => one.seq) };
}

function withTaint(taint: string[], items: Queued[]): string[] {
  const found = items.flatMap((item) => item.taint).filter((source) => !taint.includes(source));
  return found.length === 0 ? taint : [...taint, ...new Set(found)];
}

/** Most turns of a session share one manifest, and its tools are long. */
const PREFIX_BYTES = new WeakMap<Manifest, number>();

function prefixBytes(manifest: Manifest): number {
  const known = PREFIX_BYTES.get(manifest);
  if (known !== undefined) return known;
  const tools = manifest.catalog.map(({ name, description, parameters }) => ({ name, description, parameters }));
  const bytes = utf8Length(manifest.instructions) + utf8Length(canonicalJson(tools));
  PREFIX_BYTES.set(manifest, bytes);
  return bytes;
}

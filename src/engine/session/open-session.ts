/**
 * Opens a session's journal: folds it, and finds whether the opening itself must be recorded. It must when something was
 * running that nobody will report on any more, or when epoch, kernel, policy or the journal's tail are not what they were.
 */
import { canonicalJson } from '../../base/canonical-json.ts';
import { digestOf } from '../../base/digest.ts';
import { isIntent } from '../../contract/entry-types.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Decision, Entry, EntryData, EntryOf, Seq } from '../../contract/entries.ts';
import type { Manifest, Policy, SharedScope } from '../../contract/manifest.ts';
import type { Part } from '../../contract/values.ts';
import type { Journal, JournalEnd, OpenedEnd, RecordedCall, StoredEntry, Visit } from '../../contract/ports.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { somethingRuns } from '../../kernel/turn/open.ts';
import { KERNEL_VERSION, type Resolved, type State } from '../../kernel/turn/state.ts';
import { applyEvolved, newFold, type Folded } from './fold.ts';
import { foldOf, type Snapshot } from './snapshot.ts';

export interface OpenedSession {
  fold: Folded;
  end: JournalEnd;
  /**
   * Event ids of the messages that the journal has, and how the turns of those that have ended did; with a snapshot only
   * those of its last turn and of later ones.
   */
  received: Set<string>;
  ended: Map<string, EntryData<'turn.ended'>>;
  /** What the last reply said, and the last line of the turn that ended last, when it was opened. */
  lastReply: Part[];
  lastEnd?: { seq: Seq; hash: string };
  /** The length of the journal at which its newest snapshot was made (bytes); 0 when there is none. */
  snapshotBytes: number;
  /** The calls of the last turn that were reserved in shared budgets. */
  reserved: Omit<RecordedCall, 'session'>[];
  /** A crash tail was cut off: what is left is durable only since. */
  wasCut: boolean;
  /** What `session.opened` must say; absent when nothing has to be recorded. */
  opening?: EntryData<'session.opened'>;
}

export interface OpenContext {
  kernel: Kernel;
  journal: Journal;
  resolve: (entry: Entry) => Promise<Resolved> | Resolved;
  /** The policy in force now. */
  policy: () => Policy;
  epoch: number;
  build: string;
}

/** Folds what `read` visits: all of a journal, or what follows a snapshot. */
async function foldJournal(
  context: OpenContext,
  snapshot: Snapshot | undefined,
  read: (visit: Visit) => Promise<OpenedEnd>,
): Promise<Omit<OpenedSession, 'opening'> & { cut?: Cut }> {
  const fold = snapshot === undefined ? newFold(context.kernel) : foldOf(snapshot);
  const received = new Set<string>();
  const ended = new Map<string, EntryData<'turn.ended'>>();
  let lastEnd: OpenedSession['lastEnd'];
  let lossRecorded = snapshot?.end.seq ?? 0;
  if (snapshot) {
    const { data, seq, hash } = snapshot.end;
    lastEnd = { seq, hash };
    for (const id of data.event_ids) ended.set(id, data);
  }
  const calls = createReservedCalls();
  const { cut, repaired, ...end } = await read(async ({ entry, hash }) => {
    const resolved = await context.resolve(entry);
    calls.take(entry, hash, resolved.manifest);
    if (entry.type === 'input.received') received.add(entry.data.event_id);
    if (entry.type === 'turn.ended') {
      lastEnd = { seq: entry.seq, hash };
      for (const id of entry.data.event_ids) ended.set(id, entry.data);
    }
    if (entry.type === 'session.opened' && entry.data.reason === 'repair') lossRecorded = entry.seq;
    applyEvolved(fold, entry, evolveSafely(context.kernel, fold.state, entry, resolved));
  });
  const snapshotBytes = snapshot?.bytes ?? 0;
  return {
    fold,
    end,
    received,
    ended,
    lastReply: fold.lastReply,
    reserved: calls.ofLastTurn(),
    wasCut: cut !== undefined,
    snapshotBytes,
    ...(lastEnd && { lastEnd }),
    ...cutOf(cut, repaired && repaired.seq >= lossRecorded ? repaired : undefined),
  };
}

/** Collects the calls of a turn that were reserved in shared budgets, until the next turn begins. */
function createReservedCalls() {
  let reserved: Omit<RecordedCall, 'session'>[] = [];
  let scopes: SharedScope[] = [];
  let asked: { hash: string; request: EntryOf<'model.requested'> } | undefined;
  return {
    ofLastTurn: () => reserved,
    take(entry: Entry, hash: string, manifest: Manifest | undefined): void {
      if (manifest) [reserved, scopes] = [[], manifest.rules.shared_scopes];
      if (entry.type === 'model.requested') asked = { hash, request: entry };
      if (entry.type !== 'budget.reserved' || !asked) return;
      const { seq, at, data } = asked.request;
      const { tokens, cost_micro_usd } = data.reserve;
      const intent = { seq, hash: asked.hash };
      reserved.push({ for: entry.data.for, intent, model: data.model, scopes, tokens, cost_micro_usd, at });
    },
  };
}

/** What `session.opened` says was cut. By a repair: what followed is lost, and nobody has been told so yet. */
type Cut = Pick<EntryData<'session.opened'>, 'cut_bytes' | 'cut_from' | 'torn_file'> & { byRepair: boolean };

function cutOf(cut: OpenedEnd['cut'], repaired: OpenedEnd['repaired']): { cut?: Cut } {
  if (repaired === undefined) return cut === undefined ? {} : { cut: { ...cut, byRepair: false } };
  const { cut_bytes, cut_from, torn_file } = repaired;
  return { cut: { cut_bytes, cut_from, ...(torn_file !== undefined && { torn_file }), byRepair: true } };
}

/**
 * Opens as the owner: a crash tail is cut. Without a snapshot the whole journal is folded.
 * @throws RuntimeError store_damaged | entry_too_new
 */
export async function openSession(
  context: OpenContext,
  session: string,
  {
    snapshot,
    onStored,
  }: { snapshot?: Snapshot | undefined; onStored?: ((stored: StoredEntry) => void) | undefined } = {},
): Promise<OpenedSession> {
  const read = (visit: Visit) =>
    context.journal.open(
      session,
      (stored) => {
        onStored?.(stored);
        return visit(stored);
      },
      snapshot?.place,
    );
  const { cut, ...opened } = await foldJournal(context, snapshot, read);
  if (opened.end.status === 'absent') return opened;
  const { session: made } = opened.fold.state;
  if (made && made.id !== session) {
    await context.journal.close(session);
    const message = `Session ${session} is damaged: a copy of session ${made.id}, without the entry that makes it its own.`;
    throw new RuntimeError('store_damaged', message, { id: session });
  }
  const state = afterDecisions(context.kernel, opened.fold.state);
  const opening = openingOf(state, context, cut);
  return opening ? { ...opened, opening } : opened;
}

/** The state when the decisions left have been appended, up to the first intent; `onDecision` is told of each. */
export function afterDecisions(kernel: Kernel, from: State, onDecision?: (decision: Decision) => void): State {
  let state = from;
  for (;;) {
    const { append } = kernel.decide(state);
    if (!append || isIntent(append.type)) return state;
    onDecision?.(append);
    state = kernel.evolve(state, { v: 1, seq: state.seq + 1, at: state.at, ...append }).state;
  }
}

/** What an opening must record on this state, behind the decisions left; undefined when nothing. */
export function openingOf(
  state: State,
  context: Pick<OpenContext, 'epoch' | 'policy' | 'build'>,
  cut?: Cut,
): EntryData<'session.opened'> | undefined {
  const reason = openingReason(state, context, cut);
  if (!reason) return undefined;
  const { epoch, build, policy } = context;
  const { byRepair: _, ...what } = cut ?? {};
  return { reason, epoch, kernel: KERNEL_VERSION, build, policy: digestOf(canonicalJson(policy())), ...what };
}

function openingReason(
  state: State,
  { epoch, policy }: Pick<OpenContext, 'epoch' | 'policy'>,
  cut: Cut | undefined,
): EntryData<'session.opened'>['reason'] | undefined {
  const { session, turn } = state;
  if (!session) return undefined;
  // First: a new epoch is seen by its number, what was lost only by this.
  if (cut?.byRepair) return 'repair';
  if (epoch > session.epoch) return 'restore';
  if (turn && turn.kernel !== KERNEL_VERSION) return 'upgrade';
  const current = canonicalJson(policy());
  const tightened = turn !== null && !turn.policies.some((known) => canonicalJson(known) === current);
  return somethingRuns(state) || tightened || cut !== undefined ? 'recovery' : undefined;
}

function evolveSafely(kernel: Kernel, state: State, entry: Entry, resolved: Resolved): ReturnType<Kernel['evolve']> {
  try {
    return kernel.evolve(state, entry, resolved);
  } catch (cause) {
    throw new RuntimeError('store_damaged', `Entry ${entry.seq} (${entry.type}) of the journal has no valid content.`, {
      cause,
    });
  }
}

/** A session's state and contents, folded from its journal: what every reader and the runner start from. */
import type { Digest } from '../../base/digest.ts';
import type { Entry, EntryData, Seq, ToolCall } from '../../contract/entries.ts';
import type { Manifest, Policy } from '../../contract/manifest.ts';
import type { Content } from '../../contract/messages.ts';
import type { Blobs } from '../../contract/ports.ts';
import type { Summary } from '../../contract/summary.ts';
import type { Part } from '../../contract/values.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Evolved, Resolved, State } from '../../kernel/turn/state.ts';
import { callsMade } from './calls-made.ts';
import { readValue } from './messages.ts';
import { nothingRemembered, rememberDone, rememberSaid, type Remembered } from './remembered.ts';

export interface Folded {
  state: State;
  /** What entered the history, in order, and of each the seq of its entry. */
  contents: Content[];
  seqs: Seq[];
  /** What a summary must not lose. */
  remembered: Remembered;
  /** What a model wrote last when it was to sum up. */
  condensed?: Part[];
  /** Contents that wait for their place in the history. */
  pending: Map<Seq, Content>;
  /** Of those, what no message brought: it may stand in a person's role, but nobody said it. */
  unsaid: Set<Seq>;
  /** The calls of the open turn's present reply, by id, with their arguments. */
  calls: Map<string, ToolCall>;
  /** What the last reply said: its own parts, else those of the model's reply. */
  lastReply: Part[];
  /** Goals that wait, by the ids of their messages; and that of the open turn. */
  goals: Map<string, EntryData<'input.received'>>;
  goal?: EntryData<'input.received'>;
}

export function newFold(kernel: Kernel): Folded {
  const nothing = { contents: [], seqs: [], remembered: nothingRemembered(), lastReply: [] };
  return {
    state: kernel.initial(),
    ...nothing,
    pending: new Map(),
    unsaid: new Set(),
    calls: new Map(),
    goals: new Map(),
  };
}

/** Takes what `evolve` gave for an entry into the fold. */
export function applyEvolved(fold: Folded, entry: Entry, evolved: Evolved): void {
  fold.state = evolved.state;
  if (evolved.content) fold.pending.set(entry.seq, evolved.content);
  if (evolved.content && entry.type !== 'input.received') fold.unsaid.add(entry.seq);
  for (const seq of evolved.joined) {
    const content = fold.pending.get(seq);
    if (content) {
      fold.contents.push(content);
      fold.seqs.push(seq);
      if (!fold.unsaid.has(seq)) rememberSaid(fold.remembered, seq, content);
    }
    fold.pending.delete(seq);
    fold.unsaid.delete(seq);
  }
  if (evolved.kept !== undefined) sumUp(fold, entry.seq, evolved.kept);
  rememberDone(fold.remembered, entry);
  if (entry.type === 'input.received' && entry.data.goal) fold.goals.set(entry.data.event_id, entry.data);
  if (entry.type === 'turn.started') takeGoal(fold, entry.data.event_ids);
  if (entry.type === 'model.replied' && entry.data.purpose === 'compact') {
    fold.condensed = entry.data.stop_reason === 'refused' ? [] : entry.data.parts; // why it refuses is no summary
  }
  const made = callsMade(entry);
  if (made.length > 0) fold.calls = new Map(made.map((call) => [call.call_id, call]));
  if (entry.type === 'reply.made') fold.lastReply = entry.data.parts ?? lastAnswer(fold.contents);
  // Replies that were left out, and stops, never join; nothing of a finished turn may pile up.
  if (entry.type === 'turn.ended') {
    fold.calls = new Map();
    delete fold.goal;
    delete fold.condensed; // of a compaction that was stopped
    const queued = new Set(fold.state.queue.map((item) => item.content.seq));
    for (const seq of fold.pending.keys()) if (!queued.has(seq)) fold.pending.delete(seq);
    const waiting = new Set(fold.state.queue.map((item) => item.event_id));
    for (const id of fold.goals.keys()) if (!waiting.has(id)) fold.goals.delete(id); // of a fork none waits any more
    fold.unsaid.clear();
  }
}

function takeGoal(fold: Folded, [event_id = '']: readonly string[]): void {
  const goal = fold.goals.get(event_id);
  fold.goals.delete(event_id);
  if (goal) fold.goal = goal;
}

/** The content of the entry stands for all but the last ones. */
function sumUp(fold: Folded, seq: Seq, kept: number): void {
  const cut = fold.contents.length - kept;
  fold.contents.splice(0, cut, fold.pending.get(seq)!);
  fold.seqs.splice(0, cut, seq);
  fold.pending.delete(seq);
  fold.unsaid.delete(seq);
  delete fold.condensed;
}

function lastAnswer(contents: Content[]): Part[] {
  return contents.findLast((content) => content.role === 'assistant')?.parts ?? [];
}

/** So many manifests and policies are kept: each project's folder and each grant make another one. */
const MOST_KNOWN = 64;

/** Gives the values that an entry names by digest. The last ones are kept: most turns of a session share one. */
export function createResolver(blobs: Pick<Blobs, 'get'>): (entry: Entry) => Promise<Resolved> | Resolved {
  const known = new Map<Digest, unknown>();
  const read = async (digest: Digest): Promise<unknown> => {
    if (!known.has(digest)) {
      known.set(digest, await readValue(digest, blobs));
      const [oldest] = known.keys();
      if (known.size > MOST_KNOWN) known.delete(oldest!);
    }
    return known.get(digest);
  };
  return (entry) => {
    if (entry.type === 'turn.started') {
      const { frozen } = entry.data;
      const manifest = known.get(frozen);
      if (manifest) return { manifest: manifest as Manifest };
      return read(frozen).then((value) => ({ manifest: value as Manifest }));
    }
    if (entry.type === 'session.forked') {
      const { own_policies } = entry.data;
      if (!own_policies) return {};
      return Promise.all(own_policies.map(read)).then((values) => ({ own_policies: values as Policy[] }));
    }
    if (entry.type === 'context.compacted') {
      return readValue(entry.data.summary, blobs).then((value) => ({ summary: value as Summary }));
    }
    const policy = policyOf(entry);
    return policy === undefined ? {} : read(policy).then((value) => ({ policy: value as Policy }));
  };
}

/** Uses the values that an entry names: at once where they are known, which is quicker for a reader of many entries. */
export function withResolved(
  resolved: Promise<Resolved> | Resolved,
  use: (resolved: Resolved) => void,
): Promise<void> | undefined {
  if (resolved instanceof Promise) return resolved.then(use);
  use(resolved);
  return undefined;
}

/** `session.opened` names the policy in force then; it joins the open turn's policies when it is another one. */
function policyOf(entry: Entry): Digest | undefined {
  if (entry.type === 'policy.changed') return entry.data.policy;
  if (entry.type === 'session.opened') return (entry.data satisfies EntryData<'session.opened'>).policy;
  return undefined;
}

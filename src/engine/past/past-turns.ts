/**
 * A journal turn by turn, as what happened in it: said, answered, called, decided, resulted. Without what is so by nature
 * of the run (ids, times of entries, hashes, attempts, recovery). A session is read once, one turn of it is held.
 */
import { callsMade } from '../session/calls-made.ts';
import type { Digest } from '../../base/digest.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Entry, EntryData, Seq } from '../../contract/entries.ts';
import type { RuleVerdict } from '../../contract/manifest.ts';
import type { Journal } from '../../contract/ports.ts';
import type { Limits, LongText, Part, TurnReason, Usage, Verdict } from '../../contract/values.ts';
import { addUsage } from '../../kernel/budget/budget.ts';
import { NO_USAGE } from '../../kernel/turn/state.ts';

export interface PastTurn {
  turn: number;
  /** The message, then steers. */
  inputs: { seq: Seq; parts: Part[] }[];
  started: { seq: Seq; at: number; frozen: Digest; limits: Limits };
  /** What the model said, in order; last what the runtime said instead of it, where it did. */
  replies: { seq: Seq; parts: Part[]; calls: PastCall[] }[];
  /** Absent: the turn is open. */
  ended?: { seq: Seq; at: number; reason: TurnReason; code?: string };
  /** Of the replies: what attempts cost that came to nothing isn't counted. */
  usage: Usage;
  cost_micro_usd?: number;
}

export interface PastCall {
  call_id: string;
  /** Of the reply that made it. */
  seq: Seq;
  name: string;
  arguments_raw: LongText;
  decision?: { seq: Seq; verdict: Verdict; rules: RuleVerdict[]; answer?: 'granted' | 'denied' | 'expired' };
  /** `outcome`: as in `call.finished`, why it was refused, or `unknown`. */
  result?: { seq: Seq; outcome: string; exit_code?: number; error?: string; output: LongText; files: string[] };
}

/** The last fork in a journal: where its session comes from. */
export type PastFork = EntryData<'session.forked'>['from'];

export interface PastTurns {
  /** @throws RuntimeError not_found | store_damaged */
  turns(): AsyncGenerator<PastTurn>;
  /** Known when the turns have been read. */
  fork(): PastFork | undefined;
}

export function pastTurns(journal: Pick<Journal, 'read'>, session_id: string): PastTurns {
  const collector = createCollector();
  return { turns, fork: () => collector.fork() };

  /** The reader waits as long as a turn is looked at. */
  async function* turns(): AsyncGenerator<PastTurn> {
    let ready = Promise.withResolvers<PastTurn | undefined>();
    let taken = Promise.withResolvers<void>();
    let left = false;
    const enough = new Error('nobody looks at more');
    const reading = journal.read(session_id, ({ entry }) => {
      if (left) throw enough;
      const turn = collector.take(entry);
      if (turn === undefined) return undefined;
      ready.resolve(turn);
      return taken.promise;
    });
    reading.then(
      () => ready.resolve(undefined),
      (error: unknown) => ready.reject(error),
    );
    try {
      for (let turn = await ready.promise; turn !== undefined; turn = await ready.promise) {
        yield turn;
        const { resolve } = taken;
        ready = Promise.withResolvers();
        taken = Promise.withResolvers();
        resolve();
      }
    } finally {
      left = true;
      ready.promise.catch(() => {}); // nobody waits for it any more
      taken.resolve();
      await reading.catch(() => {});
    }
    const { status, failure } = await reading;
    if (status === 'absent') throw new RuntimeError('not_found', `There is no session ${session_id}.`);
    const open = collector.open();
    if (open) yield open;
    if (!failure) return;
    throw new RuntimeError('store_damaged', `Session ${session_id} is damaged: ${failure.message}.`, {
      id: session_id,
    });
  }
}

interface Collector {
  /** Gives a turn with the entry that ends it. */
  take(entry: Entry): PastTurn | undefined;
  open(): PastTurn | undefined;
  fork(): PastFork | undefined;
}

function createCollector(): Collector {
  const waiting = new Map<string, PastTurn['inputs'][number]>();
  const calls = new Map<string, PastCall>();
  const asked = new Map<string, PastCall>();
  let turn: PastTurn | undefined;
  let fork: PastFork | undefined;

  function takeInputs(event_ids: readonly string[]): void {
    for (const id of event_ids) {
      const input = waiting.get(id);
      if (input) turn?.inputs.push(input);
      waiting.delete(id);
    }
  }

  const settle = (call_id: string, result: PastCall['result']): void => {
    const call = calls.get(call_id);
    if (call && result) call.result = result;
  };

  function take(entry: Entry): void {
    const { seq, at } = entry;
    switch (entry.type) {
      case 'session.forked':
        fork = entry.data.from;
        return;
      case 'input.received':
        if (entry.data.mode !== 'stop') waiting.set(entry.data.event_id, { seq, parts: entry.data.parts });
        return;
      case 'turn.started': {
        const { frozen, limits, event_ids } = entry.data;
        turn = {
          turn: entry.data.turn,
          inputs: [],
          started: { seq, at, frozen, limits },
          replies: [],
          usage: NO_USAGE,
        };
        takeInputs(event_ids);
        return;
      }
      case 'model.replied': {
        const { purpose, parts, tool_calls, usage, cost_micro_usd } = entry.data;
        const made = tool_calls.map(({ call_id, name, arguments_raw }) => ({ call_id, seq, name, arguments_raw }));
        for (const call of made) calls.set(call.call_id, call);
        if (!turn) return;
        if (purpose === undefined) {
          turn.replies.push({ seq, parts: parts.filter(({ type }) => type !== 'reasoning'), calls: made });
        }
        turn.usage = addUsage(turn.usage, usage);
        if (cost_micro_usd !== undefined) turn.cost_micro_usd = (turn.cost_micro_usd ?? 0) + cost_micro_usd;
        return;
      }
      case 'check.requested':
        for (const { call_id, name, arguments_raw } of callsMade(entry)) calls.set(call_id, { call_id, seq, name, arguments_raw }); // prettier-ignore
        return;
      case 'policy.decided': {
        const { call_id, verdict, rules } = entry.data;
        const call = calls.get(call_id);
        if (call) call.decision = { ...call.decision, seq, verdict, rules };
        return;
      }
      case 'approval.requested': {
        const call = calls.get(entry.data.call_id);
        if (call) asked.set(entry.data.approval_id, call);
        return;
      }
      case 'approval.resolved': {
        const decision = asked.get(entry.data.approval_id)?.decision;
        if (decision) decision.answer = entry.data.outcome;
        return;
      }
      case 'call.finished': {
        const { call_id, outcome, exit_code, error, output, files } = entry.data;
        settle(call_id, {
          seq,
          outcome,
          ...(exit_code !== undefined && { exit_code }),
          ...(error && { error: `${error.code}: ${error.message}` }),
          output,
          files: files.map(({ path, after = '' }) => `${path} ${after}`),
        });
        return;
      }
      case 'call.refused':
        settle(entry.data.call_id, { seq, outcome: entry.data.why, output: entry.data.message, files: [] });
        return;
      case 'call.abandoned':
        settle(entry.data.call_id, { seq, outcome: entry.data.outcome, output: '', files: [] });
        return;
      case 'reply.made':
        if (entry.data.parts) turn?.replies.push({ seq, parts: entry.data.parts, calls: [] });
        return;
      default:
        return;
    }
  }

  return {
    take(entry) {
      if (entry.type !== 'turn.ended' || turn === undefined) {
        take(entry);
        return undefined;
      }
      const { reason, code, event_ids } = entry.data;
      takeInputs(event_ids);
      const done: PastTurn = {
        ...turn,
        ended: { seq: entry.seq, at: entry.at, reason, ...(code !== undefined && { code }) },
      };
      turn = undefined;
      calls.clear();
      asked.clear();
      return done;
    },
    open: () => turn,
    fork: () => fork,
  };
}

/**
 * Asks another model what a session's model was asked, and compares what it says. Each request is rebuilt from the journal,
 * so every one has the recorded past: recorded replies, recorded results. Nothing is executed, nothing written.
 */
import { canonicalJson } from '../../base/canonical-json.ts';
import { sha256 } from '../../base/digest.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Entry, EntryData, EntryOf } from '../../contract/entries.ts';
import type { ModelChoice } from '../../contract/manifest.ts';
import type { ModelReply, ModelRequest } from '../../contract/messages.ts';
import type { Blobs, ModelClient } from '../../contract/ports.ts';
import type { ComparedThink, NotAsked, SaidByModel } from '../../contract/replay.ts';
import { costOf, reserve } from '../../kernel/budget/budget.ts';
import { createKernel } from '../../kernel/kernel.ts';
import { modelRequest } from '../../kernel/turn/prompt.ts';
import type { State, Turn } from '../../kernel/turn/state.ts';
import { applyEvolved, createResolver, newFold } from '../session/fold.ts';
import { wholeText, wholeTexts } from '../session/messages.ts';
import { createMessages } from '../session/request.ts';
import { canonicalArguments } from './canonical-arguments.ts';

export interface AskAgain {
  entries: readonly Entry[];
  blobs: Blobs;
  choice: ModelChoice;
  client: ModelClient;
  signal: AbortSignal;
  max_calls?: number;
  /** The model must have a price. */
  max_cost_micro_usd?: number;
  stop_at_first: boolean;
  /** Turns before aren't compared. */
  from_turn?: number;
}

/**
 * What became of each recorded request that was answered, in order. Behind a difference the turn's other requests aren't
 * asked: they rest on what the recorded model did.
 * @throws RuntimeError auth_missing | store_damaged | verify_failed
 */
export async function* askAgain(ask: AskAgain): AsyncGenerator<ComparedThink> {
  const { entries, blobs, from_turn = 1 } = ask;
  const kernel = createKernel(sha256);
  const resolve = createResolver(blobs);
  const fold = newFold(kernel);
  const messages = createMessages(sha256, fold.contents, blobs);
  const replies = repliesOf(entries);
  const spent = { calls: 0, cost_micro_usd: 0 };
  let leftOut: { turn: number; why: NotAsked } | undefined;

  for (const entry of entries) {
    if (entry.type === 'model.requested') mustBeDerived(kernel.decide(fold.state).append, entry);
    applyEvolved(fold, entry, kernel.evolve(fold.state, entry, await resolve(entry)));
    if (entry.type !== 'model.requested' || entry.data.purpose !== 'think') continue;
    const { state } = fold;
    const reply = replies.get(keyOf(entry.data));
    if (reply === undefined || !state.turn || state.turn.turn < from_turn) continue;
    const head = { turn: state.turn.turn, think: state.turn.think, call_id: entry.data.call_id, seq: entry.seq };
    const recorded = await recordedOf(reply, blobs);
    if (leftOut !== undefined && (leftOut.why !== 'after_difference' || leftOut.turn === head.turn)) {
      yield { ...head, outcome: 'not_asked', why: leftOut.why, recorded };
      continue;
    }
    const request = requestOf(ask, state, state.turn, spent);
    if (typeof request === 'string') {
      leftOut = { turn: head.turn, why: request };
      yield { ...head, outcome: 'not_asked', why: request, recorded };
      continue;
    }
    request.messages = await messages.upTo(state);
    const compared = { ...head, ...(await compare(ask, request, recorded)) };
    spent.calls++;
    spent.cost_micro_usd += compared.cost_micro_usd ?? 0;
    if (compared.outcome !== 'same') {
      leftOut = { turn: head.turn, why: ask.stop_at_first ? 'stopped' : 'after_difference' };
    }
    yield compared;
    if (ask.signal.aborted) return;
  }
}

function keyOf({ call_id, attempt }: { call_id: string; attempt: number }): string {
  return `${call_id}.${attempt}`;
}

function repliesOf(entries: readonly Entry[]): Map<string, EntryData<'model.replied'>> {
  return new Map(entries.flatMap(({ type, data }) => (type === 'model.replied' ? [[keyOf(data), data] as const] : [])));
}

/** The request is the one whose digest was journaled before it was sent. */
function mustBeDerived(
  derived: { type: string; data: unknown } | undefined,
  { seq, data }: EntryOf<'model.requested'>,
): void {
  if (derived?.type === 'model.requested' && canonicalJson(derived.data) === canonicalJson(data)) return;
  throw new RuntimeError('verify_failed', `The request of entry ${seq} can't be rebuilt from what stands before it.`);
}

/** The recorded request for the other model, without its messages; or why it isn't asked. */
function requestOf(
  { choice, max_calls = Infinity, max_cost_micro_usd }: AskAgain,
  state: State,
  recorded: Turn,
  spent: { calls: number; cost_micro_usd: number },
): ModelRequest | NotAsked {
  if (spent.calls >= max_calls) return 'max_calls';
  const { session_tokens: _, session_cost_micro_usd: __, ...rules } = recorded.manifest.rules;
  const { tokens: ___, cost_micro_usd: ____, ...limits } = recorded.limits;
  const turn: Turn = {
    ...recorded,
    manifest: { ...recorded.manifest, models: [choice], rules },
    choice: 0,
    limits: { ...limits, ...(max_cost_micro_usd !== undefined && { cost_micro_usd: max_cost_micro_usd }) },
    cost_micro_usd: spent.cost_micro_usd,
  };
  const reservation = reserve(state, turn);
  if (!reservation.ok) return 'max_cost';
  return modelRequest(state, turn, [], Math.min(reservation.max_output_tokens, recorded.ask.max_output_tokens));
}

async function compare(
  { client, choice, signal }: AskAgain,
  request: ModelRequest,
  recorded: SaidByModel,
): Promise<Omit<ComparedThink, 'turn' | 'think' | 'call_id' | 'seq'>> {
  const answer = await client.ask(request, { signal, onDelta: () => {} });
  if (!answer.ok) {
    const { class: kind, code, message } = answer;
    if (kind === 'auth') throw new RuntimeError('auth_missing', message);
    return { outcome: 'failed', recorded, failure: { class: kind, code, message } };
  }
  const other = saidIn(answer);
  return {
    outcome: isSame(recorded, other) ? 'same' : 'diverged',
    recorded,
    other,
    usage: answer.usage,
    ...(choice.price && { cost_micro_usd: costOf(answer.usage, choice.price) }),
  };
}

/** Calls are the same by name and canonical arguments, in order. Two answers are the same, whatever their words. */
function isSame(a: SaidByModel, b: SaidByModel): boolean {
  const calls = ({ calls }: SaidByModel): string => JSON.stringify(calls.map((call) => [call.name, call.arguments]));
  return a.kind === b.kind && calls(a) === calls(b);
}

async function recordedOf(
  { parts, tool_calls, stop_reason }: EntryData<'model.replied'>,
  blobs: Blobs,
): Promise<SaidByModel> {
  const calls = tool_calls.map(async (call) => ({
    name: call.name,
    arguments: canonicalArguments(await wholeText(call.arguments_raw, blobs)),
  }));
  return said((await wholeTexts(parts, blobs)).join(''), await Promise.all(calls), stop_reason);
}

function saidIn({ parts, tool_calls, stop_reason }: ModelReply): SaidByModel {
  const text = parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
  const calls = tool_calls.map((call) => ({ name: call.name, arguments: canonicalArguments(call.arguments_raw) }));
  return said(text, calls, stop_reason);
}

function said(text: string, calls: SaidByModel['calls'], stop: ModelReply['stop_reason']): SaidByModel {
  const answers = stop === 'refused' ? 'refuses' : text.trim() === '' ? 'says_nothing' : 'answers';
  return { kind: calls.length > 0 ? 'calls' : answers, text, calls };
}

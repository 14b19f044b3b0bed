/** Limits, counted anew from the entries and by no code of the kernel. */
import type { Digest } from '../../../src/base/digest.ts';
import type { Entry, EntryData } from '../../../src/contract/entries.ts';
import type { Manifest, Price } from '../../../src/contract/manifest.ts';
import type { Message } from '../../../src/contract/messages.ts';
import type { Usage } from '../../../src/contract/values.ts';
import type { Invariant } from '../world/parts.ts';
import type { World } from '../world/parts.ts';

/** Failures of a model for which a provider may ask money although it says nothing. */
const MAY_COST: ReadonlySet<string> = new Set(['network', 'timeout', 'malformed', 'aborted']);
const TOKENS_A_PRICE = 1_000_000;

interface Spent {
  tokens: number;
  cost: number;
}

export const withinBudgets: Invariant = {
  letter: 'e',
  says: 'no limit of a turn or session is passed: tokens, money, replies, calls, active time',
  watch(world, broken) {
    const asked = new Set<string>();
    return {
      evidence({ sessions }) {
        for (const [session, entries] of sessions) {
          const message = firstBreach(world, entries);
          if (message !== undefined) broken(`${session}: ${message}`);
        }
      },
      /** No more is sent than was reserved for, and that once. */
      asked(process, { cache_key: session, messages, max_output_tokens }) {
        const entries = world.journals.view(session)?.entries ?? [];
        const entry = entries.findLast(({ type }) => type === 'model.requested');
        if (entry?.type !== 'model.requested') return broken(`${session}: a model is asked without an intent`);
        const key = `${process.name} ${session}#${world.ledger.life(session)} ${entry.seq}`;
        if (asked.has(key)) broken(`${session}: a model is asked twice for entry ${entry.seq}`);
        asked.add(key);
        const least = leastInput(entry.data.purpose, messages, entries);
        const { tokens } = entry.data.reserve;
        if (tokens < least + max_output_tokens) broken(`${session}: ${tokens} tokens were reserved for ${least}`);
      },
    };
  },
};

/** A token for each byte; or what a model counted of the beginning, and a token for each byte that came since. */
function leastInput(purpose: string, messages: readonly Message[], entries: readonly Entry[]): number {
  const all = bytesOf(messages);
  const since = entries.slice(entries.findLastIndex(({ type }) => type === 'context.compacted') + 1);
  const counted = since.findLast((entry) => entry.type === 'model.replied' && entry.data.purpose === undefined);
  if (counted?.type !== 'model.replied') return all;
  const { call_id, attempt, usage } = counted.data;
  const asked = entries.findLast(
    ({ type, data }) => type === 'model.requested' && data.call_id === call_id && data.attempt === attempt,
  );
  if (asked?.type !== 'model.requested') return all;
  // Of what is summed up nothing is new.
  const fresh = purpose === 'compact' ? 0 : bytesOf(messages.slice(asked.data.message_count));
  return Math.min(all, usage.input + fresh);
}

function bytesOf(messages: readonly Message[]): number {
  return textsIn(messages).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

/** All that a model reads of the history. */
function textsIn(messages: readonly Message[]): string[] {
  return messages.flatMap((message) => {
    if (message.role === 'tool') return message.output;
    if (message.role === 'note') return message.text;
    const parts = message.parts.map((part) => ('text' in part ? (part.text ?? '') : ''));
    return message.role === 'user' ? parts : [...parts, ...message.tool_calls.map((call) => call.arguments_raw)];
  });
}

/** The first entry by which a limit is passed, in words. */
function firstBreach(world: World, entries: readonly Entry[]): string | undefined {
  const session: Spent = { tokens: 0, cost: 0 };
  let turn: Turn | undefined;
  for (const entry of entries) {
    if (entry.type === 'turn.started') turn = newTurn(world, entry);
    if (turn === undefined) continue;
    countTime(turn, entry);
    const message = takeEntry(turn, session, entry);
    if (message !== undefined) return `entry ${entry.seq}: ${message}`;
    if (entry.type !== 'turn.ended') continue;
    session.tokens += turn.spent.tokens;
    session.cost += turn.spent.cost;
    turn = undefined;
  }
  return undefined;
}

interface Turn {
  limits: EntryData<'turn.started'>['limits'];
  manifest: Manifest;
  spent: Spent;
  /** The attempt that runs, and what it may cost at most. */
  asking: EntryData<'model.requested'> | undefined;
  price: Price | undefined;
  replies: number;
  started: Set<string>;
  running: Set<string>;
  active_ms: number;
  at: number;
  /** Nobody has set the clock in this world. */
  steady: boolean;
}

function newTurn(world: World, { at, data }: Extract<Entry, { type: 'turn.started' }>): Turn {
  const digest: Digest = data.frozen;
  const manifest = JSON.parse(world.journals.blob(digest)!.toString('utf8')) as Manifest;
  return {
    limits: data.limits,
    manifest,
    spent: { tokens: 0, cost: 0 },
    asking: undefined,
    price: undefined,
    replies: 0,
    started: new Set(),
    running: new Set(),
    active_ms: 0,
    at,
    steady: !world.machine.counts.has('clock set'),
  };
}

/** At least: what passes while a model answers or a tool runs. Not between two starts. */
function countTime(turn: Turn, { type, at }: Entry): void {
  const runs = turn.asking !== undefined || turn.running.size > 0;
  if (runs && type !== 'session.opened' && type !== 'session.forked') turn.active_ms += at - turn.at;
  turn.at = at;
}

function takeEntry(turn: Turn, session: Spent, entry: Entry): string | undefined {
  const { limits, manifest, spent } = turn;
  switch (entry.type) {
    case 'model.requested': {
      turn.asking = entry.data;
      turn.price = [...manifest.models, manifest.compactor, manifest.planner].find(
        (one) => one?.model === entry.data.model,
      )?.price;
      const { tokens, cost_micro_usd: cost } = entry.data.reserve;
      if (turn.active_ms > limits.wall_ms) return `a model is asked after ${turn.active_ms} ms of ${limits.wall_ms}`;
      if (turn.replies >= limits.max_turns) return `reply ${turn.replies + 1} of ${limits.max_turns}`;
      const { session_tokens = Infinity, session_cost_micro_usd = Infinity } = manifest.rules;
      const checks = [
        ['tokens of the turn', spent.tokens + tokens, limits.tokens ?? Infinity],
        ['tokens of the session', session.tokens + spent.tokens + tokens, session_tokens],
        ['money of the turn', turn.price ? spent.cost + cost : 0, limits.cost_micro_usd ?? Infinity],
        ['money of the session', turn.price ? session.cost + spent.cost + cost : 0, session_cost_micro_usd],
      ] as const;
      const passed = checks.find(([, used, limit]) => used > limit);
      return passed && `${passed[0]}: ${passed[1]} of ${passed[2]}`;
    }
    case 'model.replied':
      if (entry.data.purpose === undefined) turn.replies++;
      turn.asking = undefined;
      add(spent, entry.data.usage, turn.price);
      return undefined;
    case 'model.failed':
      if (entry.data.usage) add(spent, entry.data.usage, turn.price);
      else if (MAY_COST.has(entry.data.class)) settleInFull(turn);
      turn.asking = undefined;
      return undefined;
    case 'call.started': {
      if (!entry.data.call_id.startsWith('v')) turn.started.add(entry.data.call_id); // a check is the runtime's own
      turn.running.add(entry.data.call_id);
      if (turn.started.size > limits.max_calls) return `call ${turn.started.size} of ${limits.max_calls}`;
      // Where the clock jumps, the timer that ends the turn may come after a call.
      return turn.steady && turn.active_ms > limits.wall_ms ? `a call starts after ${turn.active_ms} ms` : undefined;
    }
    case 'call.finished':
    case 'call.abandoned':
      turn.running.delete(entry.data.call_id);
      return undefined;
    case 'session.opened':
    case 'session.forked':
      // Nobody knows what came of the attempt.
      settleInFull(turn);
      turn.asking = undefined;
      turn.running.clear();
      return undefined;
    default:
      return undefined;
  }
}

function settleInFull({ spent, asking }: Turn): void {
  spent.tokens += asking?.reserve.tokens ?? 0;
  spent.cost += asking?.reserve.cost_micro_usd ?? 0;
}

function add(spent: Spent, { input, cached, output }: Usage, price: Price | undefined): void {
  const fresh = Math.max(0, input - cached);
  spent.tokens += fresh + Math.ceil(cached / 10) + output;
  if (!price) return;
  spent.cost += Math.ceil((fresh * price.input + cached * price.cached + output * price.output) / TOKENS_A_PRICE);
}

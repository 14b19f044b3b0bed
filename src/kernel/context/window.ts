/** How much of a model's context window a request takes, and when the history has to be summed up. */
import { canonicalJson } from '../../base/canonical-json.ts';
import type { ModelChoice } from '../../contract/manifest.ts';
import type { History, Measured, State, Turn } from '../turn/state.ts';

/** Of the window: above it the history is summed up before the model is asked. */
const FULL_SHARE = 0.85;
/** Of the window: so much of the newest contents stays as it is. */
const KEPT_SHARE = 0.25;
/** Of the window: so much of the others is shown to whoever sums them up; each time it was too long, half of that. */
const SHOWN_SHARE = 0.5;
/** Fewer than tokens have in English, so that estimates err towards too much. */
const BYTES_A_TOKEN = 3;
/** However long a token is, so many bytes hold one: a count below that is none. */
const MOST_BYTES_A_TOKEN = 16;
/** A service may put something else around the same text; another model cuts it into other tokens. */
const OWN_TENTHS = 11;
const OTHERS_TENTHS = 20;

/** Tokens of the next request of the turn, without its reply: what the model counted last, and an estimate of the rest. */
export function requestTokens(state: State, turn: Turn): number {
  return estimate(state.measured, state.history.bytes + turn.prefix_bytes);
}

/**
 * Tokens that the next request of the turn takes at most, by what was counted of the last one: every byte that came since
 * may be one; so may, for another model, every byte of what the one that counted may not have been given. Undefined: nobody
 * has counted what it begins with.
 */
export function mostCounted(
  { measured, history }: State,
  { prefix_bytes }: Turn,
  choice: ModelChoice,
): number | undefined {
  const { request, model } = measured;
  const bytes = history.bytes + prefix_bytes;
  if (!isCounted(request, bytes) || request.prefix !== prefix_bytes) return undefined;
  const since = bytes - request.bytes;
  if (model === counterOf(choice)) return Math.ceil((request.tokens * OWN_TENTHS) / 10) + since;
  return Math.ceil((request.tokens * OTHERS_TENTHS) / 10) + request.apart + since;
}

/** Who counts: under the same name another model may answer, and see more. */
export function counterOf({ name, provider, model, sees }: ModelChoice): string {
  return canonicalJson([name, provider, model, sees ?? null]);
}

function estimate(measured: Measured, now: number): number {
  return isCounted(measured, now) ? measured.tokens + bytesTokens(now - measured.bytes) : bytesTokens(now);
}

function isCounted({ tokens, bytes }: { tokens: number; bytes: number }, now: number): boolean {
  return bytes > 0 && bytes <= now && tokens * MOST_BYTES_A_TOKEN >= bytes;
}

/** An estimate for what nobody counted. */
export function bytesTokens(bytes: number): number {
  return Math.ceil(bytes / BYTES_A_TOKEN);
}

/** The window that is reckoned with: the model's, or, where nobody knows it, what turned out to be too long. */
function windowOf(choice: ModelChoice, state: State, turn: Turn): number {
  return choice.context ?? requestTokens(state, turn);
}

/** Is the window so full that the history should be summed up? Never where nobody knows the window. */
export function isFull(state: State, turn: Turn, choice: ModelChoice): boolean {
  return choice.context !== undefined && requestTokens(state, turn) > choice.context * FULL_SHARE;
}

/** Tokens that a reply may have at most, so that it fits behind the request. */
export function replyRoom(state: State, turn: Turn, choice: ModelChoice): number {
  return choice.context === undefined ? Infinity : choice.context - requestTokens(state, turn);
}

/**
 * How many of the last contents stay as they are: they are no more than a quarter of the window, and begin with no result
 * whose call would be gone. Undefined: nothing would be gained.
 */
export function keptContents(state: State, turn: Turn, choice: ModelChoice): number | undefined {
  const { history } = state;
  const most = Math.floor(windowOf(choice, state, turn) * KEPT_SHARE * BYTES_A_TOKEN);
  const { keep, bytes } = newest(history, most);
  const cut = history.count - keep;
  // A summary alone would be replaced by another; and a message alone is what the person wants answered as it is.
  const isLongBeginning = cut === 1 && keep > 0 && history.from_seq === 1 && history.bytes - bytes > most;
  return cut >= 2 || isLongBeginning ? keep : undefined;
}

function newest({ tail }: History, most: number): { keep: number; bytes: number } {
  let bytes = 0;
  let best = { keep: 0, bytes: 0 };
  for (let n = 1; n <= tail.length; n++) {
    const content = tail[tail.length - n]!;
    bytes += content.bytes;
    if (bytes > most) break;
    if (!content.result) best = { keep: n, bytes };
  }
  return best;
}

/** Characters of the history that are shown to whoever sums it up. */
export function shownCharacters(state: State, turn: Turn, choice: ModelChoice): number {
  const shortened = turn.ask.compaction?.shortened ?? 0;
  const tokens = windowOf(choice, state, turn) * SHOWN_SHARE * 0.5 ** shortened;
  return Math.max(LEAST_SHOWN, Math.floor(tokens * BYTES_A_TOKEN));
}

const LEAST_SHOWN = 2000;

/** Characters of a summary at most: an eighth of the window. */
export function summaryRoom(state: State, turn: Turn): number {
  const tokens = windowOf(turn.manifest.models[turn.choice]!, state, turn) / 8;
  return Math.max(LEAST_SHOWN, Math.floor(tokens * BYTES_A_TOKEN));
}

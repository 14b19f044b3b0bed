/**
 * Decisions as specs expect them: whole, with a matcher where the value is a digest or what a call may cost; specs of
 * digests and budgets say those themselves.
 */
import type { DecisionType, EntryData } from '../../contract/entries.ts';

type Expected<T extends DecisionType> = { type: T; data: object };
type Over<T extends DecisionType> = { [K in keyof EntryData<T>]?: EntryData<T>[K] | Matcher };

/** Equals any value that passes (the protocol of vitest's own matchers). */
interface Matcher {
  asymmetricMatch(value: unknown): boolean;
}

function matching(test: (value: unknown) => boolean, name: string): Matcher {
  return Object.assign({ asymmetricMatch: test, toString: () => name }, { toAsymmetricMatcher: () => name });
}

export const someDigest = matching((value) => /^sha256:[0-9a-f]{64}$/.test(String(value)), 'a digest');
export const someText = matching((value) => typeof value === 'string' && value !== '', 'a text');
const someApproval = matching((value) => /^a-[0-9a-f]{16}$/.test(String(value)), 'an approval id');
const someCount = matching((value) => Number.isSafeInteger(value) && Number(value) >= 0, 'a count');

export function planMade(model = 'main', turn = 1): Expected<'plan.made'> {
  const steps = [{ id: 's1', title: 'Answer the message', depends_on: [] }];
  return { type: 'plan.made', data: { turn, by: 'rule', model, steps } };
}

export function requested(call_id: string, over: Over<'model.requested'> = {}): Expected<'model.requested'> {
  return {
    type: 'model.requested',
    data: {
      call_id,
      attempt: 1,
      purpose: 'think',
      provider: 'script',
      model: 'main-1',
      request_digest: someDigest,
      message_count: someCount,
      max_output_tokens: 1000,
      reserve: { tokens: someCount, cost_micro_usd: someCount },
      ...over,
    },
  };
}

export function decided(
  call_id: string,
  tool: string,
  effect: EntryData<'policy.decided'>['effect'],
  verdict: EntryData<'policy.decided'>['verdict'],
  over: Over<'policy.decided'> & { rule: string },
): Expected<'policy.decided'> {
  const { rule, ...rest } = over;
  const rules = [{ id: rule, verdict }];
  return {
    type: 'policy.decided',
    data: { call_id, tool, effect, verdict, rules, reason: someText, taint: [], ...rest },
  };
}

export function approvalRequested(
  call_id: string,
  expires_at: number,
  over: Over<'approval.requested'> = {},
): Expected<'approval.requested'> {
  const approver_roles = ['operator', 'admin', 'overlord'];
  return {
    type: 'approval.requested',
    data: { approval_id: someApproval, call_id, digest: someDigest, expires_at, approver_roles, ...over },
  };
}

export function callStarted(call_id: string, tool: string, over: Over<'call.started'> = {}): Expected<'call.started'> {
  const idempotency_key = `s-1:${call_id}`;
  return {
    type: 'call.started',
    data: { call_id, attempt: 1, tool, args_digest: someDigest, facts_digest: someDigest, idempotency_key, ...over },
  };
}

export function refused(
  call_id: string,
  why: EntryData<'call.refused'>['why'],
  message?: string | Matcher,
): Expected<'call.refused'> {
  return { type: 'call.refused', data: { call_id, why, message: message ?? someText } };
}

export function abandoned(call_id: string, attempt = 1): Expected<'call.abandoned'> {
  return { type: 'call.abandoned', data: { call_id, attempt, outcome: 'unknown', message: someText } };
}

export function reflected(
  signal: EntryData<'turn.reflected'>['signal'],
  reason: string,
  over: Over<'turn.reflected'> = {},
): Expected<'turn.reflected'> {
  return { type: 'turn.reflected', data: { turn: 1, think: 1, signal, reason, evidence: ['m1.1'], ...over } };
}

/** The model's own text, or `said` by the runtime. */
export function replyMade(of: { call_id: string } | { said?: string | Matcher }, turn = 1): Expected<'reply.made'> {
  const words = 'call_id' in of ? of : { parts: [{ type: 'text', text: of.said ?? someText }] };
  return { type: 'reply.made', data: { reply_id: `r${turn}`, turn, to: [], ...words, final: true } };
}

export function turnEnded(
  reason: EntryData<'turn.ended'>['reason'],
  over: Over<'turn.ended'> = {},
): Expected<'turn.ended'> {
  const usage = { input: someCount, output: someCount, cached: 0, reasoning: 0 };
  return {
    type: 'turn.ended',
    data: { turn: 1, event_ids: ['e1'], reason, usage, model_calls: 1, tool_calls: 0, ...over },
  };
}

/** Events of a session, as a host tells them: a test says of each what matters to it. */
import type { EntryData, EntryType } from '../../../contract/entries.ts';
import type { DeltaEvent, EntryEvent } from '../../../contract/stream.ts';

const ACTOR = { id: 'local', role: 'operator' } as const;
const USAGE = { input: 10, output: 5, cached: 0, reasoning: 0 };
const DIGEST = `sha256:${'0'.repeat(64)}` as const;
const START = 1_800_000_000_000;

const USUAL = {
  'input.received': {
    event_id: 'e1', mode: 'message', parts: [{ type: 'text', text: 'hello' }], actor: ACTOR, source: 'repl',
    lane: 'interactive', taint: [],
  },
  'turn.started': {
    turn: 1, event_ids: ['e1'], kernel: 1, frozen: DIGEST, limits: { max_turns: 1, max_calls: 1, wall_ms: 1 },
    rights: { policy: DIGEST, sandbox: 'off', role: 'operator' }, time_zone: 'UTC',
  },
  'model.requested': {
    call_id: 'm1.1', attempt: 1, purpose: 'think', provider: 'openai', model: 'gpt', request_digest: DIGEST,
    message_count: 1, max_output_tokens: 1, reserve: { tokens: 0, cost_micro_usd: 0 },
  },
  'model.replied': {
    call_id: 'm1.1', attempt: 1, parts: [], tool_calls: [], stop_reason: 'end', usage: USAGE, model_served: 'gpt',
    wire_digest: DIGEST, duration_ms: 1,
  },
  'model.failed': { call_id: 'm1.1', attempt: 1, class: 'overload', code: 'overloaded', message: 'too busy' },
  'call.inspected': {
    call_id: 'c1', args_digest: DIGEST, facts: { paths: [], hosts: [], commands: [], preimages: [] },
    facts_digest: DIGEST, presentation: { title: 'Run true' }, presentation_digest: DIGEST,
  },
  'approval.requested': { approval_id: 'a-1', call_id: 'c1', digest: DIGEST, expires_at: 0, approver_roles: [] },
  'approval.resolved': { approval_id: 'a-1', outcome: 'granted', by: { actor: ACTOR, via: 'repl' } },
  'call.started': {
    call_id: 'c1', attempt: 1, tool: 'exec_command', args_digest: DIGEST, facts_digest: DIGEST, idempotency_key: 'k',
  },
  'call.finished': {
    call_id: 'c1', attempt: 1, outcome: 'ok', output: '', output_truncated: false, files: [], taint: [], duration_ms: 9,
  },
  'call.refused': { call_id: 'c1', why: 'denied', message: 'the policy refuses it' },
  'call.abandoned': { call_id: 'c1', attempt: 1, outcome: 'unknown', message: 'nobody knows what came of it' },
  'session.opened': { reason: 'recovery', epoch: 1, kernel: 1, build: 'test', policy: DIGEST },
  'session.configured': { by: { actor: ACTOR } },
  'plan.made': { turn: 1, by: 'model', model: 'gpt', steps: [] },
  'child.started': {
    session_id: 's-child', step_id: 'a', attempt: 1, input_digest: DIGEST,
    rights: { policy: DIGEST, sandbox: 'off', role: 'operator' }, budget: { max_turns: 1, max_calls: 1, wall_ms: 1 },
  },
  'child.finished': {
    session_id: 's-child', attempt: 1, reason: 'success', head: { seq: 9, hash: '0'.repeat(64) }, result: [], taint: [],
    usage: USAGE, model_calls: 1, tool_calls: 0, active_ms: 2000,
  },
  'turn.reflected': { turn: 1, think: 0, signal: 'continue', reason: 'steps_ended', evidence: [] },
  'reply.made': { reply_id: 'r1', turn: 1, to: [], final: true },
  'turn.ended': { turn: 1, event_ids: ['e1'], reason: 'success', usage: USAGE, model_calls: 1, tool_calls: 0 },
} satisfies { [T in EntryType]?: EntryData<T> }; // prettier-ignore

export interface Events {
  /** The next entry, a second behind the one before. */
  entry<T extends keyof typeof USUAL>(type: T, data?: Partial<EntryData<T>>): EntryEvent;
  delta(text: string, data?: Partial<DeltaEvent['data']>): DeltaEvent;
}

export function createEvents(): Events {
  let seq = 0;
  const scope = { kind: 'session', id: 's-1' } as const;
  return {
    entry(type, data) {
      seq++;
      const at = START + seq * 1000;
      return {
        schemaVersion: 'runtime.event.v1',
        id: `${seq}-00000000`,
        seq,
        at,
        scope,
        type,
        data: { ...USUAL[type], ...data },
      };
    },
    delta: (text, data) => ({
      schemaVersion: 'runtime.event.v1',
      id: null,
      seq,
      at: START + seq * 1000,
      scope,
      type: 'delta',
      data: { call_id: 'm1.1', attempt: 1, kind: 'text', text, ...data },
    }),
  };
}

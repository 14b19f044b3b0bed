import { expect, test } from 'vitest';
import type { Entry, NewEntry } from '../../contract/entries.ts';
import type { Span } from '../../contract/telemetry.ts';
import { createTurnTrace } from './turn-trace.ts';

const DIGEST = `sha256:${'0'.repeat(64)}` as const;
const CONTEXT = { trace_id: 'a'.repeat(32), span_id: '', sampled: true };

/** The spans of entries that come a millisecond apart, behind the start of a turn. */
function spansOf(...entries: NewEntry[]): Span[] {
  const at = (entry: NewEntry, index: number): Entry => ({ v: 1, seq: index + 1, at: 1000 + index, ...entry });
  const start: NewEntry = {
    type: 'turn.started',
    data: {
      turn: 1,
      event_ids: ['e-1'],
      kernel: 1,
      frozen: DIGEST,
      limits: { max_turns: 1, max_calls: 1, wall_ms: 1 },
      rights: { policy: DIGEST, sandbox: 'off', role: 'operator' },
      time_zone: 'UTC',
    },
  };
  const [started, ...others] = [start, ...entries].map(at);
  if (started?.type !== 'turn.started') throw new Error('no start');
  const trace = createTurnTrace('s', started, CONTEXT);
  return others.flatMap((entry) => trace.take(entry).span ?? []);
}

const started = (call_id: string): NewEntry => ({
  type: 'call.started',
  data: { call_id, attempt: 1, tool: 'exec', args_digest: DIGEST, facts_digest: DIGEST, idempotency_key: 'k' },
});

const finished = (call_id: string, outcome: 'ok' | 'error' | 'timeout', code?: string): NewEntry => ({
  type: 'call.finished',
  data: {
    call_id,
    attempt: 1,
    outcome,
    ...(code !== undefined && { error: { code, message: 'secret text' } }),
    output: 'secret text',
    output_truncated: false,
    files: [],
    taint: [],
    duration_ms: 1,
  },
});

test('calls side by side are told apart, and their failures named', () => {
  const spans = spansOf(
    started('c-1'),
    started('c-2'),
    finished('c-2', 'error', 'not_found'),
    finished('c-1', 'timeout'),
    started('c-3'),
    { type: 'call.abandoned', data: { call_id: 'c-3', attempt: 1, outcome: 'unknown', message: 'secret text' } },
  );
  expect(spans.map(({ attributes, error }) => [attributes['gen_ai.tool.call.id'], error])).toEqual([
    ['c-2', 'not_found'],
    ['c-1', 'timeout'],
    ['c-3', 'unknown'],
  ]);
  expect(spans.map(({ began_at, ended_at }) => [began_at, ended_at])).toEqual([
    [1002, 1003],
    [1001, 1004],
    [1005, 1006],
  ]);
  expect(new Set(spans.map(({ context }) => context.span_id)).size).toBe(3);
  expect(JSON.stringify(spans)).not.toContain('secret text');
});

test('what waited for a person, and what never ran, are events of the turn', () => {
  const usage = { input: 1, output: 2, cached: 0, reasoning: 0 };
  const [turn] = spansOf(
    {
      type: 'approval.requested',
      data: { approval_id: 'a-1', call_id: 'c-1', digest: DIGEST, expires_at: 1, approver_roles: [] },
    },
    {
      type: 'approval.resolved',
      data: { approval_id: 'a-1', outcome: 'denied', by: { actor: { id: 'me', role: 'operator' }, via: 'http' }, reason: 'secret text' },
    },
    { type: 'call.refused', data: { call_id: 'c-1', why: 'approval_denied', message: 'secret text' } },
    { type: 'turn.ended', data: { turn: 1, event_ids: ['e-1'], reason: 'denied', usage, model_calls: 1, tool_calls: 0 } },
  ); // prettier-ignore
  expect(turn).toMatchObject({ name: 'invoke_agent', error: 'denied', began_at: 1000, ended_at: 1004 });
  expect(turn).not.toHaveProperty('parent_id');
  expect(turn!.events.map(({ name, at }) => [name, at])).toEqual([
    ['approval.requested', 1001],
    ['approval.resolved', 1002],
    ['call.refused', 1003],
  ]);
  expect(JSON.stringify(turn)).not.toContain('secret text');
});

test('an effect whose begin was not seen has no span', () => {
  expect(spansOf(finished('c-1', 'ok'))).toEqual([]);
});

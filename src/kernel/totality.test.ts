// The kernel answers for any well-formed entry in any state, however it came to be: it never throws, never loops.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestOf, type Digest } from '../base/digest.ts';
import type { Entry, EntryData, EntryType } from '../contract/entries.ts';
import type { FileChange, LongText } from '../contract/values.ts';
import { kernel } from './testing/story.ts';
import { DAY, factsOf, limitsOf, manifestOf, model, person, policyOf, rights } from './testing/values.ts';
import type { Resolved } from './turn/state.ts';

const RUNS = Number(process.env['KERNEL_RUNS'] ?? 500);
/** No state leaves more to decide than this: a reply of 3 calls in a turn of few thinks. */
const MOST_DECISIONS = 200;

const { constantFrom, constant, record, nat, array, boolean } = fc;
const list = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T[]> => array(of, { maxLength: 3 });

// Few ids, so that entries meet.
const call = constantFrom('c1.1.1', 'c1.1.2', 'c1.1.3', 'c1.2.1');
const ask = constantFrom('m1.1', 'm1.2', 'c1.1.1');
const event = constantFrom('e1', 'e2', 'e3');
const session = constantFrom('s-1', 's-2');
const approval = constantFrom('a-1', 'a-2');
const attempt = constantFrom(0, 1, 2, 3);
const turn = constantFrom(0, 1, 2, 3);
const text = constantFrom(
  '', 'x', 'a text', 'timeout', 'answered', 'task_graph_invalid', 'check_failed', 'steps_ended',
); // prettier-ignore
const digest = constantFrom<Digest[]>(digestOf('1'), digestOf('2'));
const money = constantFrom(0, 1, 1000, 10 ** 12);
const tool = constantFrom('read_file', 'exec_command', 'apply_patch', 'no_such_tool');
const usage = record({ input: money, output: money, cached: money, reasoning: money });
const limits = constantFrom(
  limitsOf(),
  limitsOf({ limits: { max_turns: 1, tokens: 0, cost_micro_usd: 0, wall_ms: 0 } }),
);
const facts = constantFrom(factsOf(), factsOf({ preimages: [{ path: 'a' }] }));
const long: LongText = { blob: digestOf('long'), bytes: 9, head: 'h', tail: 't' };
const parts = list(
  constantFrom(
    { type: 'text' as const, text: 'words' },
    { type: 'text' as const, text: long },
    { type: 'reasoning' as const },
    { type: 'image' as const, blob: digestOf('i'), media_type: 'image/png', bytes: 5 },
  ),
);
const files = list(constant({ path: 'a', action: 'add' as const }));
const reason = constantFrom('success', 'failed', 'canceled', 'interrupted');
const by = constant({ actor: person, via: 'cli' });

/** A record whose last keys may be missing. */
function some<T extends object>(
  needed: { [K in keyof T]: fc.Arbitrary<T[K]> },
  optional: (keyof T)[],
): fc.Arbitrary<T> {
  const requiredKeys = (Object.keys(needed) as (keyof T)[]).filter((key) => !optional.includes(key));
  return record(needed, { requiredKeys });
}

const data: { [T in EntryType]: fc.Arbitrary<EntryData<T>> } = {
  'session.created': record({
    session_id: session, workspace_id: text, kind: constant('chat'), project_root: text, source: text,
    actor: constant(person), rights: constant(rights), epoch: nat(2),
  }), // prettier-ignore
  'session.opened': record({
    reason: constantFrom('recovery', 'upgrade', 'restore', 'repair'),
    epoch: nat(3), kernel: nat(2), build: text, policy: digest,
  }), // prettier-ignore
  'session.forked': record({
    session_id: session,
    from: record({ session_id: session, seq: nat(9), hash: constant('0'.repeat(64)) }),
    rights: constant(rights),
    actor: constant(person),
  }),
  'policy.changed': record({ policy: digest, by: text }),
  'session.configured': some<EntryData<'session.configured'>>(
    { model: text, title: text, pin: text, unpin: text, trust: list(text), by: constant({ actor: person }) },
    ['model', 'title', 'pin', 'unpin', 'trust'],
  ),
  'input.received': some<EntryData<'input.received'>>(
    {
      event_id: event, mode: constantFrom('message', 'steer', 'stop'), parts, actor: constant(person), source: text,
      lane: constantFrom('interactive', 'background'), taint: list(text), for: event, reason: text,
    },
    ['for', 'reason'],
  ), // prettier-ignore
  'turn.started': record({
    turn, event_ids: list(event), kernel: nat(2), frozen: digest, limits, rights: constant(rights), time_zone: text,
  }), // prettier-ignore
  'budget.reserved': record({ for: text, scopes: constant([]) }),
  'budget.refused': some<EntryData<'budget.refused'>>({ for: text, scopes: constant([]), refused_by: text }, [
    'refused_by',
  ]),
  'model.replied': some<EntryData<'model.replied'>>(
    {
      call_id: ask, attempt, parts, usage, cost_micro_usd: money, model_served: text, wire_digest: digest,
      tool_calls: list(record({ call_id: call, provider_id: text, name: tool, arguments_raw: constantFrom<LongText[]>('{}', long) })),
      stop_reason: constantFrom('end', 'tool_calls', 'length', 'refused'), duration_ms: nat(9),
    },
    ['cost_micro_usd'],
  ), // prettier-ignore
  'model.failed': some<EntryData<'model.failed'>>(
    {
      call_id: ask, attempt, code: text, message: text, retry_after_ms: money, usage, partial: text,
      class: constantFrom(
        'auth', 'rate_limit', 'overload', 'timeout', 'network', 'context_too_long', 'refused', 'malformed',
        'invalid_request', 'aborted',
      ),
    },
    ['retry_after_ms', 'usage', 'partial'],
  ), // prettier-ignore
  'call.inspected': some<EntryData<'call.inspected'>>(
    {
      call_id: call, args_digest: digest, invalid: list(record({ path: text, message: text })), facts,
      facts_digest: digest, presentation: constant({ title: 'x' }), presentation_digest: digest,
    },
    ['invalid'],
  ), // prettier-ignore
  'approval.resolved': some<EntryData<'approval.resolved'>>(
    {
      approval_id: approval, outcome: constantFrom('granted', 'denied', 'expired'), grant_id: text, by, reason: text,
      scope: constantFrom('once', 'session', 'always'),
    },
    ['scope', 'grant_id', 'reason'],
  ), // prettier-ignore
  'call.finished': some<EntryData<'call.finished'>>(
    {
      call_id: call, attempt, outcome: constantFrom('ok', 'error', 'timeout', 'canceled', 'void', 'unknown'),
      error: record({ code: text, message: text }), output: constantFrom<LongText[]>('', 'out', long),
      output_truncated: boolean(), files, taint: list(text), duration_ms: nat(9),
    },
    ['error'],
  ), // prettier-ignore
  'child.finished': record({
    session_id: session, attempt, reason, head: constant({ seq: 1, hash: '0'.repeat(64) }), result: parts,
    taint: list(text), usage, model_calls: nat(9), tool_calls: nat(9), active_ms: money,
  }), // prettier-ignore
  'timer.fired': record({ timer_id: constantFrom('w1', 'w2', 'rm1.1.1', 'rm1.1.2', 'a-1') }),
  'context.compacted': record({
    call_id: ask, from_seq: nat(9), to_seq: nat(9), kept: nat(3), summary: digest, pinned: list(nat(9)), tokens_before: money, tokens_after: money,
  }), // prettier-ignore
  'reply.settled': record({
    reply_id: text, destination: text, outcome: constantFrom('delivered', 'dead'), chunks: constant([]),
  }), // prettier-ignore
  'files.undone': record({
    turn, files: list(some<FileChange>({ path: text, before: digest, after: digest, mode: money }, ['before', 'after', 'mode'])), by: constant({ actor: person }),
  }), // prettier-ignore
  'check.requested': record({ call_id: call, tool: text, arguments_raw: text }),
  'plan.made': record({ turn, by: constantFrom('rule', 'model'), model: text, steps: constant([]) }),
  'model.requested': record({
    call_id: ask, attempt, purpose: constantFrom('think', 'compact'), provider: text, model: text, request_digest: digest,
    message_count: nat(9), max_output_tokens: money, reserve: record({ tokens: money, cost_micro_usd: money }),
  }), // prettier-ignore
  'policy.decided': some<EntryData<'policy.decided'>>(
    {
      call_id: call, tool, effect: constantFrom('read', 'exec', 'unknown'), rules: constant([]), reason: text,
      verdict: constantFrom('allow', 'require_approval', 'deny'), taint: list(text), grant_id: text,
    },
    ['grant_id'],
  ), // prettier-ignore
  'approval.requested': record({
    approval_id: approval, call_id: call, digest, expires_at: money, approver_roles: list(text),
  }), // prettier-ignore
  'call.started': some<EntryData<'call.started'>>(
    {
      call_id: call, attempt, tool, args_digest: digest, facts_digest: digest, approval_id: approval, grant_id: text,
      idempotency_key: text, files: constant([]),
    },
    ['approval_id', 'grant_id', 'files'],
  ), // prettier-ignore
  'call.refused': record({ call_id: call, why: constantFrom('denied', 'limit', 'void', 'canceled'), message: text }),
  'call.abandoned': record({ call_id: call, attempt, outcome: constant('unknown'), message: text }),
  'child.started': record({
    session_id: session, step_id: text, attempt, input_digest: digest, rights: constant(rights), budget: limits,
  }), // prettier-ignore
  'turn.reflected': record({
    turn, think: turn, reason: text, evidence: list(call),
    signal: constantFrom('continue', 'retry', 'replan', 'stop'),
  }), // prettier-ignore
  'reply.made': record({ reply_id: text, turn, to: constant([]), final: boolean() }),
  'turn.ended': record({
    turn, event_ids: list(event), reason, usage, model_calls: nat(9), tool_calls: nat(9),
  }), // prettier-ignore
};

const manifest = constantFrom(
  manifestOf(),
  manifestOf({
    models: [model('main', { price: { input: 0, output: 0, cached: 5 } })],
    rules: { session_tokens: 1000 },
  }),
  manifestOf({
    models: [model('a', { max_output_tokens: 0 }), model('b')],
    rules: { shared_scopes: [DAY], calls_per_reply: 0 },
  }),
);
const resolved: fc.Arbitrary<Resolved> = record(
  { manifest, policy: constantFrom(policyOf(), policyOf({ deny: ['read_file'] })) },
  { requiredKeys: [] },
);

type Told = { type: EntryType; data: EntryData<EntryType>; resolved: Resolved; at: number };

const anything: fc.Arbitrary<Told> = fc
  .constantFrom(...(Object.keys(data) as EntryType[]))
  .chain((type) =>
    record({ type: constant(type), data: data[type] as fc.Arbitrary<EntryData<EntryType>>, resolved, at: money }),
  );

/** What stands in front, so that most entries find an open turn. */
const opening: Told[] = [
  {
    type: 'session.created',
    data: fc.sample(data['session.created'], { numRuns: 1, seed: 1 })[0]!,
    resolved: {},
    at: 0,
  },
  {
    type: 'turn.started',
    data: {
      turn: 1,
      event_ids: ['e1'],
      kernel: 1,
      frozen: digestOf('1'),
      limits: limitsOf(),
      rights,
      time_zone: 'UTC',
    },
    resolved: { manifest: manifestOf() },
    at: 0,
  },
];

/** Takes an entry, admissible or not; then decides what there is to decide where `drain` says so. */
function tell(told: Told[], drain: (index: number) => boolean): void {
  let state = kernel.initial();
  const append = (type: EntryType, of: object, values: Resolved, at: number): void => {
    const entry = { v: 1, seq: state.seq + 1, at, type, data: of } as Entry;
    kernel.admits(state, entry, values);
    state = kernel.evolve(state, entry, values).state;
  };
  told.forEach((one, index) => {
    append(one.type, one.data, one.resolved, one.at);
    let left = drain(index) ? MOST_DECISIONS : 1;
    for (let next = kernel.decide(state).append; next && left-- > 0; next = kernel.decide(state).append) {
      if (drain(index)) append(next.type, next.data, {}, state.at);
    }
    if (drain(index)) expect(kernel.decide(state).append).toBeUndefined();
  });
}

test.each([
  ['when nothing that it decides is done', (): boolean => false],
  ['when all that it decides is done', (): boolean => true],
  ['when only now and then is done what it decides', (index: number): boolean => index % 5 === 0],
])('any entries in any order neither throw nor leave endless decisions, %s', (_, drain) => {
  const property = fc.property(fc.array(anything, { maxLength: 60, size: 'max' }), boolean(), (told, opened) => {
    tell(opened ? [...opening, ...told] : told, drain);
  });
  fc.assert(property, { numRuns: RUNS });
});

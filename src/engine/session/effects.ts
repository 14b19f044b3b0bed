/**
 * Runs one effect and gives the observation it ends with. Nothing here decides: what an effect may do was decided
 * before its intent was written.
 */
import { canonicalJson } from '../../base/canonical-json.ts';
import type { Clock } from '../../base/clock.ts';
import { digestOf, type Hash } from '../../base/digest.ts';
import type { Observation, Seq, ToolCall } from '../../contract/entries.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Manifest } from '../../contract/manifest.ts';
import type { MessagePart, ModelReply } from '../../contract/messages.ts';
import type {
  Blobs, Budget, Children, ModelClient, ToolContext, ToolHost, ToolRequest, ToolRun,
} from '../../contract/ports.ts'; // prettier-ignore
import type { Quotas } from '../../contract/quotas.ts';
import type { Limits, Part, Rights } from '../../contract/values.ts';
import { costOf, wallLeft } from '../../kernel/budget/budget.ts';
import { callId } from '../../kernel/turn/admits.ts';
import { askedChoice } from '../../kernel/turn/choice.ts';
import type { Effect } from '../../kernel/turn/open.ts';
import { modelRequest } from '../../kernel/turn/prompt.ts';
import { KERNEL_VERSION, NO_USAGE, type Call, type State, type Turn } from '../../kernel/turn/state.ts';
import { judgedCall, judgingOf } from '../../kernel/turn/act.ts';
import { foundBelow } from '../../kernel/policy/found-below.ts';
import { mayConnect } from '../../kernel/policy/private-hosts.ts';
import { quotaText } from '../../kernel/policy/quota.ts';
import { lookedAt } from '../looked-at.ts';
import type { FileTaint } from '../taint/file-taint.ts';
import { tracedRun } from '../taint/traced-run.ts';
import { childRequest } from './child.ts';
import { compact, type Compactable } from './compact.ts';
import type { Folded } from './fold.ts';
import { wholeText } from './messages.ts';
import { nothingDone } from './nothing-done.ts';
import type { Redactor } from './redact.ts';
import { unseenOf, withAdvice } from './sight.ts';
import type { Messages } from './request.ts';

/** Names and ids of calls stand in many lines. Real ones have a few dozen characters. */
const LONGEST_NAME = 512;

/** What a runner needs of the world to run its effects. */
export interface EffectPorts {
  clock: Clock;
  hash: Hash;
  blobs: Blobs;
  models: ModelClient;
  tools: ToolHost;
  budget: Budget;
  quotas: Quotas;
  fileTaint: FileTaint;
  children: Children;
  /** What the vault has by this name, fit for a command. @throws RuntimeError vault_locked | secret_missing | secret_unfit | … */
  secret: (name: string) => Promise<string>;
  redactor: Redactor;
  /** Gathers the inputs of a turn. `minimal`: without what may have made the freeze fail before. */
  freeze(context: {
    state: State;
    minimal: boolean;
  }): Promise<{ manifest: Manifest; limits: Limits; rights: Rights; time_zone: string }>;
}

/** What may be seen while an effect runs; ephemeral. */
export type Delta = {
  call_id: string;
  attempt: number;
  kind: 'text' | 'reasoning' | 'arguments' | 'tool_output';
  text: string;
};

export interface EffectContext {
  state: State;
  /** The calls of the present reply, with their arguments. */
  calls: ReadonlyMap<string, ToolCall>;
  messages: Messages;
  fold: Compactable & Pick<Folded, 'pending' | 'goal'>;
  /** The line of the newest `model.requested`. */
  intent: { seq: Seq; hash: string } | undefined;
  outputOf: ToolContext['outputOf'];
  signal: AbortSignal;
  onDelta: (delta: Delta) => void;
  /** The last entry of the journal when it was opened. */
  opened_at: Seq;
  /** A child may have begun or ceased to wait for a person. */
  onChildChanged: () => void;
}

export type RunnableEffect = Exclude<Effect, { kind: 'timer' }>;

export async function runEffect(
  ports: EffectPorts,
  effect: RunnableEffect,
  context: EffectContext,
): Promise<Observation> {
  switch (effect.kind) {
    case 'freeze':
      return freeze(ports, effect.turn, effect.minimal, context.state);
    case 'reserve':
      return reserve(ports, effect.call_id, effect.attempt, context);
    case 'ask_model':
      return askModel(ports, effect.call_id, effect.attempt, context);
    case 'compact':
      return compact({ state: context.state, fold: context.fold, blobs: ports.blobs, hash: ports.hash });
    case 'inspect':
      return inspect(ports, effect.call_id, context);
    case 'run_tool':
      return runTool(ports, effect.call_id, effect.attempt, context);
    case 'child':
      return work(ports, effect, context);
  }
}

/** How an effect that must end, and was never started here, answers. */
export function canceledUnstarted(effect: RunnableEffect): Observation {
  if (effect.kind === 'run_tool') {
    return finished(effect.call_id, effect.attempt, 'canceled', 'The call was cancelled before it started.');
  }
  const { call_id, attempt } = effect as Extract<RunnableEffect, { kind: 'ask_model' }>;
  const message = 'The model call was cancelled before it started.';
  // Nothing was sent, so nothing can have been charged.
  return {
    type: 'model.failed',
    data: { call_id, attempt, class: 'aborted', code: 'aborted', message, usage: NO_USAGE },
  };
}

/** How an effect fails whose observation the kernel refused, or that threw where it must not. */
export function failedEffect(effect: RunnableEffect, code: string, message: string): Observation {
  switch (effect.kind) {
    case 'ask_model': {
      const { call_id, attempt } = effect;
      return { type: 'model.failed', data: { call_id, attempt, class: 'malformed', code, message } };
    }
    case 'run_tool': {
      return unrun(effect.call_id, effect.attempt, code, message);
    }
    case 'inspect': {
      const facts = { paths: [], hosts: [], commands: [], preimages: [] };
      const presentation = { title: 'A call that could not be inspected' };
      return {
        type: 'call.inspected',
        data: {
          call_id: effect.call_id,
          args_digest: digestOf(''),
          invalid: [{ path: '', message: `${code}: ${message}` }],
          facts,
          facts_digest: digestOf(canonicalJson(facts)),
          presentation,
          presentation_digest: digestOf(canonicalJson(presentation)),
        },
      };
    }
    case 'reserve':
      return {
        type: 'budget.refused',
        data: { for: `${effect.call_id}.${effect.attempt}`, scopes: [], refused_by: code },
      };
    case 'child':
      return childFailed(effect, code, message);
    case 'compact':
      throw new RuntimeError('internal', `A summary could not be put in its place: ${message}`);
    case 'freeze':
      throw new RuntimeError('internal', `A turn could not be frozen: ${message}`);
  }
}

/** How a model call fails whose request can't be made. Nothing was sent, so nothing can have been charged. */
export function unasked(
  { call_id, attempt }: Extract<RunnableEffect, { kind: 'ask_model' }>,
  { code, message, next }: RuntimeError,
): Observation {
  const data = { call_id, attempt, class: 'invalid_request' as const, code, message: `${message} ${next}` };
  return { type: 'model.failed', data: { ...data, usage: NO_USAGE } };
}

async function freeze(ports: EffectPorts, turn: number, minimal: boolean, state: State): Promise<Observation> {
  const { manifest, limits, rights, time_zone } = await ports.freeze({ state, minimal });
  const frozen = await ports.blobs.put(canonicalJson(manifest));
  const event_ids = [state.queue[0]!.event_id];
  return { type: 'turn.started', data: { turn, event_ids, kernel: KERNEL_VERSION, frozen, limits, rights, time_zone } };
}

async function reserve(
  ports: EffectPorts,
  call_id: string,
  attempt: number,
  { state, intent }: EffectContext,
): Promise<Observation> {
  const turn = state.turn!;
  const key = `${call_id}.${attempt}`;
  const { name, price } = askedChoice(turn);
  const { tokens, cost_micro_usd } = turn.ask.reserve;
  const { ok, ...answer } = await ports.budget.reserve({
    session: state.session!.id,
    for: key,
    intent: intent!,
    model: name,
    scopes: turn.manifest.rules.shared_scopes,
    tokens,
    ...(price && { cost_micro_usd }),
    wall_ms: wallLeft(state, turn).left_ms,
    active_ms: turn.active_ms,
  });
  if (ok) return { type: 'budget.reserved', data: { for: key, scopes: answer.scopes } };
  return { type: 'budget.refused', data: { for: key, ...answer } };
}

async function askModel(
  ports: EffectPorts,
  call_id: string,
  attempt: number,
  { state, messages, fold, signal, onDelta }: EffectContext,
): Promise<Observation> {
  const turn = state.turn!;
  const startedAt = ports.clock.now();
  const history = await messages.upTo(state);
  const request = modelRequest(state, turn, history, turn.ask.max_output_tokens);
  const answer = await ports.models.ask(request, {
    signal,
    // Only what is said to the person is seen as it comes.
    onDelta: (delta) => request.purpose === 'think' && onDelta({ call_id, attempt, ...delta }),
  });
  if (answer.ok) {
    const absurd = answer.tool_calls.some((call) => Math.max(call.name.length, call.provider_id.length) > LONGEST_NAME);
    if (absurd)
      return failedEffect(
        { kind: 'ask_model', key: '', call_id, attempt, cancel: false },
        'name_too_long',
        'A call of the reply has an absurdly long name or id.',
      );
    const duration_ms = Math.max(0, ports.clock.now() - startedAt);
    const reply = replied(turn, call_id, attempt, answer, duration_ms);
    const unseen = turn.ask.purpose === 'think' ? unseenOf(askedChoice(turn), history, fold) : undefined;
    return unseen ? { type: reply.type, data: { ...reply.data, unseen } } : reply;
  }
  const { ok: _, ...failure } = withAdvice(answer, askedChoice(turn), request.messages);
  // Aborted by us, an attempt doesn't count. By anyone else it does, or it would be asked for again without an end.
  const abortedByOthers = failure.class === 'aborted' && !signal.aborted;
  const { price } = askedChoice(turn);
  return {
    type: 'model.failed',
    data: {
      call_id,
      attempt,
      ...failure,
      ...(abortedByOthers && { class: 'network' as const }),
      ...(failure.usage && price && { cost_micro_usd: costOf(failure.usage, price) }),
    },
  };
}

type Replied = Extract<Observation, { type: 'model.replied' }>;

function replied(turn: Turn, call_id: string, attempt: number, answer: ModelReply, duration_ms: number): Replied {
  const { price } = askedChoice(turn);
  const { purpose } = turn.ask;
  const ofThink = purpose === 'think';
  return {
    type: 'model.replied',
    data: {
      call_id,
      attempt,
      parts: answer.parts.map(toPart),
      ...(purpose === 'think' ? {} : { purpose }),
      tool_calls: ofThink ? answer.tool_calls.map((call, index) => ({ call_id: callId(turn, index), ...call })) : [],
      stop_reason: answer.stop_reason,
      usage: answer.usage,
      ...(price && { cost_micro_usd: costOf(answer.usage, price) }),
      model_served: answer.model_served,
      ...(answer.provider_request_id !== undefined && { provider_request_id: answer.provider_request_id }),
      wire_digest: `sha256:${answer.wire_hash}`,
      duration_ms,
    },
  };
}

/** Replies hold texts and reasoning; pictures in replies come with the models that make them. */
function toPart(part: MessagePart): Part {
  if (part.type === 'text') return { type: 'text', text: part.text };
  if (part.type === 'reasoning') return part;
  return { type: 'text', text: `[a ${part.type} of type ${part.media_type} was left out]` };
}

async function work(
  ports: EffectPorts,
  { session_id, attempt, step_id }: Extract<RunnableEffect, { kind: 'child' }>,
  { state, fold, opened_at, signal, onChildChanged }: EffectContext,
): Promise<Observation> {
  const request = childRequest(ports.hash, state, fold, { step_id, opened_at });
  const end = await ports.children.work(request, { signal, changed: onChildChanged });
  return { type: 'child.finished', data: { session_id, attempt, ...end } };
}

/** What a session did that can't be read, or went wrong here, nobody can say. */
function childFailed(
  { session_id, attempt }: Extract<RunnableEffect, { kind: 'child' }>,
  code: string,
  message: string,
): Observation {
  return {
    type: 'child.finished',
    data: { session_id, attempt, ...nothingDone('interrupted', `${code}: ${message}`) },
  };
}

async function inspect(ports: EffectPorts, call_id: string, context: EffectContext): Promise<Observation> {
  const { request, call } = await toolRequest(ports, call_id, context);
  const judging = judgingOf(context.state, context.state.turn!);
  const inspection = await ports.tools.inspect({ ...request, ...lookedAt(judging, request.spec.name) });
  // What runs again has its place.
  const quota = call.attempt === 0 ? await ports.quotas.usedUp(call.name) : undefined;
  return { type: 'call.inspected', data: { call_id, ...inspection, ...(quota && { quota }) } };
}

async function runTool(
  ports: EffectPorts,
  call_id: string,
  attempt: number,
  context: EffectContext,
): Promise<Observation> {
  const { request, call } = await toolRequest(ports, call_id, context);
  const inspected = call.inspected!;
  const turn = context.state.turn!;
  const session = context.state.session!.id;
  const quota = await ports.quotas.take({ session, call_id, attempt, tool: call.name });
  if (quota) return unrun(call_id, attempt, 'quota_exceeded', quotaText(call.name, quota));
  const run: ToolRun = {
    ...request,
    attempt,
    args_digest: inspected.args_digest,
    facts_digest: inspected.facts_digest,
    facts: inspected.facts,
    ...(inspected.facts.args && { named_args: Object.keys(inspected.facts.args) }),
    // As it was decided on, also where another could be had by now.
    ...(inspected.facts.sandbox && { sandbox: inspected.facts.sandbox }),
    ...(inspected.facts.links && { links: true as const }),
    idempotency_key: `${session}:${call_id}`,
    ...(call.recovery === 'roll_forward' && { files: inspected.facts.preimages }),
  };
  let mayFind: ToolContext['mayFind'] | undefined; // most tools go through no folder
  const around: ToolContext = {
    signal: context.signal,
    onOutput: (text) => context.onDelta({ call_id, attempt, kind: 'tool_output', text }),
    preserve: (bytes) => ports.blobs.put(bytes, { private: true }),
    mayConnect: (target) => mayConnect(context.state.turn!.policies, target),
    mayFind: (real) => (mayFind ??= foundBelow(turn.policies, judgedCall(context.state, turn, call, inspected)))(real),
    async secret(name) {
      const isDecided = inspected.facts.secrets?.some((one) => one.name === name);
      if (!isDecided) throw new RuntimeError('internal', `The call was not decided on with the secret ${name}.`);
      return ports.secret(name);
    },
    redacting: () => ports.redactor.exact.stream(),
    outputOf: context.outputOf,
  };
  const { state } = context;
  const result = await tracedRun(ports.fileTaint, { state, call, arguments_raw: request.arguments_raw }, () =>
    ports.tools.run(run, around),
  );
  return { type: 'call.finished', data: { call_id, attempt, ...result } };
}

async function toolRequest(
  ports: EffectPorts,
  call_id: string,
  { state, calls }: EffectContext,
): Promise<{ request: ToolRequest; call: Call }> {
  const turn = state.turn!;
  const call = turn.calls.find((one) => one.call_id === call_id)!;
  const spec = turn.manifest.catalog.find((tool) => tool.name === call.name)!;
  const arguments_raw = await wholeText(calls.get(call_id)!.arguments_raw, ports.blobs);
  return { request: { call_id, spec, arguments_raw, project_root: state.session!.project_root }, call };
}

function unrun(call_id: string, attempt: number, code: string, message: string): Observation {
  const { type, data } = finished(call_id, attempt, 'error', '');
  return { type, data: { ...data, error: { code, message } } };
}

function finished(
  call_id: string,
  attempt: number,
  outcome: 'canceled' | 'error',
  output: string,
): Extract<Observation, { type: 'call.finished' }> {
  const data = { call_id, attempt, outcome, output, output_truncated: false, files: [], taint: [], duration_ms: 0 };
  return { type: 'call.finished', data };
}

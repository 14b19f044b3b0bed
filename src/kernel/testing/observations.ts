/**
 * Observations for specs, as short sentences: `message('e1')`, `replied({ text: 'Hi' })`, `granted('c1.1.1')`. What an
 * observation must name (ids, attempts, approvals) is taken from the state in which it comes.
 */
import { canonicalJson } from '../../base/canonical-json.ts';
import { digestOf, type Digest } from '../../base/digest.ts';
import type { EntryData, Observation } from '../../contract/entries.ts';
import type { Policy } from '../../contract/manifest.ts';
import type { PolicyRule } from '../../contract/policy-rule.ts';
import type { Summary } from '../../contract/summary.ts';
import type { Facts, ModelFailureClass, Usage } from '../../contract/values.ts';
import { callId } from '../turn/admits.ts';
import type { Resolved, State, Turn } from '../turn/state.ts';
import { factsOf, limitsOf, manifestOf, person, policyOf, rights, system, type Inputs } from './values.ts';

/** An observation, the values it names by digest, and how many ms after the entry before it comes. */
export interface Observed {
  observation: Observation;
  resolved?: Resolved;
  after_ms?: number;
}

export type Step = (state: State) => Observed;

/** The same observation, so many ms after the entry before it. */
export function later(ms: number, step: Step): Step {
  return (state) => ({ ...step(state), after_ms: ms });
}

export function created(session_id = 's-1'): Step {
  return only({
    type: 'session.created',
    data: {
      session_id,
      workspace_id: 'w',
      kind: 'chat',
      project_root: '/project',
      source: 'cli',
      actor: person,
      rights,
      epoch: 1,
    },
  });
}

/** The process starts again on this journal. */
export function opened(over: Partial<EntryData<'session.opened'>> & { tightened?: Policy } = {}): Step {
  const { tightened, ...data } = over;
  return () => ({
    observation: {
      type: 'session.opened',
      data: { reason: 'recovery', epoch: 1, kernel: 1, build: 'b', policy: digestOf('policy'), ...data },
    },
    ...(tightened && { resolved: { policy: tightened } }),
  });
}

export function restored(): Step {
  return opened({ reason: 'restore', epoch: 2 });
}

/** `own`: policies that the fork gets for itself. */
export function forked(session_id = 's-2', ...own: Partial<Policy>[]): Step {
  const from = { session_id: 's-1', seq: 1, hash: '0'.repeat(64) };
  const policies = own.map(policyOf);
  return () => ({
    observation: {
      type: 'session.forked',
      data: {
        session_id,
        from,
        rights,
        actor: person,
        ...(own.length > 0 && { own_policies: policies.map((policy) => digestOf(canonicalJson(policy))) }),
      },
    },
    ...(own.length > 0 && { resolved: { own_policies: policies } }),
  });
}

/** A fork that goes on in another workspace, which is in this epoch. */
export function imported(session_id: string, epoch: number): Step {
  const from = { session_id: 's-1', seq: 1, hash: '0'.repeat(64) };
  return only({ type: 'session.forked', data: { session_id, from, rights, actor: person, epoch } });
}

export function policyChanged(over: Partial<Policy>): Step {
  const policy = policyOf(over);
  return () => ({
    observation: { type: 'policy.changed', data: { policy: digestOf(canonicalJson(policy)), by: 'local' } },
    resolved: { policy },
  });
}

export function message(event_id: string, over: Partial<EntryData<'input.received'>> = {}): Step {
  return only({
    type: 'input.received',
    data: {
      event_id,
      mode: 'message',
      parts: [{ type: 'text', text: event_id }],
      actor: person,
      source: 'cli',
      lane: 'interactive',
      taint: [],
      ...over,
    },
  });
}

export function steer(event_id: string): Step {
  return message(event_id, { mode: 'steer' });
}

export function stop(of: string): Step {
  return message(`stop-${of}`, { mode: 'stop', parts: [], for: of });
}

/** The freeze is done: the turn of the first queued message begins. */
export function started(inputs: Inputs = {}): Step {
  const manifest = manifestOf(inputs);
  return (state) => ({
    observation: {
      type: 'turn.started',
      data: {
        turn: state.turns + 1,
        event_ids: state.queue.slice(0, 1).map((item) => item.event_id),
        kernel: 1,
        frozen: digestOf(canonicalJson(manifest)),
        limits: limitsOf(inputs),
        rights,
        time_zone: 'UTC',
      },
    },
    resolved: { manifest },
  });
}

export interface Answer {
  text?: string;
  /** Tool name and arguments of each call. */
  calls?: [name: string, args?: string][];
  stop_reason?: EntryData<'model.replied'>['stop_reason'];
  usage?: Partial<Usage>;
  cost_micro_usd?: number;
}

export function replied(answer: Answer): Step {
  const { text, calls = [], usage, stop_reason = calls.length > 0 ? 'tool_calls' : 'end', ...rest } = answer;
  return inTurn((turn) => ({
    type: 'model.replied',
    data: {
      call_id: turn.ask.call_id,
      attempt: turn.ask.attempt,
      parts: text === undefined ? [] : [{ type: 'text', text }],
      ...(turn.ask.purpose === 'think' ? {} : { purpose: turn.ask.purpose }),
      tool_calls: calls.map(([name, args = '{}'], index) => ({
        call_id: callId(turn, index),
        provider_id: `p${index + 1}`,
        name,
        arguments_raw: args,
      })),
      stop_reason,
      usage: { input: 100, output: 20, cached: 0, reasoning: 0, ...usage },
      model_served: 'main-1',
      wire_digest: digestOf('wire'),
      duration_ms: 5,
      ...rest,
    },
  }));
}

export function modelFailed(failure: ModelFailureClass, over: Partial<EntryData<'model.failed'>> = {}): Step {
  return inTurn((turn) => ({
    type: 'model.failed',
    data: {
      call_id: turn.ask.call_id,
      attempt: turn.ask.attempt,
      class: failure,
      code: `their_${failure}`,
      message: `It failed: ${failure}.`,
      ...over,
    },
  }));
}

export const NO_SUMMARY: Summary = { v: 1, said: [], unsaid: 0, done: [], counts: [] };

/** The summary of the answered call is put in its place. */
export function compacted(summary: Partial<Summary> = {}): Step {
  const value = { ...NO_SUMMARY, ...summary };
  return (state) => {
    const { ask } = state.turn!;
    return {
      observation: {
        type: 'context.compacted',
        data: {
          call_id: ask.call_id,
          from_seq: 1,
          to_seq: state.seq,
          kept: ask.compaction?.keep ?? 0,
          summary: digestOf(canonicalJson(value)),
          pinned: [],
          tokens_before: 2,
          tokens_after: 1,
        },
      },
      resolved: { summary: value },
    };
  };
}

export function reserved(scopes: EntryData<'budget.reserved'>['scopes'] = []): Step {
  return inTurn((turn) => ({
    type: 'budget.reserved',
    data: { for: `${turn.ask.call_id}.${turn.ask.attempt}`, scopes },
  }));
}

export function reservationRefused(refused_by: string, message?: string): Step {
  return inTurn((turn) => ({
    type: 'budget.refused',
    data: {
      for: `${turn.ask.call_id}.${turn.ask.attempt}`,
      scopes: [],
      refused_by,
      ...(message !== undefined && { message }),
    },
  }));
}

/** Calls of the same tool with the same arguments get the same digest of arguments. */
export function inspected(call_id: string, over: { facts?: Partial<Facts>; invalid?: string } = {}): Step {
  return inTurn((turn) => ({
    type: 'call.inspected',
    data: {
      call_id,
      args_digest: argsDigest(turn, call_id),
      facts: factsOf(over.facts),
      facts_digest: digestOf(canonicalJson(factsOf(over.facts))),
      presentation: { title: 'A call' },
      presentation_digest: digestOf('presentation'),
      ...(over.invalid !== undefined && { invalid: [{ path: '/cmd', message: over.invalid }] }),
    },
  }));
}

function argsDigest(turn: Turn, call_id: string): Digest {
  return `sha256:${turn.calls.find((call) => call.call_id === call_id)?.signature ?? '0'.repeat(64)}`;
}

export function finished(call_id: string, over: Partial<EntryData<'call.finished'>> = {}): Step {
  return inTurn((turn) => ({
    type: 'call.finished',
    data: {
      call_id,
      attempt: turn.calls.find((call) => call.call_id === call_id)?.attempt ?? 1,
      outcome: 'ok',
      output: 'done',
      output_truncated: false,
      files: [],
      taint: [],
      duration_ms: 5,
      ...over,
    },
  }));
}

/** A step's session has ended its try. */
export function childFinished(session_id: string, over: Partial<EntryData<'child.finished'>> = {}): Step {
  return inTurn((turn) => ({
    type: 'child.finished',
    data: {
      session_id,
      attempt: turn.goal?.steps.find((step) => step.session_id === session_id)?.attempt ?? 1,
      reason: 'success',
      head: { seq: 9, hash: '0'.repeat(64) },
      result: [{ type: 'text', text: 'found' }],
      taint: [],
      usage: { input: 50, output: 10, cached: 0, reasoning: 0 },
      model_calls: 1,
      tool_calls: 1,
      active_ms: 1000,
      ...over,
    },
  }));
}

export function granted(
  call_id: string,
  scope?: { scope: 'session' | 'always'; grant_id: string; rule?: PolicyRule },
): Step {
  return resolution(call_id, { outcome: 'granted', by: { actor: person, via: 'cli' }, ...scope });
}

export function denied(call_id: string, reason?: string): Step {
  return resolution(call_id, {
    outcome: 'denied',
    by: { actor: person, via: 'cli' },
    ...(reason !== undefined && { reason }),
  });
}

export function expired(call_id: string): Step {
  return resolution(call_id, { outcome: 'expired', by: { actor: system, via: 'clock' } });
}

function resolution(call_id: string, data: Omit<EntryData<'approval.resolved'>, 'approval_id'>): Step {
  return inTurn((turn) => {
    const approval = turn.calls.find((call) => call.call_id === call_id)?.approval;
    return { type: 'approval.resolved', data: { approval_id: approval?.approval_id ?? 'a-none', ...data } };
  });
}

/** A person put the files of a turn back: by path, what they held before (absent: nothing stood there). */
export function undone(turn: number, files: EntryData<'files.undone'>['files']): Step {
  return only({ type: 'files.undone', data: { turn, files, by: { actor: person } } });
}

export function timerFired(timer_id: string): Step {
  return only({ type: 'timer.fired', data: { timer_id } });
}

/** Any other observation, as it stands. */
export function only(observation: Observation): Step {
  return () => ({ observation });
}

function inTurn(observe: (turn: Turn) => Observation): Step {
  return (state) => {
    if (!state.turn) throw new Error('This observation needs an open turn.');
    return { observation: observe(state.turn) };
  };
}

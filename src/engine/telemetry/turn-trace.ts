/** The spans of one turn, as its journal's entries tell them. Pure. No text that a person or a model wrote is in them. */
import type { Entry, EntryData, EntryOf } from '../../contract/entries.ts';
import type { Attributes, MeasuredCall, Span, TraceContext } from '../../contract/telemetry.ts';
import type { StopReason } from '../../contract/values.ts';
import { spanIdOf } from './trace-id.ts';

export interface TurnTrace {
  trace_id: string;
  /** Takes the next entry of the turn. Gives the span that is over by it, and the model call, where it was one. */
  take(entry: Entry): { span?: Span; call?: MeasuredCall };
}

/** `parent`: what the turn is part of; its `span_id` is empty where it is the root of its trace. */
export function createTurnTrace(session_id: string, started: EntryOf<'turn.started'>, parent: TraceContext): TurnTrace {
  const { turn, event_ids } = started.data;
  const { trace_id, sampled } = parent;
  const turnId = spanIdOf(session_id, 'turn', turn);
  const events: Span['events'] = [];
  const models = new Map<string, EntryOf<'model.requested'>>();
  const calls = new Map<string, EntryOf<'call.started'>>();
  let asked: Attributes = {};

  function part(began: Entry, ended: Entry, told: Pick<Span, 'name' | 'kind' | 'attributes' | 'error'>): Span {
    const attributes = { ...told.attributes, 'gen_ai.conversation.id': session_id };
    const span_id = spanIdOf(session_id, began.type, began.seq);
    const context = { trace_id, span_id, sampled };
    return { ...told, attributes, context, parent_id: turnId, began_at: began.at, ended_at: ended.at, events: [] };
  }

  function modelCall(ended: EntryOf<'model.replied' | 'model.failed'>): ReturnType<TurnTrace['take']> {
    const began = taken(models, ended.data);
    if (!began) return {};
    const { provider, model, max_output_tokens } = began.data;
    const replied = ended.type === 'model.replied' ? ended.data : undefined;
    const error = ended.type === 'model.failed' ? ended.data.class : undefined;
    const usage = ended.data.usage;
    asked = { 'gen_ai.provider.name': provider, 'gen_ai.request.model': model };
    const failed = error !== undefined && { error };
    return {
      span: part(began, ended, {
        name: `chat ${model}`,
        kind: 'client',
        attributes: {
          'gen_ai.operation.name': 'chat',
          ...asked,
          'gen_ai.request.max_tokens': max_output_tokens,
          ...(replied && {
            'gen_ai.response.model': replied.model_served,
            'gen_ai.response.finish_reasons': [FINISHED[replied.stop_reason]],
          }),
          ...(usage && usageOf(usage)),
          ...idsOf(ended.data),
        },
        ...failed,
      }),
      call: {
        provider,
        model,
        duration_ms: ended.at - began.at,
        ...(replied && { served: replied.model_served, duration_ms: replied.duration_ms }),
        ...(usage && { tokens: usage }),
        ...failed,
      },
    };
  }

  function toolCall(ended: EntryOf<'call.finished' | 'call.abandoned'>): ReturnType<TurnTrace['take']> {
    const began = taken(calls, ended.data);
    if (!began) return {};
    const { tool, call_id } = began.data;
    const { outcome } = ended.data;
    const code = ended.type === 'call.finished' ? ended.data.error?.code : undefined;
    const span = part(began, ended, {
      name: `execute_tool ${tool}`,
      kind: 'internal',
      attributes: {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': tool,
        'gen_ai.tool.call.id': call_id,
        'gen_ai.tool.type': 'function',
        ...idsOf(ended.data),
      },
      ...(outcome !== 'ok' && { error: code ?? outcome }),
    });
    return { span };
  }

  function whole(ended: EntryOf<'turn.ended'>): Span {
    const { reason, usage, cost_micro_usd, model_calls, tool_calls } = ended.data;
    return {
      name: 'invoke_agent',
      kind: 'internal',
      context: { trace_id, span_id: turnId, sampled },
      ...(parent.span_id !== '' && { parent_id: parent.span_id }),
      began_at: started.at,
      ended_at: ended.at,
      attributes: {
        'gen_ai.operation.name': 'invoke_agent',
        'gen_ai.conversation.id': session_id,
        ...asked,
        ...usageOf(usage),
        'runtime.turn': turn,
        'runtime.turn.reason': reason,
        'runtime.event.ids': event_ids,
        'runtime.model_calls': model_calls,
        'runtime.tool_calls': tool_calls,
        ...(cost_micro_usd !== undefined && { 'runtime.cost_micro_usd': cost_micro_usd }),
      },
      ...(reason !== 'success' && { error: reason }),
      events,
    };
  }

  return {
    trace_id,
    take(entry) {
      switch (entry.type) {
        case 'model.requested':
          models.set(keyOf(entry.data), entry);
          return {};
        case 'model.replied':
        case 'model.failed':
          return modelCall(entry);
        case 'call.started':
          calls.set(keyOf(entry.data), entry);
          return {};
        case 'call.finished':
        case 'call.abandoned':
          return toolCall(entry);
        case 'call.refused':
        case 'approval.requested':
        case 'approval.resolved':
          events.push({ name: entry.type, at: entry.at, attributes: noteOf(entry) });
          return {};
        case 'turn.ended':
          return { span: whole(entry) };
        default:
          return {};
      }
    },
  };
}

/** As OpenAI's API calls them, which the conventions take their examples from. */
const FINISHED: Record<StopReason, string> = {
  end: 'stop',
  tool_calls: 'tool_calls',
  length: 'length',
  refused: 'content_filter',
};

type Attempt = Pick<EntryData<'model.requested'>, 'call_id' | 'attempt'>;

function keyOf({ call_id, attempt }: Attempt): string {
  return `${call_id} ${attempt}`;
}

function taken<T>(begun: Map<string, T>, attempt: Attempt): T | undefined {
  const key = keyOf(attempt);
  const found = begun.get(key);
  begun.delete(key);
  return found;
}

function idsOf({ call_id, attempt }: Attempt): Attributes {
  return { 'runtime.call.id': call_id, 'runtime.attempt': attempt };
}

function usageOf({ input, output, cached, reasoning }: EntryData<'turn.ended'>['usage']): Attributes {
  return {
    'gen_ai.usage.input_tokens': input,
    'gen_ai.usage.output_tokens': output,
    ...(cached > 0 && { 'gen_ai.usage.cache_read.input_tokens': cached }),
    ...(reasoning > 0 && { 'gen_ai.usage.reasoning.output_tokens': reasoning }),
  };
}

function noteOf(entry: EntryOf<'call.refused' | 'approval.requested' | 'approval.resolved'>): Attributes {
  switch (entry.type) {
    case 'call.refused':
      return { 'runtime.call.id': entry.data.call_id, 'runtime.refused': entry.data.why };
    case 'approval.requested':
      return { 'runtime.call.id': entry.data.call_id, 'runtime.approval.id': entry.data.approval_id };
    case 'approval.resolved':
      return { 'runtime.approval.id': entry.data.approval_id, 'runtime.approval.outcome': entry.data.outcome };
  }
}

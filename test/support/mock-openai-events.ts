/** The events of a mock reply in OpenAI's two wire formats, each as the text that goes over the wire. */
import { argumentsOf, callId, type MockReply, pieces, stopOf, textOf, usageOf } from './mock-reply.ts';

const CREATED = 1_763_622_000;

/** Server-sent events of Chat Completions, `[DONE]` at the end. */
export function chatEvents(body: unknown, reply: MockReply): string[] {
  const model = modelOf(body);
  const chunk = (delta: object, finish_reason: string | null = null): string =>
    data({
      id: 'chatcmpl-mock',
      object: 'chat.completion.chunk',
      created: CREATED,
      model,
      choices: [{ index: 0, delta, finish_reason }],
    });
  const { input, output, cached, reasoning } = usageOf(reply);
  const finish = { end: 'stop', tool_calls: 'tool_calls', length: 'length', refused: 'content_filter' }[stopOf(reply)];
  return [
    chunk({ role: 'assistant', content: '' }),
    ...pieces(reply.reasoning ?? '', reply.chunks).map((piece) => chunk({ reasoning_content: piece })),
    ...pieces(textOf(reply), reply.chunks).map((piece) => chunk({ content: piece })),
    ...pieces(reply.refusal ?? '', reply.chunks).map((piece) => chunk({ refusal: piece })),
    ...(reply.calls ?? []).flatMap((call, index) => {
      const id = callId(call, index);
      const head = chunk({
        tool_calls: [
          { index, ...(id !== undefined && { id }), type: 'function', function: { name: call.name, arguments: '' } },
        ],
      });
      const tail = pieces(argumentsOf(call), reply.chunks).map((piece) =>
        chunk({ tool_calls: [{ index, function: { arguments: piece } }] }),
      );
      return [head, ...tail];
    }),
    ...(reply.extraEvents ?? []).map(data),
    chunk({}, finish),
    ...(reply.usage === null
      ? []
      : [
          data({
            id: 'chatcmpl-mock',
            object: 'chat.completion.chunk',
            created: CREATED,
            model,
            choices: [],
            usage: {
              prompt_tokens: input,
              completion_tokens: output,
              total_tokens: input + output,
              prompt_tokens_details: { cached_tokens: cached },
              completion_tokens_details: { reasoning_tokens: reasoning },
            },
          }),
        ]),
    'data: [DONE]\n\n',
  ];
}

/** Server-sent events of the Responses API. */
export function responsesEvents(body: unknown, reply: MockReply): string[] {
  let sequence_number = 0;
  const events: string[] = [];
  const emit = (type: string, fields: object): void => {
    events.push(`event: ${type}\n${data({ type, sequence_number: sequence_number++, ...fields })}`);
  };
  const response = {
    id: 'resp_mock',
    object: 'response',
    created_at: CREATED,
    model: modelOf(body),
    output: [] as object[],
  };
  emit('response.created', { response: { ...response, status: 'in_progress' } });

  const add = (item: { id: string; type: string }, deltas: [type: string, text: string][], done: object): void => {
    const output_index = response.output.length;
    emit('response.output_item.added', { output_index, item: { ...item, status: 'in_progress' } });
    for (const [type, text] of deltas) {
      for (const delta of pieces(text, reply.chunks))
        emit(type, { item_id: item.id, output_index, content_index: 0, delta });
    }
    const whole = { ...item, ...done, status: 'completed' };
    emit('response.output_item.done', { output_index, item: whole });
    response.output.push(whole);
  };

  if (reply.reasoning !== undefined) {
    add({ id: 'rs_1', type: 'reasoning' }, [['response.reasoning_summary_text.delta', reply.reasoning]], {
      summary: [{ type: 'summary_text', text: reply.reasoning }],
      encrypted_content: reply.seal ?? 'sealed',
    });
  }
  const text = textOf(reply);
  if (text !== '') {
    add({ id: 'msg_1', type: 'message' }, [['response.output_text.delta', text]], {
      role: 'assistant',
      content: [{ type: 'output_text', text, annotations: [] }],
    });
  }
  if (reply.refusal !== undefined) {
    add({ id: 'msg_2', type: 'message' }, [['response.refusal.delta', reply.refusal]], {
      role: 'assistant',
      content: [{ type: 'refusal', refusal: reply.refusal }],
    });
  }
  for (const [index, call] of (reply.calls ?? []).entries()) {
    const id = callId(call, index);
    add(
      { id: `fc_${index + 1}`, type: 'function_call' },
      [['response.function_call_arguments.delta', argumentsOf(call)]],
      {
        name: call.name,
        arguments: argumentsOf(call),
        ...(id !== undefined && { call_id: id }),
      },
    );
  }
  for (const { type = 'extra', ...fields } of (reply.extraEvents ?? []) as { type?: string }[]) emit(type, fields);

  const { input, output, cached, reasoning } = usageOf(reply);
  const stop = stopOf(reply);
  const incomplete = stop === 'length' || (stop === 'refused' && reply.refusal === undefined);
  emit(incomplete ? 'response.incomplete' : 'response.completed', {
    response: {
      ...response,
      status: incomplete ? 'incomplete' : 'completed',
      ...(incomplete && { incomplete_details: { reason: stop === 'length' ? 'max_output_tokens' : 'content_filter' } }),
      ...(reply.usage !== null && {
        usage: {
          input_tokens: input,
          input_tokens_details: { cached_tokens: cached },
          output_tokens: output,
          output_tokens_details: { reasoning_tokens: reasoning },
          total_tokens: input + output,
        },
      }),
    },
  });
  return events;
}

function data(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

function modelOf(body: unknown): string {
  const { model } = (typeof body === 'object' && body ? body : {}) as { model?: string };
  return `${model ?? 'mock'}-2026`;
}

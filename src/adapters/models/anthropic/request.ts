/** Requests of Anthropic's Messages API. */
import type {
  ContentBlockParam,
  ImageBlockParam,
  MessageCreateParamsStreaming,
  MessageParam,
  TextBlockParam,
  Tool,
} from '@anthropic-ai/sdk/resources/messages';
import type { MessagePart, ModelRequest } from '../../../contract/messages.ts';
import { closedSchema } from '../reply/schema.ts';
import { type AssistantTurn, type Turn, turnsOf, type UserTurn } from '../reply/turns.ts';
import { unseal } from './sealed.ts';

/** What is marked is cached up to there. Four marks may be set: here on the tools, the instructions and two turns. */
const CACHED = { cache_control: { type: 'ephemeral' } } as const;

export function messagesRequest(request: ModelRequest, reasoner: string): MessageCreateParamsStreaming {
  const { model, instructions, tools, max_output_tokens, output_schema } = request;
  return {
    model,
    max_tokens: max_output_tokens,
    stream: true,
    ...(tools.length > 0 && { tools: toolsOf(tools) }),
    ...(instructions.trim() !== '' && { system: [{ type: 'text', text: instructions, ...CACHED }] }),
    messages: messagesOf(turnsOf(request.messages, reasoner)),
    ...(output_schema && {
      output_config: { format: { type: 'json_schema', schema: closedSchema(output_schema.schema) } },
    }),
  };
}

function toolsOf(tools: ModelRequest['tools']): Tool[] {
  return tools.map(({ name, description, parameters }, index) => ({
    name,
    description,
    input_schema: { ...parameters, type: 'object' },
    ...(index === tools.length - 1 && CACHED),
  }));
}

/**
 * The last turn is marked for the request after this one, the user's turn before it since that is where the request
 * before this one ended: however many blocks came in between, it is found.
 */
function messagesOf(turns: Turn[]): MessageParam[] {
  return turns.map((turn, index): MessageParam => {
    if (turn.role === 'assistant') return { role: 'assistant', content: assistantBlocks(turn) };
    const blocks = userBlocks(turn);
    if (index >= turns.length - 3) blocks.push({ ...blocks.pop()!, ...CACHED });
    return { role: 'user', content: blocks };
  });
}

type UserBlock = Exclude<ContentBlockParam, { type: 'thinking' | 'redacted_thinking' }>;

function userBlocks({ results, said }: UserTurn): UserBlock[] {
  return [
    ...results.map(({ id, output }): UserBlock => ({ type: 'tool_result', tool_use_id: id, content: output })),
    ...said.map(saidBlock),
  ];
}

function assistantBlocks({ parts, calls }: AssistantTurn): ContentBlockParam[] {
  return [
    ...parts.flatMap((part): ContentBlockParam[] => {
      if (part.type === 'reasoning') return [unseal(part)];
      return part.type === 'text' ? [{ type: 'text', text: part.text }] : [];
    }),
    ...calls.map(({ id, name, args }): ContentBlockParam => ({ type: 'tool_use', id, name, input: args })),
  ];
}

function saidBlock(part: MessagePart): UserBlock {
  if (part.type === 'text') return { type: 'text', text: part.text };
  if (part.type === 'reasoning') return unreadable('reasoning');
  const { base64, media_type, name } = part;
  if (isImage(media_type)) return { type: 'image', source: { type: 'base64', media_type, data: base64 } };
  const title = name === undefined ? {} : { title: name };
  if (media_type === 'application/pdf') {
    return { type: 'document', source: { type: 'base64', media_type, data: base64 }, ...title };
  }
  if (/^text\/|^application\/(json|xml|yaml)\b/.test(media_type)) {
    const data = Buffer.from(base64, 'base64').toString('utf8');
    return { type: 'document', source: { type: 'text', media_type: 'text/plain', data }, ...title };
  }
  return unreadable(`${name ?? 'a file'} (${media_type})`);
}

type ImageType = Extract<ImageBlockParam['source'], { type: 'base64' }>['media_type'];

const IMAGES: readonly string[] = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'] satisfies ImageType[];

function isImage(media_type: string): media_type is ImageType {
  return IMAGES.includes(media_type);
}

/** Said rather than refused: the rest of the conversation can go on. */
function unreadable(what: string): TextBlockParam {
  return { type: 'text', text: `[${what} can't be shown to this model]` };
}

/** What Anthropic's Messages API refuses: https://platform.claude.com/docs/en/api/messages. */
import type { MockRefusal, MockRequest } from './mock-service.ts';

interface Block {
  type: string;
  text?: string;
  id?: string;
  name?: string;
  input?: unknown;
  tool_use_id?: string;
  signature?: string;
  thinking?: string;
  data?: string;
  source?: { type?: string; media_type?: string; data?: string };
  cache_control?: { type?: string };
}

interface Body {
  model?: unknown;
  max_tokens?: unknown;
  stream?: unknown;
  system?: string | Block[];
  messages?: { role: string; content: string | Block[] }[];
  tools?: { name: string; input_schema?: { type?: string }; cache_control?: object }[];
  output_config?: { format?: { type?: string; schema?: object } };
}

const FIELDS = new Set(['model', 'max_tokens', 'stream', 'system', 'messages', 'tools', 'output_config']);
const NAME = /^[a-zA-Z0-9_-]{1,128}$/;
const ID = /^[a-zA-Z0-9_-]+$/;
const MOST_MARKS = 4;
const IMAGES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];

export function refuseAnthropic({ method, path, headers, body }: MockRequest): MockRefusal | undefined {
  const refuse = (status: number, type: string, message: string): MockRefusal => ({
    status,
    body: { type: 'error', error: { type, message }, request_id: 'req_mock' },
  });
  if (path !== '/v1/messages' || method !== 'POST') return refuse(404, 'not_found_error', `Not found: ${path}`);
  if (headers['x-api-key'] === undefined && headers.authorization === undefined) {
    return refuse(401, 'authentication_error', 'x-api-key header is required');
  }
  if (headers['anthropic-version'] === undefined) {
    return refuse(400, 'invalid_request_error', 'anthropic-version: header is required');
  }
  const why = wrongBody(body as Body);
  return why === undefined ? undefined : refuse(400, 'invalid_request_error', why);
}

function wrongBody(body: Body): string | undefined {
  const unknown = Object.keys(body).find((name) => !FIELDS.has(name));
  if (unknown !== undefined) return `${unknown}: Extra inputs are not permitted`;
  if (typeof body.model !== 'string') return 'model: Field required';
  if (!Number.isInteger(body.max_tokens) || Number(body.max_tokens) < 1) return 'max_tokens: Field required';
  for (const [index, { name, input_schema }] of (body.tools ?? []).entries()) {
    if (!NAME.test(name)) return `tools.${index}.custom.name: String should match pattern`;
    if (input_schema?.type !== 'object') return `tools.${index}.custom.input_schema.type: Field required`;
  }
  if (new Set((body.tools ?? []).map(({ name }) => name)).size < (body.tools ?? []).length) return 'tools: Tool names must be unique.';
  const { messages = [], system = [] } = body;
  const blocks = [...(typeof system === 'string' ? [] : system), ...messages.flatMap(({ content }) => (typeof content === 'string' ? [] : content))];
  const marks = [...(body.tools ?? []), ...blocks].filter(({ cache_control }) => cache_control !== undefined).length;
  if (marks > MOST_MARKS) return `A maximum of 4 blocks with cache_control may be provided. Found ${marks}.`;
  const { format } = body.output_config ?? {};
  if (format && (format.type !== 'json_schema' || typeof format.schema !== 'object')) return 'output_config.format: invalid';
  if (format?.schema && JSON.stringify(format.schema).includes('"properties"') && !JSON.stringify(format.schema).includes('"additionalProperties":false')) {
    return "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false";
  }
  return wrongMessages(messages);
} // prettier-ignore

function wrongMessages(messages: NonNullable<Body['messages']>): string | undefined {
  if (messages.length === 0) return 'messages: at least one message is required';
  if (messages[0]!.role !== 'user') return 'messages: first message must use the "user" role';
  if (messages.at(-1)!.role !== 'user') return 'This model does not support assistant message prefill. The conversation must end with a user message.';
  const ids = new Set<string>();
  let open: string[] = [];
  for (const [index, { role, content }] of messages.entries()) {
    const at = `messages.${index}`;
    if (role !== 'user' && role !== 'assistant') return `${at}.role: Input should be 'user' or 'assistant'`;
    if (index > 0 && messages[index - 1]!.role === role) return `${at}: roles must alternate between "user" and "assistant"`;
    const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
    if (blocks.length === 0) return `${at}: all messages must have non-empty content`;
    for (const [number, block] of blocks.entries()) {
      const why = role === 'user' ? wrongUserBlock(block) : wrongAssistantBlock(block);
      if (why !== undefined) return `${at}.content.${number}.${why}`;
    }
    if (role === 'user') {
      const results = blocks.filter(({ type }) => type === 'tool_result').map(({ tool_use_id }) => tool_use_id!);
      const strange = results.find((id) => !open.includes(id));
      if (strange !== undefined) return `${at}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${strange}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`;
      if (new Set(results).size < results.length) return `${at}: each tool_use must have a single result`;
      if (results.length < open.length) return `${at}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after`;
      if (blocks.slice(0, results.length).some(({ type }) => type !== 'tool_result')) return `${at}: \`tool_result\` blocks must come first`;
      open = [];
    } else {
      open = blocks.filter(({ type }) => type === 'tool_use').map(({ id }) => id!);
      for (const id of open) {
        if (ids.has(id)) return `${at}: \`tool_use\` ids must be unique`;
        ids.add(id);
      }
      if (blocks.at(-1)!.type.endsWith('thinking')) return `${at}: The final block in an assistant message cannot be \`thinking\`.`;
    }
  }
  return undefined;
} // prettier-ignore

function wrongUserBlock({ type, text, tool_use_id, source }: Block): string | undefined {
  if (type === 'text') return text?.trim() ? undefined : 'text: text content blocks must contain non-whitespace text';
  if (type === 'tool_result') return ID.test(tool_use_id ?? '') ? undefined : "tool_result.tool_use_id: String should match pattern '^[a-zA-Z0-9_-]+$'";
  if (type === 'image') {
    return source?.type === 'base64' && IMAGES.includes(source.media_type ?? '') && source.data ? undefined : 'image.source: invalid';
  }
  if (type === 'document') {
    const isPdf = source?.type === 'base64' && source.media_type === 'application/pdf';
    return source?.data && (isPdf || (source.type === 'text' && source.media_type === 'text/plain')) ? undefined : 'document.source: invalid';
  }
  return `type: unexpected block "${type}"`;
} // prettier-ignore

function wrongAssistantBlock({ type, text, id, name, input, signature, thinking, data, cache_control }: Block): string | undefined {
  if (type === 'text') return text?.trim() ? undefined : 'text: text content blocks must contain non-whitespace text';
  if (type === 'tool_use') {
    if (!ID.test(id ?? '')) return "tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'";
    if (!NAME.test(name ?? '')) return 'tool_use.name: String should match pattern';
    return typeof input === 'object' && input !== null && !Array.isArray(input) ? undefined : 'tool_use.input: Input should be a valid dictionary';
  }
  if (type === 'thinking') {
    if (cache_control) return 'thinking.cache_control: Extra inputs are not permitted';
    return typeof thinking === 'string' && signature === 'sealed' ? undefined : 'thinking.signature: Invalid `signature` in `thinking` block';
  }
  if (type === 'redacted_thinking') return data === 'redacted' ? undefined : 'redacted_thinking.data: Invalid `data`';
  return `type: unexpected block "${type}"`;
} // prettier-ignore

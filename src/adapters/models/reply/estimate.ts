import type { MessagePart, ModelRequest } from '../../../contract/messages.ts';

/** Roughly what a tokenizer makes of English and code; letters of more bytes are fewer to a token. */
const BYTES_PER_TOKEN = 4;

/** A deterministic guess for where nobody counts tokens: script models, and servers that don't report usage. */
export function estimateTokens(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_TOKEN);
}

/** Bytes in UTF-8 of a request that a model would read. Images and files count as nothing. */
export function requestBytes(request: ModelRequest): number {
  let bytes = Buffer.byteLength(request.instructions);
  for (const tool of request.tools) {
    bytes += Buffer.byteLength(tool.name + tool.description + JSON.stringify(tool.parameters));
  }
  for (const message of request.messages) {
    if (message.role === 'note') bytes += Buffer.byteLength(message.text);
    else if (message.role === 'tool') bytes += Buffer.byteLength(message.output);
    else for (const part of message.parts) if (part.type === 'text') bytes += Buffer.byteLength(part.text);
    if (message.role === 'assistant') {
      for (const call of message.tool_calls) bytes += Buffer.byteLength(call.name + call.arguments_raw);
    }
  }
  return bytes;
}

/** The text of a message's parts, without its reasoning. */
export function textOf(parts: MessagePart[]): string {
  return parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
}

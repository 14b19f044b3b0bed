import type { MessagePart, ModelRequest } from '../../../contract/messages.ts';

/** Roughly what a tokenizer makes of English and code. */
const CHARACTERS_PER_TOKEN = 4;

/** A deterministic guess for where nobody counts tokens: script models, and servers that don't report usage. */
export function estimateTokens(characters: number): number {
  return Math.ceil(characters / CHARACTERS_PER_TOKEN);
}

/** Characters of a request that a model would read. Images and files count as nothing. */
export function requestCharacters(request: ModelRequest): number {
  let characters = request.instructions.length;
  for (const tool of request.tools) {
    characters += tool.name.length + tool.description.length + JSON.stringify(tool.parameters).length;
  }
  for (const message of request.messages) {
    if (message.role === 'note') characters += message.text.length;
    else if (message.role === 'tool') characters += message.output.length;
    else for (const part of message.parts) if (part.type === 'text') characters += part.text.length;
    if (message.role === 'assistant') {
      for (const call of message.tool_calls) characters += call.name.length + call.arguments_raw.length;
    }
  }
  return characters;
}

/** The text of a message's parts, without its reasoning. */
export function textOf(parts: MessagePart[]): string {
  return parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
}

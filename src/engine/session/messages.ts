/** Contents of the history as the model is given them: blob references resolved, tool outputs as head and tail. */
import { RuntimeError } from '../../contract/errors.ts';
import type { Digest } from '../../base/digest.ts';
import type { Content, Message, MessagePart } from '../../contract/messages.ts';
import type { Blobs } from '../../contract/ports.ts';
import type { LongText, Part } from '../../contract/values.ts';

export async function toMessage(content: Content, blobs: Blobs): Promise<Message> {
  switch (content.role) {
    case 'note':
      return content;
    case 'user':
      return { role: 'user', parts: await partsOf(content.parts, blobs) };
    case 'assistant': {
      const tool_calls = await Promise.all(
        content.tool_calls.map(async ({ call_id, provider_id, name, arguments_raw }) => ({
          call_id,
          provider_id,
          name,
          arguments_raw: await wholeText(arguments_raw.text, blobs),
        })),
      );
      return { role: 'assistant', parts: await partsOf(content.parts, blobs), tool_calls };
    }
    case 'tool': {
      const { call_id, provider_id, name, status } = content;
      const text = content.parts
        .map((part) => (part.type === 'text' ? shownOutput(part.text, call_id) : ''))
        .join('\n');
      return { role: 'tool', call_id, provider_id, name, output: status === 'ok' ? text : `[${status}] ${text}` };
    }
  }
}

/** The whole of a text, also when it lies in a blob. */
export async function wholeText(text: LongText, blobs: Pick<Blobs, 'get'>): Promise<string> {
  if (typeof text === 'string') return text;
  return (await bytesOf(text.blob, blobs)).toString('utf8');
}

/** The texts among the parts, each whole. */
export function wholeTexts(parts: readonly Part[], blobs: Pick<Blobs, 'get'>): Promise<string[]> {
  return Promise.all(parts.flatMap((part) => (part.type === 'text' ? [wholeText(part.text, blobs)] : [])));
}

/** The JSON value that the journal names by digest. @throws RuntimeError store_damaged, when it isn't there */
export async function readValue(digest: Digest, blobs: Pick<Blobs, 'get'>): Promise<unknown> {
  return JSON.parse((await bytesOf(digest, blobs)).toString('utf8'));
}

/** A text, or head and tail of a long one with a mark of what was left out; `how` says how to get at that. */
export function shortText(text: LongText, how?: string): string {
  if (typeof text === 'string') return text;
  const left = text.bytes - Buffer.byteLength(text.head) - Buffer.byteLength(text.tail);
  return `${text.head}\n[… ${left} bytes left out${how === undefined ? '' : `: ${how}`} …]\n${text.tail}`;
}

/** What a model is given of an output: where the middle was, it is told how to read that. */
function shownOutput(text: LongText, call_id: string): string {
  if (typeof text === 'string') return text;
  return shortText(
    text,
    `read_output ${JSON.stringify({ call_id, offset: Buffer.byteLength(text.head) })} reads on there`,
  );
}

/** The parts as a model is given them, or gives them. */
export async function partsOf(parts: Part[], blobs: Pick<Blobs, 'get'>): Promise<MessagePart[]> {
  return Promise.all(parts.map((part) => toPart(part, blobs)));
}

async function toPart(part: Part, blobs: Pick<Blobs, 'get'>): Promise<MessagePart> {
  if (part.type === 'text') return { type: 'text', text: await wholeText(part.text, blobs) };
  if (part.type === 'reasoning') {
    return {
      type: 'reasoning',
      ...(part.text !== undefined && { text: await wholeText(part.text, blobs) }),
      ...(part.opaque !== undefined && { opaque: await wholeText(part.opaque, blobs) }),
      ...(part.provider !== undefined && { provider: part.provider }),
    };
  }
  const base64 = (await bytesOf(part.blob, blobs)).toString('base64');
  const message: MessagePart = { type: part.type, base64, media_type: part.media_type };
  return part.name === undefined ? message : { ...message, name: part.name };
}

async function bytesOf(digest: Digest, blobs: Pick<Blobs, 'get'>): Promise<Buffer> {
  const bytes = await blobs.get(digest);
  if (!bytes) throw new RuntimeError('store_damaged', `The blob ${digest} that the journal names is missing.`);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

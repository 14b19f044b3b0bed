/** Long texts become blobs, durable before the line that names them, so that no line grows beyond its limit. */
import { characterStart } from '../../base/utf8.ts';
import type { Observation } from '../../contract/entries.ts';
import type { Blobs } from '../../contract/ports.ts';
import type { LongText, Part } from '../../contract/values.ts';

/** Longer texts become a blob; so much of head and tail stays in the line, and is what models see of outputs. Bytes. */
interface Sizes {
  inline: number;
  kept: number;
}

const USUAL: Sizes = { inline: 16 * 1024, kept: 8 * 1024 };
/** For an observation of very many texts: a reply of a thousand calls is still one line. */
const CROWDED: Sizes = { inline: 256, kept: 64 };
/** Above this (in UTF-16 units) an observation is crowded. Lines may have 1 MiB. */
const CROWDED_UNITS = 256 * 1024;
/** What a service or a system says of a failure is cut here. */
const LONGEST_MESSAGE = 4000;

/** The observation with its long texts in blobs. */
export async function spill(observation: Observation, blobs: Blobs): Promise<Observation> {
  const spilled = await spillWith(observation, blobs, USUAL);
  if (JSON.stringify(spilled.data).length <= CROWDED_UNITS) return spilled;
  return spillWith(observation, blobs, CROWDED);
}

async function spillWith(observation: Observation, blobs: Blobs, sizes: Sizes): Promise<Observation> {
  const long = (text: LongText): Promise<LongText> => toLongText(text, blobs, sizes);
  switch (observation.type) {
    case 'input.received':
      return { ...observation, data: { ...observation.data, parts: await spillParts(observation.data.parts, long) } };
    case 'model.replied': {
      const { parts, tool_calls } = observation.data;
      const calls = await Promise.all(
        tool_calls.map(async (call) => ({ ...call, arguments_raw: await long(call.arguments_raw) })),
      );
      const data = { ...observation.data, parts: await spillParts(parts, long), tool_calls: calls };
      return { ...observation, data };
    }
    case 'model.failed': {
      const { partial, message } = observation.data;
      const data = { ...observation.data, message: message.slice(0, LONGEST_MESSAGE).toWellFormed() };
      return { ...observation, data: partial === undefined ? data : { ...data, partial: await long(partial) } };
    }
    case 'call.inspected': {
      const { presentation } = observation.data;
      const next = { ...presentation };
      if (next.body !== undefined) next.body = await long(next.body);
      if (next.diff !== undefined) next.diff = await long(next.diff);
      return { ...observation, data: { ...observation.data, presentation: next } };
    }
    case 'call.finished':
      return { ...observation, data: { ...observation.data, output: await long(observation.data.output) } };
    default:
      return observation;
  }
}

/** The parts of a message that is accepted before its entry is written. */
export function spillMessage(parts: Part[], blobs: Blobs): Promise<Part[]> {
  return spillParts(parts, (text) => toLongText(text, blobs, USUAL));
}

function spillParts(parts: Part[], long: (text: LongText) => Promise<LongText>): Promise<Part[]> {
  return Promise.all(
    parts.map(async (part) => {
      if (part.type === 'text') return { ...part, text: await long(part.text) };
      if (part.type !== 'reasoning') return part;
      const next = { ...part };
      if (part.text !== undefined) next.text = await long(part.text);
      if (part.opaque !== undefined) next.opaque = await long(part.opaque);
      return next;
    }),
  );
}

async function toLongText(text: LongText, blobs: Blobs, { inline, kept }: Sizes): Promise<LongText> {
  if (typeof text !== 'string' || Buffer.byteLength(text) <= inline) return text;
  const bytes = Buffer.from(text, 'utf8');
  const blob = await blobs.put(bytes);
  const head = bytes.subarray(0, characterStart(bytes, kept)).toString('utf8');
  const tail = bytes.subarray(characterStart(bytes, bytes.length - kept)).toString('utf8');
  return { blob, bytes: bytes.length, head, tail };
}

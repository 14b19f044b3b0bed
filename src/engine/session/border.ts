/**
 * The border: what an observation passes before it is appended. Known secrets become placeholders, once, so that kernel,
 * model, chain and blobs never see them; then long texts become blobs, durable before the line that names them.
 */
import { canonicalJson } from '../../base/canonical-json.ts';
import { digestOf } from '../../base/digest.ts';
import type { Observation } from '../../contract/entries.ts';
import type { Blobs } from '../../contract/ports.ts';
import type { LongText, Part } from '../../contract/values.ts';
import type { Redactor } from './redact.ts';

/** A longer text (in UTF-16 units) becomes a blob with this much of its head and tail. */
const LONGEST_INLINE = 16 * 1024;
const KEPT_EACH = 8 * 1024;

export async function passBorder(observation: Observation, redactor: Redactor, blobs: Blobs): Promise<Observation> {
  return spill(redacted(observation, redactor.text), blobs);
}

/** The same for a message that is accepted before its entry is written. */
export async function cleanParts(parts: Part[], redactor: Redactor, blobs: Blobs): Promise<Part[]> {
  return spillParts(redactValue(parts, redactor.text) as Part[], blobs);
}

function redacted(observation: Observation, redact: Redactor['text']): Observation {
  const clean = redactValue(observation.data, redact);
  if (clean === observation.data) return observation;
  const next = { ...observation, data: clean } as Observation;
  if (next.type === 'call.inspected') {
    next.data = { ...next.data, presentation_digest: digestOf(canonicalJson(next.data.presentation)) };
  }
  return next;
}

/** The same value when nothing in it had to be replaced. */
function redactValue(value: unknown, redact: Redactor['text']): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) {
    const items = value.map((item) => redactValue(item, redact));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const next = entries.map(([key, item]) => [key, redactValue(item, redact)] as const);
  return next.some(([, item], index) => item !== entries[index]![1]) ? Object.fromEntries(next) : value;
}

async function spill(observation: Observation, blobs: Blobs): Promise<Observation> {
  const long = (text: LongText): Promise<LongText> => toLongText(text, blobs);
  switch (observation.type) {
    case 'input.received':
      return { ...observation, data: { ...observation.data, parts: await spillParts(observation.data.parts, blobs) } };
    case 'model.replied': {
      const { parts, tool_calls } = observation.data;
      const calls = await Promise.all(
        tool_calls.map(async (call) => ({ ...call, arguments_raw: await long(call.arguments_raw) })),
      );
      const data = { ...observation.data, parts: await spillParts(parts, blobs), tool_calls: calls };
      return { ...observation, data };
    }
    case 'model.failed': {
      const { partial } = observation.data;
      return partial === undefined
        ? observation
        : { ...observation, data: { ...observation.data, partial: await long(partial) } };
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

function spillParts(parts: Part[], blobs: Blobs): Promise<Part[]> {
  return Promise.all(
    parts.map(async (part) => {
      if (part.type === 'text') return { ...part, text: await toLongText(part.text, blobs) };
      if (part.type !== 'reasoning') return part;
      const next = { ...part };
      if (part.text !== undefined) next.text = await toLongText(part.text, blobs);
      if (part.opaque !== undefined) next.opaque = await toLongText(part.opaque, blobs);
      return next;
    }),
  );
}

export async function toLongText(text: LongText, blobs: Blobs): Promise<LongText> {
  if (typeof text !== 'string' || text.length <= LONGEST_INLINE) return text;
  const bytes = Buffer.from(text, 'utf8');
  const blob = await blobs.put(bytes);
  return {
    blob,
    bytes: bytes.length,
    head: cut(text, 0, KEPT_EACH),
    tail: cut(text, text.length - KEPT_EACH, text.length),
  };
}

/** A piece of a text that splits no surrogate pair. */
function cut(text: string, from: number, to: number): string {
  const low = (at: number): boolean =>
    at > 0 && at < text.length && text.charCodeAt(at) >= 0xdc00 && text.charCodeAt(at) < 0xe000;
  return text.slice(low(from) ? from + 1 : from, low(to) ? to - 1 : to);
}

/** Which blobs an entry names: what must go with it when it is taken elsewhere, and be there when it is proved. */
import type { Digest } from '../../base/digest.ts';
import type { Entry } from '../../contract/entries.ts';
import type { LongText, Part } from '../../contract/values.ts';

export interface NamedBlob {
  digest: Digest;
  /** Its length, where the entry says it. */
  bytes?: number;
  /** Nothing is derived from it: it goes with the entry where it is there. */
  optional?: true;
}

const NONE: readonly NamedBlob[] = [];

export function namedBlobs(entry: Entry): readonly NamedBlob[] {
  switch (entry.type) {
    case 'session.created':
    case 'session.forked':
      return [
        { digest: entry.data.rights.policy, optional: true },
        ...(entry.data.own_policies ?? []).map((digest) => ({ digest })),
      ];
    case 'session.opened':
    case 'policy.changed':
      return [{ digest: entry.data.policy }];
    case 'turn.started':
      return [{ digest: entry.data.frozen }];
    case 'input.received':
      return ofParts(entry.data.parts);
    case 'model.replied': {
      const { parts, tool_calls } = entry.data;
      return [...ofParts(parts), ...tool_calls.flatMap((call) => ofText(call.arguments_raw))];
    }
    case 'model.failed':
      return ofText(entry.data.partial);
    case 'call.inspected': {
      const { body, diff } = entry.data.presentation;
      return [...ofText(body), ...ofText(diff)];
    }
    case 'call.finished':
      return ofText(entry.data.output);
    case 'reply.made':
      return ofParts(entry.data.parts ?? []);
    case 'child.finished':
      return ofParts(entry.data.result);
    case 'context.compacted':
      return [{ digest: entry.data.summary }];
    default:
      return NONE;
  }
}

function ofParts(parts: readonly Part[]): NamedBlob[] {
  return parts.flatMap((part): readonly NamedBlob[] => {
    if (part.type === 'text') return ofText(part.text);
    if (part.type === 'reasoning') return [...ofText(part.text), ...ofText(part.opaque)];
    return [{ digest: part.blob, bytes: part.bytes }];
  });
}

function ofText(text: LongText | undefined): readonly NamedBlob[] {
  return typeof text === 'object' ? [{ digest: text.blob, bytes: text.bytes }] : NONE;
}

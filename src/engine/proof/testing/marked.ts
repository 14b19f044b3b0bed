/** Sessions whose every content holds a mark, to see what becomes of it. */
import { canonicalJson } from '../../../base/canonical-json.ts';
import { digestOf, type Digest } from '../../../base/digest.ts';
import { isDecision } from '../../../contract/entry-types.ts';
import type { Entry } from '../../../contract/entries.ts';
import { kernel } from '../../../kernel/testing/story.ts';
import type { Resolved } from '../../../kernel/turn/state.ts';

export const MARK = 'kwisatz';

/** Words of the format, digests and names of the file: what isn't a content. */
const STRUCTURE: ReadonlySet<string> = new Set([
  'type', 'kind', 'mode', 'lane', 'role', 'outcome', 'class', 'unclear', 'stop_reason', 'purpose', 'sandbox', 'verdict', 'effect', 'recovery',
  'call_id', 'approval_id', 'timer_id', 'build', 'action', 'schema_digest', 'policy', 'frozen', 'rules', 'session_id',
]); // prettier-ignore
const DIGEST = /^(sha256:)?[0-9a-f]{64}$/;

export interface Marked {
  entry: Entry;
  resolved: Resolved;
}

/** A session with the mark in each text, long or short. What its digests are of fits again. */
export function markedSession(
  session: readonly Marked[],
  blobs: Map<Digest, Uint8Array>,
): { entries: Marked[]; blobs: Map<Digest, Uint8Array> } {
  const made = new Map<Digest, Uint8Array>();
  const put = (text: string): Digest => {
    const digest = digestOf(text);
    made.set(digest, Buffer.from(text));
    return digest;
  };
  const names = new Set(session.flatMap(({ resolved }) => resolved.manifest?.catalog.map(({ name }) => name) ?? []));

  function mark(value: unknown, key = ''): unknown {
    if (typeof value === 'string') {
      const stays =
        value.trim() === '' || DIGEST.test(value) || STRUCTURE.has(key) || (key === 'name' && names.has(value));
      return stays ? value : `${MARK} ${value}`;
    }
    if (Array.isArray(value)) return value.map((item) => mark(item, key));
    if (typeof value !== 'object' || value === null) return value;
    const { blob, head, tail } = value as { blob?: Digest; head?: string; tail?: string };
    if (blob && head !== undefined && tail !== undefined) {
      const whole = `${MARK} ${Buffer.from(blobs.get(blob)!).toString('utf8')}`;
      return { blob: put(whole), bytes: Buffer.byteLength(whole), head: `${MARK} ${head}`, tail: `${tail} ${MARK}` };
    }
    const marked = Object.entries(value).map(([name, item]) => [name, name === 'policy' ? item : mark(item, name)]);
    return Object.fromEntries(marked) as object;
  }

  let state = kernel.initial();
  /** An approval's id follows from what it is for. */
  const approvals = new Map<string, string>();
  /** The rules decide over the marks now; where they would decide otherwise, the entry stays as it was. */
  function decided(entry: Entry): unknown {
    const { append } = kernel.decide(state);
    return append?.type === entry.type ? append.data : entry.data;
  }

  const entries = session.map(({ entry, resolved }): Marked => {
    const { policy, manifest } = resolved;
    const values: Resolved = {
      ...(policy && { policy }),
      ...(manifest && { manifest: mark(manifest) as typeof manifest }),
    };
    if (policy) put(canonicalJson(policy));
    const data = isDecision(entry.type) ? decided(entry) : withWords(entry, mark(entry.data));
    const next = { ...entry, data } as Entry;
    if (entry.type === 'approval.requested' && next.type === entry.type) {
      approvals.set(entry.data.approval_id, next.data.approval_id);
    }
    if (next.type === 'approval.resolved') {
      next.data.approval_id = approvals.get(next.data.approval_id) ?? next.data.approval_id;
    }
    if (next.type === 'turn.started' && values.manifest) next.data.frozen = put(canonicalJson(values.manifest));
    state = kernel.evolve(state, next, values).state;
    return { entry: next, resolved: values };
  });
  return { entries, blobs: made };
}

/** Keys that hold words of the format in some entries, and contents in others. */
function withWords(entry: Entry, data: unknown): unknown {
  if (entry.type === 'session.opened') return { ...(data as object), reason: entry.data.reason };
  if (entry.type === 'approval.resolved' && entry.data.scope) return { ...(data as object), scope: entry.data.scope };
  if (entry.type === 'budget.reserved' || entry.type === 'budget.refused')
    return { ...(data as object), for: entry.data.for };
  return data;
}

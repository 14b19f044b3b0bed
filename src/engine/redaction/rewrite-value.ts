/** Values of entries, manifests and accepted messages with placeholders, and with what digests of changed values have become. */
import type { Digest } from '../../base/digest.ts';
import { OUR_WORDS } from '../session/border.ts';
import type { Substitution } from './substitution.ts';

/** Keys whose values are digests of values that the session names. */
const NAMING: ReadonlySet<string> = new Set([
  'blob', 'frozen', 'policy', 'summary', 'own_policies', 'args_digest', 'facts_digest',
]); // prettier-ignore
/** Digests of what isn't changed here, as of files, and hashes of lines: they may hold a short value by chance. */
const HASHES: ReadonlySet<string> = new Set([
  ...NAMING, 'hash', 'presentation_digest', 'wire_digest', 'schema_digest', 'digest', 'before', 'after', 'payload_digest',
]); // prettier-ignore

export interface ValueRewriter {
  /** The same value when nothing in it is to be changed. */
  value<T>(value: T): T;
  /** How often it stands in texts of the value that are here whole. */
  count(value: unknown): number;
  /** Where a word of ours holds it, or the name of a member: there it can't be replaced. */
  stuck(value: unknown): string | undefined;
}

/** Stands for the key of what is a key itself. */
const NAME = '\0';

/** Ids of sessions: those that have another one now. A message of a goal to a step is `<session>.<attempt>`. */
export type RenamedSessions = ReadonlyMap<string, string>;
const TO_STEP = /^(.+)(\.\d+)$/;
const SESSION_KEYS: ReadonlySet<string> = new Set(['session_id', 'event_id', 'event_ids', 'for']);

export interface RewrittenDigests {
  /** What the digest of a value has become. */
  renamed: ReadonlyMap<string, Digest>;
  /** The content of a blob that was made. */
  made: ReadonlyMap<Digest, Uint8Array>;
}

interface BlobText {
  blob: Digest;
  bytes: number;
  head: string;
  tail: string;
}

export function createValueRewriter(
  substitution: Substitution,
  { renamed, made }: RewrittenDigests,
  ids: RenamedSessions = new Map(),
): ValueRewriter {
  const idNow = (id: string): string => {
    const [, session = id, rest = ''] = TO_STEP.exec(id) ?? [];
    const now = ids.get(id);
    return now ?? `${ids.get(session) ?? session}${rest}`;
  };

  function rewrite(value: unknown, key: string): unknown {
    if (typeof value === 'string') {
      if (NAMING.has(key)) return renamed.get(value) ?? value;
      if (SESSION_KEYS.has(key)) return idNow(value);
      return OUR_WORDS.has(key) || HASHES.has(key) ? value : substitution.text(value);
    }
    if (Array.isArray(value)) {
      const items = value.map((item) => rewrite(item, key));
      return items.some((item, index) => item !== value[index]) ? items : value;
    }
    if (typeof value !== 'object' || value === null) return value;
    if (isBlobText(value)) return rewriteBlobText(value);
    const entries = Object.entries(value);
    const next = entries.map(([name, item]) => [name, rewrite(item, name)] as const);
    return next.some(([, item], index) => item !== entries[index]![1]) ? Object.fromEntries(next) : value;
  }

  /** A part of the value may stand at the end of what is shown of a long text: both ends are cut anew. */
  function rewriteBlobText(text: BlobText): BlobText {
    const blob = renamed.get(text.blob);
    if (blob === undefined) return text;
    const content = Buffer.from(made.get(blob)!);
    const head = content.subarray(0, Buffer.byteLength(text.head)).toString();
    const tail = content.subarray(content.length - Buffer.byteLength(text.tail)).toString();
    return { ...text, blob, head, tail };
  }

  function* texts(value: unknown, key: string): Generator<{ key: string; text: string }> {
    if (typeof value === 'string') yield { key, text: value };
    else if (Array.isArray(value)) for (const item of value) yield* texts(item, key);
    else if (typeof value === 'object' && value !== null && !isBlobText(value)) {
      for (const [name, item] of Object.entries(value)) {
        yield { key: NAME, text: name };
        yield* texts(item, name);
      }
    }
  }

  return {
    value: <T>(value: T): T => rewrite(value, '') as T,
    count(value) {
      let count = 0;
      for (const { key, text } of texts(value, '')) {
        if (!HASHES.has(key) && substitution.text(text) !== text) count += substitution.count(Buffer.from(text));
      }
      return count;
    },
    stuck(value) {
      for (const { key, text } of texts(value, '')) {
        const isOurs = key === NAME || OUR_WORDS.has(key) || SESSION_KEYS.has(key);
        if (isOurs && !HASHES.has(key) && substitution.text(text) !== text)
          return key === NAME ? 'a name' : `\`${key}\``;
      }
      return undefined;
    },
  };
}

function isBlobText(value: object): value is BlobText {
  return 'blob' in value && 'head' in value && 'tail' in value;
}

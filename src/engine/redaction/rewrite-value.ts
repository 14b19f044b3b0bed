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
  /** A key of ours whose word holds it: there it can't be replaced. */
  stuck(value: unknown): string | undefined;
}

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

export function createValueRewriter(substitution: Substitution, { renamed, made }: RewrittenDigests): ValueRewriter {
  function rewrite(value: unknown, key: string): unknown {
    if (typeof value === 'string') {
      if (NAMING.has(key)) return renamed.get(value) ?? value;
      return OUR_WORDS.has(key) || HASHES.has(key) ? value : substitution.text(value);
    }
    if (Array.isArray(value)) {
      const items = value.map((item) => rewrite(item, key));
      return items.some((item, index) => item !== value[index]) ? items : value;
    }
    if (typeof value !== 'object' || value === null) return value;
    if (isBlobText(value)) return rewriteBlobText(value);
    const entries = Object.entries(value);
    const next = entries.map(([name, item]) => [substitution.text(name), rewrite(item, name)] as const);
    const changed = next.some(([name, item], index) => name !== entries[index]![0] || item !== entries[index]![1]);
    return changed ? Object.fromEntries(next) : value;
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
        yield { key: '', text: name };
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
        if (OUR_WORDS.has(key) && !HASHES.has(key) && substitution.text(text) !== text) return key;
      }
      return undefined;
    },
  };
}

function isBlobText(value: object): value is BlobText {
  return 'blob' in value && 'head' in value && 'tail' in value;
}

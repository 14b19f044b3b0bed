/**
 * The digests in a line of a chained file, of whatever type and version: it may be damaged, or nothing that the rules know.
 * What an entry of a journal names, where it is whole, says `engine/proof/named-blobs.ts`.
 */
import type { ChainLine } from '../chain/line.ts';

const DIGEST = /^sha256:([0-9a-f]{64})$/;

/**
 * Digests (hex). `needed`: blobs without which the line can't be read or proved. `mentioned`: every digest that stands in
 * it, of which some are those of blobs, as what a patched file was before.
 */
export interface FoundDigests {
  needed: string[];
  mentioned: string[];
}

export function digestsIn({ type, data }: Pick<ChainLine, 'type' | 'data'>): FoundDigests {
  const found: FoundDigests = { needed: [], mentioned: [] };
  const needs = (key: string): boolean =>
    key === 'blob' ||
    (key === 'frozen' && type === 'turn.started') ||
    (key === 'policy' && (type === 'session.opened' || type === 'policy.changed')) ||
    (key === 'summary' && type === 'context.compacted') ||
    key === 'own_policies';
  const walk = (key: string, value: unknown): void => {
    if (typeof value === 'string') {
      const hex = DIGEST.exec(value)?.[1];
      if (hex === undefined) return;
      found.mentioned.push(hex);
      if (needs(key)) found.needed.push(hex);
    } else if (typeof value === 'object' && value !== null) {
      for (const [inner, item] of Object.entries(value)) walk(Array.isArray(value) ? key : inner, item);
    }
  };
  walk('', data);
  return found;
}

/**
 * A set of ids that keeps a few bytes of each: there may be very many. It may take another id for one of its own, but never
 * one of its own for another.
 */
export interface IdSet {
  add(id: string): void;
  mayHave(id: string): boolean;
}

export function createIdSet(): IdSet {
  const prints = new Set<number>();
  return {
    add: (id) => void prints.add(printOf(id)),
    mayHave: (id) => prints.has(printOf(id)),
  };
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** FNV-1a, as 30 bits: an integer of which V8 makes no object. */
function printOf(id: string): number {
  let hash = FNV_OFFSET;
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), FNV_PRIME);
  return hash >>> 2;
}

import { canonicalJson } from '../../base/canonical-json.ts';
import { parseStrictJson } from '../../base/strict-json.ts';

/** A call's arguments for comparing: order and spacing don't count. What is no JSON stays as it is. */
export function canonicalArguments(raw: string): string {
  const parsed = parseStrictJson(raw);
  return parsed.ok ? canonicalJson(parsed.value) : raw;
}

import { canonicalJson } from '../../../base/canonical-json.ts';
import { type Digest, digestOf } from '../../../base/digest.ts';
import type { JsonObject, JsonValue } from '../../../base/json.ts';
import { parseStrictJson } from '../../../base/strict-json.ts';
import type { ToolSpec } from '../../../contract/manifest.ts';
import { OF_THE_VAULT } from '../../../contract/secret-name.ts';
import type { Tool } from '../tool.ts';
import type { Invalid } from './invalid.ts';
import { checkFrozen } from './frozen-schema.ts';
import { checkArguments } from './schema.ts';

/** The arguments of a call, judged. The digest is of the canonical value, or of the raw text when it is not JSON. */
export type Arguments = { digest: Digest } & ({ value: JsonObject } | { invalid: Invalid[] });

/** Stands where the border replaced a secret: the value is not what the model meant. */
const PLACEHOLDER = /\[REDACTED:([^\]]*)/;

/**
 * Parses the model's text strictly and judges it by the tool's schema and by the frozen one where that differs.
 * An empty text counts as `{}`: some models send it for a call without arguments.
 */
export async function readArguments(tool: Tool, current: ToolSpec, frozen: ToolSpec, raw: string): Promise<Arguments> {
  const parsed = parseStrictJson(raw.trim() === '' ? '{}' : raw);
  if (!parsed.ok) return { digest: digestOf(raw), invalid: [{ path: '', message: parsed.message }] };
  const { value } = parsed;
  const digest = digestOf(canonicalJson(value));
  const invalid = checkArguments(tool.parameters, value);
  if (frozen.schema_digest !== current.schema_digest) invalid.push(...(await checkFrozen(frozen.parameters, value)));
  const named = tool.effect === 'read' ? undefined : placeholderIn(value);
  if (named !== undefined) invalid.push({ path: '', message: insteadOf(named, tool) });
  return invalid.length > 0 ? { digest, invalid } : { digest, value: value as JsonObject };
}

/** What the first placeholder stands for; undefined: there is none. */
function placeholderIn(value: JsonValue): string | undefined {
  if (typeof value === 'string') return PLACEHOLDER.exec(value)?.[1];
  if (value === null || typeof value !== 'object') return undefined;
  return Object.entries(value)
    .flat()
    .map(placeholderIn)
    .find((named) => named !== undefined);
}

/** In a text nothing is put in its place: it would stand where others can read it. */
function insteadOf(named: string, { secrets = {} }: Tool): string {
  const [variable] = Object.entries(secrets).find(([, name]) => named === name + OF_THE_VAULT) ?? [];
  if (variable === undefined) return 'holds [REDACTED:…], a placeholder for a secret that is not shown to you';
  return `holds [REDACTED:${named}], a placeholder: ask for it with "secrets": ["${variable}"], and write $${variable}`;
}

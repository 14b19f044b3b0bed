/** Earlier calls, as they go back to a model: whatever it wrote, the service must take it again. */
import type { JsonValue } from '../../../base/json.ts';
import { parseStrictJson } from '../../../base/strict-json.ts';

/** What all services take. */
const LONGEST_NAME = 64;

/**
 * The arguments as an object. Those that are none go back wrapped: several services parse them and answer 400 to broken
 * ones, and the model, told that its call was refused as it wasn't JSON, could never mend it.
 */
export function argumentsObject(arguments_raw: string): Record<string, JsonValue> {
  return objectIn(arguments_raw) ?? { not_json: arguments_raw };
}

/** The same as text; what is an object stays as the model wrote it. */
export function argumentsText(arguments_raw: string): string {
  return objectIn(arguments_raw) ? arguments_raw : JSON.stringify({ not_json: arguments_raw });
}

/** The name of a call as services take it: a model may have called a tool by no name, or by one that no tool can have. */
export function callName(name: string): string {
  return name.replace(/[^a-zA-Z0-9_-]/g, '_').slice(0, LONGEST_NAME) || 'unnamed';
}

function objectIn(text: string): Record<string, JsonValue> | undefined {
  const parsed = parseStrictJson(text);
  if (!parsed.ok || typeof parsed.value !== 'object' || parsed.value === null || Array.isArray(parsed.value)) {
    return undefined;
  }
  return parsed.value;
}

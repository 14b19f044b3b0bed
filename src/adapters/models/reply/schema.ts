/** JSON schemas for replies, in what the services take of them. */
import type { JsonObject, JsonValue } from '../../../base/json.ts';

/** Keywords that hold schemas by name, and those whose values are no schemas. */
const BY_NAME = new Set(['properties', '$defs', 'definitions', 'patternProperties', 'dependentSchemas']);
const VALUES = new Set(['enum', 'const', 'default', 'examples']);

/** The same, with every object closed that doesn't say whether it is: Anthropic demands that it be said. */
export function closedSchema(schema: JsonObject): JsonObject {
  return eachSchema(schema, (one) =>
    isOfObjects(one) && !('additionalProperties' in one) ? { ...one, additionalProperties: false } : one,
  );
}

/** Whether each object of it is closed and has no property that may be left out: OpenAI's `strict` takes no other. */
export function isStrictSchema(schema: JsonObject): boolean {
  let strict = true;
  eachSchema(schema, (one) => {
    const required = Array.isArray(one['required']) ? one['required'] : [];
    const names = Object.keys((one['properties'] ?? {}) as JsonObject);
    if (isOfObjects(one) && (one['additionalProperties'] !== false || names.some((name) => !required.includes(name)))) {
      strict = false;
    }
    return one;
  });
  return strict;
}

function isOfObjects(schema: JsonObject): boolean {
  return schema['type'] === 'object' || 'properties' in schema;
}

/** A copy with every schema within it changed, the inner ones first. */
function eachSchema(schema: JsonObject, change: (schema: JsonObject) => JsonObject): JsonObject {
  const within = (value: JsonValue): JsonValue => {
    if (Array.isArray(value)) return value.map(within);
    return typeof value === 'object' && value !== null ? eachSchema(value, change) : value;
  };
  const byName = (value: JsonValue): JsonValue =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, within(one)]))
      : value;
  const keywords = Object.entries(schema).map(([key, value]) => [
    key,
    VALUES.has(key) ? value : BY_NAME.has(key) ? byName(value) : within(value),
  ]);
  return change(Object.fromEntries(keywords) as JsonObject);
}

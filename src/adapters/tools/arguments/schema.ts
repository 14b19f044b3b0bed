/**
 * The part of JSON Schema in which our tools describe their arguments, and what judges values by it. Interpreted: it
 * costs nothing at start-up, where a general validator costs more than the call. A test holds it against ajv.
 */
import type { JsonObject, JsonValue } from '../../../base/json.ts';
import { nearest } from '../../../base/nearest.ts';
import type { Invalid } from './invalid.ts';

export type ValueSchema =
  | { type: 'string'; description?: string; enum?: string[]; pattern?: string; minLength?: number }
  | { type: 'integer'; description?: string; minimum?: number; maximum?: number }
  | { type: 'array'; description?: string; items: ValueSchema };

export type ObjectSchema = {
  type: 'object';
  properties: { [name: string]: ValueSchema };
  required: string[];
  additionalProperties: false;
};

/** What is wrong with the value, in words for the model; empty when nothing is. Nothing is coerced. */
export function checkArguments(schema: ObjectSchema, value: JsonValue): Invalid[] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    return [{ path: '', message: `must be a JSON object, not ${nameOf(value)}` }];
  }
  const object: JsonObject = value;
  const allowed = Object.keys(schema.properties);
  const found: Invalid[] = [];
  for (const name of schema.required) {
    if (!Object.hasOwn(object, name)) found.push({ path: '', message: `the property "${name}" is missing` });
  }
  for (const [name, member] of Object.entries(object)) {
    const path = `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const property = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
    if (property) found.push(...checkValue(property, member, path));
    else found.push({ path, message: `unknown property "${name}"; there are: ${allowed.join(', ')}` });
  }
  return found;
}

function checkValue(schema: ValueSchema, value: JsonValue, path: string): Invalid[] {
  const wrong = (message: string): Invalid[] => [{ path, message }];
  switch (schema.type) {
    case 'string':
      if (typeof value !== 'string') return wrong(`must be a string, not ${nameOf(value)}`);
      if (schema.enum && !schema.enum.includes(value)) {
        const near = nearest(value, schema.enum);
        return wrong(`must be one of ${schema.enum.join(', ')}${near === undefined ? '' : `; did you mean ${near}?`}`);
      }
      if (schema.minLength !== undefined && [...value].length < schema.minLength) return wrong('must not be empty');
      if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(value)) {
        return wrong(`must match ${schema.pattern}`);
      }
      return [];
    case 'integer':
      if (typeof value !== 'number' || !Number.isInteger(value)) {
        return wrong(`must be an integer, not ${nameOf(value)}`);
      }
      if (schema.minimum !== undefined && value < schema.minimum) return wrong(`must be at least ${schema.minimum}`);
      if (schema.maximum !== undefined && value > schema.maximum) return wrong(`must be at most ${schema.maximum}`);
      return [];
    case 'array':
      if (!Array.isArray(value)) return wrong(`must be an array, not ${nameOf(value)}`);
      return value.flatMap((item, index) => checkValue(schema.items, item, `${path}/${index}`));
  }
}

function nameOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' ? 'a string' : String(value);
}

/**
 * The generated validators must judge as zod does, and fill in the same defaults: zod alone is the truth, but a turn
 * never asks it. Values are drawn from the schema itself and then spoilt in one place.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { validate as validateConfig } from '#generated/config-validator.js';
import { validate as validateDiffering } from '#generated/differing-validator.js';
import { validate as validateEntry } from '#generated/entry-validator.js';
import { validate as validateUndo } from '#generated/undo-validator.js';
import { validate as validateFork } from '#generated/fork-validator.js';
import { validate as validateHello } from '#generated/hello-validator.js';
import { validate as validatePolicyChange } from '#generated/policy-change-validator.js';
import { validate as validateProof } from '#generated/proof-validator.js';
import { validate as validateResolution } from '#generated/resolution-validator.js';
import { validate as validateScript } from '#generated/script-validator.js';
import { validate as validateSessionChange } from '#generated/session-change-validator.js';
import { validate as validateSteer } from '#generated/steer-validator.js';
import { validate as validateStop } from '#generated/stop-validator.js';
import { validate as validateSubmission } from '#generated/submission-validator.js';
import * as api from '../../src/contract/api.ts';
import { configSchema } from '../../src/contract/config.ts';
import { entrySchema } from '../../src/contract/entries.ts';
import { scriptSchema } from '../../src/contract/script.ts';

const RUNS = 400;

test.each([
  ['config', configSchema, validateConfig],
  ['entry', entrySchema, validateEntry],
  ['script', scriptSchema, validateScript],
  ['submission', api.submissionSchema, validateSubmission],
  ['steer', api.steerSchema, validateSteer],
  ['resolution', api.resolutionSchema, validateResolution],
  ['stop', api.stopSchema, validateStop],
  ['session change', api.sessionChangeSchema, validateSessionChange],
  ['policy change', api.policyChangeSchema, validatePolicyChange],
  ['fork', api.forkSchema, validateFork],
  ['undo', api.undoSchema, validateUndo],
  ['hello', api.helloSchema, validateHello],
  ['differing', api.differingSchema, validateDiffering],
  ['proof', api.proofSchema, validateProof],
] as [string, z.ZodType, (value: unknown) => boolean][])('%s: as zod judges', (_name, schema, validate) => {
  const valid = valuesOf(schema);
  let accepted = 0;
  let refused = 0;
  const compare = (value: unknown): void => {
    const { success, data } = schema.safeParse(structuredClone(value));
    const filled = structuredClone(value);
    const ok = validate(filled);
    expect(ok).toBe(success);
    if (success) expect(filled).toEqual(data);
    if (success) accepted++;
    else refused++;
  };
  fc.assert(fc.property(valid, compare), { numRuns: RUNS });
  fc.assert(fc.property(valid.chain(spoilt), compare), { numRuns: RUNS });
  expect(accepted).toBeGreaterThan(RUNS / 2);
  expect(refused).toBeGreaterThan(RUNS / 4);
});

interface SchemaNode {
  $ref?: string;
  allOf?: SchemaNode[];
  anyOf?: SchemaNode[];
  oneOf?: SchemaNode[];
  const?: unknown;
  enum?: unknown[];
  type?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  items?: SchemaNode;
  minItems?: number;
  propertyNames?: SchemaNode;
  properties?: Record<string, SchemaNode>;
  required?: string[];
  additionalProperties?: SchemaNode | boolean;
  definitions?: Record<string, SchemaNode>;
}

/** Values that the schema should accept. */
function valuesOf(schema: z.ZodType): fc.Arbitrary<unknown> {
  const root = z.toJSONSchema(schema, { io: 'input', target: 'draft-7' }) as SchemaNode;
  const draw = (node: SchemaNode, depth: number): fc.Arbitrary<unknown> => {
    if (node.$ref !== undefined) {
      return depth > 8 ? fc.constant(null) : draw(root.definitions![node.$ref.split('/').at(-1)!]!, depth + 1);
    }
    const members = node.anyOf ?? node.oneOf;
    if (members !== undefined) return fc.oneof(...members.map((member) => draw(member, depth + 1)));
    if (node.allOf !== undefined) return draw(node.allOf[0]!, depth + 1);
    if ('const' in node) return fc.constant(node.const);
    if (node.enum !== undefined) return fc.constantFrom(...node.enum);
    switch (node.type) {
      case 'string': {
        if (node.pattern !== undefined) return fc.stringMatching(new RegExp(node.pattern), { maxLength: 200 });
        return fc.string({
          unit: 'binary',
          minLength: node.minLength ?? 0,
          maxLength: Math.min(node.maxLength ?? 12, (node.minLength ?? 0) + 12),
        });
      }
      case 'integer':
        return fc.integer({ min: Math.max(node.minimum ?? -9, -9), max: Math.min(node.maximum ?? 1e9, 1e9) });
      case 'number':
        return fc.double({ min: node.minimum ?? -9, max: node.maximum ?? 9, noNaN: true });
      case 'boolean':
        return fc.boolean();
      case 'null':
        return fc.constant(null);
      case 'array':
        return fc.array(draw(node.items ?? {}, depth + 1), { minLength: node.minItems ?? 0, maxLength: 3 });
      case 'object': {
        if (typeof node.additionalProperties === 'object') {
          const keys = fc.string({ minLength: node.propertyNames?.minLength ?? 0, maxLength: 3 });
          return fc.dictionary(keys, draw(node.additionalProperties, depth + 1), { maxKeys: 3 });
        }
        const properties = Object.entries(node.properties ?? {}).map(([key, value]) => [key, draw(value, depth + 1)]);
        return fc.record(Object.fromEntries(properties) as Record<string, fc.Arbitrary<unknown>>, {
          requiredKeys: node.required ?? [],
        });
      }
      default:
        return fc.jsonValue({ maxDepth: 1 });
    }
  };
  return draw(root, 0);
}

/** The value with one place in it removed, replaced, or with an unknown key. */
function spoilt(value: unknown): fc.Arbitrary<unknown> {
  return fc
    .tuple(fc.nat(), fc.constantFrom('remove', 'replace', 'add'), fc.jsonValue({ maxDepth: 1 }))
    .map(([position, how, other]) => {
      const copy = structuredClone(value);
      const places = placesIn(copy);
      if (places.length === 0) return other;
      const [parent, key] = places[position % places.length]!;
      if (how === 'remove' && !Array.isArray(parent)) delete parent[key];
      else if (how === 'add' && !Array.isArray(parent)) parent['unknown_key'] = other;
      else parent[key] = other;
      return copy;
    });
}

function placesIn(value: unknown): [Record<string, unknown>, string][] {
  if (typeof value !== 'object' || value === null) return [];
  const parent = value as Record<string, unknown>;
  return Object.keys(parent).flatMap((key) => [[parent, key] as [typeof parent, string], ...placesIn(parent[key])]);
}

/** The OpenAPI document: made of the table of operations and its schemas, so that it says what is checked and answered. */
import * as z from 'zod';
import type { Operation } from '../../src/contract/operation.ts';
import { NAMED, OPERATIONS } from '../../src/contract/operations.ts';

type Json = Record<string, unknown>;

export function openApiDocument(version: string): Json {
  const schemas = componentSchemas();
  return {
    openapi: '3.1.1',
    info: {
      title: 'runtime',
      version,
      description: 'The HTTP API of `runtime daemon`. Times are ms UTC, durations ms, money micro-USD.',
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    paths: Object.fromEntries(Object.entries(OPERATIONS).map(([path, methods]) => pathItem(path, methods))),
    components: { schemas, securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  };
}

/** `:id` as OpenAPI writes it. */
export function openApiPath(path: string): string {
  return path.replace(/:(\w+)/g, '{$1}');
}

function pathItem(path: string, methods: Record<string, Operation>): [string, Json] {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name!);
  const parameters = names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
  const operations = Object.entries(methods).map(([method, operation]) => [
    method.toLowerCase(),
    operationObject(
      `${method.toLowerCase()}${path.replace(/\W+(\w)/g, (_, first: string) => first.toUpperCase())}`,
      operation,
    ),
  ]);
  return [openApiPath(path), { ...(names.length > 0 && { parameters }), ...Object.fromEntries(operations) }];
}

function operationObject(operationId: string, operation: Operation): Json {
  const { summary, description, role, query = {}, headers = {}, body, answers, events, text, refusals } = operation;
  const parameters = [...parametersIn('query', query), ...parametersIn('header', headers)];
  const said = [...(description === undefined ? [] : [description]), ...(role === undefined ? [] : [`Role: ${role}.`])];
  return {
    operationId,
    summary,
    ...(said.length > 0 && { description: said.join(' ') }),
    ...(role === undefined ? { security: [] } : { 'x-role': role }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body) } } } }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, schema]) => [status, response(schema)])),
      ...(events && { 200: eventStream(events, answers[200]) }),
      ...(text !== undefined && {
        200: { description: 'As asked.', content: { [text]: { schema: { type: 'string' } } } },
      }),
      default: {
        description: 'It was refused, or failed.',
        content: refusals
          ? { 'application/json': { schema: schemaOf(refusals) } }
          : { 'application/problem+json': { schema: schemaOf(NAMED['Problem']!) } },
      },
    },
  };
}

function response(schema: z.ZodType | undefined): Json {
  if (schema === undefined) return { description: 'Done.' };
  return { description: 'As asked.', content: { 'application/json': { schema: schemaOf(schema) } } };
}

/** `otherwise`: what is answered where no events were asked for. */
function eventStream(events: z.ZodType, otherwise: z.ZodType | undefined): Json {
  const schema = { type: 'string', contentMediaType: 'text/event-stream', contentSchema: schemaOf(events) };
  const whole = otherwise && { 'application/json': { schema: schemaOf(otherwise) } };
  return { description: 'Events; the data of each is JSON.', content: { ...whole, 'text/event-stream': { schema } } };
}

function parametersIn(place: string, named: Record<string, z.ZodType>): Json[] {
  return Object.entries(named).map(([name, schema]) => ({
    name,
    in: place,
    required: false,
    schema: schemaOf(schema),
  }));
}

/** A reference where it has a name. */
function schemaOf(schema: z.ZodType): Json {
  const registry = registryOf({ ...NAMED, Asked: schema });
  const name = Object.entries(NAMED).find(([, known]) => known === schema)?.[0];
  if (name !== undefined) return { $ref: reference(name) };
  return plain(z.toJSONSchema(registry, OPTIONS).schemas['Asked']!);
}

function componentSchemas(): Json {
  const { schemas } = z.toJSONSchema(registryOf(NAMED), OPTIONS);
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, plain(schema)]));
}

const OPTIONS = { target: 'draft-2020-12', io: 'input', uri: reference } as const;

function reference(name: string): string {
  return `#/components/schemas/${name}`;
}

function registryOf(named: Record<string, z.ZodType>): z.core.$ZodRegistry<{ id?: string | undefined }> {
  const registry = z.registry<{ id?: string | undefined }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  return registry;
}

/** Without what only a document of its own has. */
function plain({ $schema: _schema, $id: _id, id: _, ...schema }: Json): Json {
  return schema;
}

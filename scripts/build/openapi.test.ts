/** The document is whole by itself, and is about the routes that there are. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { OPERATIONS } from '../../src/contract/operations.ts';
import { ENDPOINTS } from '../../src/surfaces/http/openai/openai-api.ts';
import { ROUTES } from '../../src/surfaces/http/routes.ts';
import { openApiDocument } from './openapi.ts';

interface OperationObject {
  operationId: string;
  summary: string;
  parameters?: { name: string; in: string; schema: object }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
}
type PathItem = Record<string, OperationObject> & { parameters?: { name: string; in: string; required: boolean }[] };

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const document = openApiDocument('1.2.3') as {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, PathItem>;
  components: { schemas: Record<string, object> };
};
const items = Object.entries(document.paths);
const operations = items.flatMap(([path, item]) =>
  METHODS.flatMap((method) => (item[method] ? [{ path, method, operation: item[method] }] : [])),
);

/** Answered before the routes are looked at. */
const OPEN = ['get /health', 'get /readyz'];

test('holds every route, and no other', () => {
  const routes = Object.entries(ROUTES).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toLowerCase()} ${path.replace(':id', '{id}')}`),
  );
  const openai = operations.flatMap(({ path, method }) => {
    const [, methods = {}] = ENDPOINTS.find(([pattern]) => pattern.test(path)) ?? [];
    return method.toUpperCase() in methods ? [`${method} ${path}`] : [];
  });
  expect(openai).toHaveLength(ENDPOINTS.flatMap(([, methods]) => Object.keys(methods)).length);
  const described = operations.map(({ path, method }) => `${method} ${path}`);
  expect(described.toSorted()).toEqual([...routes, ...OPEN, ...openai].toSorted());
});

test('says which role each takes, and that no token is needed only where none is', () => {
  for (const [path, methods] of Object.entries(OPERATIONS)) {
    for (const [method, { role }] of Object.entries(methods)) {
      expect(role === undefined, `${method} ${path}`).toBe(OPEN.includes(`${method.toLowerCase()} ${path}`));
    }
  }
});

describe('is valid OpenAPI 3.1', () => {
  test('in its frame', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d$/);
    expect(document.info).toMatchObject({ title: 'runtime', version: '1.2.3' });
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z][A-Za-z0-9]+$/);
    for (const [path, item] of items) {
      expect(Object.keys(item).filter((key) => key !== 'parameters' && !METHODS.includes(key))).toEqual([]);
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect((item.parameters ?? []).map(({ name }) => name)).toEqual(named);
    }
    for (const { path, method, operation } of operations) {
      expect(operation.summary, `${method} ${path}`).not.toBe('');
      expect(Object.keys(operation.responses).filter((status) => !/^([1-5]\d\d|default)$/.test(status))).toEqual([]);
      for (const { description } of Object.values(operation.responses)) expect(description).not.toBe('');
      if (method === 'get' || method === 'delete') expect(operation.requestBody).toBeUndefined();
    }
  });

  test('in its references', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, way]) => way!);
    expect(references.length).toBeGreaterThan(20);
    for (const way of references) {
      const found = way
        .split('/')
        .reduce<unknown>((value, word) => (value as Record<string, unknown>)?.[word], document);
      expect(found, way).toBeTypeOf('object');
    }
  });

  test('in its schemas', () => {
    const ajv = new Ajv2020({ strict: true, strictTypes: false, strictTuples: false });
    ajv.addVocabulary(['openapi', 'info', 'servers', 'security', 'paths', 'components']);
    ajv.addSchema({ $id: 'document', ...document });
    for (const name of Object.keys(document.components.schemas)) {
      expect(() => ajv.compile({ $ref: `document#/components/schemas/${name}` }), name).not.toThrow();
    }
    const inline = operations.flatMap(({ operation: { parameters = [], requestBody, responses } }) => [
      ...parameters.map(({ schema }) => schema),
      ...[requestBody ?? {}, ...Object.values(responses)].flatMap((one) =>
        Object.values('content' in one ? one.content! : {}).map(({ schema }) => schema),
      ),
    ]);
    expect(inline.length).toBeGreaterThan(40);
    for (const schema of inline) {
      const here = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/')) as object;
      expect(() => ajv.compile(here), JSON.stringify(schema)).not.toThrow();
    }
  });
});

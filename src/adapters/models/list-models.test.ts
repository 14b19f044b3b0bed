import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { createRoutes } from './http/routes.ts';
import { type ListRequest, listModels } from './list-models.ts';

const ends: (() => void)[] = [];
afterEach(() => ends.splice(0).forEach((end) => end()));

/** Asks a service that answers so; gives what came of it, and what it was asked with. */
async function ask(format: ListRequest['format'], answer: string, status = 200, key: string | undefined = 'key-1') {
  let headers: IncomingHttpHeaders = {};
  const server = createServer((request, response) => {
    headers = request.headers;
    response.writeHead(status, { 'content-type': 'application/json' }).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/models`;
  const list = await listModels({ url, format, key }, { clock: systemClock, routes: createRoutes({}) });
  return { list, headers };
}

test('OpenAI and what is compatible', async () => {
  const many = Array.from({ length: 5000 }, (_, n) => ({ id: `model-${n}`, object: 'model', context_length: n }));
  const { list, headers } = await ask('openai', JSON.stringify({ data: many }));
  expect(headers.authorization).toBe('Bearer key-1');
  expect(list.ok && list.models.length).toBe(5000);
  expect(list.ok && list.models[7]).toEqual({ id: 'model-7', context: 7 });
});

test('Anthropic', async () => {
  const { list, headers } = await ask('anthropic', '{"data":[{"type":"model","id":"claude-x","display_name":"X"}]}');
  expect(headers).toMatchObject({ 'x-api-key': 'key-1', 'anthropic-version': '2023-06-01' });
  expect(list).toEqual({ ok: true, models: [{ id: 'claude-x' }] });
});

test('Gemini', async () => {
  const answer = '{"models":[{"name":"models/gemini-x","inputTokenLimit":1000,"outputTokenLimit":10}]}';
  const { list, headers } = await ask('gemini', answer);
  expect(headers['x-goog-api-key']).toBe('key-1');
  expect(list).toEqual({ ok: true, models: [{ id: 'gemini-x', context: 1000, max_output: 10 }] });
});

test.each([
  ['{}', 200, 'it answered with no list of models'],
  ['<html>', 200, 'it answered with no list of models'],
  ['null', 200, 'it answered with no list of models'],
  ['{"error":"bad key key-1"}', 401, 'it answered 401'],
  [`{"data":["${'x'.repeat(9 * 1024 * 1024)}`, 200, 'its list is too long'],
])('%.30j with %d is no list', async (answer, status, why) => {
  expect((await ask('openai', answer, status)).list).toEqual({ ok: false, why });
});

test('a service that cannot be reached', async () => {
  const request = { url: 'http://127.0.0.1:1/models', format: 'openai' } as const;
  const list = await listModels(request, { clock: systemClock, routes: createRoutes({}) });
  expect(list).toEqual({ ok: false, why: expect.stringContaining('no connection to 127.0.0.1:1') as string });
});

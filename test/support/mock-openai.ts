/**
 * OpenAI's API on the loopback, in both wire formats. In a test: `await startMockOpenai()`. As a process of its own, for
 * black-box runs and benchmarks:
 *
 *     node test/support/mock-openai.ts --port 0 --script replies.json
 *
 * prints its base URL; `replies.json` is `{"replies": [MockReply…], "fallback": MockReply}`. Then also over HTTP:
 * `GET /_requests` gives what it recorded, `POST /_replies` (an array) queues more.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { chatEvents, responsesEvents } from './mock-openai-events.ts';
import { refuseOpenai } from './mock-openai-rules.ts';
import type { MockReply } from './mock-reply.ts';
import { type MockOptions, type MockRequest, type MockService, startMockService } from './mock-service.ts';

export type { MockReply, MockRequest };
export type MockOpenai = MockService;

export async function startMockOpenai({
  models = ['mock'],
  ...options
}: MockOptions & {
  /** What it lists as its models. */
  models?: readonly string[];
} = {}): Promise<MockOpenai> {
  return startMockService(
    {
      base: '/v1',
      idHeader: 'x-request-id',
      refuse: refuseOpenai,
      events: ({ path, body }, reply) =>
        path.endsWith('/responses') ? responsesEvents(body, reply) : chatEvents(body, reply),
      error: (status) => ({ error: { message: `mock ${status}` } }),
      pages: { '/v1/models': { object: 'list', data: models.map((id) => ({ id, object: 'model' })) } },
    },
    options,
  );
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '0' }, script: { type: 'string' } } });
  const script =
    values.script === undefined ? { fallback: {} } : (JSON.parse(readFileSync(values.script, 'utf8')) as MockOptions);
  const mock = await startMockOpenai({ ...script, port: Number(values.port) });
  process.stdout.write(`${mock.url}\n`);
}

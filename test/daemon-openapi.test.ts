/** What a daemon answers is what its OpenAPI document says, for every operation that there is. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'vitest';
import { type Daemon, startDaemon } from './support/daemon.ts';
import { readEvents } from './support/event-stream.ts';
import { ANSWERS, does, plans, step } from './support/goals.ts';
import { type Place, test } from './support/place.ts';

interface Document {
  paths: Record<string, Record<string, { responses: Record<string, { content?: Record<string, unknown> }> }>>;
}

const PATCH = '*** Begin Patch\n*** Add File: made.txt\n+made\n*** End Patch\n';

function play(place: Place): void {
  place.play(
    [
      { match: { tool_result: 'apply_patch' }, reply: { text: 'Changed.' } },
      { match: { tool_result: 'read_file' }, reply: { text: 'Read.' } },
      { match: { equals: 'change' }, reply: { calls: [{ tool: 'apply_patch', arguments: { patch: PATCH } }] } },
      { match: { contains: 'read' }, reply: { calls: [{ tool: 'read_file', arguments: { path: '/etc/hosts' } }] } },
      { match: { equals: 'slow' }, stall: '40s', reply: { text: 'late' } },
      { match: { any: true }, reply: { text: 'one two three', chunks: 3, delay: '50ms' } },
    ],
    { governance: { auto_allow: ['apply_patch'] }, worker: { background_concurrency: 1 } },
  );
}

/** Asks, and holds each answer against the document. */
async function checking(daemon: Daemon) {
  const document = (await (await daemon.ask('GET', '/openapi.json')).json()) as Document;
  const ajv = new Ajv2020({ strict: false });
  ajv.addSchema({ $id: 'document', ...document });
  const left = new Set(
    Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).flatMap((method) => (method === 'parameters' ? [] : [`${method} ${path}`])),
    ),
  );

  function expectFits(value: unknown, ...way: string[]): void {
    const pointer = way.map((word) => encodeURIComponent(word.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    const validate = ajv.getSchema(`document#/${pointer}`)!;
    expect(validate(value), `${way.join(' ')}: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(value)}`).toBe(
      true,
    );
  }

  async function ask(method: string, path: string, status: number, body?: unknown): Promise<Record<string, unknown>> {
    const route = routeOf(document, path.split('?')[0]!);
    const answer = await daemon.ask(method, path, body);
    const text = await answer.text();
    expect(answer.status, `${method} ${path}: ${text}`).toBe(status);
    const { responses } = document.paths[route]![method.toLowerCase()]!;
    const known = String(status) in responses ? String(status) : 'default';
    if (status < 400) left.delete(`${method.toLowerCase()} ${route}`);
    if (responses[known]!.content === undefined) {
      expect(text).toBe('');
      return {};
    }
    const type = answer.headers.get('content-type')!;
    const value = JSON.parse(text) as Record<string, unknown>;
    expectFits(value, 'paths', route, method.toLowerCase(), 'responses', known, 'content', type, 'schema');
    return value;
  }
  return { ask, expectFits, left };
}

function routeOf({ paths }: Document, path: string): string {
  if (path in paths) return path;
  const words = path.split('/');
  return Object.keys(paths).find((route) => {
    const own = route.split('/');
    return own.length === words.length && own.every((word, index) => word === '{id}' || word === words[index]);
  })!;
}

test('every operation answers what the document says', async ({ place }) => {
  play(place);
  const daemon = await startDaemon(place);
  const { ask, expectFits, left } = await checking(daemon);
  const say = async (content: string, session_id: string): Promise<Record<string, string>> => {
    const accepted = (await ask('POST', '/v1/events', 202, { content, session_id })) as Record<string, string>;
    await ask('GET', `${accepted['status_url']}?wait_ms=20000`, 200);
    return accepted;
  };

  for (const path of ['/health', '/readyz', '/openapi.json', '/v1/status']) await ask('GET', path, 200);
  const hello = await say('hello', 'one');
  await ask('POST', '/v1/events', 202, { content: 'k', idempotency_key: 'k', session_id: 'one' });
  await ask('POST', '/v1/events', 200, { content: 'k', idempotency_key: 'k', session_id: 'one' });
  await say('change', 'one');
  await ask('GET', '/v1/sessions/one/entries?limit=1000', 200);
  await ask('GET', '/v1/sessions/one', 200);
  await ask('POST', '/v1/sessions/one/configure', 204, { title: 'The first' });
  await ask('POST', '/v1/sessions/one/fork', 201, { turn: 1 });
  await ask('POST', '/v1/sessions/one/undo', 200, {});
  await ask('POST', '/v1/sessions/one/resume', 200);

  await say('read', 'asks');
  const [approval] = (await ask('GET', '/v1/approvals', 200))['approvals'] as {
    id: string;
    digest: string;
  }[];
  await ask('GET', '/v1/sessions', 200);
  await ask('GET', `/v1/approvals/${approval!.id}`, 200);
  const answer = { decision: 'grant', scope: 'always', digest: approval!.digest };
  const { resolved } = (await ask('POST', `/v1/approvals/${approval!.id}/resolve`, 200, answer)) as {
    resolved: { grant_id: string };
  };
  await ask('POST', `/v1/approvals/${approval!.id}/resolve`, 409, { decision: 'deny' });
  await ask('DELETE', `/v1/grants/${resolved.grant_id}`, 200);
  await ask('POST', '/v1/policy', 200, { tool: 'exec_command', verdict: 'deny' });

  const slow = await ask('POST', '/v1/events', 202, { content: 'slow', session_id: 'slow' });
  await ask('GET', `/v1/events/${slow['event_id'] as string}?settled=true`, 204);
  await ask('POST', '/v1/sessions/slow/steer', 202, { content: 'faster' });
  await ask('POST', '/v1/sessions/slow/stop', 204, { event_id: slow['event_id'] });

  const background = { content: 'slow', lane: 'background' };
  await ask('POST', '/v1/events', 202, background);
  const waiting = await ask('POST', '/v1/events', 202, background);
  await ask('GET', '/v1/queue', 200);
  await ask('GET', `/v1/queue/${waiting['event_id'] as string}`, 200);
  await ask('DELETE', `/v1/queue/${waiting['event_id'] as string}`, 200);
  await ask('POST', `/v1/queue/${waiting['event_id'] as string}/retry`, 404);
  left.delete('post /v1/queue/{id}/retry'); // there is no dead letter

  await ask('POST', '/v1/schedules', 201, {
    name: 'job',
    schedule: '@every 1h',
    command: 'true',
    deliver: `file:${place.project}/results.jsonl`,
  });
  await ask('GET', '/v1/schedules', 200);
  await ask('GET', '/v1/schedules/job', 200);
  await ask('POST', '/v1/schedules/job/run?wait=true', 200);
  await ask('GET', '/v1/schedules/job/history', 200);
  await ask('GET', '/v1/deliveries', 200);
  await ask('GET', '/v1/usage?by=model', 200);
  await ask('PATCH', '/v1/schedules/job', 200, { paused: true });
  await ask('DELETE', '/v1/schedules/job', 204);

  const metrics = await daemon.ask('GET', '/metrics');
  expect([metrics.status, await metrics.text()]).toEqual([200, expect.stringContaining('# TYPE ')]);
  left.delete('get /metrics');

  const file = join(place.project, 'one.jsonl');
  expect(await place.run(['session', 'export', 'one', '--file', file])).toMatchObject({ code: 0 });
  await ask('POST', '/v1/import', 201, { file, as: 'again' });
  await ask('DELETE', '/v1/sessions/again', 204);

  await ask('GET', '/v1/models', 200);
  await ask('GET', '/v1/models/scripted', 200);
  const messages = [{ role: 'user', content: 'hello' }];
  await ask('POST', '/v1/chat/completions', 200, { model: 'scripted', messages });
  const { id } = await ask('POST', '/v1/responses', 200, { input: 'slow', background: true });
  await ask('GET', `/v1/responses/${id as string}`, 200);
  await ask('POST', `/v1/responses/${id as string}/cancel`, 200);
  const whole = await ask('POST', '/v1/responses', 200, { input: 'change', instructions: 'Be brief.' });
  expect(whole).toMatchObject({ status: 'completed' });
  for (const [path, body, schema] of [
    ['/v1/chat/completions', { messages, stream_options: { include_usage: true } }, 'OpenaiChatChunk'],
    ['/v1/responses', { input: 'change' }, 'OpenaiResponseEvent'],
    ['/v1/responses', { input: 'please run' }, 'OpenaiResponseEvent'],
  ] as const) {
    const answer = await daemon.ask('POST', path, { ...body, stream: true });
    const told = [...(await answer.text()).matchAll(/^data: (\{.*)$/gm)].map(([, data]) => JSON.parse(data!) as object);
    expect(told.length).toBeGreaterThan(3);
    for (const event of told) expectFits(event, 'components', 'schemas', schema);
  }

  for (const [method, path, status, body] of [
    ['GET', '/v1/models/none', 404, undefined],
    ['POST', '/v1/chat/completions', 400, { messages, n: 2 }],
    ['POST', '/v1/responses', 400, {}],
    ['GET', '/v1/sessions/none/entries', 404, undefined],
    ['POST', '/v1/events', 400, { text: 'x' }],
    ['GET', '/v1/events/e-none', 404, undefined],
  ] as const) {
    await ask(method, path, status, body);
  }

  const stream = await readEvents(daemon, hello['stream_url']!);
  await say('hello again', 'one');
  const events = await stream.until('turn.ended', 3);
  for (const event of events) expectFits(event, 'components', 'schemas', 'StreamEvent');
  expect(events.some(({ type }) => type === 'delta')).toBe(true);
  stream.close();
  left.delete('get /v1/sessions/{id}/stream');

  expect([...left]).toEqual([]);
  expect(readFileSync(place.journalFile('one'), 'utf8')).not.toBe('');
});

test('a goal is sent, watched and answered for as the document says', async ({ place }) => {
  place.play([
    plans(step('a'), step('b')),
    does('a', { calls: [{ tool: 'exec_command', arguments: { cmd: 'touch asked' } }] }),
    { match: { tool_result: 'exec_command' }, reply: { text: 'A did it' } },
    does('b', { text: 'B found 8' }),
    ANSWERS,
  ]);
  const daemon = await startDaemon(place);
  const { ask, expectFits } = await checking(daemon);
  for (const wrong of [{ goal: false }, { check: '' }, { check: 'x'.repeat(1001) }]) {
    await ask('POST', '/v1/events', 400, { content: 'do it', ...wrong });
  }
  const sent = { content: 'do it all', session_id: 'g', goal: true };
  expectFits(sent, 'components', 'schemas', 'Submission');
  const { event_id } = await ask('POST', '/v1/events', 202, sent);
  const status = `/v1/events/${event_id as string}?wait_ms=30000`;
  const waiting = await ask('GET', status, 200);
  expect(waiting).toMatchObject({ status: 'waiting_approval' });

  const [id] = waiting['approvals'] as string[];
  const approval = await ask('GET', `/v1/approvals/${id}`, 200);
  const parent = { session_id: 'g', step_id: 'a', root: 'g' };
  expect(approval).toMatchObject({ parent: { ...parent, title: 'Step a' } });
  expect(await ask('GET', '/v1/approvals', 200)).toMatchObject({ approvals: [{ id }] });
  const { sessions } = (await ask('GET', '/v1/sessions', 200)) as { sessions: { session_id: string }[] };
  const child = approval['session_id'] as string;
  expect(sessions.find(({ session_id }) => session_id === child)).toMatchObject({ parent });
  expect(await ask('GET', `/v1/sessions/${child}`, 200)).toMatchObject({ parent });
  expect(await ask('GET', '/v1/sessions/g', 200)).not.toHaveProperty('parent');

  await ask('POST', `/v1/approvals/${id}/resolve`, 200, { decision: 'grant', digest: approval['digest'] });
  expect(await ask('GET', status, 200)).toMatchObject({ status: 'done', reason: 'success', text: 'All in all: done.' });
  for (const session of ['g', child]) await ask('GET', `/v1/sessions/${session}/entries?limit=1000`, 200);
  await ask('DELETE', '/v1/sessions/g', 204);
  await ask('GET', `/v1/sessions/${child}/entries`, 404);
});

test('what a query may hold is checked', async ({ place }) => {
  const daemon = await startDaemon(place);
  const { paths } = (await (await daemon.ask('GET', '/openapi.json')).json()) as {
    paths: Record<string, Record<string, { parameters?: { name: string; in: string }[] }>>;
  };
  for (const [path, item] of Object.entries(paths)) {
    for (const [method, { parameters = [] }] of Object.entries(item)) {
      for (const { name } of parameters.filter((parameter) => parameter.in === 'query')) {
        const answer = await daemon.ask(method, `${path.replace('{id}', 'one')}?${name}=nonsense`);
        expect(answer.status, `${method} ${path}?${name}`).toBe(400);
      }
    }
  }
});

import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { systemIds } from '../../base/ids.ts';
import type { SubmissionBody } from '../../contract/api.ts';
import { errorCatalogue, RuntimeError } from '../../contract/errors.ts';
import type { Submission } from '../../contract/host.ts';
import { httpStatus } from '../../contract/http-status.ts';
import type { Actor } from '../../contract/values.ts';
import { LOCAL, LOCAL_ACTOR } from '../../engine/principal.ts';
import { type Api, createApi } from './api.ts';
import { STREAM_LIMITS } from './event-streams.ts';
import { createFakeHost, type FakeHost } from './testing/fake-host.ts';

let fake: FakeHost;
/** Who has the good token. */
let actor: Actor;
let api: Api;
let port: number;
let stop: () => Promise<void>;

beforeEach(async () => {
  fake = createFakeHost();
  actor = LOCAL_ACTOR;
  api = createApi(fake.host, {
    clock: systemClock,
    ids: systemIds(systemClock),
    entries: fake.entries,
    approval: fake.approval,
    usage: fake.usage,
    limits: { ...STREAM_LIMITS, heartbeatMs: 20 },
    authorize({ headers }) {
      if (headers.authorization !== 'Bearer good') throw new RuntimeError('unauthenticated', 'Who are you?');
      return { by: { ...LOCAL, actor }, host: fake.host };
    },
  });
  const server = createServer(api.handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  stop = () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
});

afterEach(() => stop());

interface Sent {
  body?: unknown;
  /** In place of a JSON body. */
  raw?: string | Buffer;
  headers?: Record<string, string>;
}

async function open(method: string, path: string, { body, raw, headers }: Sent = {}): Promise<IncomingMessage> {
  const bytes = raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const type = bytes === undefined ? {} : { 'content-type': 'application/json' };
  // Node frames no body of a DELETE by itself: what stands behind it would be taken for the next request.
  const framed = bytes !== undefined && headers?.['transfer-encoding'] === undefined;
  const length = framed ? { 'content-length': String(Buffer.byteLength(bytes)) } : {};
  return new Promise((resolve, reject) => {
    httpRequest({ port, method, path, headers: { authorization: 'Bearer good', ...type, ...length, ...headers } })
      .on('response', resolve)
      .on('error', reject)
      .end(bytes);
  });
}

async function ask(
  method: string,
  path: string,
  sent?: Sent,
): Promise<{ status: number; body: unknown; headers: object }> {
  const response = await open(method, path, sent);
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk as string;
  const { statusCode: status = 0, headers } = response;
  return { status, body: text === '' ? undefined : JSON.parse(text), headers };
}

const problem = (status: number, code: string, detail: unknown = expect.any(String)): object => ({
  status,
  body: expect.objectContaining({ type: 'about:blank', title: expect.any(String), status, code, detail }),
});

/** So many pairs. */
const many = (count: number): object => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 'v']));

describe('what was used', () => {
  test('is told by what is asked for', async () => {
    expect(await ask('GET', '/v1/usage')).toMatchObject({ status: 200, body: { by: 'day' } });
    const query = '/v1/usage?by=model&since=2026-11-01&until=2026-11-21';
    expect(await ask('GET', query)).toMatchObject({ body: { by: 'model', since: '2026-11-01', until: '2026-11-21' } });
    expect(await ask('GET', '/v1/usage?by=moon')).toMatchObject({ status: 400 });
  });

  test('is told to operators alone', async () => {
    actor = { id: 'ci', role: 'member' };
    const what = 'ci is member; reading what was used takes operator.';
    expect(await ask('GET', '/v1/usage')).toMatchObject(problem(403, 'role_not_allowed', what));
  });
});

describe('a body', () => {
  test('is not read of who may not do what it is for', async () => {
    actor = { id: 'ci', role: 'viewer' };
    for (const [path, what] of [
      ['/v1/events', 'ci is viewer; sending a message takes member.'],
      ['/v1/import', 'ci is viewer; importing a session takes operator.'],
      ['/v1/schedules', 'ci is viewer; changing or running a schedule takes operator.'],
    ] as const) {
      expect(await ask('POST', path, { raw: '{"not' })).toMatchObject(problem(403, 'role_not_allowed', what));
    }
  });

  test('that carries no message is short', async () => {
    const raw = Buffer.alloc(128 * 1024 + 1, ' ');
    for (const path of ['/v1/policy', '/v1/sessions/s-1/stop', '/v1/approvals/a-1/resolve', '/v1/import']) {
      expect(await ask('POST', path, { raw })).toMatchObject(
        problem(413, 'body_too_large', 'The body is longer than 128 KiB.'),
      );
    }
  });
});

describe('a message', () => {
  test('is accepted as the contract shows it', async () => {
    const { status, body } = await ask('POST', '/v1/events', { body: { content: 'hi', session_id: 's-1' } });
    expect(status).toBe(202);
    expect(body).toEqual({
      schemaVersion: 'runtime.accepted.v1',
      event_id: 'e-1',
      session_id: 's-1',
      status: 'queued',
      duplicate: false,
      position: 0,
      waiting_on: [],
      status_url: '/v1/events/e-1',
      stream_url: '/v1/sessions/s-1/stream?after=0',
    });
  });

  test('with a known key is answered 200', async () => {
    const body = { parts: [{ type: 'text', text: 'hi' }], idempotency_key: 'k' };
    expect((await ask('POST', '/v1/events', { body })).status).toBe(202);
    expect(await ask('POST', '/v1/events', { body })).toMatchObject({ status: 200, body: { duplicate: true } });
    expect(await ask('POST', '/v1/events', { body: { ...body, source: 'x' } })).toMatchObject(
      problem(409, 'idempotency_key_reused'),
    );
  });

  test.each([
    [{}, 'either'],
    [{ content: 'hi', parts: [{ type: 'text', text: 'hi' }] }, 'either'],
    [{ content: 'hi', colour: 'red' }, '"colour"'],
    [{ content: 'hi', lane: 'fast' }, 'one of: interactive, background'],
    [{ content: 'hi', priority: 101 }, 'priority'],
    [{ content: 'hi', metadata: { a: 1 } }, 'metadata'],
    [{ content: 'hi', metadata: many(33) }, 'metadata'],
    [{ content: '' }, 'content is empty'],
    [{ content: 1 }, 'content must be: string'],
    [{ parts: [] }, 'parts is empty'],
    [{ parts: [{ type: 'reasoning', text: 'I said' }] }, 'parts.0'],
    [{ parts: [{ type: 'text', text: { blob: 'sha256:0', bytes: 1, head: '', tail: '' } }] }, 'parts.0.text'],
    [{ content: 'hi', mode: 'shout' }, 'one of: message, steer'],
    [{ content: 'hi', root: 'relative' }, 'root'],
    [{ content: 'hi', limits: { wall_ms: -1 } }, 'limits.wall_ms'],
    [[], 'must be: object'],
    ['hi', 'must be: object'],
  ])('%j is refused', async (body, detail) => {
    expect(await ask('POST', '/v1/events', { body })).toMatchObject(
      problem(400, 'invalid_request', expect.stringContaining(detail)),
    );
    expect(fake.calls.has('submit')).toBe(false);
  });

  test.each([
    ['{"content":"a","content":"b"}', 'stands twice'],
    ['{"content":', 'not valid JSON'],
    ['', 'not valid JSON'],
    [Buffer.from([0x22, 0xff, 0x22]), 'UTF-8'],
  ])('%s is refused', async (raw, detail) => {
    expect(await ask('POST', '/v1/events', { raw, headers: { 'content-type': 'application/json' } })).toMatchObject(
      problem(400, 'invalid_request', expect.stringContaining(detail)),
    );
  });

  test('must not be too large, whether that is said before or not', async () => {
    const raw = Buffer.alloc(8 * 1024 * 1024 + 1, ' ');
    expect(await ask('POST', '/v1/events', { raw })).toMatchObject(problem(413, 'body_too_large'));
    const chunked = { 'transfer-encoding': 'chunked' };
    expect(await ask('POST', '/v1/events', { raw, headers: chunked })).toMatchObject(problem(413, 'body_too_large'));
    const fits = JSON.stringify({ content: 'x'.repeat(8 * 1024 * 1024 - 20) });
    expect(await ask('POST', '/v1/events', { raw: fits })).toMatchObject({ status: 202 });
  });

  test('must not have very many values, however short it is', async () => {
    const raw = `{"content":"hi","parts":[${'0,'.repeat(50_000)}0]}`;
    expect(await ask('POST', '/v1/events', { raw })).toMatchObject(
      problem(413, 'body_too_large', 'The body has more than 50000 values.'),
    );
    const text = JSON.stringify({ content: '[{,'.repeat(100_000) });
    expect(await ask('POST', '/v1/events', { raw: text })).toMatchObject({ status: 202 });
  });

  test('must be JSON', async () => {
    const sent = { raw: '{"content":"hi"}', headers: { 'content-type': 'text/plain' } };
    expect(await ask('POST', '/v1/events', sent)).toMatchObject(problem(415, 'unsupported_media_type'));
    const compressed = { raw: 'x', headers: { 'content-encoding': 'gzip' } };
    expect(await ask('POST', '/v1/events', compressed)).toMatchObject(problem(415, 'unsupported_media_type'));
  });

  test('that finds its lane full may come again later', async () => {
    const answer = await ask('POST', '/v1/events', { body: { content: 'hi', source: 'full' } });
    expect(answer).toMatchObject(problem(429, 'lane_full'));
    expect(answer.headers).toMatchObject({ 'retry-after': expect.stringMatching(/^[1-9]\d*$/) });
  });

  test('of another session id than there can be is refused', async () => {
    expect(await ask('POST', '/v1/events', { body: { content: 'x', session_id: '../x' } })).toMatchObject(
      problem(400, 'invalid_id'),
    );
  });

  test('has every field that a host takes', () => {
    const missing: Exclude<keyof Submission, keyof SubmissionBody>[] = [];
    expect(missing).toEqual([]);
  });
});

describe('a wait', () => {
  test('lasts until the message is done', async () => {
    await ask('POST', '/v1/events', { body: { content: 'slow', session_id: 's-1' } });
    const waits = ask('GET', '/v1/events/e-1?wait_ms=30000');
    await ask('POST', '/v1/sessions/s-1/stop', { body: { event_id: 'e-1' } });
    expect(await waits).toMatchObject({ status: 200, body: { status: 'done', reason: 'canceled' } });
  });

  test('ends at its time, and asks the host once, however often it is repeated', async () => {
    await ask('POST', '/v1/events', { body: { content: 'slow', session_id: 's-1' } });
    expect(await ask('GET', '/v1/events/e-1?wait_ms=1')).toMatchObject({ status: 200, body: { status: 'running' } });
    expect(await ask('GET', '/v1/events/e-1?wait_ms=1&settled=true')).toMatchObject({ status: 204, body: undefined });
    expect(fake.calls.get('settled')).toBe(1);
  });

  test.each(['30001', '-1', 'x', ''])('of %j ms is refused', async (ms) => {
    expect(await ask('GET', `/v1/events/e-1?wait_ms=${ms}`)).toMatchObject(problem(400, 'invalid_request'));
  });
});

describe('entries', () => {
  test('come in pages', async () => {
    for (let n = 0; n < 5; n++) fake.append('s-1');
    const first = await ask('GET', '/v1/sessions/s-1/entries?limit=3');
    expect(first.body).toEqual({ entries: [1, 2, 3].map(entryOf), next_after: 3, has_more: true });
    const last = await ask('GET', '/v1/sessions/s-1/entries?after=3');
    expect(last.body).toEqual({ entries: [4, 5].map(entryOf), next_after: 5, has_more: false });
    expect((await ask('GET', '/v1/sessions/s-1/entries?after=5')).body).toEqual({
      entries: [],
      next_after: 5,
      has_more: false,
    });
  });

  const entryOf = (seq: number): object => expect.objectContaining({ seq, schemaVersion: 'runtime.event.v1' });
});

describe('a stream', () => {
  /** What comes until `enough`. */
  async function read(path: string, enough: (text: string) => boolean, headers = {}): Promise<string> {
    const response = await open('GET', path, { headers });
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toBe('text/event-stream');
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) {
      text += chunk as string;
      if (enough(text)) break;
    }
    return text;
  }
  const eventsIn = (text: string): string[] => text.split('\n\n').filter((one) => one !== '' && one !== ':');
  const kinds = (text: string): string[] => eventsIn(text).map((one) => /^event: (.*)$/m.exec(one)![1]!);
  const ids = (text: string): string[] => [...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id!);

  test('has entries with ids and deltas without, each on one line', async () => {
    const first = fake.append('s-1', 'turn.started', { text: 'two\nlines' });
    const reading = read('/v1/sessions/s-1/stream', (text) => text.includes('delta'));
    while ((await fake.host.session('s-1')).watchers === 0) await new Promise(setImmediate);
    fake.tellDelta('s-1', 'Hel');
    const [entry, delta] = eventsIn(await reading);
    expect(entry).toBe(`id: ${first.id}\nevent: turn.started\ndata: ${JSON.stringify(first)}`);
    expect(delta).toMatch(/^event: delta\ndata: \{.*"text":"Hel".*\}$/);
  });

  test('shows that it lives', async () => {
    fake.append('s-1');
    expect(await read('/v1/sessions/s-1/stream', (text) => text.includes('\n\n:\n\n'))).toContain(':\n\n');
  });

  test('goes on behind a seq, or behind the last id', async () => {
    const made = [1, 2, 3, 4].map(() => fake.append('s-1').id);
    const last = (text: string): boolean => text.includes(made.at(-1)!);
    expect(ids(await read('/v1/sessions/s-1/stream?after=2', last))).toEqual(made.slice(2));
    const header = { 'last-event-id': made[0]! };
    expect(ids(await read('/v1/sessions/s-1/stream?after=0', last, header))).toEqual(made.slice(1));
  });

  test.each(['2-ffffffff', '99-00000001', 'nonsense', '0-00000000'])(
    'begins anew for the id %s, which is not in the journal',
    async (id) => {
      const made = [1, 2, 3].map(() => fake.append('s-1').id);
      const text = await read('/v1/sessions/s-1/stream', (all) => all.includes(made.at(-1)!), { 'last-event-id': id });
      expect(kinds(text)).toEqual(['reset', 'timer.fired', 'timer.fired', 'timer.fired']);
      expect(ids(text)).toEqual(made);
    },
  );

  test('of an unknown session is refused, unless it may come', async () => {
    expect(await ask('GET', '/v1/sessions/none/stream')).toMatchObject(problem(404, 'not_found'));
    const reading = read('/v1/sessions/none/stream?absent=wait', (text) => text.includes('input.received'));
    await ask('POST', '/v1/events', { body: { content: 'hi', session_id: 'none' } });
    expect(kinds(await reading)[0]).toBe('input.received');
  });

  test('ends with the session', async () => {
    fake.append('s-1');
    const reading = read('/v1/sessions/s-1/stream', () => false);
    while ((await fake.host.session('s-1')).watchers === 0) await new Promise(setImmediate);
    await ask('DELETE', '/v1/sessions/s-1');
    expect(kinds(await reading)).toEqual(['timer.fired', 'end']);
  });

  test.each([
    [true, ['timer.fired', 'timer.fired', 'handover']],
    [false, ['timer.fired', 'timer.fired']],
  ])('ends with the host, which says so (handover: %s)', async (handover, expected) => {
    fake.append('s-1');
    const reading = read('/v1/sessions/s-1/stream', () => false);
    while ((await fake.host.session('s-1')).watchers === 0) await new Promise(setImmediate);
    fake.append('s-1');
    api.close(handover);
    expect(kinds(await reading)).toEqual(expected);
    expect(await ask('GET', '/v1/status')).toMatchObject({
      ...problem(503, 'shutting_down'),
      headers: { 'retry-after': '1' },
    });
  });
});

test('a fork is made, at a seq or at the last turn', async () => {
  for (let n = 0; n < 3; n++) fake.append('s-1');
  const { status, body } = await ask('POST', '/v1/sessions/s-1/fork', { body: { at: 2 } });
  expect({ status, body }).toEqual({ status: 201, body: { session_id: expect.any(String) } });
  const { session_id } = body as { session_id: string };
  expect(await fake.host.session(session_id)).toMatchObject({ seq: 2 });
  expect(await ask('POST', '/v1/sessions/s-1/fork', { body: { at: 2, turn: 1 } })).toMatchObject({ status: 400 });
  expect(await ask('POST', '/v1/sessions/s-1/fork', { body: { at: 0 } })).toMatchObject(
    problem(400, 'invalid_request'),
  );
});

test('a turn is undone by its number', async () => {
  await ask('POST', '/v1/events', { body: { content: 'hello', session_id: 's-1' } });
  const undo = (body: object): ReturnType<typeof ask> => ask('POST', '/v1/sessions/s-1/undo', { body });
  expect(await undo({ turn: 1 })).toMatchObject({ status: 200, body: { status: 'undone', turn: 1 } });
  expect(await undo({ turn: 9 })).toMatchObject(problem(404, 'not_found'));
  expect(await undo({ turn: 0 })).toMatchObject(problem(400, 'invalid_request'));
  expect(await undo({ all: true })).toMatchObject(problem(400, 'invalid_request'));
});

describe('an approval', () => {
  const resolve = (body: object): ReturnType<typeof ask> => ask('POST', '/v1/approvals/a-s-1-1/resolve', { body });

  beforeEach(async () => {
    await ask('POST', '/v1/events', { body: { content: 'ask', session_id: 's-1' } });
  });

  test('is listed, shown and resolved', async () => {
    const record = await fake.approval('a-s-1-1');
    expect(await ask('GET', '/v1/approvals')).toMatchObject({ status: 200, body: { approvals: [record] } });
    expect((await ask('GET', '/v1/approvals/a-s-1-1')).body).toEqual(record);
    expect(await resolve({ decision: 'grant', digest: record.digest })).toMatchObject({
      status: 200,
      body: { status: 'granted' },
    });
  });

  test('is never denied by absence', async () => {
    for (const body of [{}, { decision: 'maybe' }, { decision: 'deny', rule: 'r1' }])
      expect(await resolve(body)).toMatchObject(problem(400, 'invalid_request'));
    expect((await fake.approval('a-s-1-1')).status).toBe('pending');
  });

  test('that was resolved already is a conflict, which shows it', async () => {
    await resolve({ decision: 'grant' });
    const again = await resolve({ decision: 'deny' });
    expect(again).toMatchObject(problem(409, 'approval_already_resolved'));
    expect(again.body).toMatchObject({ next: 'Leave it.', approval: { id: 'a-s-1-1', status: 'granted' } });
  });

  test('is resolved only for what was shown', async () => {
    const other = await resolve({ decision: 'grant', digest: `sha256:${'1'.repeat(64)}` });
    expect(other).toMatchObject(problem(409, 'digest_mismatch'));
    expect(other.body).toMatchObject({ approval: { status: 'pending' } });
  });
});

describe('whatever comes', () => {
  test('a caller without a right gets nothing', async () => {
    const nobody = { headers: { authorization: 'Bearer bad' } };
    for (const path of ['/v1/status', '/v1/nothing', '/v1/sessions/s-1/stream']) {
      expect(await ask('GET', path, nobody)).toMatchObject({
        ...problem(401, 'unauthenticated'),
        headers: { 'www-authenticate': 'Bearer', 'content-type': 'application/problem+json' },
      });
    }
    expect([...fake.calls.keys()]).toEqual([]);
  });

  test('unknown places and methods are told apart', async () => {
    for (const path of ['/', '/v1', '/v1/status/', '/v1/sessions//entries', '/v1/events/a/b'])
      expect(await ask('GET', path)).toMatchObject(problem(404, 'not_found'));
    expect(await ask('PATCH', '/v1/sessions/s-1')).toMatchObject({
      ...problem(405, 'method_not_allowed'),
      headers: { allow: 'GET, DELETE, HEAD, OPTIONS' },
    });
    expect(await ask('GET', '/v1/sessions/%zz')).toMatchObject(problem(400, 'invalid_request'));
    expect(await ask('GET', `/v1/events/${'x'.repeat(300)}`)).toMatchObject(problem(400, 'invalid_request'));
    expect(await ask('GET', '/v1/sessions/..%2f..')).toMatchObject(problem(400, 'invalid_id'));
  });

  test('a defect of the host is a problem, not an end', async () => {
    fake.host.status = () => Promise.reject(new TypeError('undefined is not a function'));
    expect(await ask('GET', '/v1/status')).toMatchObject(problem(500, 'internal', 'undefined is not a function'));
    expect(await ask('DELETE', '/v1/grants/g-1')).toMatchObject(problem(409, 'ambiguous_id'));
  });

  test('is answered, and the next one too', async () => {
    const paths = fc.constantFrom('status', 'events', 'events/e-1', 'sessions/s-1', 'sessions/s-1/stop', 'policy', 'x');
    const methods = fc.constantFrom('GET', 'POST', 'DELETE', 'PUT', 'OPTIONS', 'HEAD');
    const bodies = fc.oneof(
      fc.json(),
      fc.string(),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    );
    await fc.assert(
      fc.asyncProperty(methods, paths, fc.webQueryParameters(), bodies, async (method, path, query, raw) => {
        const { status } = await ask(method, `/v1/${path}?${query}`, method === 'GET' ? {} : { raw });
        expect(status).toBeGreaterThanOrEqual(200);
        expect(status).toBeLessThan(500);
      }),
      { numRuns: 300 },
    );
    expect(await ask('GET', '/v1/status')).toMatchObject({ status: 200, body: { program: 'fake' } });
  });
});

test('every error of the catalogue has a status of its kind', () => {
  for (const [code, { exit }] of Object.entries(errorCatalogue)) {
    const status = httpStatus[code as keyof typeof httpStatus];
    if (exit === 2) expect([400, 500], code).toContain(status);
    if (exit === 7) expect(status, code).toBe(500);
    expect(status, code).toBeGreaterThanOrEqual(400);
  }
});

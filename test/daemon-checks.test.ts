/** What people expected of the daemon before: each check with its number. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import type { AcceptedAnswer } from '../src/contract/answers.ts';
import { type Daemon, startDaemon } from './support/daemon.ts';
import type { MockOpenai, MockReply, MockRequest } from './support/mock-openai.ts';
import { expectVerified, test, until } from './support/place.ts';

/** A message that has the word `slow` in it is answered by nobody, every other at once. */
const bySpeed = ({ body }: MockRequest): MockReply =>
  askedOf(body).includes('slow') ? { hangHead: true } : { text: 'quick' };

function askedOf(body: unknown): string {
  return JSON.stringify((body as { messages: unknown[] }).messages.at(-1));
}

function answerBySpeed(mock: MockOpenai, times = 40): void {
  mock.reply(...Array.from({ length: times }, () => bySpeed));
}

async function post(daemon: Daemon, body: object): Promise<{ status: number; body: AcceptedAnswer; headers: Headers }> {
  const response = await daemon.ask('POST', '/v1/events', body);
  return { status: response.status, body: (await response.json()) as AcceptedAnswer, headers: response.headers };
}

async function settled(daemon: Daemon, { status_url }: AcceptedAnswer): Promise<unknown> {
  return (await daemon.ask('GET', `${status_url}?wait_ms=20000`)).json();
}

describe('ingress', () => {
  test('H-33, H-35, A-27: the same key again is a duplicate with the same ids, also after a restart', async ({
    place,
    mock,
  }) => {
    place.connect(mock);
    answerBySpeed(mock);
    const daemon = await startDaemon(place);
    const message = { content: 'once', idempotency_key: 'k-1' };
    const first = await post(daemon, message);
    await settled(daemon, first.body);
    const { event_id, session_id } = first.body;
    expect(await post(daemon, message)).toMatchObject({ status: 200, body: { event_id, session_id, duplicate: true } });
    process.kill(daemon.pid, 'SIGTERM');
    await daemon.ended;
    const next = await startDaemon(place);
    expect(await post(next, message)).toMatchObject({ status: 200, body: { event_id, session_id, duplicate: true } });
    expect(mock.requests).toHaveLength(1);
  });

  test('H-36, H-37, A-23: a full lane refuses with 429; what was refused is new when it comes again', async ({
    place,
    mock,
  }) => {
    place.connect(
      mock,
      {},
      {
        ingress: { interactive_queue_size: 1, interactive_submit_timeout: '50ms' },
        worker: { interactive_concurrency: 1 },
      },
    );
    answerBySpeed(mock);
    const daemon = await startDaemon(place);
    const slow = await post(daemon, { content: 'slow', session_id: 'busy' });
    await until('it runs', () => mock.requests.length === 1);
    await post(daemon, { content: 'second' });
    const third = { content: 'third', idempotency_key: 'k-3' };
    const refused = await post(daemon, third);
    expect(refused).toMatchObject({ status: 429, body: { code: 'lane_full' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    await daemon.ask('POST', '/v1/sessions/busy/stop', { event_id: slow.body.event_id });
    await until('there is room', () => mock.requests.length >= 2);
    const again = await post(daemon, third);
    expect(again).toMatchObject({ status: 202, body: { duplicate: false } });
    expect(await settled(daemon, again.body)).toMatchObject({ status: 'done', text: 'quick' });
  });

  test('a turn is steered while it runs, and no session is made by that', async ({ place, mock }) => {
    place.connect(mock, {}, { governance: { auto_allow: ['exec_command'] } });
    const cmd = 'while [ ! -e go ]; do sleep 0.02; done';
    mock.reply({ calls: [{ name: 'exec_command', arguments: { cmd } }] }, { text: 'With care.' }, { text: 'Again.' });
    const daemon = await startDaemon(place);
    const work = await post(daemon, { content: 'Work', session_id: 'one' });
    await until('it works', () => place.journal('one').some(({ type }) => type === 'call.started'));
    const told = await daemon.ask('POST', '/v1/sessions/one/steer', { content: 'Be careful', idempotency_key: 'k' });
    expect(told.status).toBe(202);
    place.write('go', '');
    expect(await settled(daemon, work.body)).toMatchObject({ status: 'done', turn: 1, text: 'With care.' });
    const steered = (await told.json()) as AcceptedAnswer;
    expect(await settled(daemon, steered)).toMatchObject({ status: 'done', turn: 1 });
    expect(JSON.stringify(mock.requests[1]!.body)).toContain('Be careful');

    const again = await daemon.ask('POST', '/v1/sessions/one/steer', { content: 'Be careful', idempotency_key: 'k' });
    expect(again.status).toBe(200);
    expect(await again.json()).toMatchObject({ event_id: steered.event_id, duplicate: true });
    const late = await daemon.ask('POST', '/v1/sessions/one/steer', { content: 'Once more' });
    expect(await settled(daemon, (await late.json()) as AcceptedAnswer)).toMatchObject({ turn: 2, text: 'Again.' });
    expect((await daemon.ask('POST', '/v1/sessions/none/steer', { content: 'hi' })).status).toBe(404);
    expect((await daemon.ask('POST', '/v1/sessions/one/steer', { content: 'hi', lane: 'background' })).status).toBe(
      400,
    );
    const { sessions } = (await (await daemon.ask('GET', '/v1/sessions')).json()) as { sessions: object[] };
    expect(JSON.stringify(sessions)).not.toContain('none');
  });

  test('H-38, A-20: a long turn in one session keeps no other waiting', async ({ place, mock }) => {
    place.connect(mock);
    answerBySpeed(mock);
    const daemon = await startDaemon(place);
    const long = await post(daemon, { content: 'slow', session_id: 'a' });
    const other = await post(daemon, { content: 'hello', session_id: 'b' });
    expect(await settled(daemon, other.body)).toMatchObject({ status: 'done', text: 'quick' });
    expect(await (await daemon.ask('GET', long.body.status_url)).json()).toMatchObject({ status: 'running' });
  });

  test('H-39, A-19: messages of one session are answered in the order in which they came, one at a time', async ({
    place,
    mock,
  }) => {
    place.connect(mock);
    answerBySpeed(mock);
    const daemon = await startDaemon(place);
    const ids: string[] = [];
    for (let n = 0; n < 5; n++)
      ids.push((await post(daemon, { content: `number ${n}`, session_id: 's' })).body.event_id);
    for (const id of ids) await daemon.ask('GET', `/v1/events/${id}?wait_ms=20000`);
    const turns = place.journal('s').filter(({ type }) => type === 'turn.started' || type === 'turn.ended');
    expect(turns.map(({ type }) => type)).toEqual(turns.map((_, at) => (at % 2 === 0 ? 'turn.started' : 'turn.ended')));
    const ended = turns.flatMap((line) => (line.type === 'turn.ended' ? line.data.event_ids : []));
    expect(ended).toEqual(ids);
  });

  test('H-40, A-18: with the background lane full and stuck, an interactive message is answered', async ({
    place,
    mock,
  }) => {
    place.connect(mock, {}, { ingress: { background_queue_size: 3 }, worker: { background_concurrency: 2 } });
    answerBySpeed(mock);
    const daemon = await startDaemon(place);
    const background = { content: 'slow', lane: 'background' };
    let full = 0;
    for (let n = 0; n < 20 && full === 0; n++) {
      if ((await post(daemon, background)).status === 429) full++;
      await delay(20);
    }
    expect(full).toBe(1);
    const quick = await post(daemon, { content: 'hello' });
    expect(await settled(daemon, quick.body)).toMatchObject({ status: 'done', text: 'quick' });
  });

  test('H-41: what was accepted before SIGTERM and not worked on is done exactly once after it', async ({
    place,
    mock,
  }) => {
    place.connect(mock, {}, { worker: { interactive_concurrency: 1 }, daemon: { shutdown_timeout: '100ms' } });
    mock.reply({ hangHead: true }, ...Array.from({ length: 8 }, () => ({ text: 'quick' })));
    const daemon = await startDaemon(place);
    const accepted: AcceptedAnswer[] = [];
    for (let n = 0; n < 4; n++) accepted.push((await post(daemon, { content: `m${n}`, session_id: `s${n}` })).body);
    await until('the first runs', () => mock.requests.length === 1);
    process.kill(daemon.pid, 'SIGTERM');
    expect(await daemon.ended).toMatchObject({ code: 0 });
    const next = await startDaemon(place);
    for (const one of accepted) expect(await settled(next, one)).toMatchObject({ status: 'done', text: 'quick' });
    for (let n = 0; n < 4; n++) {
      const received = place.journal(`s${n}`).filter(({ type }) => type === 'input.received');
      expect(received).toHaveLength(1);
    }
  });

  test('H-43, H-44: ids that would be paths, or are none, are refused and leave nothing', async ({ place }) => {
    const daemon = await startDaemon(place);
    for (const session_id of ['../../evil', 'x'.repeat(300), 'nul\0', '']) {
      expect(await post(daemon, { content: 'hi', session_id })).toMatchObject({ status: 400 });
    }
    expect(existsSync(join(place.home, '../evil.jsonl'))).toBe(false);
    const sessions = join(place.home, 'workspaces/default/sessions');
    expect(existsSync(sessions) ? readdirSync(sessions) : []).toEqual([]);
  });

  test('H-45, H-48: what the API has no field for is refused, not ignored', async ({ place }) => {
    const daemon = await startDaemon(place);
    for (const field of [{ workspace_id: 'other' }, { type: 'cron' }, { actor: 'root' }]) {
      expect(await post(daemon, { content: 'hi', ...field })).toMatchObject({
        status: 400,
        body: { code: 'invalid_request' },
      });
    }
  });

  test('H-46: a message that its session fails with keeps no other waiting', async ({ place, mock }) => {
    place.connect(mock, {}, { worker: { interactive_concurrency: 1 } });
    mock.reply({ status: 400, body: { error: { message: 'no', code: 'bad' } } }, { text: 'quick' });
    const daemon = await startDaemon(place);
    const bad = await post(daemon, { content: 'bad', session_id: 'bad' });
    const good = await post(daemon, { content: 'good', session_id: 'good' });
    expect(await settled(daemon, bad.body)).toMatchObject({ status: 'done', reason: 'validation_failed' });
    expect(await settled(daemon, good.body)).toMatchObject({ status: 'done', text: 'quick' });
  });

  test('H-47: 10 MiB are refused', async ({ place }) => {
    const daemon = await startDaemon(place);
    expect(await post(daemon, { content: 'x'.repeat(10 * 2 ** 20) })).toMatchObject({ status: 413 });
  });
});

describe('the service', () => {
  test('H-136: on the loopback, with a token, for no foreign page', async ({ place }) => {
    const daemon = await startDaemon(place);
    expect(new URL(daemon.url).hostname).toBe('127.0.0.1');
    expect((await fetch(`${daemon.url}/v1/sessions`)).status).toBe(401);
    const foreign = await daemon.ask('GET', '/v1/sessions', undefined, { origin: 'http://evil.example' });
    expect(foreign.status).toBe(403);
  });

  test('H-137: a port that is taken ends the start (exit 3, as for everything that another holds)', async ({
    place,
  }) => {
    const daemon = await startDaemon(place);
    const { port } = new URL(daemon.url);
    expect(await place.run(['--workspace', 'other', 'daemon', '--port', port])).toMatchObject({ code: 3, stdout: '' });
  });

  test('H-139: an event without a session is told where it went', async ({ place, mock }) => {
    place.connect(mock);
    answerBySpeed(mock);
    const daemon = await startDaemon(place);
    const { status, body } = await post(daemon, { content: 'hello' });
    expect(status).toBe(202);
    expect(body).toMatchObject({ event_id: expect.stringMatching(/^e-/), session_id: expect.stringMatching(/^s-/) });
    expect((await daemon.ask('GET', body.status_url)).status).toBe(200);
  });

  test('H-141: the stream of an unknown session is 404', async ({ place }) => {
    const daemon = await startDaemon(place);
    expect((await daemon.ask('GET', '/v1/sessions/nobody/stream')).status).toBe(404);
  });

  test('H-115, H-142: an approval outlives the daemon; an answer that says nothing is no answer', async ({
    place,
    mock,
  }) => {
    place.connect(mock);
    const patch = '*** Begin Patch\n*** Add File: new.txt\n+new\n*** End Patch\n';
    mock.reply({ calls: [{ name: 'apply_patch', arguments: { patch } }] }, { text: 'added' });
    const daemon = await startDaemon(place);
    const { accepted, status } = await daemon.send({ content: 'add it' });
    expect(status).toMatchObject({ status: 'waiting_approval' });
    const [id] = status.approvals;
    expect((await daemon.ask('POST', `/v1/approvals/${id}/resolve`, {})).status).toBe(400);
    process.kill(daemon.pid, 'SIGTERM');
    await daemon.ended;
    const next = await startDaemon(place);
    expect(await (await next.ask('GET', '/v1/approvals')).json()).toMatchObject({
      approvals: [{ id, status: 'pending' }],
    });
    expect((await next.ask('POST', `/v1/approvals/${id}/resolve`, { decision: 'grant' })).status).toBe(200);
    expect(await settled(next, accepted)).toMatchObject({ status: 'done', text: 'added' });
    expect(place.read('new.txt')).toBe('new\n');
  });

  test('H-143: a turn that runs comes to its end before the daemon does', async ({ place, mock }) => {
    place.connect(mock);
    mock.reply({ headDelayMs: 1500, text: 'late, but whole' });
    const daemon = await startDaemon(place);
    const { body } = await post(daemon, { content: 'take your time' });
    await until('the model is asked', () => mock.requests.length === 1);
    process.kill(daemon.pid, 'SIGTERM');
    expect(await daemon.ended).toMatchObject({ code: 0 });
    expect(place.journal(body.session_id).at(-1)).toMatchObject({ type: 'turn.ended', data: { reason: 'success' } });
    await expectVerified(place, body.session_id);
    expect(await place.run(['run', '--session', body.session_id])).toMatchObject({ code: 0 });
  });
});

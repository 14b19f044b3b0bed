/** The daemon as a process: its start, its answers, its end. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { startDaemon } from './support/daemon.ts';
import { expectVerified, test, until } from './support/place.ts';

describe('a message', () => {
  test('is accepted, answered, and proved by the journal', async ({ place, mock }) => {
    place.connect(mock);
    mock.reply({ text: 'Four.' });
    const daemon = await startDaemon(place);
    const { accepted, status } = await daemon.send({ content: 'Two and two?', idempotency_key: 'k' });
    expect(accepted).toMatchObject({ schemaVersion: 'runtime.accepted.v1', status: 'queued', duplicate: false });
    expect(status).toMatchObject({ status: 'done', reason: 'success', text: 'Four.' });
    const again = await daemon.ask('POST', '/v1/events', { content: 'Two and two?', idempotency_key: 'k' });
    expect(again.status).toBe(200);
    expect(await again.json()).toMatchObject({ event_id: accepted.event_id, duplicate: true, status: 'done' });
    expect(mock.requests).toHaveLength(1);
    process.kill(daemon.pid, 'SIGTERM');
    expect(await daemon.ended).toMatchObject({ code: 0 });
    await expectVerified(place, accepted.session_id);
    const [, received] = place.journal(accepted.session_id);
    expect(received).toMatchObject({ type: 'input.received', data: { actor: { role: 'operator' }, source: 'api' } });
  });

  test('A-1: that was accepted before a kill is answered after it', async ({ place, mock }) => {
    place.connect(mock);
    mock.reply({ hangHead: true }, { text: 'At last.' });
    const daemon = await startDaemon(place);
    const accepted = await daemon.ask('POST', '/v1/events', { content: 'wait' });
    const { event_id } = (await accepted.json()) as { event_id: string };
    await until('the model is asked', () => mock.requests.length === 1);
    process.kill(daemon.pid, 'SIGKILL');
    await daemon.ended;
    const next = await startDaemon(place);
    const status = await next.ask('GET', `/v1/events/${event_id}?wait_ms=20000`);
    expect(await status.json()).toMatchObject({ status: 'done', text: 'At last.' });
  });
});

describe('who may ask', () => {
  test('everyone how it is, and whoever has the token the rest', async ({ place }) => {
    const daemon = await startDaemon(place);
    expect(statSync(join(place.home, 'daemon.token')).mode & 0o777).toBe(0o600);
    expect(await (await fetch(`${daemon.url}/health`)).json()).toMatchObject({ status: 'ok' });
    expect((await fetch(`${daemon.url}/v1/status`)).status).toBe(401);
    expect(
      (await daemon.ask('GET', '/v1/status', undefined, { authorization: `Bearer ${daemon.token}x` })).status,
    ).toBe(401);
    expect((await daemon.ask('GET', '/v1/status')).status).toBe(200);
  });

  test('no page of another origin, and nobody by another name', async ({ place }) => {
    const daemon = await startDaemon(place);
    const origin = await daemon.ask('GET', '/v1/status', undefined, { origin: 'https://example.com' });
    expect([origin.status, await origin.json()]).toMatchObject([403, { code: 'role_not_allowed' }]);
  });
});

describe('one workspace', () => {
  test('A-13: has one daemon, and terminals join it', async ({ place, mock }) => {
    place.connect(mock);
    mock.reply({ text: 'From the daemon.' });
    const daemon = await startDaemon(place);
    const second = await place.run(['daemon', '--port', '0']);
    expect(second).toMatchObject({ code: 3, stdout: '' });
    expect(second.stderr).toContain(`pid ${daemon.pid}`);
    expect(await place.run(['run', 'hello'])).toMatchObject({ code: 0, stdout: 'From the daemon.\n' });
    process.kill(daemon.pid, 'SIGTERM');
    expect(await daemon.ended).toMatchObject({ code: 0 });
  });

  test('a port that is taken is said, and the workspace is free again', async ({ place }) => {
    const daemon = await startDaemon(place);
    const port = new URL(daemon.url).port;
    const other = await place.run(['--workspace', 'other', 'daemon', '--port', port]);
    expect(other).toMatchObject({ code: 3 });
    expect(other.stderr).toContain('--port');
    expect(await place.run(['--workspace', 'other', 'run', 'hello'])).toMatchObject({ code: 0 });
  });

  test('beyond this machine only with a token that somebody chose', async ({ place }) => {
    const refused = await place.run(['daemon', '--port', '0', '--host', '0.0.0.0']);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    const environment = { RUNTIME_TOKEN: 'chosen-by-a-person' };
    const daemon = await startDaemon(place, ['--host', '0.0.0.0'], { environment });
    expect((await fetch(`http://127.0.0.1:${new URL(daemon.url).port}/health`)).status).toBe(200);
  });
});

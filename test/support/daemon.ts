/** A daemon of a place, and what a client of its API does. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AcceptedAnswer } from '../../src/contract/answers.ts';
import type { EventStatus } from '../../src/contract/host.ts';
import type { Place, Running, RunOptions } from './place.ts';

export interface Daemon extends Running {
  url: string;
  token: string;
  /** Asks with the token; a body is sent as JSON. */
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  /** Sends a message and waits for what becomes of it. */
  send(body: object): Promise<{ accepted: AcceptedAnswer; status: EventStatus }>;
}

/** Starts a daemon on any free port, and waits until it is ready. */
export async function startDaemon(place: Place, args: string[] = [], options: RunOptions = {}): Promise<Daemon> {
  const running = place.start(['daemon', '--port', '0', ...args], options);
  let said = '';
  running.child.stdout!.on('data', (bytes: Buffer) => (said += bytes.toString()));
  await running.says('"runtime.ready.v1"');
  const { url } = JSON.parse(said.split('\n')[0]!) as { url: string };
  const token = options.environment?.['RUNTIME_TOKEN'] ?? readFileSync(join(place.home, 'daemon.token'), 'utf8').trim();
  const ask: Daemon['ask'] = (method, path, body, headers = {}) =>
    fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  return {
    ...running,
    url,
    token,
    ask,
    async send(body) {
      const accepted = (await (await ask('POST', '/v1/events', body)).json()) as AcceptedAnswer;
      const status = await ask('GET', `${accepted.status_url}?wait_ms=20000`);
      return { accepted, status: (await status.json()) as EventStatus };
    },
  };
}

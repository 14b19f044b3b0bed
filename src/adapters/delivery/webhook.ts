/**
 * POSTs a value to an address that a person chose, signed, and again when that fails. No redirect is followed: what is
 * told goes where it was meant for only.
 */
import { createHmac } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Clock } from '../../base/clock.ts';

export interface WebhookOptions {
  clock: Clock;
  /** Signs what is sent. */
  secret: string;
  /** The same for each attempt, and after a restart. */
  idempotencyKey: string;
  /** When it aborts, what is on its way still gets there, and nothing is sent again. */
  signal: AbortSignal;
}

/** How it went; undefined: `signal` came first. */
export type Sent = { state: 'delivered' | 'failed'; attempts: number; reason?: string } | undefined;

const PAUSES_MS = [1000, 5000, 30_000, 120_000, 600_000];
const ANSWER_MS = 10_000;
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** What is wrong with the address; undefined: nothing. */
export function webhookDefect(address: string): string | undefined {
  const url = URL.parse(address);
  if (!url) return 'is no URL';
  if (url.protocol === 'https:') return undefined;
  if (url.protocol === 'http:' && LOOPBACK.has(url.hostname)) return undefined;
  return 'must be https, or http on this machine';
}

export async function sendWebhook(address: string, value: unknown, options: WebhookOptions): Promise<Sent> {
  const { clock, signal } = options;
  const body = JSON.stringify(value);
  for (let attempts = 1; ; attempts++) {
    const answer = await post(address, body, options).catch((error: Error) => ({ error: error.message, again: true }));
    if (!('error' in answer)) return { state: 'delivered', attempts };
    if (signal.aborted) return undefined;
    const pauseMs = PAUSES_MS[attempts - 1];
    if (!answer.again || pauseMs === undefined) return { state: 'failed', attempts, reason: answer.error };
    await pause(clock, pauseMs, signal);
  }
}

type Answer = { status: number } | { error: string; again: boolean };

function post(address: string, body: string, options: WebhookOptions): Promise<Answer> {
  const { clock, secret, idempotencyKey } = options;
  const at = Math.floor(clock.now() / 1000);
  const signature = createHmac('sha256', secret).update(`${at}.${body}`).digest('hex');
  const send = address.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(address, {
      method: 'POST',
      agent: false,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'idempotency-key': idempotencyKey,
        'x-runtime-signature': `t=${at},v1=${signature}`,
      },
    });
    const cancel = clock.at(clock.now() + ANSWER_MS, () => request.destroy(new Error(`no answer within ${ANSWER_MS / 1000} s`))); // prettier-ignore
    request.on('error', reject);
    request.on('close', cancel);
    request.on('response', (response) => {
      const status = response.statusCode ?? 0;
      response.resume(); // what it says beside its status counts for nothing
      response.on('error', () => {});
      if (status >= 200 && status < 300) return resolve({ status });
      const error = status >= 300 && status < 400 ? `it redirects (${status})` : `it answered ${status}`;
      resolve({ error, again: status >= 500 || status === 408 || status === 429 });
    });
    request.end(body);
  });
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.at(clock.now() + ms, done);
    signal.addEventListener('abort', done);
  });
}

/** Requests over a control socket: JSON out, JSON or a stream of events in. Each wait has a deadline. */
import { Agent, type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import type { Clock } from '../../base/clock.ts';
import type { Problem } from '../../contract/answers.ts';
import { type ErrorCode, errorCatalogue, RuntimeError } from '../../contract/errors.ts';

export interface Requests {
  /** @throws RuntimeError as the owner's, or owner_lost | owner_silent. Undefined: answered without a body. */
  ask<T>(method: string, path: string, options?: { body?: unknown; withinMs?: number }): Promise<T | undefined>;
  /** Opens a stream. `onEnd` is called once, however it ends, but not after `close`. */
  stream(path: string, listener: StreamListener, options?: StreamOptions): { close(): void };
  /** Goes with all further requests. */
  setToken(token: string): void;
  /** Ends all connections. */
  close(): void;
}

export interface StreamListener {
  onEvent(event: EventSourceMessage): void;
  /** `error`: it was refused, or couldn't be opened. */
  onEnd(error?: RuntimeError | NodeJS.ErrnoException): void;
}

export interface StreamOptions {
  method?: 'POST';
  body?: unknown;
  headers?: Record<string, string>;
  /** A stream that says nothing for so long is taken as broken; absent: it may be silent. */
  silenceMs?: number;
}

const USUAL_MS = 30_000;
const BODY_BYTES = 8 * 1024 * 1024;

export function createRequests(socketPath: string, clock: Clock): Requests {
  const agent = new Agent({ keepAlive: true });
  let token: string | undefined;

  function open(method: string, path: string, headers: Record<string, string>, body: unknown): ClientRequest {
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    if (bytes && bytes.length > BODY_BYTES) {
      throw new RuntimeError('body_too_large', `That is more than ${BODY_BYTES / 2 ** 20} MiB.`);
    }
    const request = httpRequest({
      socketPath,
      agent,
      method,
      path,
      headers: {
        ...headers,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(bytes && { 'content-type': 'application/json', 'content-length': bytes.length }),
      },
    });
    request.end(bytes);
    return request;
  }

  return {
    async ask<T>(
      method: string,
      path: string,
      { body, withinMs = USUAL_MS }: { body?: unknown; withinMs?: number } = {},
    ) {
      const request = open(method, path, {}, body);
      const cancel = clock.at(clock.now() + withinMs, () => request.destroy(silent(withinMs)));
      try {
        const response = await responseOf(request);
        const text = await textOf(response);
        if (response.statusCode! >= 400) throw errorOf(text);
        return text === '' ? undefined : (JSON.parse(text) as T);
      } finally {
        cancel();
      }
    },

    stream(path, listener, { method, body, headers, silenceMs } = {}) {
      let closed = false;
      let cancel = (): void => {};
      const finish = (error?: RuntimeError | NodeJS.ErrnoException): void => {
        cancel();
        if (closed) return;
        closed = true;
        listener.onEnd(error);
      };
      const request = open(method ?? 'GET', path, headers ?? {}, body);
      const heard = (withinMs: number | undefined): void => {
        cancel();
        if (withinMs === undefined) return;
        cancel = clock.at(clock.now() + withinMs, () => request.destroy(silent(withinMs)));
      };
      heard(USUAL_MS);
      request.on('error', finish);
      const ended = (): void => finish();
      request.on('close', ended);
      request.on('response', (response) => {
        response.on('error', () => {}); // its end is told by `close`
        if (response.statusCode !== 200) {
          request.off('close', ended);
          textOf(response).then((text) => finish(errorOf(text)), finish);
          return;
        }
        const parser = createParser({ onEvent: (event) => !closed && listener.onEvent(event) });
        heard(silenceMs);
        response.setEncoding('utf8').on('data', (text: string) => {
          if (closed) return;
          heard(silenceMs);
          parser.feed(text);
        });
      });
      return {
        close() {
          closed = true;
          cancel();
          request.destroy();
        },
      };
    },

    setToken: (given) => void (token = given),
    close: () => agent.destroy(),
  };
}

function silent(ms: number): RuntimeError {
  return new RuntimeError('owner_silent', `The process that holds the workspace did not answer within ${ms / 1000} s.`);
}

function responseOf(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.on('error', reject);
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response) text += chunk as string;
  return text;
}

/** The owner's error as it would be thrown there. */
function errorOf(text: string): RuntimeError {
  let problem: Partial<Problem>;
  try {
    problem = JSON.parse(text) as Partial<Problem>;
  } catch {
    problem = {};
  }
  const { code = 'internal', detail = 'The answer is not what was expected.', next } = problem;
  const known = Object.hasOwn(errorCatalogue, code) ? (code as ErrorCode) : 'internal';
  return new RuntimeError(known, detail, next === undefined ? {} : { next });
}

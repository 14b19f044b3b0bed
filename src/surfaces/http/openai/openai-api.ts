/**
 * Endpoints in the shapes of OpenAI's API, so that its clients are clients of ours. Each request is a message to a session
 * of the host: what is done with it, and what may be, is decided there.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { RuntimeError } from '../../../contract/errors.ts';
import type { Host } from '../../../contract/host.ts';
import { ProblemWith, refusalIn } from '../answer.ts';
import type { ApiOptions, Asked } from '../api.ts';
import { hidePaths } from '../hide-paths.ts';
import { createLongPoll } from '../long-poll.ts';
import { createCompletion } from './chat-endpoint.ts';
import { afterAccept, failureOf, sendFailure } from './errors.ts';
import { acceptedAs, type Exchange, type ExchangePorts } from './exchange.ts';
import { createLostAnswers } from './lost-answers.ts';
import { listModels, readModel } from './model-endpoints.ts';
import { cancelResponse, createResponse, readResponse } from './response-endpoints.ts';

export interface OpenaiOptions
  extends Omit<ExchangePorts, 'longPoll' | 'lost'>, Pick<ApiOptions, 'authorize' | 'onRefused' | 'onHidden'> {}

export interface OpenaiApi {
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** From now on every request is refused, and nobody waits any longer. */
  close(): void;
}

type Endpoint = (ports: ExchangePorts, exchange: Exchange) => Promise<void>;

/** By path (what is in brackets is an id), then by method. */
export const ENDPOINTS: [path: RegExp, methods: Record<string, Endpoint>][] = [
  [/^\/v1\/models$/, { GET: listModels }],
  [/^\/v1\/models\/(.+)$/, { GET: readModel }],
  [/^\/v1\/chat\/completions$/, { POST: createCompletion }],
  [/^\/v1\/responses$/, { POST: createResponse }],
  [/^\/v1\/responses\/([^/]+)$/, { GET: readResponse }],
  [/^\/v1\/responses\/([^/]+)\/cancel$/, { POST: cancelResponse }],
];

/** `host`: for what only reads. */
export function createOpenaiApi(host: Host, { authorize, onRefused, onHidden, ...options }: OpenaiOptions): OpenaiApi {
  const longPoll = createLongPoll(host, options.clock);
  const ports: ExchangePorts = { ...options, longPoll, lost: createLostAnswers(options.clock) };
  let closed = false;

  async function answerTo(asked: Asked, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (closed) throw new RuntimeError('shutting_down', 'The program is about to end.');
    const { methods, id } = endpointsOf(request.url!);
    const endpoint = methods[request.method ?? ''];
    if (endpoint === undefined) {
      const error = new RuntimeError('method_not_allowed', `${request.method} is not possible here.`);
      throw new ProblemWith(error, { headers: { allow: Object.keys(methods).join(', ') } });
    }
    const left = new Promise<void>((resolve) => response.once('close', resolve));
    await endpoint(ports, { ...asked, request, response, id, left });
  }

  return {
    handle(request, response) {
      const requestId = `r-${ports.ids.ulid()}`;
      response.setHeader('x-request-id', requestId);
      // Whoever waits for the connection sees its end; unheard, an error would end the program.
      request.on('error', () => {});
      response.on('error', () => {});
      const answer = async (): Promise<void> => {
        const asked = await authorize(request);
        await answerTo(asked, request, response).catch((thrown: unknown) => {
          throw hidePaths(thrown, asked.by.actor, (whole) => onHidden?.(requestId, whole));
        });
      };
      answer().catch((error: unknown) => {
        const refusal = refusalIn(error);
        if (refusal) onRefused?.(request, refusal);
        if (response.headersSent) return void response.destroy();
        const event_id = acceptedAs({ response });
        sendFailure(request, response, event_id === undefined ? failureOf(error) : afterAccept(error, event_id));
      });
    },
    close() {
      closed = true;
      longPoll.close();
    },
  };
}

/** @throws RuntimeError not_found | invalid_request */
function endpointsOf(url: string): { methods: Record<string, Endpoint>; id: string } {
  const [path = ''] = url.split('?', 1);
  for (const [pattern, methods] of ENDPOINTS) {
    const [found, id = ''] = pattern.exec(path) ?? [];
    if (found !== undefined) return { methods, id: decoded(id) };
  }
  throw new RuntimeError('not_found', `There is nothing at ${path.slice(0, 200)}.`);
}

function decoded(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    throw new RuntimeError('invalid_request', 'The path is not valid.');
  }
}

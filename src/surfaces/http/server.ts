/** The HTTP server's own limits, and what it answers when not even a request came. */
import {
  createServer, type RequestListener, type Server, type ServerOptions, type ServerResponse, STATUS_CODES,
} from 'node:http'; // prettier-ignore
import type { Socket } from 'node:net';
import type { Ids } from '../../base/ids.ts';
import { problemOf } from './answer.ts';
import { invalid } from './read-body.ts';

export interface ServerLimits {
  /** For a request's head, and for all of it (ms). */
  headersTimeoutMs: number;
  requestTimeoutMs: number;
  /** How long a connection may stay without a request (ms); 0: for ever. */
  keepAliveTimeoutMs: number;
  /** How often that is looked at (ms). */
  checkEveryMs: number;
}

export type CreateServer = (options: ServerOptions, handle: RequestListener) => Server;

/** `create`: another transport than plain HTTP. */
export function createHttpServer(
  handle: RequestListener,
  ids: Ids,
  limits: ServerLimits,
  create: CreateServer = createServer,
): Server {
  const { watched, mayAnswer } = watchAnswers(handle);
  const server = create(
    {
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: limits.checkEveryMs,
    },
    watched,
  );
  // A CONNECT or an upgrade is no request of this API; without a listener Node ends the one and ignores the other.
  return server.on('clientError', ({ code = '' }: NodeJS.ErrnoException, socket: Socket) => {
    // What isn't about HTTP has cut the connection off, or it never was one: an answer would wait for the TLS handshake.
    if (!/^(HPE|ERR_HTTP)_/.test(code) || !socket.writable || !mayAnswer(socket)) return void socket.destroy();
    const timeout = code === 'ERR_HTTP_REQUEST_TIMEOUT';
    // A client that keeps a connection in hand, and sends its first request just now, would take it for the answer.
    if (timeout && socket.bytesRead === 0) return void socket.destroy();
    const status = timeout ? 408 : code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
    const reason = timeout ? 'The request took too long.' : `That is no HTTP request (${code}).`;
    const title = STATUS_CODES[status]!;
    const problem = { ...problemOf(invalid(reason), `r-${ids.ulid()}`), status, title };
    const body = JSON.stringify(problem);
    const head = [
      `HTTP/1.1 ${status} ${title}`,
      'content-type: application/problem+json',
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
  });
}

/** Knows what of each connection is being answered. */
function watchAnswers(handle: RequestListener): { watched: RequestListener; mayAnswer(socket: Socket): boolean } {
  const open = new WeakMap<Socket, Set<ServerResponse>>();
  return {
    watched(request, response) {
      const { socket } = request;
      const answers = open.get(socket) ?? new Set();
      open.set(socket, answers.add(response));
      response.once('close', () => answers.delete(response));
      handle(request, response);
    },
    /** What is said of a broken request must not stand in the answer to another, nor be taken for it. */
    mayAnswer: (socket) =>
      [...(open.get(socket) ?? [])].every(
        ({ writableEnded, headersSent, req }) => writableEnded || (!headersSent && !req.complete),
      ),
  };
}

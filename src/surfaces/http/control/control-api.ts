/**
 * What is spoken on the control socket: the HTTP API, and before it the proof of who connects (`gate.ts`). The answer to
 * that proof is a stream that stays open as long as the client is attached: its end tells either side that the other has
 * gone, at once and also after `kill -9`.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { validate as validateDiffering } from '#generated/differing-validator.js';
import { validate as validateHello } from '#generated/hello-validator.js';
import { validate as validateProof } from '#generated/proof-validator.js';
import { DIFFERING_PATH, HAND_OVER_PATH, IDENTIFY_PATH } from '../../../adapters/control/listener.ts';
import { CONTROL_PROTOCOL, type Host, type Loss } from '../../../contract/host.ts';
import { descendsFromTool } from '../../../engine/caller.ts';
import { LOCAL } from '../../../engine/principal.ts';
import { send, sendProblem } from '../answer.ts';
import { createApi, type ApiOptions, type Asked } from '../api.ts';
import { signFrame } from '../event-frames.ts';
import { readBody, SHORT_BODY_BYTES } from '../read-body.ts';
import { createHttpServer, type ServerLimits } from '../server.ts';
import { createGate } from './gate.ts';
import { answerIdentify } from './identify.ts';
import { systemProcesses } from './process-table.ts';

export interface ControlApiOptions extends Omit<ApiOptions, 'authorize'> {
  host: Host;
  version: string;
  /** What tells the file of the socket from every other. */
  file: () => string;
  /** Does a process descend from the agent's tools? */
  isTool?: (pid: number) => boolean;
}

export interface ControlApi {
  /** Takes a connection over. */
  connect(socket: Socket): void;
  /** Tells all clients that the host leaves, and why. */
  close(loss: Loss): void;
}

const LIMITS: ServerLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  keepAliveTimeoutMs: 0, // a connection ends with its process; else a request could cross with its end
  checkEveryMs: 5000,
};

export function createControlApi(options: ControlApiOptions): ControlApi {
  const { host, clock, ids, version, isTool = (pid) => descendsFromTool(pid) } = options;
  const gate = createGate({ clock, version, protocol: CONTROL_PROTOCOL, processes: systemProcesses(), isTool });
  const authorize = (request: IncomingMessage): Asked => {
    gate.authorize(request);
    return { by: LOCAL, host };
  };
  const api = createApi(host, { ...options, authorize });
  const attached = new Set<ServerResponse>();
  let lost: Loss | undefined;

  async function hello(request: IncomingMessage, response: ServerResponse): Promise<void> {
    send(response, { status: 200, body: gate.hello(await readBody(request, validateHello, SHORT_BODY_BYTES)) });
  }

  async function prove(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { challenge } = await readBody(request, validateProof, SHORT_BODY_BYTES);
    const token = gate.prove(challenge);
    attached.add(response);
    response.once('close', () => {
      attached.delete(response);
      gate.forget(token);
    });
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(signFrame('attached', { token }));
    if (lost) response.end(signFrame('lost', lost));
  }

  async function handOver(request: IncomingMessage, response: ServerResponse): Promise<void> {
    gate.authorize(request);
    request.resume();
    await host.handOver();
    send(response, { status: 204 });
  }

  async function differing(request: IncomingMessage, response: ServerResponse): Promise<void> {
    gate.authorize(request);
    const { digests } = await readBody(request, validateDiffering, SHORT_BODY_BYTES);
    send(response, { status: 200, body: await host.differing(digests) });
  }

  const identify = (request: IncomingMessage, response: ServerResponse): Promise<void> =>
    answerIdentify(request, response, { file: options.file(), clock });
  const owns: Record<string, typeof hello> = {
    '/v1/hello': hello,
    [IDENTIFY_PATH]: identify,
    '/v1/prove': prove,
    [HAND_OVER_PATH]: handOver,
    [DIFFERING_PATH]: differing,
  };

  const server = createHttpServer(
    (request, response) => {
      const own = request.method === 'POST' && Object.hasOwn(owns, request.url!) ? owns[request.url!] : undefined;
      if (!own) return api.handle(request, response);
      request.on('error', () => {});
      response.on('error', () => {});
      own(request, response).catch((error: unknown) => sendProblem(request, response, error, `r-${ids.ulid()}`));
    },
    ids,
    LIMITS,
  );
  // It never listens: connections are given to it. But its time limits are looked at from this event on.
  server.emit('listening');

  return {
    connect: (socket) => void server.emit('connection', socket),
    close(loss) {
      lost = loss;
      api.close(loss.handed_over);
      for (const response of attached) response.end(signFrame('lost', loss));
      server.close(() => {});
    },
  };
}

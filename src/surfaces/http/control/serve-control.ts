/**
 * Serves a host on the control socket of its workspace. Until somebody connects this is a listening socket and nothing
 * else: a run that nobody joins pays for no HTTP.
 */
import { createServer, type Socket } from 'node:net';
import { toRuntimeError } from '../../../contract/errors.ts';
import type { Loss } from '../../../contract/host.ts';
import type { ControlApi, ControlApiOptions } from './control-api.ts';
import { listenAt, type SocketFile } from './socket-file.ts';

export interface ControlOptions extends Omit<ControlApiOptions, 'file'> {
  /** See `controlPath`. The caller holds the workspace's lock. */
  path: string;
  /** Told when the socket can't be served; the program goes on without. */
  warn(message: string): void;
}

export interface ControlServer {
  /** Is anybody connected? */
  isJoined(): boolean;
  /**
   * Ends the serving: clients are told why, and the socket's file goes. Resolves when all connections are closed. To be
   * called before the lock is given up.
   */
  close(loss: Loss): Promise<void>;
}

/** How long clients may take what is on its way to them. */
const FLUSH_MS = 1000;
/** Each costs a file descriptor, also of those who never show who they are: the store needs some, too. */
const MOST_CONNECTIONS = 500;

export async function serveControl(options: ControlOptions): Promise<ControlServer | undefined> {
  const { path, clock, warn } = options;
  const sockets = new Set<Socket>();
  let api: Promise<ControlApi> | undefined;
  let closed = false;

  // As an HTTP server has it: who has sent all may still read.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    api ??= import('./control-api.ts').then(({ createControlApi }) =>
      createControlApi({ ...options, file: () => file.id }),
    );
    api.then(
      ({ connect }) => connect(socket),
      (error: unknown) => {
        warn(`the control socket can't be served: ${toRuntimeError(error).message}`);
        socket.destroy();
      },
    );
  });
  server.maxConnections = MOST_CONNECTIONS;
  // It waits for others; what they ask for keeps the program going, not this.
  server.unref();

  let file: SocketFile;
  try {
    file = await listenAt(server, path);
  } catch (error) {
    server.close();
    warn(`other terminals can't join this workspace: ${toRuntimeError(error).message}`);
    return undefined;
  }

  return {
    isJoined: () => sockets.size > 0,
    async close(loss) {
      if (closed) return;
      closed = true;
      file.remove();
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      await api?.then(
        (known) => known.close(loss),
        () => {},
      );
      const cut = clock.at(clock.now() + FLUSH_MS, () => sockets.forEach((socket) => socket.destroy()));
      await ended;
      cut();
    },
  };
}

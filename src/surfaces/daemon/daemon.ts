/** `runtime daemon`: the owner of a workspace that stays, listens on TCP and works on all that is accepted. */
import { resolve } from 'node:path';
import { version } from '#generated/version.js';
import { parseDuration } from '../../base/duration.ts';
import { RuntimeError } from '../../contract/errors.ts';
import { modelNames } from '../../engine/config/models.ts';
import type { Hub } from '../../engine/hub/hub.ts';
import type { Workspace } from '../../engine/wire.ts';
import { daemonTokenPath, makeDaemonToken, readDaemonToken } from '../../store/daemon-token.ts';
import { own, readsOf } from '../attach.ts';
import { createBearer } from '../http/tcp/bearer.ts';
import { serveTcp, type TcpServer } from '../http/tcp/serve-tcp.ts';

export interface DaemonRequest {
  workspace: Workspace;
  /** Of the environment; instead of the one in the home. */
  token: string | undefined;
  /** Where it was started. */
  folder: string;
  warn(message: string): void;
}

/** `runtime.ready.v1`. */
export interface Ready {
  schemaVersion: 'runtime.ready.v1';
  url: string;
  pid: number;
  workspace: string;
}

export interface Daemon {
  ready: Ready;
  /** Lets turns reach a safe point, and ends. Called again: at once. */
  stop(): Promise<void>;
  /** Resolves when the daemon can't go on, with why; or when it was stopped. */
  ended: Promise<RuntimeError | undefined>;
}

/** @throws RuntimeError locked | port_taken | usage | no_permission */
export async function startDaemon({ workspace, token, folder, warn }: DaemonRequest): Promise<Daemon> {
  const { config } = workspace.loaded;
  const { host, port } = config.server;
  const { project_root = folder, shutdown_timeout } = config.daemon;
  const secret = tokenFor(workspace.home, token, host);
  const root = resolve(folder, project_root);
  const hub = own(workspace, { takes: 'all', schedules: true, root, patient: true, warn });
  const server = await serveOrLeave(hub, () =>
    serveTcp({
      ...readsOf(workspace),
      hub,
      host,
      port,
      version,
      actorOf: createBearer(secret),
      models: () => modelNames(config, workspace.request.environment),
    }),
  );
  let stopping = 0;
  return {
    ready: {
      schemaVersion: 'runtime.ready.v1',
      url: server.url,
      pid: process.pid,
      workspace: config.store.workspace,
    },
    async stop() {
      const patience_ms = stopping++ === 0 ? parseDuration(shutdown_timeout)! : 0;
      server.announceStop();
      await hub.leave({ patience_ms, before_release: () => server.close(true) });
    },
    ended: hub.lost.then(
      ({ error }) => error && new RuntimeError('store_unavailable', error.message, { next: error.next }),
    ),
  };
}

async function serveOrLeave(hub: Hub, serve: () => Promise<TcpServer>): Promise<TcpServer> {
  try {
    return await serve();
  } catch (error) {
    await hub.leave();
    throw error;
  }
}

/** Beyond this machine nothing is served by a token that nobody knows of. @throws RuntimeError usage */
function tokenFor(home: string, given: string | undefined, host: string): string {
  const known = given ?? readDaemonToken(home);
  if (known !== undefined) return known;
  if (isLoopback(host)) return makeDaemonToken(home);
  throw new RuntimeError('usage', `To listen on ${host} the daemon needs a token that you have chosen to give out.`, {
    next: `Set RUNTIME_TOKEN, or put one into ${daemonTokenPath(home)} (mode 600).`,
  });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

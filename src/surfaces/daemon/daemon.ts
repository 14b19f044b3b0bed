/** `runtime daemon`: the owner of a workspace that stays, listens on TCP and works on all that is accepted. */
import { resolve } from 'node:path';
import { version } from '#generated/version.js';
import { parseDuration } from '../../base/duration.ts';
import { RuntimeError } from '../../contract/errors.ts';
import { modelNames } from '../../engine/config/models.ts';
import type { Hub } from '../../engine/hub/hub.ts';
import type { Workspace } from '../../engine/wire.ts';
import { watchTokens } from '../../store/tokens.ts';
import { own, readsOf } from '../attach.ts';
import { createBearer, isExpired } from '../http/tcp/bearer.ts';
import { createHealth } from '../http/tcp/health.ts';
import { createRefusals } from '../http/tcp/refusals.ts';
import { serveTcp, type TcpServer } from '../http/tcp/serve-tcp.ts';
import { readTls } from '../http/tcp/tls.ts';
import { ownToken } from './own-token.ts';

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
  const { clock, home, loaded, store } = workspace;
  const { config } = loaded;
  const { host, port, allowed_hosts: allowedHosts } = config.server;
  const { project_root = folder, shutdown_timeout } = config.daemon;
  const tls = readTls(config.server.tls);
  const tokens = watchTokens(home);
  const known = tokens().some((record) => !isExpired(record, clock));
  const actorOf = createBearer({ own: ownToken({ home, given: token, host, known }), tokens, clock });
  const hub = own(workspace, {
    takes: 'all',
    schedules: true,
    root: resolve(folder, project_root),
    patient: true,
    warn,
  });
  const health = createHealth({ host: hub, folder: store.folder, clock, version });
  const server = await serveOrLeave(hub, () =>
    serveTcp({
      ...readsOf(workspace),
      hub,
      host,
      port,
      version,
      models: () => modelNames(config, workspace.request.environment),
      allowedHosts,
      ...(tls && { tls }),
      actorOf,
      health,
      onRefused: createRefusals({ audit: store.audit, clock }),
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
      health.stop();
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

/** `runtime daemon`: the owner of a workspace that stays, listens on TCP and works on all that is accepted. */
import { resolve } from 'node:path';
import { version } from '#generated/version.js';
import { parseDuration } from '../../base/duration.ts';
import { RuntimeError, toRuntimeError } from '../../contract/errors.ts';
import type { HostStatus } from '../../contract/host.ts';
import { systemIds } from '../../base/ids.ts';
import { modelNames } from '../../engine/config/models.ts';
import type { Reloaded } from '../../engine/config/reload.ts';
import type { Hub } from '../../engine/hub/hub.ts';
import { openTelemetry } from '../../engine/telemetry/open.ts';
import type { Workspace } from '../../engine/wire.ts';
import { watchTokens } from '../../store/tokens.ts';
import { own, readsOf } from '../attach.ts';
import type { Output } from '../cli/io.ts';
import { createBearer, isExpired } from '../http/tcp/bearer.ts';
import { createHealth } from '../http/tcp/health.ts';
import { createRefusals } from '../http/tcp/refusals.ts';
import { serveTcp, type TcpServer } from '../http/tcp/serve-tcp.ts';
import { readTls } from '../http/tcp/tls.ts';
import { createFailings } from './failings.ts';
import { folderLost } from './folder-watch.ts';
import { ownToken } from './own-token.ts';
import { logPath, openDaemonLog } from './log/daemon-log.ts';
import type { Log } from './log/log.ts';
import { createDaemonMetrics, type DaemonMetrics } from './metrics/daemon-metrics.ts';
import { CONTENT_TYPE, type Reading } from './metrics/registry.ts';
import { createRequestSpans } from './request-spans.ts';
import { createNearWatch } from '../../engine/budget/near.ts';
import { tellCommand, tellEvent, tellNear, tellRequest } from './tell-log.ts';
import { createTurnWatch } from './turn-watch.ts';

export interface DaemonRequest {
  workspace: Workspace;
  /** Of the environment; instead of the one in the home. */
  token: string | undefined;
  /** Where it was started. */
  folder: string;
  /** Where it logs when no file is configured. */
  stderr: Output;
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
  log: Log;
  /** Reads the configuration again. One that isn't valid is refused, in the log. */
  reload(): Promise<void>;
  /** Lets turns reach a safe point, and ends. Called again: at once. */
  stop(): Promise<void>;
  /** Resolves when the daemon can't go on, with why; or when it was stopped. */
  ended: Promise<RuntimeError | undefined>;
}

/** @throws RuntimeError locked | port_taken | usage | no_permission */
export async function startDaemon({ workspace: given, token, folder, stderr }: DaemonRequest): Promise<Daemon> {
  const { clock, home, loaded, store } = given;
  const { config } = loaded;
  const { host, port, allowed_hosts: allowedHosts } = config.server;
  const { project_root = folder, shutdown_timeout } = config.daemon;
  const root = resolve(folder, project_root);
  const tls = readTls(config.server.tls);
  const tokens = watchTokens(home);
  const known = tokens().some((record) => !isExpired(record, clock));
  const secret = ownToken({ home, given: token, host, known });
  const { workspace, metrics, observe } = measured(given, () => pendingByLane(hub));
  const log = openDaemonLog(workspace, stderr, secret === undefined ? [] : [secret], root);
  const telemetry = await openTelemetry(workspace, (message) => log.warn(message));
  const requests = telemetry && createRequestSpans(telemetry, { clock, ids: systemIds(clock) });
  const failings = createFailings(log);
  const served: Pick<HostStatus, 'url' | 'log'> = config.log.file === '' ? {} : { log: logPath(home, config) };
  const near = createNearWatch();
  const hub = await own(workspace, {
    takes: 'all',
    queue: failings.of('queue'),
    schedules: { ...failings.of('schedules'), onCommand: (told) => tellCommand(log, told) },
    root,
    patient: true,
    warn(message) {
      log.warn(message);
      void log.open();
    },
    onConfig: (outcome) => tellReload(outcome, workspace, log),
    serves: () => ({ ...served, ...failings.status() }),
    observe(session_id, event) {
      const duration = observe(session_id, event);
      tellNear(log, session_id, near, event);
      tellEvent(log, session_id, event, { duration, trace_id: telemetry?.took(session_id, event) });
    },
  });
  const folderGone = folderLost(store.folder, clock, hub.lost);
  const health = createHealth({ host: hub, folder: store.folder, clock, version, started: failings.states });
  const server = await serveOrLeave(hub, () =>
    serveTcp({
      ...readsOf(workspace),
      hub,
      host,
      port,
      version,
      models: () => modelNames(workspace.loaded.config, workspace.request.environment),
      allowedHosts,
      ...(tls && { tls }),
      actorOf: createBearer({ own: secret, tokens, clock }),
      health,
      onRefused: createRefusals({ audit: store.audit, clock }),
      onHidden: (request_id, { code, message }) =>
        log.error('detail not answered', { request_id, code, detail: message }),
      metrics: async () => ({ type: CONTENT_TYPE, text: await metrics.text() }),
      observer: {
        began: (route) => metrics.requestBegan(route),
        ended(exchange, request) {
          metrics.requestEnded(exchange);
          tellRequest(log, { ...exchange, ...(requests && { trace_id: requests.ended(exchange, request) }) });
        },
      },
      ...(requests && { traced: requests.traced }),
    }),
  );
  const { url } = server;
  served.url = url;
  let stopping = 0;
  log.info('daemon started', { version, pid: process.pid, url, workspace: config.store.workspace });
  return {
    ready: { schemaVersion: 'runtime.ready.v1', url, pid: process.pid, workspace: config.store.workspace },
    log,
    async reload() {
      if (stopping === 0) await reload(hub, workspace, log); // one that ends has no use for it
    },
    async stop() {
      const patience_ms = stopping++ === 0 ? parseDuration(shutdown_timeout)! : 0;
      log.info('daemon stopping', { patience_ms });
      health.stop();
      await hub.leave({ patience_ms, before_release: () => server.close(true) });
    },
    ended: Promise.race([
      hub.lost.then(async ({ error }) => {
        await telemetry?.close();
        return error && new RuntimeError('store_unavailable', error.message, { next: error.next });
      }),
      folderGone,
    ]),
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

type Observe = NonNullable<Parameters<typeof own>[1]['observe']>;

/** The workspace with its ports counted, and what counts what its sessions do. It gives the duration of a turn that ends. */
function measured(
  workspace: Workspace,
  queued: () => Promise<Reading[]>,
): {
  workspace: Workspace;
  metrics: DaemonMetrics;
  observe: (...event: Parameters<Observe>) => number | undefined;
} {
  const { store, clock } = workspace;
  const turns = createTurnWatch();
  const metrics = createDaemonMetrics({ clock, openTurns: turns.open, queued });
  const counted = {
    ...store,
    ingress: metrics.countIngress(store.ingress),
    journal: metrics.countJournal(store.journal),
  };
  return {
    workspace: { ...workspace, store: counted },
    metrics,
    observe(session_id, event) {
      const duration = turns.take(session_id, event);
      if (event.kind !== 'entry') return undefined;
      const { entry } = event.stored;
      metrics.took(entry);
      if (entry.type === 'turn.ended') metrics.turnEnded(entry.data.reason, duration);
      return duration;
    },
  };
}

async function pendingByLane(hub: Pick<Hub, 'table'>): Promise<Reading[]> {
  const counts = { interactive: 0, background: 0 };
  for (const { event } of await hub.table()) counts[event.lane]++;
  return Object.entries(counts).map(([lane, value]) => ({ labels: { lane }, value }));
}

async function reload(hub: Hub, workspace: Workspace, log: Log): Promise<void> {
  tellReload(await hub.reload().catch(toRuntimeError), workspace, log);
}

function tellReload(outcome: Reloaded | RuntimeError, workspace: Workspace, log: Log): void {
  if (outcome instanceof RuntimeError) {
    const { code, message } = outcome;
    return log.error('configuration refused; the one before holds', { code, problem: message });
  }
  const { changed, needs_restart } = outcome;
  log.setLevel(workspace.loaded.config.log.level);
  log.info('configuration reloaded', { changed, ...(needs_restart.length > 0 && { needs_restart }) });
  for (const warning of workspace.loaded.warnings) log.warn(warning);
}

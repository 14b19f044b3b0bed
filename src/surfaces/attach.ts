/**
 * The host of a workspace's sessions, wherever it is. This process takes the workspace and serves it to others, or it asks
 * the one that has it. When that one goes, attaching again finds out who is next.
 */
import { version } from '#generated/version.js';
import { connectControl } from '../adapters/control/connect-control.ts';
import { controlPath } from '../adapters/control/control-path.ts';
import { systemIds } from '../base/ids.ts';
import { RuntimeError } from '../contract/errors.ts';
import type { Host } from '../contract/host.ts';
import { findApproval } from '../engine/approvals.ts';
import { createHub, type Hub, type HubOptions } from '../engine/hub/hub.ts';
import { entriesBehind } from '../engine/stream.ts';
import type { Workspace } from '../engine/wire.ts';
import { serveControl, type ControlOptions, type ControlServer } from './http/control/serve-control.ts';

export interface AttachOptions {
  /** Should the workspace become this process's: what it works on by itself. */
  takes: HubOptions['takes'];
  /** Told what doesn't keep anything from working. */
  warn?: (message: string) => void;
}

/** How long an owner may take to serve, or to give the lock back. */
const PATIENCE_MS = 3000;
const AGAIN_MS = 25;
/** Most one-shot runs of a quick model are over by then; listening would cost them some of their start. */
const LATE_MS = 150;

/** @throws RuntimeError locked | version_mismatch | caller_is_tool | … */
export async function attach(workspace: Workspace, options: AttachOptions): Promise<Host | Hub> {
  const { clock, store } = workspace;
  const path = controlPath(store.folder);
  for (const deadline = clock.now() + PATIENCE_MS; ;) {
    const taken = take(workspace, options);
    if (!(taken instanceof RuntimeError)) return serve(workspace, taken, path, options);
    const host = await connectControl({ path, version, clock });
    if (host) return host;
    if (clock.now() >= deadline) throw taken;
    await new Promise<void>((resolve) => clock.at(clock.now() + AGAIN_MS, resolve));
  }
}

/** Does one thing with the host, and leaves it. */
export async function withHost<T>(workspace: Workspace, use: (host: Host) => Promise<T>): Promise<T> {
  const host = await attach(workspace, { takes: 'named' });
  try {
    return await use(host);
  } finally {
    await host.leave();
  }
}

/** The hub, or why there is none. @throws what isn't the lock's */
function take(workspace: Workspace, { takes }: AttachOptions): Hub | RuntimeError {
  try {
    return createHub(workspace, { takes, version });
  } catch (thrown) {
    if (thrown instanceof RuntimeError && thrown.code === 'locked') return thrown;
    throw thrown;
  }
}

function serve(workspace: Workspace, hub: Hub, path: string, { takes, warn }: AttachOptions): Hub {
  const { store, clock } = workspace;
  const server = lateServer({
    path,
    host: hub,
    version,
    clock,
    ids: systemIds(clock),
    entries: (session, after, limit) => entriesBehind(store.journal, session, after, limit),
    approval: (id) => findApproval(workspace, id),
    warn: warn ?? (() => {}),
    afterMs: takes === 'all' ? 0 : LATE_MS,
  });
  void hub.lost.then((loss) => server.close(loss));
  return {
    ...hub,
    // Who looks on may see what runs come to its end.
    leave: ({ patience_ms = 0 } = {}) =>
      hub.leave({
        patience_ms: server.isJoined() ? patience_ms : 0,
        before_release: () => server.close({ handed_over: true }),
      }),
  };
}

/** Serves after a while. */
function lateServer(options: ControlOptions & { afterMs: number }): Pick<ControlServer, 'isJoined' | 'close'> {
  const { clock, afterMs } = options;
  let serving: Promise<ControlServer | undefined> | undefined;
  let server: ControlServer | undefined;
  const cancel = clock.at(clock.now() + afterMs, () => {
    serving = serveControl(options);
    void serving.then((made) => (server = made));
  });
  return {
    isJoined: () => server?.isJoined() ?? false,
    async close(loss) {
      cancel();
      await (await serving)?.close(loss);
    },
  };
}

/**
 * The host of a workspace's sessions, wherever it is. This process takes the workspace and serves it to others, or it asks
 * the one that has it. When that one goes, attaching again finds out who is next.
 */
import { version } from '#generated/version.js';
import { controlPath } from '../adapters/control/control-path.ts';
import type { Clock } from '../base/clock.ts';
import { systemIds } from '../base/ids.ts';
import { RuntimeError, toRuntimeError } from '../contract/errors.ts';
import type { Host } from '../contract/host.ts';
import { findApproval } from '../engine/approvals.ts';
import { agreed } from './agreed.ts';
import { mustHold } from './http/control/lock-holder.ts';
import { policyNow } from '../engine/config/policy-now.ts';
import type { Reloaded } from '../engine/config/reload.ts';
import { lossAfter } from '../engine/host-loss.ts';
import { createHub, type Hub, type HubOptions } from '../engine/hub/hub.ts';
import { entriesBehind } from '../engine/stream.ts';
import type { Workspace } from '../engine/wire.ts';
import { followConfig } from './config-watch.ts';
import type { ControlOptions, ControlServer } from './http/control/serve-control.ts';

export interface AttachOptions extends Pick<
  HubOptions,
  'schedules' | 'queue' | 'yields' | 'serves' | 'observe' | 'warn'
> {
  /** Should the workspace become this process's: what it works on by itself. */
  takes: HubOptions['takes'];
  /** Project folder of new sessions whose first message names none. */
  root?: string;
  /** May what runs come to its end, although nobody looks on? */
  patient?: boolean;
  /** Nothing is run for it: whoever has the workspace may go by another configuration. */
  runsNothing?: boolean;
  /** The files of the configuration are followed by whoever stays: hears what a change of them did, or why it did nothing. */
  onConfig?: (outcome: Reloaded | RuntimeError) => void;
}

/** How long an owner may take to serve, or to give the lock back. */
const PATIENCE_MS = 3000;
const AGAIN_MS = 25;
/** How long a starting daemon waits for the workspace, while what runs in a terminal comes to its end. */
const HAND_OVER_MS = 10_000;
const ASK_AGAIN_MS = 100;
/** How long a process may take to come for which the workspace was given up. */
const AWAITED_MS = 5000;
/** Most one-shot runs of a quick model are over by then; listening would cost them some of their start. */
const LATE_MS = 150;

/**
 * `awaited`: another process is to have the workspace, unless it doesn't come.
 * @throws RuntimeError locked | config_differs | owner_silent | version_mismatch | caller_is_tool | …
 */
export async function attach(workspace: Workspace, options: AttachOptions, awaited = false): Promise<Host | Hub> {
  const { clock, store } = workspace;
  const path = controlPath(store.folder);
  const joined = async (owner: Host): Promise<Host | undefined> =>
    options.runsNothing ? owner : agreed(workspace, owner);
  await meetPolicy(workspace);
  if (awaited) {
    const other = await awaitOwner(workspace);
    const host = other && (await joined(other));
    if (host) return host;
  }
  let holder: string | undefined;
  for (let deadline = 0; ;) {
    const taken = take(workspace, options);
    if (!(taken instanceof RuntimeError)) {
      await workspace.vault.begin();
      return serve(workspace, taken, path, options);
    }
    if (taken.message !== holder) {
      holder = taken.message; // each holder has its time: many quick ones may come and go before us
      deadline = clock.now() + PATIENCE_MS;
    }
    const owner = await connectOwner(workspace).catch((error: unknown) => {
      if (!(error instanceof RuntimeError)) throw error;
      if (error.code === 'owner_silent') {
        throw new RuntimeError('owner_silent', `${taken.message} ${error.message}`, { cause: error });
      }
      // Who serves and who holds may differ for a moment, while one hands over to the next.
      if (error.code !== 'no_permission' || clock.now() >= deadline) throw error;
      return undefined;
    });
    const host = owner && (await joined(owner));
    if (host) return host;
    if (clock.now() >= deadline) throw notServed(taken);
    await pause(clock, AGAIN_MS);
  }
}

const pause = (clock: Clock, ms: number): Promise<void> =>
  new Promise((resolve) => clock.at(clock.now() + ms, resolve));

/** The next owner, when it comes soon. Who holds and who serves may differ until it does. */
async function awaitOwner(workspace: Workspace): Promise<Host | undefined> {
  const { clock } = workspace;
  const deadline = clock.now() + AWAITED_MS;
  do {
    const host = await connectOwner(workspace).catch(() => undefined);
    if (host) return host;
    await pause(clock, AGAIN_MS);
  } while (clock.now() < deadline);
  return undefined;
}

/**
 * Takes the workspace and serves it. A terminal that has it is asked for it, and gives it when nothing runs there.
 * @throws RuntimeError locked | version_mismatch | owner_silent
 */
export async function own(workspace: Workspace, options: AttachOptions): Promise<Hub> {
  const { clock, store } = workspace;
  const deadline = clock.now() + HAND_OVER_MS;
  for (let told = false; ;) {
    const taken = take(workspace, options);
    if (!(taken instanceof RuntimeError)) {
      await workspace.vault.begin();
      return serve(workspace, taken, controlPath(store.folder), options);
    }
    const refusal = await askForIt(workspace);
    if (refusal && !MAY_YIELD.has(refusal.code)) throw refusal.code === 'locked' ? taken : refusal;
    if (clock.now() >= deadline) throw taken;
    if (refusal && !told) options.warn?.(`waiting for the workspace: ${taken.message}`);
    told ||= refusal !== undefined;
    await pause(clock, refusal ? ASK_AGAIN_MS : AGAIN_MS);
  }
}

/** What passes: a turn that runs, and the moment in which one process hands over to the next. */
const MAY_YIELD = new Set(['session_busy', 'shutting_down', 'owner_lost', 'no_permission']);

/** Asks the owner to hand over, and waits until it has. Gives why it doesn't; undefined also where nobody serves. */
async function askForIt(workspace: Workspace): Promise<RuntimeError | undefined> {
  try {
    const owner = await connectOwner(workspace);
    if (!owner) return undefined;
    try {
      await owner.handOver();
      await owner.lost;
      return undefined;
    } finally {
      await owner.leave();
    }
  } catch (thrown) {
    return toRuntimeError(thrown);
  }
}

/** The process that owns the workspace; undefined when nobody serves it. @throws as `connectControl` */
export async function connectOwner({ store, clock }: Workspace): Promise<Host | undefined> {
  const { connectControl } = await import('../adapters/control/connect-control.ts');
  const mayServe = (pid: number): void => mustHold(store.folder, pid);
  return connectControl({ path: controlPath(store.folder), version, clock, mayServe });
}

/**
 * Does one thing with the host, and leaves it. An owner that is leaving does nothing more: then the next is asked.
 * `runs`: by the configuration that this process was given. @throws as `attach`
 */
export async function withHost<T>(
  workspace: Workspace,
  use: (host: Host) => Promise<T>,
  { runs = false }: { runs?: boolean } = {},
): Promise<T> {
  for (;;) {
    const host = await attach(workspace, { takes: 'named', runsNothing: !runs });
    try {
      return await use(host);
    } catch (thrown) {
      if (host.here || !(thrown instanceof RuntimeError) || thrown.code !== 'shutting_down') throw thrown;
      await lossAfter(thrown, host, workspace.clock);
    } finally {
      await host.leave();
    }
  }
}

/** Those that had a host before. */
const attachedBefore = new WeakSet<Workspace>();

/** The policy may have been changed while somebody else had the workspace. What can't be read now changes nothing. */
async function meetPolicy(workspace: Workspace): Promise<void> {
  if (attachedBefore.has(workspace)) {
    workspace.policy = await policyNow(workspace).catch(() => workspace.policy);
  }
  attachedBefore.add(workspace);
}

/** The hub, or why there is none. @throws what isn't the lock's */
function take(
  workspace: Workspace,
  { takes, root, schedules, queue, yields = false, serves, observe, warn }: AttachOptions,
): Hub | RuntimeError {
  try {
    return createHub(workspace, {
      takes,
      yields,
      ...(schedules && { schedules }),
      ...(queue && { queue }),
      version,
      ...(root !== undefined && { root }),
      ...(serves && { serves }),
      ...(observe && { observe }),
      ...(warn && { warn }),
    });
  } catch (thrown) {
    if (thrown instanceof RuntimeError && thrown.code === 'locked') return thrown;
    throw thrown;
  }
}

/** The owner can't be joined: it is no terminal, has stopped, or its socket couldn't be made. */
function notServed({ message, next }: RuntimeError): RuntimeError {
  return new RuntimeError('locked', `${message} It serves no control socket, so this command can't join it.`, { next });
}

/** What the API reads of a workspace beside its host. */
export function readsOf(
  workspace: Workspace,
): Pick<ControlOptions, 'clock' | 'ids' | 'entries' | 'approval' | 'usage'> {
  const { store, clock } = workspace;
  return {
    clock,
    ids: systemIds(clock),
    entries: (session, after, limit) => entriesBehind(store.journal, session, after, limit),
    approval: (id) => findApproval(workspace, id),
    usage: async (query) => (await import('../engine/cost.ts')).costOfAll(workspace.store, query),
  };
}

function serve(
  workspace: Workspace,
  hub: Hub,
  path: string,
  { takes, warn, patient = false, onConfig }: AttachOptions,
): Hub {
  const served: Hub = {
    ...hub,
    // Who looks on may see what runs come to its end.
    leave: ({ patience_ms = 0, before_release } = {}) =>
      hub.leave({
        patience_ms: patient || server.isJoined() ? patience_ms : 0,
        async before_release() {
          await Promise.all([before_release?.(), server.close({ handed_over: true })]);
        },
      }),
    handOver: () => hub.handOver({ before_release: () => server.close({ handed_over: true, awaited: true }) }),
  };
  const server = lateServer({
    ...readsOf(workspace),
    path,
    host: served,
    version,
    warn: warn ?? (() => {}),
    afterMs: takes === 'all' ? 0 : LATE_MS,
  });
  // Whoever leaves closes it again, and is told what goes wrong.
  void hub.lost.then((loss) => server.close(loss)).catch(() => {});
  if (onConfig) followConfig(workspace, hub, onConfig);
  return served;
}

/** Serves after a while. */
function lateServer(options: ControlOptions & { afterMs: number }): Pick<ControlServer, 'isJoined' | 'close'> {
  const { clock, afterMs, warn } = options;
  let serving: Promise<ControlServer | undefined> | undefined;
  let server: ControlServer | undefined;
  const cancel = clock.at(clock.now() + afterMs, () => {
    serving = import('./http/control/serve-control.ts').then(({ serveControl }) => serveControl(options));
    serving.then(
      (made) => (server = made),
      (error: unknown) => warn(`other terminals can't join this workspace: ${toRuntimeError(error).message}`),
    );
  });
  return {
    isJoined: () => server?.isJoined() ?? false,
    async close(loss) {
      cancel();
      const made = await serving?.catch(() => undefined);
      await made?.close(loss);
    },
  };
}

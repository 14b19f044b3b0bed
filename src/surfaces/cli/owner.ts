/** Who owns the workspace now, asked without taking it: nothing is started, and nobody is waited for. */
import { type RuntimeError, toRuntimeError } from '../../contract/errors.ts';
import type { Host, HostStatus } from '../../contract/host.ts';
import type { OwnerView } from '../../engine/sessions.ts';
import type { Workspace } from '../../engine/wire.ts';

/** An owner that takes longer has other things to do, or has stopped. */
const ANSWER_MS = 1000;

/** `pid` is known of one that doesn't answer, too, where the system tells who holds the lock; all else is its answer. */
export interface Owner extends OwnerView, Partial<HostStatus> {
  refusal?: RuntimeError;
}

/** The owner as a host; undefined when nobody serves, or doesn't let us in, or not at once. */
export async function joinOwner(workspace: Workspace): Promise<Host | undefined> {
  const { host } = await join(workspace);
  return host;
}

/** What is known of the owner. */
export async function askOwner(workspace: Workspace): Promise<Owner> {
  const { host, refusal } = await join(workspace);
  // One that can't read its queue knows no sessions, and still is the owner.
  const asked = host && Promise.all([host.status(), host.sessions().catch(() => undefined)]).catch(() => undefined);
  const answer = asked && (await soon(workspace, asked));
  await host?.leave();
  if (answer) return { ...answer[0], ...(answer[1] && { sessions: answer[1] }) };
  const { holderOf } = await import('../http/control/lock-holder.ts');
  const pid = holderOf(workspace.store.folder);
  return { ...(pid !== undefined && { pid }), ...(refusal && { refusal }) };
}

interface Joined {
  host?: Host;
  /** Why we were not let in. */
  refusal?: RuntimeError;
}

async function join(workspace: Workspace): Promise<Joined> {
  const { connectOwner } = await import('../attach.ts');
  const connecting = connectOwner(workspace).then(
    (host): Joined => (host ? { host } : {}),
    (error: unknown): Joined => ({ refusal: toRuntimeError(error) }),
  );
  const joined = await soon(workspace, connecting);
  if (!joined) void connecting.then((late) => late.host?.leave());
  return joined ?? {};
}

async function soon<T>({ clock }: Workspace, answer: Promise<T>): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const cancel = clock.at(clock.now() + ANSWER_MS, () => late.resolve(undefined));
  return Promise.race([answer, late.promise]).finally(cancel);
}

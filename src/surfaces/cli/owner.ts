/** Who owns the workspace now, asked without taking it: nothing is started, and nobody is waited for. */
import { version } from '#generated/version.js';
import { controlPath } from '../../adapters/control/control-path.ts';
import type { Host } from '../../contract/host.ts';
import type { OwnerView } from '../../engine/sessions.ts';
import type { Workspace } from '../../engine/wire.ts';

/** An owner that takes longer has other things to do, or has stopped. */
const ANSWER_MS = 1000;

/** The owner as a host; undefined when nobody serves, or doesn't let us in, or not at once. */
export async function joinOwner(workspace: Workspace): Promise<Host | undefined> {
  const { connectControl } = await import('../../adapters/control/connect-control.ts');
  const { store, clock } = workspace;
  const connecting = connectControl({ path: controlPath(store.folder), version, clock }).catch(() => undefined);
  const host = await soon(workspace, connecting);
  if (!host) void connecting.then((late) => late?.leave());
  return host;
}

/** What the owner tells; undefined as above. */
export async function askOwner(workspace: Workspace): Promise<OwnerView | undefined> {
  const host = await joinOwner(workspace);
  if (!host) return undefined;
  const asked = Promise.all([host.status(), host.sessions()]).catch(() => undefined);
  const answer = await soon(workspace, asked);
  await host.leave();
  return answer && { pid: answer[0].pid, sessions: answer[1] };
}

async function soon<T>({ clock }: Workspace, answer: Promise<T>): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const cancel = clock.at(clock.now() + ANSWER_MS, () => late.resolve(undefined));
  return Promise.race([answer, late.promise]).finally(cancel);
}

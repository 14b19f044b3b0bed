/** A host that was asked has gone, or is about to: somebody else goes on. */
import type { Clock } from '../base/clock.ts';
import { RuntimeError } from '../contract/errors.ts';
import type { Host } from '../contract/host.ts';

/** How long an owner may take to leave: what runs there for others may end first. */
export const LEAVING_MS = 60_000;
/** How long a host that failed a request may take to say that it is gone. */
export const LOSS_MS = 500;

export function isGone(thrown: unknown): thrown is RuntimeError {
  return thrown instanceof RuntimeError && (thrown.code === 'owner_lost' || thrown.code === 'shutting_down');
}

/** Resolves when the host has gone that failed with this. Rejects with it when the host stays. */
export async function lossAfter(thrown: RuntimeError, host: Pick<Host, 'lost'>, clock: Clock): Promise<void> {
  const late = Promise.withResolvers<never>();
  const ms = thrown.code === 'shutting_down' ? LEAVING_MS : LOSS_MS;
  const cancel = clock.at(clock.now() + ms, () => late.reject(thrown));
  await Promise.race([host.lost, late.promise]).finally(cancel);
}

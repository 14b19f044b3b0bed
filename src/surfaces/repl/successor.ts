/** The host of a workspace goes, another one comes: this process or whoever was quicker. */
import { RuntimeError } from '../../contract/errors.ts';
import type { Host } from '../../contract/host.ts';

export interface SuccessionOptions {
  attach: () => Promise<Host>;
  isLeaving: () => boolean;
  /** There is another one; `how` the one before went. */
  onNext: (host: Host, how: string) => Promise<void>;
}

/** Watches until the terminal is left; what comes then isn't kept. @throws RuntimeError when this process was the host and lost the workspace */
export async function watchHosts(first: Host, { attach, isLeaving, onNext }: SuccessionOptions): Promise<void> {
  for (let host = first; ;) {
    const { handed_over, error } = await host.lost;
    if (isLeaving()) return;
    if (host.here) {
      throw new RuntimeError('store_unavailable', error?.message ?? 'the workspace was lost', {
        next: error?.next ?? '',
      });
    }
    host = await attach();
    if (isLeaving()) return host.leave();
    const who = host.here ? 'this one has taken over' : 'another one has taken over';
    await onNext(host, `the process that owned the workspace ${handed_over ? 'has left' : 'has ended'}; ${who}`);
  }
}

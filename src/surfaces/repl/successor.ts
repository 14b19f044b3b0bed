/**
 * The host of a workspace, as long as a terminal is open: it goes, and another one comes, this process or whoever was
 * quicker. What was asked meanwhile is asked of the next one.
 */
import type { Clock } from '../../base/clock.ts';
import { RuntimeError, toRuntimeError } from '../../contract/errors.ts';
import type { Host } from '../../contract/host.ts';
import { isGone, lossAfter } from '../../engine/host-loss.ts';
import { YELLOW } from '../terminal/markdown/style.ts';
import { watchPulse } from './pulse.ts';
import type { Voice } from './voice.ts';

export interface SuccessionOptions {
  clock: Clock;
  /** `awaited`: another process is to have the workspace. */
  attach: (awaited: boolean) => Promise<Host>;
  isLeaving: () => boolean;
  /** There is another one. */
  onNext: (host: Host) => Promise<void>;
  voice: Pick<Voice, 'say' | 'notice' | 'fail'>;
}

export interface Succession {
  /** Asks the host; when it goes before it has answered, the next one. For what may be asked twice. */
  ask<T>(use: (host: Host) => Promise<T>): Promise<T>;
  /** Watches until the terminal is left. @throws RuntimeError when this process was the host and lost the workspace */
  watch(): Promise<void>;
  /** The terminal is left. */
  end(): void;
}

/** The owner doesn't answer, or doesn't serve yet: it may later. */
const MAY_COME = new Set(['owner_silent', 'locked']);

export function createSuccession(first: Host, options: SuccessionOptions): Succession {
  const { clock, attach, isLeaving, onNext, voice } = options;
  const { say, notice, fail } = voice;
  let stopPulse = (): void => {};
  let next = Promise.withResolvers<Host>();

  /** Before anybody else looks whether it is lost: who asks again waits for the one behind it. */
  function become(host: Host): void {
    next.resolve(host);
    void host.lost.then(() => (next = Promise.withResolvers<Host>()));
    stopPulse();
    if (host.here) return;
    stopPulse = watchPulse(host, {
      clock,
      onSilent: () =>
        notice('the process that owns the workspace does not answer; it may be suspended. Ctrl-D leaves', YELLOW),
      onAnswer: () => notice('the process that owns the workspace answers again'),
    });
  }

  async function attachPatiently(awaited: boolean): Promise<Host | undefined> {
    for (let told = false; ; told = true) {
      try {
        return await attach(awaited && !told);
      } catch (thrown) {
        const error = toRuntimeError(thrown);
        if (isLeaving()) return undefined;
        if (!MAY_COME.has(error.code)) throw error;
        if (!told) fail(error);
      }
    }
  }

  become(first);
  return {
    async ask(use) {
      for (let told = false; ;) {
        const host = await next.promise;
        try {
          return await use(host);
        } catch (thrown) {
          if ((host.here && isLeaving()) || !isGone(thrown)) throw thrown;
          if (!told && !host.here && thrown.code === 'shutting_down')
            say('the process that owns the workspace leaves; this goes to the next one');
          told = true;
          await lossAfter(thrown, host, clock);
        }
      }
    },
    async watch() {
      for (let host = first; ;) {
        const { handed_over, awaited = false, error } = await host.lost;
        if (isLeaving()) return;
        if (host.here && !awaited) {
          throw new RuntimeError('store_unavailable', error?.message ?? 'the workspace was lost', {
            next: error?.next ?? '',
          });
        }
        const gaveUp = host.here;
        const other = await attachPatiently(awaited);
        if (isLeaving() || other === undefined) {
          await other?.leave();
          return;
        }
        host = other;
        become(host);
        try {
          const who = await whoIs(host);
          const went = handed_over ? 'has left' : 'has ended';
          notice(
            gaveUp ? `the workspace was asked for; ${who}` : `the process that owned the workspace ${went}; ${who}`,
          );
          await onNext(host);
        } catch (thrown) {
          if (!isGone(thrown)) throw thrown;
        }
      }
    },
    end: () => stopPulse(),
  };
}

async function whoIs(host: Host): Promise<string> {
  if (host.here) return 'this one has taken over';
  return `another one has taken over, pid ${(await host.status()).pid}`;
}

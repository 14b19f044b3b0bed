/**
 * Whether the process that owns the workspace still answers. One that has been suspended keeps its workspace and its
 * connections and says nothing: whoever looks on would wait without knowing why.
 */
import type { Clock } from '../../base/clock.ts';
import type { Host } from '../../contract/host.ts';

export interface PulseOptions {
  clock: Clock;
  onSilent: () => void;
  /** It answers again. */
  onAnswer: () => void;
}

const EVERY_MS = 3000;
const SILENT_MS = 2000;

/** Asks an owner in another process again and again, until it has gone. Gives what ends that. */
export function watchPulse(host: Host, { clock, onSilent, onAnswer }: PulseOptions): () => void {
  let ended = false;
  let silent = false;
  let cancel = clock.at(clock.now() + EVERY_MS, beat);

  function beat(): void {
    cancel = clock.at(clock.now() + SILENT_MS, () => {
      if (!silent) onSilent();
      silent = true;
    });
    host.status().then(answered, again); // it gives up by itself
  }

  function answered(): void {
    if (silent && !ended) onAnswer();
    silent = false;
    again();
  }

  function again(): void {
    cancel();
    if (!ended) cancel = clock.at(clock.now() + EVERY_MS, beat);
  }

  function end(): void {
    ended = true;
    cancel();
  }

  void host.lost.then(end);
  return end;
}

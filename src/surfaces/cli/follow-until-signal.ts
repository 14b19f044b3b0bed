import type { Workspace } from '../../engine/wire.ts';
import { onSignals } from '../signals.ts';

const LOOK_EVERY_MS = 200;

/** Looks again and again, until a signal comes, or nobody reads any more. */
export async function followUntilSignal(
  { clock }: Pick<Workspace, 'clock'>,
  isOver: () => boolean,
  look: () => void | Promise<void>,
): Promise<void> {
  let over = false;
  const stopListening = onSignals(() => (over = true));
  try {
    while (!over && !isOver()) {
      await look();
      await new Promise<void>((resolve) => clock.at(clock.now() + LOOK_EVERY_MS, resolve));
    }
  } finally {
    stopListening();
  }
}

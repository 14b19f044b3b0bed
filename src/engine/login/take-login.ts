import type { Clock } from '../../base/clock.ts';
import { lockLogin } from '../../store/logins.ts';

const LOOK_AGAIN_MS = 50;
/** How long another process may take to renew it. */
const PATIENCE_MS = 90_000;

/** Waits for the lock of a login, without holding the thread up. Gives what unlocks it; undefined: it didn't come. */
export async function takeLogin(path: string, clock: Clock): Promise<(() => void) | undefined> {
  for (const giveUpAt = clock.now() + PATIENCE_MS; ;) {
    const unlock = lockLogin(path);
    if (unlock !== undefined || clock.now() >= giveUpAt) return unlock;
    await new Promise<void>((resolve) => void clock.at(clock.now() + LOOK_AGAIN_MS, resolve));
  }
}

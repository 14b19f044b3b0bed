/** Which session a person means. */
import type { Clock } from '../base/clock.ts';
import { systemIds } from '../base/ids.ts';
import { RuntimeError } from '../contract/errors.ts';
import type { Journal } from '../contract/ports.ts';

export function newSessionId(clock: Clock): string {
  return `s-${systemIds(clock).ulid()}`;
}

/** The named one, or the one that was written to last, or a new one. @throws RuntimeError no_session */
export async function chooseSession(
  { journal, clock }: { journal: Pick<Journal, 'list'>; clock: Clock },
  { session, latest }: { session?: string | undefined; latest: boolean },
): Promise<string> {
  if (session !== undefined) return session;
  if (!latest) return newSessionId(clock);
  const [newest] = await journal.list();
  if (!newest) throw new RuntimeError('no_session', 'There is no session to continue.');
  return newest.session_id;
}

/** Which session a person means. */
import type { Clock } from '../base/clock.ts';
import { systemIds } from '../base/ids.ts';
import { RuntimeError } from '../contract/errors.ts';
import type { Journal } from '../contract/ports.ts';

export function newSessionId(clock: Clock): string {
  return `s-${systemIds(clock).ulid()}`;
}

/**
 * The named one, or the one that was written to last, or a new one. Nobody talks with a step: its goal is meant.
 * @throws RuntimeError no_session
 */
export async function chooseSession(
  { journal, clock }: { journal: Pick<Journal, 'list' | 'lines'>; clock: Clock },
  { session, latest }: { session?: string | undefined; latest: boolean },
): Promise<string> {
  if (session !== undefined) return session;
  if (!latest) return newSessionId(clock);
  const [newest] = await journal.list();
  if (!newest) throw new RuntimeError('no_session', 'There is no session to continue.');
  return (await goalOf(journal, newest.session_id)) ?? newest.session_id;
}

/** As it stands in the first line of a step's journal; what people wrote has its quotes escaped there. */
const ROOT = /"parent":\{[^{}]*"root":"([^"\\]+)"/;

/** Where the tree of sessions begins to which a step belongs; undefined: it is no step. */
async function goalOf(journal: Pick<Journal, 'lines'>, session_id: string): Promise<string | undefined> {
  for await (const line of journal.lines(session_id, 1)) {
    const text = Buffer.from(line).toString('utf8');
    const [, root] = ROOT.exec(text) ?? [];
    return root;
  }
  return undefined;
}

/** Tells of sessions that were left unfinished, and of the other ones of the workspace that wait for an answer. */
import type { Clock } from '../../base/clock.ts';
import type { Host } from '../../contract/host.ts';
import type { WorkList } from '../../engine/past/unfinished.ts';
import { leftLines, needsSaying, waitingText } from '../cli/left-lines.ts';

export interface OthersOptions {
  clock: Clock;
  sessions: () => ReturnType<Host['sessions']>;
  /** The session that is looked at says so itself. */
  current: () => string | undefined;
  notice: (text: string) => void;
}

const EVERY_MS = 3000;

/** Looks now, and then again and again; says it when another one has come to wait. Gives what ends that. */
export function watchOthers({ clock, sessions, current, notice }: OthersOptions): () => void {
  let ended = false;
  let cancel = (): void => {};
  let known = new Set<string>();

  async function look(): Promise<void> {
    const live = await sessions().catch(() => []); // who has to know is told by whatever else asks
    if (ended) return;
    // What a step waits for its goal waits for, too.
    const waiting = live.filter(
      ({ session_id, parent, approvals }) => parent === undefined && session_id !== current() && approvals.length > 0,
    );
    const asked = new Set(waiting.flatMap(({ approvals }) => approvals));
    if (!asked.isSubsetOf(known)) notice(`${waitingText(waiting.length)} for an answer: /approvals`);
    known = asked;
    cancel = clock.at(clock.now() + EVERY_MS, () => void look());
  }

  void look();
  return () => {
    ended = true;
    cancel();
  };
}

/** So many are told of. */
export const MOST_LEFT = 4;

/**
 * Tells what becomes of what was left before the terminal came. The process that has become the owner goes on with all of
 * it; a client's owner may work on some of it already, and needn't on the rest.
 */
export async function tellLeft(
  { sessions, more }: WorkList,
  {
    host,
    current,
    now,
    notice,
  }: { host: Pick<Host, 'here' | 'sessions'>; current: string | undefined } & {
    now: number;
    notice: (text: string) => void;
  },
): Promise<void> {
  const live = host.here || sessions.length === 0 ? [] : await host.sessions();
  const worked = new Set(live.flatMap(({ session_id, status }) => (status === 'open' ? [] : [session_id])));
  for (const session of sessions) {
    const { session_id } = session;
    if (worked.has(session_id) || !needsSaying(session)) continue;
    const lines = leftLines(session, now).join('; ');
    if (session.failure !== undefined) notice(`session ${session_id} can't go on: ${lines}`);
    else if (session_id === current) notice(`goes on: ${lines}`);
    else if (host.here) notice(`session ${session_id} goes on: ${lines}`);
    else notice(`session ${session_id} is unfinished: ${lines}. /resume ${session_id}`);
  }
  if (more > 0) notice(`and ${more} more unfinished: runtime session resume`);
}

/** Tells of the other sessions of the workspace that wait for an answer. */
import type { Clock } from '../../base/clock.ts';
import type { Host } from '../../contract/host.ts';

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
    const waiting = live.filter(({ session_id, approvals }) => session_id !== current() && approvals.length > 0);
    const asked = new Set(waiting.flatMap(({ approvals }) => approvals));
    if (!asked.isSubsetOf(known)) notice(saying(waiting.length));
    known = asked;
    cancel = clock.at(clock.now() + EVERY_MS, () => void look());
  }

  void look();
  return () => {
    ended = true;
    cancel();
  };
}

function saying(count: number): string {
  return `${count === 1 ? 'another session waits' : `${count} other sessions wait`} for an answer: /approvals`;
}

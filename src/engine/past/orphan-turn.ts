/**
 * The open turn of a fork that was made in the middle of one: nobody sent its message there, so there is none whose end
 * could be waited for.
 */
import type { EventStatus, Host } from '../../contract/host.ts';
import type { Blobs, Journal } from '../../contract/ports.ts';
import { wholeTexts } from '../session/messages.ts';
import { pastTurns, type PastTurn } from './past-turns.ts';

export interface OrphanPorts {
  journal: Pick<Journal, 'read'>;
  blobs: Pick<Blobs, 'get'>;
}

/** Resolves when the turn has ended, or waits for a person; with what its message would be told. */
export async function orphanEnd(
  ports: OrphanPorts,
  host: Pick<Host, 'session' | 'watch'>,
  { session_id, turn, after }: { session_id: string; turn: number; after: number },
): Promise<EventStatus> {
  let wake = (): void => {};
  const watch = host.watch(session_id, after, { onEvent: () => wake() });
  try {
    for (;;) {
      const news = new Promise<void>((resolve) => (wake = resolve));
      const { status, turn: open, approvals, seq } = await host.session(session_id);
      const message = { event_id: '', session_id, turn, seq };
      if (open?.turn !== turn) return { ...message, status: 'done', approvals: [], ...(await toldOf(ports, message)) };
      if (status === 'waiting_approval') return { ...message, status, approvals };
      await news;
    }
  } finally {
    watch.close();
  }
}

async function toldOf(
  { journal, blobs }: OrphanPorts,
  { session_id, turn }: { session_id: string; turn: number },
): Promise<Partial<EventStatus>> {
  let found: PastTurn | undefined;
  for await (const past of pastTurns(journal, session_id).turns()) if (past.turn === turn) found = past;
  if (!found?.ended) return {};
  const { ended, usage, cost_micro_usd, replies } = found;
  const { reason, code } = ended;
  return {
    reason,
    ...(code !== undefined && { code }),
    text: (await wholeTexts(replies.at(-1)?.parts ?? [], blobs)).join(''),
    usage,
    ...(cost_micro_usd !== undefined && { cost_micro_usd }),
  };
}

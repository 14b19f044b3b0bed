/** Marks accepted messages that must not run by themselves any more: what they began may have happened already. */
import type { IngressEvent } from '../../contract/records.ts';
import { openSegments } from '../ingress-segments.ts';
import type { WorkspacePaths } from '../workspace.ts';

/** What the mark of a message says, and when it was made (ms UTC). */
interface Mark {
  why: string;
  now: number;
}

/** Durable when it resolves. Gives those that were marked. The caller holds the lock. @throws RuntimeError store_damaged */
export async function killEvents(
  { ingress, torn }: WorkspacePaths,
  workspace: string,
  { why, now }: Mark,
  mustNotRun: (event: IngressEvent) => boolean = () => true,
): Promise<{ event_id: string; session_id: string }[]> {
  const segments = await openSegments({ folder: ingress, tornFolder: torn, workspace: () => workspace }, () => {});
  try {
    const waiting = segments.pending().filter(mustNotRun);
    for (const { event_id } of waiting) segments.dead(event_id, why, now);
    await segments.sync();
    return waiting.map(({ event_id, session_id }) => ({ event_id, session_id }));
  } finally {
    await segments.close();
  }
}

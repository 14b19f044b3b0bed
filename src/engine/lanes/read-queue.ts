import type { QueueItem } from '../../contract/host.ts';
import type { Workspace } from '../wire.ts';
import { queueItems } from './queue-acts.ts';
import { tableOf } from './table-of.ts';

/** The queue as the files tell it, without asking whoever works on it: what isn't done waits. */
export async function readQueue({ store: { ingress } }: Pick<Workspace, 'store'>): Promise<QueueItem[]> {
  return queueItems(tableOf(await ingress.pending()), await ingress.deadLetters());
}

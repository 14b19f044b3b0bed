/** How a message's turn came out, as far as that makes a difference to those who asked. */
import type { EventStatus } from '../../../contract/host.ts';

/** A turn that gave a reply: as it should, or one that was refused or cut. Undefined: it gave none, or hasn't yet. */
export function replyEnd({ reason, code }: EventStatus): 'stop' | 'content_filter' | 'length' | undefined {
  if (reason === 'success') return 'stop';
  if (reason !== 'failed') return undefined;
  if (code === 'refused') return 'content_filter';
  return code === 'cut_by_length' ? 'length' : undefined;
}

import type { IngressEvent } from '../../contract/records.ts';
import { isOperator } from '../principal.ts';

/**
 * Whose turn a message takes in its lane. A source is what the caller says it is: an operator's schedules, terminals and
 * programs are kept apart by it, but a member would have as many shares as it thinks of names.
 */
export function senderOf({ lane, actor, source }: Pick<IngressEvent, 'lane' | 'actor' | 'source'>): string {
  return JSON.stringify([lane, actor.id, ...(isOperator(actor) ? [source] : [])]);
}

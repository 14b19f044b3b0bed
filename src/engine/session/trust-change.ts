/** Whether what came from somewhere may be trusted: only what is in the context now. */
import { RuntimeError } from '../../contract/errors.ts';
import type { SessionChange } from '../../contract/host.ts';

/** What is to be recorded. @throws RuntimeError not_found */
export function trustChange(
  taint: readonly string[],
  { trust }: Pick<SessionChange, 'trust'>,
): Pick<SessionChange, 'trust'> {
  if (trust === undefined) return {};
  const unknown = trust.find((source) => !taint.includes(source));
  if (unknown !== undefined) {
    const next = taint.length === 0 ? 'Nothing from outside is in it.' : `In it is content from: ${taint.join(', ')}.`;
    throw new RuntimeError('not_found', `No content from ${unknown} is in this conversation.`, { next });
  }
  return { trust: [...new Set(trust)] };
}

/** What was in a conversation, beside the project and the person, when the turn of a message ended. */
import { sha256 } from '../../base/digest.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Blobs, Journal } from '../../contract/ports.ts';
import { createKernel } from '../../kernel/kernel.ts';
import { applyEvolved, createResolver, newFold } from '../session/fold.ts';

/**
 * What came into it later counts for nothing, and neither does that a person trusted it since. Of a message that was in no
 * turn it is what the whole conversation holds; [] where there is none. @throws RuntimeError store_damaged
 */
export async function taintOfMessage(
  { journal, blobs }: { journal: Pick<Journal, 'read'>; blobs: Blobs },
  session_id: string,
  event_id: string,
): Promise<string[]> {
  const kernel = createKernel(sha256);
  const resolve = createResolver(blobs);
  const fold = newFold(kernel);
  let hasEnded = false;
  const { failure } = await journal.read(session_id, async ({ entry }) => {
    if (hasEnded) return;
    applyEvolved(fold, entry, kernel.evolve(fold.state, entry, await resolve(entry)));
    hasEnded = entry.type === 'turn.ended' && entry.data.event_ids.includes(event_id);
  });
  if (failure) throw new RuntimeError('store_damaged', `Session ${session_id} is damaged: ${failure.message}.`);
  return fold.state.taint;
}

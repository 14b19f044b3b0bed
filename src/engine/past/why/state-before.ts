import { sha256 } from '../../../base/digest.ts';
import { createKernel } from '../../../kernel/kernel.ts';
import type { State } from '../../../kernel/turn/state.ts';
import { applyEvolved, createResolver, newFold } from '../../session/fold.ts';
import type { Evidence } from './evidence.ts';

/** What the rules knew right before an entry; undefined where a value that they need is gone. */
export async function stateBefore(
  { stored, blobs }: Pick<Evidence, 'stored' | 'blobs'>,
  seq: number,
): Promise<State | undefined> {
  const kernel = createKernel(sha256);
  const resolve = createResolver(blobs);
  const fold = newFold(kernel);
  try {
    for (const { entry } of stored) {
      if (entry.seq >= seq) break;
      applyEvolved(fold, entry, kernel.evolve(fold.state, entry, await resolve(entry)));
    }
    return fold.state;
  } catch {
    return undefined;
  }
}

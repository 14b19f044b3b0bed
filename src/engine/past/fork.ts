/**
 * Forks: another session that begins as a copy of the first entries of one. What ran or waited there is void here; both
 * go on by themselves.
 */
import { canonicalJson } from '../../base/canonical-json.ts';
import { sha256 } from '../../base/digest.ts';
import { isIntent } from '../../contract/entry-types.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Entry, Seq } from '../../contract/entries.ts';
import type { Policy } from '../../contract/manifest.ts';
import type { Blobs, Journal } from '../../contract/ports.ts';
import type { Actor, Role } from '../../contract/values.ts';
import { createKernel } from '../../kernel/kernel.ts';
import { rightsOf } from '../freeze.ts';
import { applyEvolved, createResolver, newFold } from '../session/fold.ts';

export interface ForkSources {
  journal: Pick<Journal, 'read' | 'create'>;
  blobs: Pick<Blobs, 'get' | 'put'>;
  policy: Policy;
  role: Role;
  now: () => number;
}

/**
 * Copies the entries up to and including `at` (default: the end of the last turn that has ended) into session `id`.
 * @throws RuntimeError not_found | store_damaged | session_exists
 */
export async function forkSession(
  { journal, blobs, policy, role, now }: ForkSources,
  from: { session: string; at?: Seq },
  to: { id: string; actor: Actor },
): Promise<void> {
  const { entries, hash } = await readPrefix(journal, from);
  const kernel = createKernel(sha256);
  const resolve = createResolver(blobs);
  const fold = newFold(kernel);
  for (const entry of entries) {
    applyEvolved(fold, entry, kernel.evolve(fold.state, entry, await resolve(entry)));
  }
  const append = (entry: Entry): void => {
    applyEvolved(fold, entry, kernel.evolve(fold.state, entry, {}));
    entries.push(entry);
  };
  const last = entries.at(-1)!;
  // What was decided by then is decided in the copy, too; what was to be started is not.
  for (;;) {
    const { append: decision } = kernel.decide(fold.state);
    if (!decision || isIntent(decision.type)) break;
    append({ v: 1, seq: fold.state.seq + 1, at: fold.state.at, ...decision });
  }
  await blobs.put(canonicalJson(policy));
  append({
    v: 1,
    seq: fold.state.seq + 1,
    at: Math.max(now(), fold.state.at),
    type: 'session.forked',
    data: {
      session_id: to.id,
      from: { session_id: from.session, seq: last.seq, hash },
      rights: rightsOf(policy, role),
      actor: to.actor,
    },
  });
  await journal.create(to.id, entries);
}

async function readPrefix(
  journal: Pick<Journal, 'read'>,
  { session, at }: { session: string; at?: Seq },
): Promise<{ entries: Entry[]; hash: string }> {
  const stored: { entry: Entry; hash: string }[] = [];
  let end = 0;
  const { status, failure } = await journal.read(session, ({ entry, hash }) => {
    stored.push({ entry, hash });
    if (entry.type === 'turn.ended') end = stored.length;
  });
  if (status === 'absent') throw new RuntimeError('not_found', `There is no session ${session}.`);
  if (failure)
    throw new RuntimeError('store_damaged', `Session ${session} is damaged: ${failure.message}.`, { id: session });
  const count = at ?? end;
  if (count < 1 || count > stored.length) {
    const what = at === undefined ? 'has no turn that has ended' : `has no entry ${at}`;
    throw new RuntimeError('not_found', `Session ${session} ${what}.`);
  }
  const kept = stored.slice(0, count);
  return { entries: kept.map(({ entry }) => entry), hash: kept.at(-1)!.hash };
}

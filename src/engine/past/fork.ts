/**
 * Forks: another session that begins as a copy of the first entries of one. What ran or waited there is void here; both
 * go on by themselves. The source is read once, and no more of it is held than a turn that hasn't ended.
 */
import { canonicalJson } from '../../base/canonical-json.ts';
import { digestOf, sha256 } from '../../base/digest.ts';
import { API_CHANNEL } from '../../contract/channels.ts';
import { isIntent } from '../../contract/entry-types.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Entry, NewEntry } from '../../contract/entries.ts';
import type { ForkOptions } from '../../contract/host.ts';
import type { Policy } from '../../contract/manifest.ts';
import type { Blobs, Journal, StoredEntry } from '../../contract/ports.ts';
import { createKernel } from '../../kernel/kernel.ts';
import { stricterSandbox, tightest } from '../../kernel/policy/rights.ts';
import type { Resolved, Session, State } from '../../kernel/turn/state.ts';
import { rightsOf } from '../freeze.ts';
import { type Principal, requireTurnsRole } from '../principal.ts';
import { createResolver, withResolved } from '../session/fold.ts';

export interface ForkSources {
  journal: Pick<Journal, 'read' | 'create'>;
  blobs: Pick<Blobs, 'get' | 'put'>;
  /** The workspace's, and whoever forks. */
  policy: Policy;
  by: Principal;
  /** Does a model stand in the configuration? */
  isListed: (model: string) => boolean;
  now: () => number;
}

/** Where a fork leaves its source: behind this entry. And what all of the source may do at most. */
interface Cut {
  state: State;
  hash: string;
  atMost: Session;
  /** Of the workspace that took the source in behind this place: what is open here is open in another workspace. */
  epoch?: number;
}

/**
 * Copies the entries of `from` up to the place that the options name into session `to`. It may do at most what its source
 * may, also where that was tightened behind the place; a policy of its own is added to those that the source has.
 * In the middle of a turn it has that open: whose role is below the one that asked for it would go on with more than they may.
 * @throws RuntimeError not_found | store_damaged | session_exists | role_not_allowed
 */
export async function forkSession(
  { journal, blobs, policy, by, isListed, now }: ForkSources,
  from: string,
  id: string,
  { policy: own, model, ...place }: ForkOptions = {},
): Promise<void> {
  const kernel = createKernel(sha256);
  for (const value of own === undefined ? [policy] : [policy, own]) await blobs.put(canonicalJson(value));
  const { actor, via } = by;
  await journal.create(id, async (write) => {
    const { hash, atMost, epoch, state: found } = await copy({ journal, blobs }, from, place, write);
    requireTurnsRole(by, from, found.turn);
    const seq = found.seq;
    let state = found;
    const append = (entry: NewEntry, at: number): void => {
      const placed: Entry = { v: 1, seq: state.seq + 1, at, ...entry };
      ({ state } = kernel.evolve(state, placed));
      write(placed);
    };
    const decideAll = (): void => {
      for (;;) {
        const { append: decision } = kernel.decide(state);
        if (!decision || isIntent(decision.type)) return;
        append(decision, state.at);
      }
    };
    decideAll(); // what was decided by then is decided in the copy, too; what was to be started is not
    const current = rightsOf(policy, actor.role);
    const sandbox = own === undefined ? current.sandbox : stricterSandbox(current.sandbox, own.sandbox);
    const policies = new Set(atMost.own_policies);
    if (own !== undefined) policies.add(digestOf(canonicalJson(own)));
    for (const known of state.session!.own_policies ?? []) policies.delete(known);
    const data = {
      session_id: id,
      from: { session_id: from, seq, hash },
      rights: tightest(atMost.rights, { ...current, sandbox }),
      actor,
      ...(via === 'http' && { source: API_CHANNEL }),
      ...(policies.size > 0 && { own_policies: [...policies] }),
      ...(epoch !== undefined && { epoch }),
    };
    const at = Math.max(now(), state.at);
    append({ type: 'session.forked', data }, at);
    if (epoch !== undefined) decideAll(); // a turn that was open elsewhere ends here
    if (model === undefined || model === state.session!.model) return;
    append(
      {
        type: 'session.configured',
        data: { model, ...(isListed(model) && { listed: true }), by: { actor } },
      },
      at,
    );
  });
}

/** Gives each entry up to the cut to `write`, in order. @throws RuntimeError not_found | store_damaged */
async function copy(
  { journal, blobs }: { journal: Pick<Journal, 'read'>; blobs: Pick<Blobs, 'get'> },
  session: string,
  place: Pick<ForkOptions, 'at' | 'turn'>,
  write: (entry: Entry) => void,
): Promise<Cut> {
  const { at, turn } = place;
  const kernel = createKernel(sha256);
  const resolve = createResolver(blobs);
  const isNamed = at !== undefined || turn !== undefined;
  let state = kernel.initial();
  let cut: Omit<Cut, 'atMost' | 'epoch'> | undefined;
  let takenIn: number | undefined;
  /** Behind the last possible cut. */
  let held: Entry[] = [];
  const isCut = (entry: Entry): boolean => {
    if (at !== undefined) return entry.seq === at;
    if (turn !== undefined) return entry.type === 'turn.ended' && entry.data.turn === turn;
    return state.turns > 0 && state.turn === null && state.queue.length === 0;
  };
  const take = ({ entry, hash }: StoredEntry, resolved: Resolved): void => {
    ({ state } = kernel.evolve(state, entry, resolved));
    if (isNamed && cut !== undefined) {
      // Only what the source may do still counts, and whether all of this came from elsewhere.
      if (entry.type === 'session.forked') takenIn = entry.data.epoch ?? takenIn;
      return;
    }
    held.push(entry);
    const cutsHere = isCut(entry);
    if (!cutsHere && !isNamed) return;
    for (const one of held) write(one);
    held = [];
    if (cutsHere) cut = { state, hash };
  };
  const { status, failure } = await journal.read(session, (stored) =>
    withResolved(resolve(stored.entry), (resolved) => take(stored, resolved)),
  );
  if (status === 'absent') throw new RuntimeError('not_found', `There is no session ${session}.`);
  if (failure) {
    throw new RuntimeError('store_damaged', `Session ${session} is damaged: ${failure.message}.`, { id: session });
  }
  // A journal that begins otherwise has no session: nothing can go on from it.
  if (cut?.state.session && state.session) {
    const { session: atMost } = state;
    return { ...cut, atMost, ...(takenIn !== undefined && { epoch: atMost.epoch }) };
  }
  throw new RuntimeError('not_found', `Session ${session} ${whatIsMissing(place)}.`, {
    next: `See its ${place.at === undefined ? 'turns' : 'entries'} with \`runtime session show ${session}${place.at === undefined ? '' : ' -o json'}\`.`,
  });
}

function whatIsMissing({ at, turn }: Pick<ForkOptions, 'at' | 'turn'>): string {
  if (at !== undefined) return `has no entry ${at}`;
  return turn === undefined ? 'has no turn that has ended' : `has no turn ${turn} that has ended`;
}

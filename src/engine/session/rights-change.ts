/** What a person trusts, or takes back, of a session: only what is in it now. */
import { RuntimeError } from '../../contract/errors.ts';
import type { SessionChange } from '../../contract/host.ts';
import type { State } from '../../kernel/turn/state.ts';

type RightsChange = Pick<SessionChange, 'trust' | 'revoke'>;

/** What is to be recorded. @throws RuntimeError not_found */
export function rightsChange(state: Pick<State, 'taint' | 'grants'>, { trust, revoke }: RightsChange): RightsChange {
  return { ...(trust && { trust: trusted(state, trust) }), ...(revoke && { revoke: revoked(state, revoke) }) };
}

function trusted({ taint }: Pick<State, 'taint'>, sources: readonly string[]): string[] {
  const unknown = sources.find((source) => !taint.includes(source));
  if (unknown === undefined) return [...new Set(sources)];
  const next = taint.length === 0 ? 'Nothing from outside is in it.' : `In it is content from: ${taint.join(', ')}.`;
  throw new RuntimeError('not_found', `No content from ${unknown} is in this conversation.`, { next });
}

function revoked({ grants }: Pick<State, 'grants'>, ids: readonly string[]): string[] {
  const unknown = ids.find((id) => !grants.some(({ grant_id }) => grant_id === id));
  if (unknown === undefined) return [...new Set(ids)];
  throw new RuntimeError('not_found', `There is no grant ${unknown} in this session.`, {
    next: 'See `runtime approvals grants`.',
  });
}

/** Standing grants as people see them, and taking them back. */
import { RuntimeError } from '../contract/errors.ts';
import type { StandingGrant } from '../contract/answers.ts';
import { recordsOf } from './approvals.ts';
import type { Actor } from '../contract/values.ts';
import { matchingId } from './matching-id.ts';
import type { Workspace } from './wire.ts';

/** `title`: what was approved, in the approver's words; the tool's name when its session is gone. */
export type GrantRow = StandingGrant & { title: string };

export async function listGrants(workspace: Workspace): Promise<GrantRow[]> {
  const grants = await workspace.store.grants.list();
  return Promise.all(grants.map(async (grant) => ({ ...grant, title: await titleOf(workspace, grant) })));
}

async function titleOf(workspace: Workspace, { session_id, approval_id, tool }: StandingGrant): Promise<string> {
  const records = await recordsOf(workspace, session_id);
  return records.find(({ id }) => id === approval_id)?.presentation.title ?? tool;
}

/**
 * Takes a standing grant back, by its id or the beginning of it. It ends with the turn that runs.
 * @throws RuntimeError not_found | ambiguous_id
 */
export async function revokeGrant({ store: { grants } }: Workspace, id: string, by: Actor): Promise<StandingGrant> {
  const standing = await grants.list();
  const found = matchingId(standing, id, (grant) => grant.grant_id);
  if (!found) {
    throw new RuntimeError('not_found', `There is no grant ${id}.`, { next: 'See `runtime approvals grants`.' });
  }
  await grants.append({ type: 'grant.revoked', data: { grant_id: found.grant_id, by: by.id } });
  return found;
}

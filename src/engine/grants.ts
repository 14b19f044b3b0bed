/** Standing grants as people see them, and taking them back. */
import { mapFew } from '../base/map-few.ts';
import { RuntimeError } from '../contract/errors.ts';
import type { ApprovalRecord, StandingGrant } from '../contract/answers.ts';
import type { PolicyRule } from '../contract/policy-rule.ts';
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

/** One that holds in its session alone, for exactly its call or what its rule covers. */
export interface SessionGrant extends Pick<
  StandingGrant,
  'grant_id' | 'tool' | 'project_root' | 'by' | 'by_role' | 'session_id' | 'approval_id' | 'added_at'
> {
  rule?: PolicyRule;
  title: string;
  scope: 'session';
}

/** So many journals are read at the same time. */
const AT_A_TIME = 16;

/** They are in no list of their own: the journals of their sessions hold them. Oldest first. */
export async function listSessionGrants(workspace: Workspace): Promise<SessionGrant[]> {
  const sessions = await workspace.store.journal.list();
  const found = await mapFew(sessions, AT_A_TIME, ({ session_id }) => grantsOfSession(workspace, session_id));
  return found.flat().sort((a, b) => a.added_at - b.added_at);
}

async function grantsOfSession(workspace: Workspace, session_id: string): Promise<SessionGrant[]> {
  const given = new Set<string>();
  let epoch = 0;
  let repairTold = 0;
  await workspace.store.journal.read(session_id, ({ entry: { seq, type, data } }) => {
    if (type === 'session.created') epoch = data.epoch;
    if (type === 'session.forked') given.clear(); // those of its source aren't its own
    if (type === 'session.opened') {
      // A restore ends what was granted before, and so does a repair.
      if (data.epoch > epoch || data.reason === 'repair') given.clear();
      if (data.reason === 'repair') repairTold = seq;
      epoch = Math.max(epoch, data.epoch);
    }
    if (type === 'approval.resolved' && data.scope === 'session') given.add(data.grant_id ?? '');
    if (type === 'session.configured') for (const id of data.revoke ?? []) given.delete(id);
  });
  const { cut } = (await workspace.store.audit.head(session_id)) ?? {};
  if (given.size === 0 || (cut !== undefined && cut.seq >= repairTold)) return [];
  const records = await recordsOf(workspace, session_id);
  return records.flatMap((record) => (given.has(record.resolved?.grant_id ?? '') ? [sessionGrant(record)] : []));
}

function sessionGrant({ id, session_id, tool, project_root, presentation, resolved }: ApprovalRecord): SessionGrant {
  const { grant_id, rule, by, at } = resolved!;
  return {
    grant_id: grant_id!,
    tool,
    project_root,
    ...(rule && { rule }),
    by: by.id,
    by_role: by.role,
    session_id,
    approval_id: id,
    added_at: at,
    title: presentation.title,
    scope: 'session',
  };
}

async function titleOf(workspace: Workspace, { session_id, approval_id, tool }: StandingGrant): Promise<string> {
  const records = await recordsOf(workspace, session_id);
  return records.find(({ id }) => id === approval_id)?.presentation.title ?? tool;
}

/**
 * Takes a standing grant back, by its id or the beginning of it. It ends with the turn that runs. One of a session is only found.
 * @throws RuntimeError not_found | ambiguous_id
 */
export async function revokeGrant(workspace: Workspace, id: string, by: Actor): Promise<StandingGrant | SessionGrant> {
  const { grants } = workspace.store;
  const standing = await grants.list();
  const found = matchingId(standing, id, (grant) => grant.grant_id);
  if (!found) {
    const own = matchingId(await listSessionGrants(workspace), id, (grant) => grant.grant_id);
    if (own) return own;
    throw new RuntimeError('not_found', `There is no grant ${id}.`, { next: 'See `runtime approvals grants`.' });
  }
  await grants.append({ type: 'grant.revoked', data: { grant_id: found.grant_id, by: by.id } });
  return found;
}

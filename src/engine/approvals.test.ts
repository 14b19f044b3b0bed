import { expect, test } from 'vitest';
import { digestOf } from '../base/digest.ts';
import type { Entry, NewEntry } from '../contract/entries.ts';
import type { StoredEntry } from '../contract/ports.ts';
import { findApproval } from './approvals.ts';
import { createIdIndex } from './id-index.ts';
import type { Workspace } from './wire.ts';

const DIGEST = digestOf('x');
const [FIRST, SECOND] = ['a-1234aaaaaaaaaaaa', 'a-1234bbbbbbbbbbbb'];

/** A session in which one call asked by this id; `answered`: a person said no. */
function asking(session_id: string, approval_id: string, answered = false): StoredEntry[] {
  const by = { actor: { id: 'me', role: 'operator' }, via: 'cli' };
  const entries: unknown[] = [
    { type: 'session.created', data: { session_id, project_root: '/p', epoch: 1 } },
    { type: 'model.replied', data: { tool_calls: [{ call_id: 'c1', name: 'time', arguments_raw: '{}' }] } },
    { type: 'call.inspected', data: { call_id: 'c1', args_digest: DIGEST, facts: { paths: [], hosts: [], commands: [], preimages: [] }, presentation: { title: 'T' } } },
    { type: 'policy.decided', data: { call_id: 'c1', tool: 'time', effect: 'read', rules: [], reason: '', taint: [] } },
    { type: 'approval.requested', data: { approval_id, call_id: 'c1', digest: DIGEST, expires_at: 9e15, approver_roles: ['operator'] } },
    ...(answered ? [{ type: 'approval.resolved', data: { approval_id, outcome: 'denied', by } }] : []),
  ]; // prettier-ignore
  return entries.map((entry, index) => {
    const stored = { entry: { v: 1, seq: index + 1, at: 1, ...(entry as NewEntry) } as Entry, hash: String(index) };
    return stored as StoredEntry;
  });
}

function workspaceWith(sessions: Record<string, StoredEntry[]>, pending: string[]): Workspace {
  const journal = {
    read: async (id: string, visit: (stored: StoredEntry) => void) => sessions[id]!.forEach(visit),
    list: async () => Object.keys(sessions).map((session_id) => ({ session_id, changed_at: 1, bytes: 1 })),
  };
  const ingress = { pending: async () => pending.map((session_id) => ({ session_id })) };
  const store = { journal, ingress, blobs: {}, workspace: () => ({ epoch: 1 }) };
  return { store, index: createIdIndex(journal as never), clock: { now: () => 2 } } as unknown as Workspace;
}

test('a beginning that fits an answered one, too, means none of them; a whole id means its own', async () => {
  const sessions = { one: asking('one', FIRST, true), two: asking('two', SECOND) };
  const workspace = workspaceWith(sessions, ['two']);
  await expect(findApproval(workspace, 'a-1234')).rejects.toMatchObject({ code: 'ambiguous_id' });
  expect(await findApproval(workspace, 'a-1234b')).toMatchObject({ id: SECOND, status: 'pending' });
  expect(await findApproval(workspace, FIRST)).toMatchObject({ session_id: 'one', status: 'denied' });
  expect(await findApproval(workspace, SECOND)).toMatchObject({ session_id: 'two' });
  await expect(findApproval(workspace, 'a-123')).rejects.toMatchObject({ code: 'not_found' });
});

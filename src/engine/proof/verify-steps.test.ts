/** What a goal says of its steps' ends is held against the journals of their sessions. */
import { expect, test } from 'vitest';
import type { Entry } from '../../contract/entries.ts';
import type { StoredEntry } from '../../contract/ports.ts';
import type { VerifyReport } from '../../contract/verify.ts';
import { verifySession } from '../sessions.ts';
import { does, done, entries, openGoals, plan, step, SYNTHESIS } from '../testing/goals.ts';
import type { Workspace } from '../wire.ts';
import { verifyJournal } from './verify.ts';

const MISSING = { status: 'verified', notes: ['step_missing'] };
const FORGED = { status: 'failed', failure: { code: 'not_admissible' } };

/** Verifies the goal, with the sessions of its steps as `told` gives their entries; undefined: the entry is not there. */
function verify(
  { store: { journal, blobs } }: Workspace,
  told: (stored: StoredEntry) => StoredEntry | undefined,
): Promise<VerifyReport> {
  return verifyJournal({
    session_id: 'g',
    read: (visit) => journal.read('g', visit),
    blobs,
    hasHead: true,
    readOther: (session, visit) =>
      journal.read(session, (stored) => {
        const given = told(stored);
        return given && visit(given);
      }),
  });
}

/** The same with the data of the entries of one type changed. */
function verifyWith(workspace: Workspace, type: Entry['type'], change: object): Promise<VerifyReport> {
  return verify(workspace, (stored) => {
    const { entry } = stored;
    if (entry.type !== type) return stored;
    return { ...stored, entry: { ...entry, data: { ...entry.data, ...change } } as Entry };
  });
}

test('a goal names the entries of its steps by their hashes; where a session is gone that is noted', async () => {
  const { hub, workspace } = await openGoals([plan(step('a'), step('b')), does('a', { text: 'A' }), does('b', { text: 'B' }), SYNTHESIS]); // prettier-ignore
  await done(hub);
  expect(await verify(workspace, (stored) => stored)).toMatchObject({ status: 'verified', notes: [] });
  expect(await verify(workspace, (stored) => ({ ...stored, hash: '0'.repeat(64) }))).toMatchObject({ status: 'failed', failure: { code: 'hash_mismatch' } }); // prettier-ignore
  expect(await verify(workspace, () => undefined)).toMatchObject(MISSING);
  const [child] = await entries(workspace, 'child.started');
  await hub.remove(child!.data.session_id, { force: false });
  expect(await verifySession(workspace, 'g')).toMatchObject(MISSING);
});

test('a goal that says of a step what its session does not say fails to verify', async () => {
  const { hub, workspace } = await openGoals([
    plan(step('a'), step('b')),
    does('a', { text: 'A found 7' }),
    { match: { contains: 'please do b' }, fail: { class: 'auth' } },
    SYNTHESIS,
  ]);
  await done(hub);
  const ends = [
    { reason: 'failed' },
    { usage: { input: 1, output: 1, cached: 0, reasoning: 0 } },
    { model_calls: 9 },
    { tool_calls: 9 },
    { event_ids: ['e-other'] },
  ];
  for (const end of ends) expect(await verifyWith(workspace, 'turn.ended', end)).toMatchObject(FORGED);
  // What it gave is what its session answered.
  const parts = [{ type: 'text', text: 'A found 8' }];
  expect(await verifyWith(workspace, 'model.replied', { parts })).toMatchObject(FORGED);
  const gone = await verify(workspace, (stored) => (stored.entry.type === 'turn.ended' ? undefined : stored));
  expect(gone).toMatchObject(MISSING);
});

test('what its steps read is known of a goal, and how long they worked', async () => {
  const { hub, workspace } = await openGoals([plan(step('a'), step('b')), does('a', { text: 'A' }), does('b', { text: 'B' }), SYNTHESIS]); // prettier-ignore
  await done(hub);
  expect(await verifyWith(workspace, 'input.received', { taint: ['web:elsewhere'] })).toMatchObject(FORGED);
  const later = (stored: StoredEntry): StoredEntry => {
    const { entry } = stored;
    return entry.type === 'turn.ended' || entry.type === 'model.replied' || entry.type === 'reply.made'
      ? { ...stored, entry: { ...entry, at: entry.at + 1000 } }
      : stored;
  };
  expect(await verify(workspace, later)).toMatchObject(FORGED);
});

import { expect, test } from 'vitest';
import type { AuditRecord } from '../../contract/records.ts';
import type { RedactionRecord } from '../../contract/redaction.ts';
import { readRedactions } from './redactions.ts';

const redacted = (session: string, before: string, after: string, named: RedactionRecord['named'] = []): RedactionRecord => ({
  session,
  before: { seq: 9, hash: before },
  after: { seq: 9, hash: after },
  count: 1,
  named,
}); // prettier-ignore

function read(...records: AuditRecord[]) {
  return readRedactions({
    async read(visit) {
      for (const [index, record] of records.entries()) {
        visit({ seq: index + 1, at: 0, id: '', hash: '', prev: '', durable: 0, record });
      }
      return { status: 'whole', seq: records.length, hash: '', durable: 0 };
    },
  });
}

const record = (sessions: RedactionRecord[], renamed?: { session: string; to: string }[]): AuditRecord => ({
  type: 'session.redacted',
  data: { sessions, ...(renamed && { renamed }), by: 'local' },
});

test('an entry is found by the hash that it had before any of several redactions, also under another id', async () => {
  const found = await read(
    record([redacted('old', 'a', 'b', [{ seq: 4, before: 'x', after: 'y' }])]),
    record([redacted('new', 'b', 'c', [{ seq: 4, before: 'y', after: 'z' }])], [{ session: 'old', to: 'new' }]),
  );
  expect(['a', 'b', 'c', 'd'].map((hash) => found.hashNow('new', { seq: 9, hash }))).toEqual(['c', 'c', 'c', 'd']);
  expect(['x', 'y', 'z'].map((hash) => found.hashNow('new', { seq: 4, hash }))).toEqual(['z', 'z', 'z']);
  expect(found.hashNow('new', { seq: 5, hash: 'x' })).toBe('x');
  expect(['old', 'new', 'other'].map(found.has)).toEqual([false, true, false]);
});

test('of a session that was removed nothing is known any more', async () => {
  const usage = { input: 0, output: 0, cached: 0, reasoning: 0 };
  const removed = { session: 's', head: { seq: 9, hash: 'b' }, usage, by: 'local' };
  const found = await read(record([redacted('s', 'a', 'b')]), { type: 'session.removed', data: removed });
  expect([found.has('s'), found.hashNow('s', { seq: 9, hash: 'a' })]).toEqual([false, 'a']);
});

import { copyFileSync, existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AuditRow } from '../../contract/audit.ts';
import type { Entry, EntryData } from '../../contract/entries.ts';
import { ownedStore, standingClock, temporaryHome, type StandingClock } from '../../store/testing.ts';
import { auditHead, headLine, parseHeadLine } from './head-line.ts';
import { allRows, followRows, newestRows } from './rows.ts';
import { verifyAudit } from './verify.ts';

const START = 1_763_622_000_000;

let home: string;
let remove: () => void;
let clock: StandingClock;
let owned: ReturnType<typeof ownedStore>;

beforeEach(() => {
  ({ home, remove } = temporaryHome());
  clock = standingClock(START);
  owned = ownedStore(home, clock);
});
afterEach(async () => {
  await owned.store.close();
  remove();
});

const opened = new Set<string>();
beforeEach(() => opened.clear());

/** Appends entries to a session's journal, each at so many ms. */
async function append(session: string, ...entries: [at: number, type: string, data: object][]): Promise<string> {
  const { journal } = owned.store;
  if (!opened.has(session)) await journal.open(session, () => {});
  opened.add(session);
  const { seq } = await journal.read(session, () => {});
  const made = entries.map(
    ([at, type, data], index) => ({ v: 1, seq: seq + 1 + index, at: START + at, type, data }) as Entry,
  );
  const { stored } = await journal.append(session, { expected_seq: seq, fence: owned.fence }, made, { sync: true });
  return stored.at(-1)!.hash;
}

const created = (session_id: string): object => ({ session_id });
const decided = (call_id: string, verdict = 'allow', tool = 'read_file'): object =>
  ({ call_id, tool, effect: 'read', verdict, rules: [{ id: 'default', verdict }], reason: 'why', taint: [] }) satisfies Record<keyof Omit<EntryData<'policy.decided'>, 'grant_id' | 'approver_roles'>, unknown>; // prettier-ignore

const head = async (session: string, seq: number, hash: string): Promise<void> =>
  owned.store.audit.append({ type: 'head', data: { session, seq, hash } }, { sync: true });

/** A session with a turn that has ended, and its head. */
async function session(id: string, at = 0): Promise<string> {
  const hash = await append(
    id,
    [at, 'session.created', created(id)],
    [at + 1, 'turn.started', { turn: 1 }],
    [at + 2, 'policy.decided', decided('c1.1.1')],
    [at + 3, 'turn.ended', { turn: 1 }],
  );
  await head(id, 4, hash);
  return hash;
}

const stores = () => ({ audit: owned.store.audit, journal: owned.store.journal, workspace: 'default' });
const file = (name: string): string => join(home, 'workspaces/default', name);
const shown = (rows: readonly AuditRow[]): string[] =>
  rows.map(({ at, kind, session_id = '-', call_id = '-' }) => `${at - START} ${kind} ${session_id} ${call_id}`);

async function all(most?: number): Promise<AuditRow[]> {
  const rows: AuditRow[] = [];
  for await (const part of allRows(owned.store, {}, most)) rows.push(...part.rows);
  return rows;
}

describe('rows', () => {
  test('of journals and log are one list by time, and tell of a call what other entries say of it', async () => {
    await append(
      'one',
      [0, 'session.created', created('one')],
      [1, 'turn.started', { turn: 1 }],
      [2, 'model.replied', { tool_calls: [{ call_id: 'c1.1.1', name: 'exec_command' }] }],
      [3, 'call.inspected', { call_id: 'c1.1.1', args_digest: 'sha256:a', presentation: { title: 'Run x' } }],
      [4, 'policy.decided', decided('c1.1.1', 'require_approval', 'exec_command')],
      [4, 'approval.requested', { approval_id: 'a-1', call_id: 'c1.1.1' }],
      [20, 'approval.resolved', { approval_id: 'a-1', outcome: 'granted', scope: 'once', by: { actor: { id: 'local' }, via: 'cli' } }], // prettier-ignore
      [30, 'call.finished', { call_id: 'c1.1.1', outcome: 'ok', exit_code: 0, duration_ms: 9 }],
      [31, 'turn.ended', { turn: 1 }],
    );
    clock.set(START + 10);
    await owned.store.audit.append({ type: 'policy.set', data: { tool: 'time', verdict: 'deny', by: 'local' } });
    await append('two', [5, 'session.created', created('two')], [25, 'policy.decided', decided('c1.1.1', 'deny')]);
    const rows = await all();
    expect(shown(rows)).toEqual([
      '4 policy.decided one c1.1.1',
      '4 approval.requested one c1.1.1',
      '10 policy.set - -',
      '20 approval.resolved one c1.1.1',
      '25 policy.decided two c1.1.1',
      '30 call.finished one c1.1.1',
    ]);
    expect(rows[3]).toEqual({
      at: START + 20, kind: 'approval.resolved', in: 'journal', seq: 7, session_id: 'one', turn: 1, call_id: 'c1.1.1',
      approval_id: 'a-1', tool: 'exec_command', input_digest: 'sha256:a', title: 'Run x', decision: 'granted', actor: 'local',
      via: 'cli', scope: 'once',
    }); // prettier-ignore
    expect(rows[5]).toMatchObject({ tool: 'exec_command', status: 'ok', exit_code: 0, duration_ms: 9, title: 'Run x' });
  });

  test.each([1, 2, 3, 7, 100])('held %i at a time they are the same, in the same order', async (most) => {
    for (let n = 0; n < 6; n++) {
      const times = Array.from({ length: 5 }, (_, index) =>
        (n * 3 + index * 7) % 5 === 0 ? index * 10 : index * 10 + n,
      );
      await append(`s-${n}`, [0, 'session.created', created(`s-${n}`)], ...times.map((at, index): [number, string, object] => [at, 'policy.decided', decided(`c1.1.${index + 1}`)])); // prettier-ignore
    }
    await append('empty', [0, 'session.created', created('empty')]);
    const whole = await all();
    expect(whole).toHaveLength(30);
    expect(whole.map(({ at }) => at)).toEqual(whole.map(({ at }) => at).toSorted((a, b) => a - b));
    expect(await all(most)).toEqual(whole);
    const { rows } = await newestRows(owned.store, {}, most);
    expect(rows).toEqual(whole.slice(-most));
  });

  test('what a fork has of another session is told once', async () => {
    await session('one');
    await append(
      'fork',
      [0, 'session.created', created('one')],
      [2, 'policy.decided', decided('c1.1.1')],
      [50, 'session.forked', { session_id: 'fork' }],
      [60, 'policy.decided', decided('c2.1.1')],
    );
    expect(shown(await all())).toEqual(['2 policy.decided one c1.1.1', '60 policy.decided fork c2.1.1']);
  });

  test('what comes later is given once, also of a call that began before; heads only when they are asked for', async () => {
    await session('one');
    await append('two', [5, 'session.created', created('two')], [6, 'turn.started', { turn: 3 }], [7, 'policy.decided', decided('c3.1.1')]); // prettier-ignore
    const following = await followRows(owned.store, {}, 1);
    expect(shown(following.rows)).toEqual(['7 policy.decided two c3.1.1']);
    expect(await following.further()).toEqual([]);
    await append('two', [40, 'call.finished', { call_id: 'c3.1.1', outcome: 'ok', duration_ms: 1 }]);
    clock.set(START + 30);
    await owned.store.audit.append({ type: 'access.denied', data: { what: 'x', why: 'y', by: 'z' } });
    const [denied, finished, ...rest] = await following.further();
    expect([denied, finished]).toMatchObject([{ kind: 'access.denied' }, { kind: 'call.finished', turn: 3 }]);
    expect(rest).toEqual([]);
    expect(await following.further()).toEqual([]);
    const heads = await newestRows(owned.store, { kind: 'head' }, 5);
    expect(heads.rows).toMatchObject([{ kind: 'head', session_id: 'one', head: { seq: 4 } }]);
  });

  test('a damaged journal is read up to there and named; the others are whole', async () => {
    await session('one');
    await session('two', 10);
    const lines = readFileSync(file('sessions/two.jsonl'), 'utf8').split('\n');
    writeFileSync(file('sessions/two.jsonl'), [lines[0], 'gone', ...lines.slice(2)].join('\n'));
    const { rows, unreadable } = await newestRows(owned.store, {}, 10);
    expect({ rows: shown(rows), unreadable }).toEqual({ rows: ['2 policy.decided one c1.1.1'], unreadable: ['two'] });
  });
});

describe('verify', () => {
  const problems = async (line?: string): Promise<string[]> => {
    const report = await verifyAudit(stores(), line === undefined ? undefined : parseHeadLine(line));
    expect(report.status).toBe(report.problems.length > 0 ? 'failed' : 'verified');
    return report.problems.map(({ code, session_id = 'log' }) => `${session_id}: ${code}`);
  };

  test('where all is well nothing is told, but of sessions without a head', async () => {
    await session('one');
    await append('begun', [0, 'session.created', created('begun')]);
    const report = await verifyAudit(stores(), undefined);
    expect(report).toMatchObject({ status: 'verified', sessions: 2, heads: 1, problems: [], without_head: ['begun'] });
    expect(report.log).toMatchObject({ records: 1, status: 'whole' });
  });

  test('an empty workspace has nothing to prove', async () => {
    expect(await problems()).toEqual([]);
    await expect(auditHead(owned.store.audit, 'default')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('a journal that is gone, cut, changed or not the one of its head is named', async () => {
    for (const id of ['gone', 'cut', 'changed', 'whole']) await session(id);
    await session('other');
    await head('other', 2, 'f'.repeat(64));
    rmSync(file('sessions/gone.jsonl'));
    const cut = file('sessions/cut.jsonl');
    truncateSync(cut, statSync(cut).size - 20);
    const changed = file('sessions/changed.jsonl');
    writeFileSync(changed, readFileSync(changed, 'utf8').replace('read_file', 'sead_file'));
    const found = await problems();
    expect(found.toSorted()).toEqual([
      'changed: journal_damaged',
      'cut: journal_damaged',
      'gone: journal_missing',
      'other: journal_damaged',
    ]);
  });

  test('a journal that was written anew, with a new head behind the old one, is found by the old one', async () => {
    await session('one');
    const old = file('sessions/one.jsonl');
    await owned.store.journal.close('one');
    rmSync(old);
    opened.delete('one');
    // The newest head would refuse the new journal: so it comes to stand there first.
    const before = await auditHead(owned.store.audit, 'default');
    const other = temporaryHome();
    const elsewhere = ownedStore(other.home, clock);
    const kept = owned;
    owned = elsewhere;
    const hash = await append(
      'one',
      [0, 'session.created', created('one')],
      [1, 'turn.started', { turn: 1 }],
      [2, 'policy.decided', decided('c1.1.1', 'deny')],
      [3, 'turn.ended', { turn: 1 }],
      [4, 'turn.started', { turn: 2 }],
    );
    await elsewhere.store.close();
    owned = kept;
    copyFileSync(join(other.home, 'workspaces/default/sessions/one.jsonl'), old);
    other.remove();
    await head('one', 5, hash);
    expect(await problems()).toEqual(['one: head_mismatch']);
    expect(await problems(headLine(before))).toEqual(['one: head_mismatch']);
  });

  test('a session that was removed or cut by a repair has what the log says of it since', async () => {
    const hash = await session('removed');
    await owned.store.audit.append({ type: 'session.removed', data: { session: 'removed', head: { seq: 4, hash }, usage: { input: 0, output: 0 } as never, by: 'local' } }); // prettier-ignore
    await owned.store.journal.close('removed');
    await owned.store.journal.remove('removed');
    const end = await session('repaired');
    await head('repaired', 9, 'e'.repeat(64)); // of entries that a repair has cut since
    const cut = { seq: 4, hash: end, cut_from: 1, cut_bytes: 1 };
    await owned.store.audit.append({ type: 'store.repaired', data: { file: 'x', folder: 'y', healed: 0, by: 'local', session: 'repaired', cut } }); // prettier-ignore
    expect(existsSync(file('sessions/removed.jsonl'))).toBe(false);
    expect(await problems()).toEqual([]);
  });

  test('the log itself: changed, or without its beginning', async () => {
    for (const id of ['one', 'two', 'three']) await session(id);
    const log = file('audit.jsonl');
    const text = readFileSync(log, 'utf8');
    writeFileSync(log, text.replace('"two"', '"tow"'));
    expect(await problems()).toContain('log: log_damaged');
    writeFileSync(log, `${text.split('\n').toSpliced(0, 1).join('\n')}`);
    expect(await problems()).toContain('log: log_damaged');
  });

  test('a head that was kept elsewhere: still there, cut off, or written anew', async () => {
    await session('one');
    await session('two');
    const line = headLine(await auditHead(owned.store.audit, 'default'));
    expect(line).toMatch(/^runtime\.audit-head\.v1 default 2 [0-9a-f]{64} 2025-11-20 /);
    await session('three');
    expect(await problems(line)).toEqual([]);
    expect(await problems(line.replace('default', 'other'))).toEqual(['log: given_head_differs']);
    expect(await problems(line.replace(/ [0-9a-f]{64} /, ` ${'0'.repeat(64)} `))).toEqual(['log: given_head_differs']);
    await owned.store.close();
    const log = file('audit.jsonl');
    writeFileSync(log, `${readFileSync(log, 'utf8').split('\n')[0]}\n`);
    owned = ownedStore(home, clock);
    expect(await problems(line)).toEqual(['log: given_head_missing']);
    for (const wrong of ['', 'x', line.slice(0, 40), `${line}\nmore`]) {
      expect(() => parseHeadLine(wrong)).toThrow('no head line');
    }
  });
});

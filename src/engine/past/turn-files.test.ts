import { expect, test } from 'vitest';
import { digestOf } from '../../base/digest.ts';
import type { Entry, EntryData, NewEntry } from '../../contract/entries.ts';
import type { FileChange } from '../../contract/values.ts';
import { filesOfTurns } from './turn-files.ts';

const [A, B, C] = ['a', 'b', 'c'].map(digestOf) as [`sha256:${string}`, `sha256:${string}`, `sha256:${string}`];

const entriesOf = (...all: NewEntry[]): Entry[] =>
  all.map((entry, index) => ({ v: 1, seq: index + 1, at: 0, ...entry }));
const began = (turn: number) => ({ type: 'turn.started', data: { turn } }) as NewEntry;
const decided = (call_id: string, effect: string) =>
  ({ type: 'policy.decided', data: { call_id, effect } }) as NewEntry;
const started = (call_id: string, tool: string, files?: FileChange[]) =>
  ({ type: 'call.started', data: { call_id, tool, ...(files && { files }) } }) as NewEntry;
const finished = (call_id: string, outcome: EntryData<'call.finished'>['outcome'], files: FileChange[]) =>
  ({ type: 'call.finished', data: { call_id, outcome, files } }) as NewEntry;
const abandoned = (call_id: string) => ({ type: 'call.abandoned', data: { call_id } }) as NewEntry;
const patched = (call_id: string, ...files: FileChange[]) => [
  started(call_id, 'apply_patch', files),
  finished(call_id, 'ok', files),
];
const file = (path: string, before?: FileChange['before'], after?: FileChange['after']): FileChange => ({
  path,
  ...(before && { before }),
  ...(after && { after }),
});

test('of several patches the first and the last state of each file count', () => {
  const turns = filesOfTurns(
    entriesOf(began(1), ...patched('c1', file('x', A, B), file('y', A, B)), ...patched('c2', file('x', B, C), file('y', B, A))),
  ); // prettier-ignore
  expect(turns).toEqual([
    { turn: 1, files: [{ path: 'x', found: A, left: C, mode: undefined, mixed: false }], untracked: [] },
  ]);
});

test('what ran before the session came from another workspace is not there', () => {
  const forked = (epoch?: number) =>
    ({ type: 'session.forked', data: { session_id: 's', ...(epoch !== undefined && { epoch }) } }) as NewEntry;
  const before = [began(1), ...patched('c1', file('x', A, B)), began(2), started('c2', 'apply_patch', [file('y', A)])];
  const after = [abandoned('c2'), began(3), ...patched('c3', file('z', A, B)), forked()];
  expect(filesOfTurns(entriesOf(...before, forked(2), ...after)).map(({ turn }) => turn)).toEqual([3]);
  expect(filesOfTurns(entriesOf(...before, forked(), ...after)).map(({ turn }) => turn)).toEqual([1, 2, 3]);
});

test('what something else did between two patches is told', () => {
  const [turn] = filesOfTurns(entriesOf(began(1), ...patched('c1', file('x', A, B)), ...patched('c2', file('x', C, A), file('y', undefined, A)))); // prettier-ignore
  expect(turn!.files).toMatchObject([{ path: 'y', found: undefined, left: A, mixed: false }]);
  const [other] = filesOfTurns(
    entriesOf(began(1), ...patched('c1', file('x', A, B)), ...patched('c2', file('x', C, B))),
  );
  expect(other!.files).toMatchObject([{ path: 'x', found: A, left: B, mixed: true }]);
});

test('a failed patch has changed nothing; one whose end nobody knows may have', () => {
  const change = file('x', A, B);
  const failed = [started('c1', 'apply_patch', [change]), finished('c1', 'error', [])];
  const unknown = [started('c2', 'apply_patch', [change]), finished('c2', 'unknown', [])];
  const lost = [started('c3', 'apply_patch', [file('y', A, B)]), abandoned('c3')];
  const turns = filesOfTurns(entriesOf(began(1), ...failed, began(2), ...unknown, ...lost));
  expect(turns.map(({ files }) => files)).toMatchObject([
    [],
    [
      { path: 'x', found: A, left: B, unsure: { found: A } },
      { path: 'y', unsure: { found: A } },
    ],
  ]);
});

test('what ran and records nothing is named, a read is not; and what was undone', () => {
  const undone = { type: 'files.undone', data: { turn: 1, files: [] } } as unknown as NewEntry;
  const turns = filesOfTurns(
    entriesOf(
      began(1),
      decided('c1', 'exec'),
      started('c1', 'exec_command'),
      decided('c2', 'read'),
      started('c2', 'read_file'),
      undone,
      began(2),
    ),
  );
  expect(turns).toEqual([
    { turn: 1, files: [], untracked: ['exec_command'], undone_at: 6 },
    { turn: 2, files: [], untracked: [] },
  ]);
});

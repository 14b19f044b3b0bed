import { expect, test } from 'vitest';
import { treeOf, type Forked } from './fork-tree.ts';

const fork = (session_id: string, of: string, removed?: true): Forked => ({
  session_id,
  parent: { session_id: of, seq: 9, ...(removed && { removed }) },
});

const step = (session_id: string, of: string, seq: number): Forked => ({
  session_id,
  parent: { session_id: of, seq, step_id: session_id },
});

test('what does the steps of a goal stands under it, in the order in which it began, above forks', () => {
  const rows = [fork('f', 'a'), step('c', 'a', 7), step('b', 'a', 5), { session_id: 'a' }];
  const drawn = (options: { stepsOnly?: boolean }): string[] =>
    treeOf(rows, options).map(({ row, lines }) => lines + row.session_id);
  expect(drawn({})).toEqual(['a', '├─ b', '├─ c', '└─ f']);
  expect(drawn({ stepsOnly: true })).toEqual(['f', 'a', '├─ b', '└─ c']);
});

test('each fork stands under its source; one whose source is gone stands alone', () => {
  const rows = [fork('d', 'b'), fork('c', 'a'), fork('x', 'gone', true), fork('b', 'a'), { session_id: 'a' }];
  expect(treeOf(rows).map(({ row, lines }) => lines + row.session_id)).toEqual([
    'x', 'a', '├─ c', '└─ b', '   └─ d',
  ]); // prettier-ignore
});

import { expect, test } from 'vitest';
import { treeOf, type Forked } from './fork-tree.ts';

const fork = (session_id: string, of: string, removed?: true): Forked => ({
  session_id,
  parent: { session_id: of, seq: 9, ...(removed && { removed }) },
});

test('each fork stands under its source; one whose source is gone stands alone', () => {
  const rows = [fork('d', 'b'), fork('c', 'a'), fork('x', 'gone', true), fork('b', 'a'), { session_id: 'a' }];
  expect(treeOf(rows).map(({ row, lines }) => lines + row.session_id)).toEqual([
    'x', 'a', '├─ c', '└─ b', '   └─ d',
  ]); // prettier-ignore
});

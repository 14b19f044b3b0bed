/** Sessions in the order of their forks: each behind its source. */
import type { Seq } from '../../contract/entries.ts';

/** Where a session was forked from. `removed`: that session isn't there any more. */
export interface Parent {
  session_id: string;
  /** The last entry that both have. */
  seq: Seq;
  removed?: true;
}

export interface Forked {
  session_id: string;
  parent?: Parent;
}

export interface Branch<Row> {
  row: Row;
  /** What stands before it in a drawing of the tree: '' for a session that was begun, or whose source is gone. */
  lines: string;
}

/** Sessions that are no forks keep their order, and so do the forks of each. A source that is gone makes a fork a root. */
export function treeOf<Row extends Forked>(rows: readonly Row[]): Branch<Row>[] {
  const forks = Map.groupBy(rows.filter(hasSource), ({ parent }) => parent!.session_id);
  const branches: Branch<Row>[] = [];
  const add = (row: Row, lines: string, below: string): void => {
    branches.push({ row, lines });
    const children = forks.get(row.session_id) ?? [];
    children.forEach((child, index) => {
      const last = index === children.length - 1;
      add(child, `${below}${last ? '└─ ' : '├─ '}`, `${below}${last ? '   ' : '│  '}`);
    });
  };
  for (const row of rows) if (!hasSource(row)) add(row, '', '');
  return branches;
}

function hasSource({ parent }: Forked): boolean {
  return parent !== undefined && parent.removed !== true;
}

/** Sessions in the order of their forks and goals: each behind its source, or behind the one whose step it does. */
import type { Seq } from '../../contract/entries.ts';

/** Where a session was forked from, or whose step it does. `removed`: that session isn't there any more. */
export interface Parent {
  session_id: string;
  /** The last entry that both have; of a step: the entry with which it began. */
  seq: Seq;
  /** It isn't a fork: it does this step of its parent's goal. */
  step_id?: string;
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

/**
 * Sessions that are no forks keep their order, and so do the forks of each; steps stand in the order in which they began,
 * above forks. A source that is gone makes a fork a root. `stepsOnly`: forks are roots, too.
 */
export function treeOf<Row extends Forked>(
  rows: readonly Row[],
  { stepsOnly = false }: { stepsOnly?: boolean } = {},
): Branch<Row>[] {
  const hasSource = ({ parent }: Forked): boolean =>
    parent !== undefined && parent.removed !== true && !(stepsOnly && parent.step_id === undefined);
  const under = Map.groupBy(rows.filter(hasSource), ({ parent }) => parent!.session_id);
  const branches: Branch<Row>[] = [];
  const add = (row: Row, lines: string, below: string): void => {
    branches.push({ row, lines });
    const children = (under.get(row.session_id) ?? []).toSorted(stepsFirst);
    children.forEach((child, index) => {
      const last = index === children.length - 1;
      add(child, `${below}${last ? '└─ ' : '├─ '}`, `${below}${last ? '   ' : '│  '}`);
    });
  };
  for (const row of rows) if (!hasSource(row)) add(row, '', '');
  return branches;
}

function stepsFirst({ parent: a }: Forked, { parent: b }: Forked): number {
  const [isStep, isOtherStep] = [a?.step_id !== undefined, b?.step_id !== undefined];
  if (isStep !== isOtherStep) return isStep ? -1 : 1;
  return isStep ? a!.seq - b!.seq : 0;
}

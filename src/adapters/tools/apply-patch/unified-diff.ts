import { visible } from '../visible.ts';
import type { Change } from './apply-hunks.ts';
import type { Line } from './text-file.ts';

const CONTEXT = 3;

/** One section of a patch as it changes one file. A path is absent where there is no file. */
export interface FileDiff {
  from: string | undefined;
  to: string | undefined;
  /** The lines before, and what happens to them; undefined for a file that is no text. */
  text: { lines: readonly Line[]; changes: readonly Change[] } | undefined;
}

/** As `diff -u` has it, with everything in it made visible. */
export function unifiedDiff({ from, to, text }: FileDiff): string {
  const name = (side: string, path: string | undefined): string =>
    path === undefined ? '/dev/null' : `${side}/${visible(path)}`;
  const out = [`--- ${name('a', from)}`, `+++ ${name('b', to)}`];
  if (from !== undefined && to !== undefined && from !== to) {
    out.unshift(`rename from ${visible(from)}`, `rename to ${visible(to)}`);
  }
  if (!text) return [...out, 'a binary file'].join('\n');
  let shift = 0;
  for (const group of grouped(text.changes)) {
    const start = Math.max(0, group[0]!.at - CONTEXT);
    const last = group.at(-1)!;
    const end = Math.min(text.lines.length, last.at + last.removed.length + CONTEXT);
    const growth = group.reduce((sum, { added, removed }) => sum + added.length - removed.length, 0);
    out.push(`@@ -${range(start, end - start)} +${range(start + shift, end - start + growth)} @@`);
    shift += growth;
    let at = start;
    for (const change of group) {
      for (; at < change.at; at++) show(out, ' ', text.lines[at]!);
      for (const line of change.removed) show(out, '-', line);
      for (const line of change.added) show(out, '+', line);
      at += change.removed.length;
    }
    for (; at < end; at++) show(out, ' ', text.lines[at]!);
  }
  return out.join('\n');
}

/** Changes whose context would touch stand in one hunk. */
function grouped(changes: readonly Change[]): Change[][] {
  const groups: Change[][] = [];
  let end = -Infinity;
  for (const change of changes) {
    if (change.at - end <= 2 * CONTEXT) groups.at(-1)!.push(change);
    else groups.push([change]);
    end = change.at + change.removed.length;
  }
  return groups;
}

function range(start: number, count: number): string {
  return `${count === 0 ? start : start + 1},${count}`;
}

function show(out: string[], op: string, { text, end }: Line): void {
  // A carriage return shows only where it is not the file's way to end lines.
  out.push(`${op}${visible(text, { lines: true })}`);
  if (end === '') out.push('\\ No newline at end of file');
}

import { changesBetween } from './line-changes.ts';
import { linesOf } from './text-file.ts';
import { unifiedDiff } from './unified-diff.ts';

/** What makes one content of a file another, as `diff -u` has it; undefined: there is no file. */
export function textDiff(path: string, from: Uint8Array | undefined, to: Uint8Array | undefined): string {
  const [old, now] = [from, to].map((bytes) => linesOf(Buffer.from(bytes ?? [])));
  const text = old && now && { lines: old, changes: changesBetween(old, now) };
  return unifiedDiff({ from: from && path, to: to && path, text });
}

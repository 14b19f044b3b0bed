import { type Digest, digestOf } from '../../../base/digest.ts';

/** The rest as one, so that no line makes a record of any length. */
export function shortened<T extends { path: string; digest?: Digest }>(
  found: readonly T[],
  most: number,
): (T | { path: string; digest: Digest })[] {
  if (found.length <= most) return [...found];
  const rest = found.slice(most);
  return [...found.slice(0, most), { path: `… and ${rest.length} more`, digest: digestOf(JSON.stringify(rest)) }];
}

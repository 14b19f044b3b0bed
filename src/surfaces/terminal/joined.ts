import { displayWidth } from './width.ts';

export const SEPARATOR = ' · ';

/** As many facts as there is room for, what matters most first. */
export function joined(facts: readonly string[], columns: number): string {
  let text = '';
  for (const fact of facts) {
    const next = text === '' ? fact : `${text}${SEPARATOR}${fact}`;
    if (displayWidth(next) > columns) continue;
    text = next;
  }
  return text;
}

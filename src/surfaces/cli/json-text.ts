import { CONTROL } from '../terminal/width.ts';
import type { Output } from './io.ts';

/** The value as JSON; on a terminal with nothing in it that this would act on, which JSON lets stand as it is. */
export function jsonText(output: Pick<Output, 'isTty'>, value: unknown, indent?: number): string {
  const text = JSON.stringify(value, null, indent);
  return output.isTty ? text.replace(CONTROL, (one) => (one === '\n' ? one : escaped(one))) : text;
}

function escaped(one: string): string {
  return `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

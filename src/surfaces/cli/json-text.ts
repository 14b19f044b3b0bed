import type { Output } from './io.ts';

/** What JSON lets stand as it is, and a terminal acts on. */
const ACTED_ON = /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** The same value; on a terminal with nothing in it that moves the cursor or turns the direction of writing. */
export function jsonText(output: Pick<Output, 'isTty'>, value: unknown, indent?: number): string {
  const text = JSON.stringify(value, null, indent);
  return output.isTty ? text.replace(ACTED_ON, escaped) : text;
}

function escaped(one: string): string {
  return `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

import type { Output } from './io.ts';

const CODES = { red: 31, green: 32, yellow: 33, bold: 1, dim: 2 };

export type Colour = keyof typeof CODES;

/** The text in a colour, where the output takes colours. */
export function paint(output: Pick<Output, 'colour'>, colour: Colour, text: string): string {
  return output.colour ? `\x1b[${CODES[colour]}m${text}\x1b[0m` : text;
}

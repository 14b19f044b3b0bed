/** Text with a style, and how it becomes a line of the terminal. Only the 16 colours that a terminal's theme owns. */

/** Bits: five attributes, above them the SGR number of the foreground (0: the terminal's own). */
export type Style = number;

export const NORMAL = 0;
export const BOLD = 1;
export const DIM = 2;
export const ITALIC = 4;
export const UNDERLINE = 8;
export const STRIKE = 16;
const COLOUR_SHIFT = 5;
const ATTRIBUTES = (1 << COLOUR_SHIFT) - 1;

export const RED = 31 << COLOUR_SHIFT;
export const GREEN = 32 << COLOUR_SHIFT;
export const YELLOW = 33 << COLOUR_SHIFT;
export const BLUE = 34 << COLOUR_SHIFT;
export const MAGENTA = 35 << COLOUR_SHIFT;
export const CYAN = 36 << COLOUR_SHIFT;

export interface Span {
  text: string;
  style: Style;
  /** Where it leads: safe inside OSC 8. */
  link?: string;
}

/** Attributes add up, the inner colour wins. */
export function over(outer: Style, inner: Style): Style {
  return inner > ATTRIBUTES ? (outer & ATTRIBUTES) | inner : outer | inner;
}

/** SGR numbers that open and close each attribute. */
const SGR: [bit: Style, open: number, close: number][] = [
  [BOLD, 1, 22],
  [DIM, 2, 22],
  [ITALIC, 3, 23],
  [UNDERLINE, 4, 24],
  [STRIKE, 9, 29],
];
const DEFAULT_COLOUR = 39;

const sequences = new Map<Style, [open: string, close: string]>();

function sequencesOf(style: Style): [open: string, close: string] {
  const known = sequences.get(style);
  if (known !== undefined) return known;
  const set = SGR.filter(([bit]) => (style & bit) !== 0);
  const colour = style >> COLOUR_SHIFT;
  const open = [...set.map(([, number]) => number), ...(colour === 0 ? [] : [colour])];
  const close = new Set([...set.map(([, , number]) => number), ...(colour === 0 ? [] : [DEFAULT_COLOUR])]);
  const made: [string, string] = [`\x1b[${open.join(';')}m`, `\x1b[${[...close].join(';')}m`];
  sequences.set(style, made);
  return made;
}

export function styled(text: string, style: Style): string {
  if (style === NORMAL || text === '') return text;
  const [open, close] = sequencesOf(style);
  return open + text + close;
}

/** One line, complete in itself: every style and link that it opens is closed. */
export function paint(spans: readonly Span[], colour: boolean): string {
  let line = '';
  for (let index = 0; index < spans.length; index++) {
    const { text, style, link } = spans[index]!;
    const shown = colour ? styled(text, style) : text;
    if (link === undefined) {
      line += shown;
      continue;
    }
    // Neighbours with one target are one link: the terminal marks them together.
    if (spans[index - 1]?.link !== link) line += `\x1b]8;;${link}\x1b\\`;
    line += shown;
    if (spans[index + 1]?.link !== link) line += '\x1b]8;;\x1b\\';
  }
  return line;
}

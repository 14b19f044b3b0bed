/** What colours and links hold at a place of a styled line, in one spelling for each look. */

/** How text looks, as the parameters of an SGR (`1;31`), and what it links to. Compared by identity of its key. */
export interface Style {
  /** Parameters of one SGR sequence, '' for the default look. */
  readonly sgr: string;
  /** What follows `OSC 8 ;`, '' for no link. */
  readonly link: string;
}

export const PLAIN: Style = { sgr: '', link: '' };

/** Does a space look like nothing in this style? */
export function hidesBlanks({ sgr, link }: Style): boolean {
  const withoutColour = sgr.replace(/\b[35]8;(5;\d+|2;\d+;\d+;\d+)/g, '');
  return link === '' && !/(^|;)(4|7|9|21|53|4[0-8]|10[0-7])([:;]|$)/.test(withoutColour);
}

/** What must be written so that text in the style `to` may follow text in the style `from`. */
export function transition(from: Style, to: Style): string {
  let written = '';
  if (from.sgr !== to.sgr) written += to.sgr === '' ? '\x1b[m' : `\x1b[${from.sgr === '' ? '' : '0;'}${to.sgr}m`;
  if (from.link !== to.link) written += `\x1b]8;${to.link === '' ? ';' : to.link}\x1b\\`;
  return written;
}

/** Which property of the look a parameter sets; a later one of the same slot replaces it. */
const SLOTS: readonly (readonly [slot: string, off: number, on: (code: number) => boolean])[] = [
  ['weight', 22, (code) => code === 1],
  ['faint', 22, (code) => code === 2],
  ['italic', 23, (code) => code === 3 || code === 20],
  ['underline', 24, (code) => code === 4 || code === 21],
  ['blink', 25, (code) => code === 5 || code === 6],
  ['inverse', 27, (code) => code === 7],
  ['concealed', 28, (code) => code === 8],
  ['crossed', 29, (code) => code === 9],
  ['colour', 39, (code) => (code >= 30 && code <= 38) || (code >= 90 && code <= 97)],
  ['background', 49, (code) => (code >= 40 && code <= 48) || (code >= 100 && code <= 107)],
  ['overline', 55, (code) => code === 53],
  ['line colour', 59, (code) => code === 58],
];

/** Follows the SGR sequences of a line. */
export function createLook(): { apply(parameters: string): string } {
  const look = new Map<string, string>();
  const set = (code: number, parameter: string): void => {
    for (const [slot, off, on] of SLOTS) {
      if (code === off || parameter === '4:0') look.delete(code === off ? slot : 'underline');
      else if (on(code)) look.set(slot, parameter);
    }
  };
  return {
    apply(parameters) {
      const fields = parameters.split(';');
      for (let index = 0; index < fields.length; index++) {
        const field = fields[index]!;
        const code = Number.parseInt(field || '0', 10);
        if (code === 0) look.clear();
        else if ((code === 38 || code === 48 || code === 58) && !field.includes(':')) {
          const taken = fields[index + 1] === '5' ? 3 : 5; // 38;5;n or 38;2;r;g;b
          set(code, fields.slice(index, index + taken).join(';'));
          index += taken - 1;
        } else set(code, field);
      }
      return SLOTS.flatMap(([slot]) => look.get(slot) ?? []).join(';');
    },
  };
}

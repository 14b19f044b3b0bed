/**
 * Large pastes stand in the text as one character each: a lone low surrogate, which no well-formed text contains. So they
 * are moved over, deleted, killed and brought back as one.
 */
import { visibleText } from '../width.ts';

export interface Pastes {
  /** By the character that stands for it. */
  readonly byAtom: ReadonlyMap<string, { readonly text: string; readonly label: string }>;
  /** How many there were. */
  readonly count: number;
}

export const NO_PASTES: Pastes = { byAtom: new Map(), count: 0 };

const ATOMS = /[\udc00-\udfff]/gu;
const FIRST_ATOM = 0xdc00;
const ATOM_COUNT = 0x400;
/** One UTF-16 unit as well, so that offsets stay. */
const OBJECT_REPLACEMENT = '\ufffc';

const MOST_LINES = 10;
const MOST_CHARACTERS = 1000;

/** Text that may stand in the editor: line feeds and tabs, and no other control character that isn't made visible. */
export function cleanText(text: string): string {
  if (/^[\x20-\x7e\n\t]*$/.test(text)) return text;
  return visibleText(text.toWellFormed().replace(/\r\n?/g, '\n'));
}

export function isAtom(character: string): boolean {
  const code = character.charCodeAt(0);
  return character.length === 1 && code >= FIRST_ATOM && code < FIRST_ATOM + ATOM_COUNT;
}

/** What to insert for a paste: clean text as it is, or an atom for much of it. */
export function pasted(pastes: Pastes, text: string): { pastes: Pastes; inserted: string } {
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  if (lines <= MOST_LINES && text.length <= MOST_CHARACTERS) return { pastes, inserted: text };
  const count = pastes.count + 1;
  const atom = String.fromCharCode(FIRST_ATOM + (count % ATOM_COUNT));
  const size = lines > MOST_LINES ? `${grouped(lines)} lines` : `${grouped(text.length)} characters`;
  const byAtom = new Map(pastes.byAtom).set(atom, { text, label: `[pasted ${size} #${count}]` });
  return { pastes: { byAtom, count }, inserted: atom };
}

/** The text with what was pasted. */
export function expanded({ byAtom }: Pastes, text: string): string {
  return text.replace(ATOMS, (atom) => byAtom.get(atom)?.text ?? '');
}

/** The text with a placeholder for each paste; offsets in both are the same. */
export function withPlaceholders(text: string): string {
  return text.replace(ATOMS, OBJECT_REPLACEMENT);
}

/** Forgets the pastes that none of the texts holds. */
export function prunePastes({ byAtom, count }: Pastes, texts: readonly string[]): Pastes {
  const kept = [...byAtom].filter(([atom]) => texts.some((text) => text.includes(atom)));
  return { byAtom: new Map(kept), count };
}

function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/**
 * Raw terminal input → keys and pastes. Pure: no stream, no clock.
 *
 * A sequence begins with ESC. As long as what follows may still become one, the decoder waits; whoever feeds it decides
 * by `pending` how long, and then calls `giveUp`. What turns out to be no sequence was Alt with a character, and the rest
 * is text: nothing that was typed gets lost. The events are the same however the bytes are chunked.
 */
import { keyOfCharacter, namedKey, type Key } from './key.ts';
import { keyOfCsi, keyOfSs3 } from './sequences.ts';

export type KeyEvent =
  { type: 'key'; key: Key } | { type: 'paste'; text: string } | { type: 'report'; position: CursorReport };

/** The terminal's answer to where its cursor is, both from 1. In the first row it would look like F3, and is taken for it. */
export interface CursorReport {
  row: number;
  column: number;
}

/** `escape`: ESC and nothing behind it; `sequence`: more than that; `paste`: its end has not come. */
export type Pending = 'nothing' | 'escape' | 'sequence' | 'paste';

export interface KeyDecoder {
  write(bytes: Uint8Array): KeyEvent[];
  readonly pending: Pending;
  /** No more will come for what is pending. */
  giveUp(): KeyEvent[];
}

const ESC = '\x1b';
const PASTE_START = '200';
const PASTE_END = `${ESC}[201~`;
const LONGEST_SEQUENCE = 64;
/** Answers to somebody's question about colours or names; longer ones are none. */
const LONGEST_REPORT = 4096;
const RXVT_FINAL = /\[(\d{1,2})(\$)/y;
const CSI = /\[([0-?]*)[ -/]*([@-~])/y;
const CSI_BEGUN = /\[[0-?]*[ -/]*$/y;
const CURSOR_REPORT = /\[(\d{1,4});(\d{1,4})R/y;
const SS3 = /O([0-9;]*)([A-DFHMPQRSa-dj-y])/y;
const SS3_BEGUN = /O[0-9;]*$/y;
/** OSC, DCS and APC with printable ASCII up to BEL or ST. */
// oxlint-disable-next-line no-control-regex
const REPORT = /(?:\][0-9]|P[0-9>!$+]|_G)[ -~]*(?:\x07|\x1b\\)/y;
// oxlint-disable-next-line no-control-regex
const REPORT_BEGUN = /(?:\]|P|_)(?:$|(?<=\])[0-9]|(?<=P)[0-9>!$+]|(?<=_)G)[ -~]*\x1b?$/y;
/** A mouse report of the oldest kind, should another program have left it on. */
const OLD_MOUSE = /\[M[ -~]{3}/y;
const OLD_MOUSE_BEGUN = /\[M[ -~]{0,2}$/y;

/** What stands behind an ESC: a whole sequence up to `end`, the beginning of one, or none. */
type Sequence = { end: number; key?: Key | undefined; pastes?: boolean; position?: CursorReport } | 'begun' | 'none';

export function createKeyDecoder(): KeyDecoder {
  const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  let rest = '';
  let pasted: string[] | undefined;

  const read = (text: string, final: boolean): KeyEvent[] => {
    const events: KeyEvent[] = [];
    let at = 0;
    while (at < text.length) {
      if (pasted !== undefined) {
        const end = text.indexOf(PASTE_END, at);
        const stop = end === -1 ? text.length - overlap(text, at) : end;
        pasted.push(text.slice(at, stop));
        at = stop;
        if (end === -1) break;
        at += PASTE_END.length;
        events.push(pasteOf(pasted));
        pasted = undefined;
      } else if (text[at] === ESC) {
        const found = readEscape(text, at, final);
        if (found === undefined) break;
        if (found.key !== undefined) events.push({ type: 'key', key: found.key });
        if (found.position !== undefined) events.push({ type: 'report', position: found.position });
        if (found.pastes === true) pasted = [];
        at = found.end;
      } else {
        const character = String.fromCodePoint(text.codePointAt(at)!);
        const key = keyOfCharacter(character);
        if (key !== undefined) events.push({ type: 'key', key });
        at += character.length;
      }
    }
    rest = text.slice(at);
    return events;
  };

  return {
    write: (bytes) => read(rest + utf8.decode(bytes, { stream: true }), false),
    get pending() {
      if (pasted !== undefined) return 'paste';
      if (rest === '') return 'nothing';
      return rest === ESC || rest === ESC + ESC ? 'escape' : 'sequence';
    },
    giveUp() {
      if (pasted === undefined) return read(rest, true);
      const event = pasteOf([...pasted, rest]);
      pasted = undefined;
      rest = '';
      return [event];
    },
  };
}

/** Terminals send a pasted line feed as a carriage return. */
function pasteOf(parts: readonly string[]): KeyEvent {
  return { type: 'paste', text: parts.join('').replace(/\r\n?/g, '\n') };
}

/** How much of the text's end may be the beginning of the paste's end. */
function overlap(text: string, from: number): number {
  for (let length = Math.min(PASTE_END.length - 1, text.length - from); length > 0; length--) {
    if (text.endsWith(PASTE_END.slice(0, length))) return length;
  }
  return 0;
}

/** What begins with the ESC at `at`; undefined: that can't be said yet. With `final` it is always said. */
function readEscape(text: string, at: number, final: boolean): Exclude<Sequence, string> | undefined {
  const escape = { end: at + 1, key: namedKey('escape') };
  if (at + 1 === text.length) return final ? escape : undefined;
  const doubled = text[at + 1] === ESC; // Alt with a key that is a sequence itself, on rxvt and others; or Escape twice
  if (doubled && at + 2 === text.length) return final ? escape : undefined;
  const sequence = readSequence(text, at + (doubled ? 2 : 1));
  if (sequence === 'begun' && !final) return undefined;
  if (typeof sequence === 'object') {
    if (!doubled) return sequence;
    if (sequence.key !== undefined) return { ...sequence, key: { ...sequence.key, alt: true } };
  }
  if (doubled) return escape;
  const character = String.fromCodePoint(text.codePointAt(at + 1)!);
  // Alt with Ctrl-J is what some terminals make of Alt-Enter.
  const key = character === '\b' ? namedKey('backspace', { alt: true }) : keyOfCharacter(character, { alt: true });
  return { end: at + 1 + character.length, key };
}

function readSequence(text: string, at: number): Sequence {
  switch (text[at]) {
    case '[':
      return readCsi(text, at);
    case 'O': {
      const ss3 = match(SS3, text, at);
      if (ss3 !== null) return { end: SS3.lastIndex, key: keyOfSs3(ss3[1]!, ss3[2]!) };
      return begun(SS3_BEGUN, text, at, LONGEST_SEQUENCE);
    }
    case ']':
    case 'P':
    case '_':
      if (match(REPORT, text, at) !== null) return { end: REPORT.lastIndex };
      return begun(REPORT_BEGUN, text, at, LONGEST_REPORT);
    default:
      return 'none';
  }
}

function readCsi(text: string, at: number): Sequence {
  if (text[at + 1] === '[') {
    // The Linux console's F1 to F5.
    const number = 'ABCDE'.indexOf(text[at + 2] ?? '?') + 1;
    if (at + 2 === text.length) return 'begun';
    return number === 0 ? 'none' : { end: at + 3, key: namedKey(`f${number as 1 | 2 | 3 | 4 | 5}`) };
  }
  if (match(OLD_MOUSE, text, at) !== null) return { end: OLD_MOUSE.lastIndex };
  if (match(OLD_MOUSE_BEGUN, text, at) !== null) return 'begun';
  const [, row, column] = match(CURSOR_REPORT, text, at) ?? [];
  if (Number(row) > 1) return { end: CURSOR_REPORT.lastIndex, position: { row: Number(row), column: Number(column) } };
  const rxvt = match(RXVT_FINAL, text, at);
  if (rxvt !== null) return { end: RXVT_FINAL.lastIndex, key: keyOfCsi(rxvt[1]!, rxvt[2]!) };
  const csi = match(CSI, text, at);
  if (csi === null) return begun(CSI_BEGUN, text, at, LONGEST_SEQUENCE);
  const [whole, parameters, last] = csi as unknown as [string, string, string];
  if (whole.length > LONGEST_SEQUENCE) return 'none';
  if (last === '~' && parameters === PASTE_START) return { end: CSI.lastIndex, pastes: true };
  return { end: CSI.lastIndex, key: /[ -/]/.test(whole) ? undefined : keyOfCsi(parameters, last) };
}

function begun(pattern: RegExp, text: string, at: number, longest: number): Sequence {
  return text.length - at <= longest && match(pattern, text, at) !== null ? 'begun' : 'none';
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

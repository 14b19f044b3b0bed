/** How the entries of a session look: lines for the scrollback. A block begins with an empty line, none ends with one. */
import { stripVTControlCharacters } from 'node:util';
import type { EntryData } from '../../contract/entries.ts';
import { errorCatalogue } from '../../contract/errors.ts';
import type { LongText } from '../../contract/values.ts';
import { money } from '../cli/money.ts';
import { span } from '../cli/times.ts';
import { BOLD, CYAN, DIM, GREEN, NORMAL, RED, styled, YELLOW, type Style } from '../terminal/markdown/style.ts';
import { nextStep } from '../cli/next-step.ts';
import { oneLine, truncate, visibleText } from '../terminal/width.ts';
import { wrapWords } from '../terminal/wrap-words.ts';
import type { Said } from './said.ts';

export type Tone = (style: Style, text: string) => string;

export interface EntryLines {
  tone: Tone;
  /** A mark and a text on one row. */
  line(style: Style, mark: string, text: string): string;
  /** The same on as many rows as it takes. */
  note(style: Style, mark: string, text: string): string[];
  said(said: Said, mark: string, source: string): string[];
  /** The first lines of what a command printed. */
  output(text: LongText): string[];
  /** The last lines of what a command has printed so far. */
  tail(text: string): string[];
  finished(title: string, data: EntryData<'call.finished'>): string[];
  resolved(data: EntryData<'approval.resolved'>): string;
  /** `text`: what the runtime says of it. */
  ended(data: EntryData<'turn.ended'>, figures: Figures, text: string): string[];
}

export interface Figures {
  took_ms: number | undefined;
  tokens: number;
  cost_micro_usd: number;
}

/** What a command's output ends with for the model. The first row says it here. */
const STATUS = /(?<=^|\n)\[(?:canceled|ended by \w+|exit code \d+)\]$/;
const OUTPUT_LINES = 4;
const LIVE_OUTPUT_LINES = 3;
const NARROWEST = 10;
/** Who answers at the terminal itself: not worth a word. */
const PERSON_HERE = 'local';

const OUTCOMES: Record<EntryData<'approval.resolved'>['outcome'], string> = {
  granted: 'approved',
  denied: 'denied',
  expired: 'expired: nobody answered in time',
};

const SCOPES = { once: '', session: ', and again in this session', always: ', from now on always' };

const NEXT: Partial<Record<EntryData<'turn.ended'>['reason'], string>> = {
  auth_missing: errorCatalogue.auth_missing.next,
  budget_exceeded: 'Say it again with more in `budget`, or go on in a /new session.',
  timeout: 'Say it again, or give turns longer with `budget.turn.wall`.',
  unavailable: 'Check the network and the address of the model, then say it again.',
};

/** Text of a program: as its last state was, where it went back in a line; without its colours and movements. */
export function printedText(text: string): string {
  const lines = stripVTControlCharacters(text).split('\n').map(lastState);
  return visibleText(lines.join('\n')).replaceAll('\t', '    ');
}

/** What a line says after it went back to its beginning for the last time. */
export function lastState(line: string): string {
  let end = line.length;
  while (line[end - 1] === '\r') end--;
  return line.slice(line.lastIndexOf('\r', end - 1) + 1, end);
}

export function createEntryLines({ columns, colour }: { columns: () => number; colour: boolean }): EntryLines {
  const tone: Tone = (style, text) => (colour ? styled(text, style) : text);
  const line = (style: Style, mark: string, text: string): string =>
    `${tone(style, mark)} ${truncate(oneLine(text), Math.max(NARROWEST, columns() - 3))}`;
  const quoted = (text: string): string => tone(DIM, `  │ ${truncate(text, Math.max(NARROWEST, columns() - 5))}`);

  function output(text: LongText): string[] {
    const head = printedText(typeof text === 'string' ? text : text.head).trimEnd();
    if (head === '') return [];
    const all = head.split('\n');
    const shown = all.slice(0, OUTPUT_LINES).map(quoted);
    const left = all.length - shown.length;
    if (typeof text !== 'string') return [...shown, quoted(`… ${text.bytes.toLocaleString('en')} bytes in all`)];
    return left === 0 ? shown : [...shown, quoted(`… ${left} more line${left === 1 ? '' : 's'}`)];
  }

  const indented = (text: string, mark = ' ', style = NORMAL): string[] =>
    visibleText(text)
      .trim()
      .split('\n')
      .flatMap((one) => wrapWords(one, Math.max(NARROWEST, columns() - 3)))
      .map((one, index) => `${index === 0 ? mark : ' '} ${tone(style, one)}`);

  return {
    tone,
    line,
    note: (style, mark, text) => indented(text, tone(style, mark)),
    output,
    tail: (text) => printedText(text).trimEnd().split('\n').slice(-LIVE_OUTPUT_LINES).map(quoted),
    said: ({ text, left, with: others }, mark, source) => [
      '',
      ...indented(text, tone(CYAN, mark), BOLD),
      ...(left === 0 ? [] : [tone(DIM, `  … ${left} more lines`)]),
      ...others.map((one) => tone(DIM, `  + ${truncate(oneLine(one), Math.max(NARROWEST, columns() - 5))}`)),
      ...(source === 'cli' || source === 'repl' ? [] : [tone(DIM, `  (${oneLine(source)})`)]),
    ],
    finished(title, { outcome, exit_code = 0, signal, error, output: all, duration_ms }) {
      const printed = typeof all === 'string' ? all.replace(STATUS, '') : all;
      const good = outcome === 'ok' && exit_code === 0 && signal === undefined;
      const facts = [
        ...(outcome === 'ok' ? [] : [outcome]),
        ...(exit_code === 0 ? [] : [`exit code ${exit_code}`]),
        ...(outcome === 'ok' && signal !== undefined ? [`ended by ${signal}`] : []),
        span(duration_ms),
      ].join(', ');
      const room = Math.max(NARROWEST, columns() - facts.length - 6);
      const head = `${tone(good ? GREEN : YELLOW, '●')} ${truncate(oneLine(title), room)} ${tone(DIM, `· ${facts}`)}`;
      const said = printed !== undefined && error !== undefined && textOf(printed).includes(error.message);
      return ['', head, ...(error && !said ? [quoted(oneLine(error.message))] : []), ...output(printed)];
    },
    resolved({ outcome, scope = 'once', by, reason }) {
      const granted = outcome === 'granted';
      const who = outcome === 'expired' || by.actor.id === PERSON_HERE ? '' : ` by ${by.actor.id} via ${by.via}`;
      const text = `${OUTCOMES[outcome]}${granted ? SCOPES[scope] : ''}${who}${reason ? `: ${reason}` : ''}`;
      return line(granted ? GREEN : YELLOW, granted ? '✓' : '✗', text);
    },
    ended({ reason, code }, { took_ms, tokens, cost_micro_usd }, text) {
      const figures = [
        ...(took_ms === undefined ? [] : [span(took_ms)]),
        ...(tokens > 0 ? [`${tokens.toLocaleString('en')} tokens`] : []),
        ...(cost_micro_usd > 0 ? [money(cost_micro_usd)] : []),
      ].join(' · ');
      if (reason === 'success') return [tone(DIM, `  ${figures}`)];
      const what = reason.replaceAll('_', ' ');
      const why = code === undefined || code === reason ? what : `${what} (${code})`;
      const style = reason === 'canceled' ? YELLOW : RED;
      const next = nextStep({ reason, ...(code !== undefined && { code }) }, NEXT);
      return [
        '',
        `${tone(style, '■')} ${why}${figures === '' ? '' : ` ${tone(DIM, `· ${figures}`)}`}`,
        ...(text.trim() === '' || reason === 'canceled' ? [] : indented(text)),
        ...(next === undefined ? [] : indented(next, ' ', DIM)),
      ];
    },
  };
}

function textOf(text: LongText): string {
  return typeof text === 'string' ? text : text.head;
}

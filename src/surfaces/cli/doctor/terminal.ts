/** Is this a terminal on which a conversation reads well? */
import { isatty } from 'node:tty';
import type { Environment } from '../../../base/environment.ts';
import type { Finding } from '../../../engine/doctor/finding.ts';
import type { Io } from '../io.ts';

/** Below this even plain lines of a conversation are hard to read. */
const LEAST_COLUMNS = 40;
const LEAST_ROWS = 10;

/** A terminal that can do little still works: nothing here is a problem. */
export function examineTerminal({ stdout }: Pick<Io, 'stdout'>, environment: Environment): Finding[] {
  if (!stdout.isTty || !isatty(0)) {
    return [note('standard input or output is no terminal: commands work, a conversation needs both')];
  }
  const { TERM: term = '' } = environment;
  const { columns, rows } = stdout;
  const notes = [...notesOnTerm(term), ...notesOnLocale(environment), ...notesOnSize(columns, rows)];
  if (notes.length > 0) return notes;
  const colours = stdout.colour ? 'colours' : 'no colours (NO_COLOR)';
  return [{ check: 'terminal', status: 'ok', message: `${term}, ${columns} × ${rows}, UTF-8, ${colours}` }];
}

function notesOnTerm(term: string): Finding[] {
  if (term !== '' && term !== 'dumb') return [];
  const what = term === '' ? 'TERM is not set' : 'TERM is dumb';
  return [
    note(`${what}: plain lines, without colours, pager or progress`, 'If it can do more: export TERM=xterm-256color'),
  ];
}

function notesOnLocale({ LC_ALL, LC_CTYPE, LANG }: Environment): Finding[] {
  const locale = LC_ALL || LC_CTYPE || LANG || '';
  if (/utf-?8/i.test(locale)) return [];
  const what = locale === '' ? 'no locale is set (LANG)' : `the locale is ${locale}`;
  return [note(`${what}, not UTF-8: other programs may garble what is typed`, 'export LC_ALL=C.UTF-8')];
}

function notesOnSize(columns: number | undefined, rows: number | undefined): Finding[] {
  if (columns === undefined || rows === undefined) {
    return [note('the terminal does not tell its size', 'stty rows 24 columns 80')];
  }
  if (columns >= LEAST_COLUMNS && rows >= LEAST_ROWS) return [];
  return [note(`${columns} × ${rows} is small`, `Make it at least ${LEAST_COLUMNS} × ${LEAST_ROWS}.`)];
}

function note(message: string, next?: string): Finding {
  return { check: 'terminal', status: 'note', message, ...(next !== undefined && { next }) };
}

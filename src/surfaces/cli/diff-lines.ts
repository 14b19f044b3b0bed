/** The differences of two sessions as a person reads them: what only the first has in red, what only the second in green. */
import { diffSequences, type Run } from '../../base/sequence-diff.ts';
import type { Difference, TurnDifference, TurnFigures } from '../../engine/past/diff.ts';
import { truncate, visibleText } from '../terminal/width.ts';
import type { Output } from './io.ts';
import { money } from './money.ts';
import { paint } from './paint.ts';
import { span } from './times.ts';

const INDENT = '    ';
const LABEL_WIDTH = 10;
/** So many lines of a text are shown; and so many words around a changed one. */
const MOST_LINES = 12;
const CONTEXT_WORDS = 6;

export interface Looks {
  output: Pick<Output, 'colour' | 'columns'>;
  /** Nothing is cut. */
  full: boolean;
}

/** The lines of a turn that differs. Without colours `-` and `+` alone tell. */
export function turnLines({ turn, a, b, differences }: TurnDifference, looks: Looks): string[] {
  const head = paint(looks.output, 'bold', `turn ${turn}`);
  if (!a || !b) {
    const figures = (a ?? b)!;
    return [`${head}  only in ${a ? 'a' : 'b'}: ${figures.reason ?? 'open'}, entries ${entriesOf(figures)}`];
  }
  return [
    `${head}  entries ${entriesOf(a)} in a, ${entriesOf(b)} in b`,
    ...differences.filter(({ what }) => what !== 'cost').flatMap((difference) => differenceLines(difference, looks)),
    ...figuresLine(a, b),
  ];
}

function entriesOf({ from_seq, to_seq }: TurnFigures): string {
  return to_seq === undefined ? `${from_seq} on` : `${from_seq} to ${to_seq}`;
}

function differenceLines({ what, call_id, a, b }: Difference, looks: Looks): string[] {
  const label = call_id === undefined ? what : `${what} ${call_id}`;
  const changed = a && b ? changedLines(a.text, b.text, looks) : onlyLines((a ?? b)!.text, a ? '-' : '+', looks);
  const least = looks.full ? changed : shortened(changed);
  return [`  ${label}`, ...least.map((line) => `${INDENT}${line}`)];
}

function changedLines(a: string, b: string, looks: Looks): string[] {
  const [was, is] = [linesOf(a), linesOf(b)];
  if (was.length === 1 && is.length === 1) return wordLines(was[0]!, is[0]!, looks);
  return diffSequences(was, is).flatMap((run): string[] => {
    if (run.in !== 'both') return run.items.map((line) => side(run.in === 'a' ? '-' : '+', line, looks));
    return looks.full ? run.items.map((line) => fit(`  ${line}`, looks)) : [sameLines(run.items.length)];
  });
}

function sameLines(count: number): string {
  return `  … ${count} line${count === 1 ? '' : 's'} the same`;
}

/** One line of each: the words that changed stand between those around them. */
function wordLines(a: string, b: string, looks: Looks): string[] {
  const runs = diffSequences(wordsOf(a), wordsOf(b));
  const of = (where: 'a' | 'b'): string =>
    runs
      .map((run, index) =>
        run.in === 'both' ? around(run, index, runs.length, looks) : run.in === where ? run.items.join('') : '',
      ) // prettier-ignore
      .join('');
  return [side('-', of('a'), looks), side('+', of('b'), looks)];
}

/** What both have is cut where it is long: the change is what counts. */
function around({ items }: Run, index: number, count: number, { full }: Looks): string {
  const isFirst = index === 0;
  const isLast = index === count - 1;
  const most = CONTEXT_WORDS * 2 * (isFirst || isLast ? 1 : 2);
  if (full || items.length <= most) return items.join('');
  const head = isFirst ? '' : items.slice(0, CONTEXT_WORDS * 2).join('');
  const tail = isLast ? '' : items.slice(-CONTEXT_WORDS * 2).join('');
  return `${head}…${tail}`;
}

function onlyLines(text: string, mark: '-' | '+', looks: Looks): string[] {
  return linesOf(text).map((line) => side(mark, line, looks));
}

function side(mark: '-' | '+', line: string, looks: Looks): string {
  return paint(looks.output, mark === '-' ? 'red' : 'green', fit(`${mark} ${line}`, looks));
}

function fit(line: string, { output: { columns }, full }: Looks): string {
  return full || columns === undefined ? line : truncate(line, columns - INDENT.length);
}

function shortened(lines: string[]): string[] {
  const more = lines.length - MOST_LINES;
  return more <= 1 ? lines : [...lines.slice(0, MOST_LINES), `  … ${more} more lines: --full`];
}

function figuresLine(a: TurnFigures, b: TurnFigures): string[] {
  const both = (of: (figures: TurnFigures) => string): string => (of(a) === of(b) ? of(a) : `${of(a)} → ${of(b)}`);
  const tokens = both(({ usage }) => String(usage.input + usage.output));
  const cost = both(({ cost_micro_usd }) => (cost_micro_usd === undefined ? '' : money(cost_micro_usd)));
  const time = both(({ took_ms }) => (took_ms === undefined ? 'open' : span(took_ms)));
  const calls = both((figures) => String(figures.calls));
  const parts = [`tokens ${tokens}`, ...(cost === '' ? [] : [`cost ${cost}`]), `calls ${calls}`, `time ${time}`];
  return [`  ${'figures'.padEnd(LABEL_WIDTH)}${parts.join(', ')}`];
}

function linesOf(text: string): string[] {
  return visibleText(text).split('\n');
}

/** Words and what stands between them, each a piece. */
function wordsOf(text: string): string[] {
  return text.split(/(?<=\s)(?=\S)|(?<=\S)(?=\s)/);
}

/** A recorded reply and another model's, as a person compares them. */
import type { ComparedThink, NotAsked, ReplayReport, SaidByModel } from '../../contract/replay.ts';
import { displayWidth, oneLine, visibleText } from '../terminal/width.ts';
import { wrapWords } from '../terminal/wrap-words.ts';
import type { Output } from './io.ts';
import { money } from './money.ts';
import { paint } from './paint.ts';

const USUAL_COLUMNS = 100;
/** With less room than this for each they stand below one another. */
const NARROWEST_COLUMN = 30;
/** Of a long text the beginning tells enough. */
const MOST_LINES = 12;
const LONGEST_TEXT = 2000;

const KINDS: Record<Exclude<SaidByModel['kind'], 'calls'>, string> = {
  answers: 'answers',
  refuses: 'refuses',
  says_nothing: 'says nothing',
};

const WHY_NOT: Record<NotAsked, string> = {
  after_difference: 'not asked: the turn went another way before',
  stopped: 'not asked: stopped at the first difference',
  max_calls: 'not asked: --max-calls is reached',
  max_cost: 'not asked: --max-cost could be passed',
};

export function differenceLines(
  { turn, think, outcome, why, recorded, other, failure }: ComparedThink,
  model: string,
  output: Pick<Output, 'colour' | 'columns'>,
): string[] {
  const place = `turn ${turn}, think ${think}`;
  if (outcome === 'same') return [`${place}  ${paint(output, 'green', 'same')}: ${shortly(recorded)}`];
  if (outcome === 'not_asked') return [paint(output, 'dim', `${place}  ${WHY_NOT[why ?? 'stopped']}`)];
  if (outcome === 'failed') {
    const what = `no reply (${failure?.class}): ${oneLine(failure?.message ?? '')}`;
    return [`${place}  ${paint(output, 'red', what)}`];
  }
  const columns = output.columns ?? USUAL_COLUMNS;
  const width = Math.floor((columns - 5) / 2);
  const sides = [['recorded', recorded] as const, [model, other ?? recorded] as const];
  const head = `diverges at ${place}: recorded ${shortly(recorded)} / ${oneLine(model)} ${shortly(other ?? recorded)}`;
  if (width < NARROWEST_COLUMN) {
    const below = sides.flatMap(([name, said]) => [`  ${oneLine(name)}:`, ...whole(said, columns - 5).map((line) => `    ${line}`)]); // prettier-ignore
    return [paint(output, 'yellow', head), ...below];
  }
  const [left = [], right = []] = sides.map(([name, said]) => [oneLine(name), ...whole(said, width)]);
  const rows = Array.from({ length: Math.max(left.length, right.length) }, (_, index) => {
    const one = left[index] ?? '';
    return `  ${one}${' '.repeat(Math.max(0, width - displayWidth(one)))} │ ${right[index] ?? ''}`.trimEnd();
  });
  return [paint(output, 'yellow', head), ...rows];
}

function shortly({ kind, calls }: SaidByModel): string {
  return kind === 'calls' ? `calls ${calls.map(({ name }) => oneLine(name)).join(', ')}` : KINDS[kind];
}

/** Its calls with their arguments, and its words. */
function whole({ kind, text, calls }: SaidByModel, width: number): string[] {
  const wrapped = (words: string): string[] =>
    visibleText(words.slice(0, LONGEST_TEXT)).trim().split('\n').flatMap((line) => wrapWords(line, width)); // prettier-ignore
  const said = [
    ...calls.flatMap(({ name, arguments: given }) => wrapped(`${name} ${given}`)),
    ...(kind === 'calls' && text.trim() === '' ? [] : wrapped(text.trim() === '' ? `(${KINDS.says_nothing})` : text)),
  ];
  return said.length > MOST_LINES ? [...said.slice(0, MOST_LINES - 1), `… ${said.length - MOST_LINES + 1} more lines`] : said; // prettier-ignore
}

/** `5 compared with second: 4 the same, 1 diverged; 12,345 tokens, $0.01`. */
export function summaryLine(report: ReplayReport): string {
  const { model, same, diverged, failed, not_asked, usage, cost_micro_usd } = report;
  const counts = [
    `${same} the same`,
    `${diverged} diverged`,
    ...(failed > 0 ? [`${failed} without a reply`] : []),
    ...(not_asked > 0 ? [`${not_asked} not asked`] : []),
  ];
  const cost = cost_micro_usd === undefined ? 'no price is known' : money(cost_micro_usd);
  const tokens = (usage.input + usage.output).toLocaleString('en');
  return `${oneLine(model)}: ${counts.join(', ')}; ${tokens} tokens, ${cost}`;
}

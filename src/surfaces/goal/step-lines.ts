/** How the steps of a goal look: as a tree that is painted again and again, and as lines one after the other. */
import { money } from '../cli/money.ts';
import { span } from '../cli/times.ts';
import { BOLD, CYAN, DIM, GREEN, RED, YELLOW, type Style } from '../terminal/markdown/style.ts';
import { joined, SEPARATOR } from '../terminal/joined.ts';
import { displayWidth, oneLine, truncate } from '../terminal/width.ts';
import type { Change, StepState, StepView } from './goal-progress.ts';

type Tone = (style: Style, text: string) => string;

export interface TreeLook {
  now: number;
  columns: number;
  tone: Tone;
}

const MARKS: Record<StepState, [mark: string, style: Style]> = {
  waiting: ['○', DIM],
  running: ['▸', CYAN],
  done: ['✓', GREEN],
  failed: ['✗', RED],
  left: ['–', DIM],
  cut: ['–', YELLOW],
};
const ASKS: [mark: string, style: Style] = ['?', YELLOW];
const MARK_COLUMNS = 2;
const LEAST_TITLE = 8;
const LEAST_DOING = 6;

/** One line for each step. */
export function treeLines(steps: readonly StepView[], look: TreeLook): string[] {
  return steps.map((step, index) => stepLine(step, index === steps.length - 1 ? '└─ ' : '├─ ', look));
}

/** `3 steps, 1 done`. */
export function summary(steps: readonly StepView[]): string {
  const count = (state: StepState): number => steps.filter((step) => step.state === state).length;
  const lost = count('failed') + count('left') + count('cut');
  return `${steps.length} steps, ${count('done')} done${lost > 0 ? `, ${lost} not` : ''}`;
}

function stepLine(step: StepView, branch: string, { now, columns, tone }: TreeLook): string {
  const [mark, style] = step.asks ? ASKS : MARKS[step.state];
  const name = `${step.number} ${oneLine(step.title)}`;
  const doing = oneLine(doingOf(step));
  const room = columns - 1 - branch.length - MARK_COLUMNS;
  const most = Math.min(Math.floor(room / 2), room - LEAST_TITLE - SEPARATOR.length);
  const figures = joined(figuresOf(step, now), most);
  const left = room - (figures === '' ? 0 : displayWidth(figures) + SEPARATOR.length);
  const beside = left - SEPARATOR.length;
  const shown = truncate(name, doing === '' ? left : Math.max(Math.floor(beside / 2), beside - displayWidth(doing)));
  const forDoing = left - displayWidth(shown) - SEPARATOR.length;
  const parts = [
    ...(doing !== '' && forDoing >= LEAST_DOING ? [truncate(doing, forDoing)] : []),
    ...(figures === '' ? [] : [figures]),
  ];
  const rest = parts.length === 0 ? '' : tone(DIM, SEPARATOR + parts.join(SEPARATOR));
  return `${tone(DIM, branch)}${tone(style, mark)} ${step.state === 'running' ? tone(BOLD, shown) : shown}${rest}`;
}

/** What it does, or what became of it, in words. */
function doingOf({ state, doing, asks, after, attempt, reason }: StepView): string {
  switch (state) {
    case 'waiting':
      return after.length === 0 ? '' : `after ${after.join(', ')}`;
    case 'running':
      return asks ? `asks: ${doing}` : doing;
    case 'failed':
      return `${wordsOf(reason)}${attempt > 1 ? `, try ${attempt}` : ''}`;
    case 'left':
      return 'not begun';
    case 'cut':
      return 'not finished';
    case 'done':
      return attempt > 1 ? `try ${attempt}` : '';
  }
}

function figuresOf({ state, since, attempt, took_ms, tokens, cost_micro_usd }: StepView, now: number): string[] {
  if (state === 'running') {
    const seconds = `${Math.max(0, Math.floor((now - since!) / 1000))}s`;
    return [...(attempt > 1 ? [`try ${attempt}`] : []), seconds];
  }
  if (attempt === 0) return [];
  return [
    span(took_ms),
    ...(tokens > 0 ? [`${tokens.toLocaleString('en')} tokens`] : []),
    ...(cost_micro_usd > 0 ? [money(cost_micro_usd)] : []),
  ];
}

/** What a change is to whoever reads line by line. */
export function changeLines(change: Change, steps: readonly StepView[]): string[] {
  const nameOf = ({ number, title }: StepView): string => `step ${number}/${steps.length}: ${oneLine(title)}`;
  if (change.what === 'planned') return [`plan: ${steps.length} steps`, ...steps.map(plannedLine)];
  if (change.what === 'over') return change.left.map((step) => `${nameOf(step)}: ${doingOf(step)}`);
  const { step } = change;
  if (step.state === 'running') return [`${nameOf(step)}: begins${step.attempt > 1 ? `, try ${step.attempt}` : ''}`];
  const what = step.state === 'done' ? 'done' : `not done (${wordsOf(step.reason)})`;
  const tries = step.attempt > 1 ? [`try ${step.attempt}`] : [];
  return [`${nameOf(step)}: ${[what, ...tries, ...figuresOf(step, 0)].join(SEPARATOR)}`];
}

/** That a step waits for a person, for whoever reads line by line. */
export function askingLine(step: StepView, steps: readonly StepView[]): string {
  return `step ${step.number}/${steps.length}: ${oneLine(step.title)}: waits for a person: ${oneLine(step.doing)}`;
}

function plannedLine({ number, title, after }: StepView): string {
  return `  ${number} ${oneLine(title)}${after.length === 0 ? '' : ` (after ${after.join(', ')})`}`;
}

function wordsOf(reason: string | undefined): string {
  return (reason ?? '').replaceAll('_', ' ');
}

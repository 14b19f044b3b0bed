import { describe, expect, test } from 'vitest';
import { displayWidth } from '../terminal/width.ts';
import type { StepView } from './goal-progress.ts';
import { changeLines, summary, treeLines } from './step-lines.ts';

const plain = (_: number, text: string): string => text;
const NOW = 1_800_000_000_000;

const step = (number: number, over: Partial<StepView> = {}): StepView => ({
  id: `s${number}`,
  number,
  title: `Step ${number}`,
  after: [],
  state: 'waiting',
  attempt: 0,
  doing: '',
  asks: false,
  took_ms: 0,
  tokens: 0,
  cost_micro_usd: 0,
  ...over,
});

const ended = { attempt: 1, took_ms: 12_000, tokens: 1234, cost_micro_usd: 50_000 };
const runs = { state: 'running', attempt: 1, since: NOW - 31_000 } as const;

const ALL: StepView[] = [
  step(1, { ...ended, state: 'done' }),
  step(2, { ...ended, state: 'done', attempt: 3 }),
  step(3, { ...runs, doing: 'Run npm test' }),
  step(4, { ...runs, attempt: 2, doing: 'Run rm -rf build', asks: true }),
  step(5, { ...ended, state: 'failed', attempt: 2, reason: 'budget_exceeded' }),
  step(6, { after: [3, 4] }),
  step(7, { state: 'left', after: [5] }),
  step(8, { ...runs, state: 'cut' }),
];

const lines = (steps: readonly StepView[], columns = 80): string[] =>
  treeLines(steps, { now: NOW, columns, tone: plain });

test('each step has a line that says how it stands', () => {
  expect(lines(ALL)).toEqual([
    '├─ ✓ 1 Step 1 · 12s · 1,234 tokens · $0.0500',
    '├─ ✓ 2 Step 2 · try 3 · 12s · 1,234 tokens · $0.0500',
    '├─ ▸ 3 Step 3 · Run npm test · 31s',
    '├─ ? 4 Step 4 · asks: Run rm -rf build · try 2 · 31s',
    '├─ ✗ 5 Step 5 · budget exceeded, try 2 · 12s · 1,234 tokens · $0.0500',
    '├─ ○ 6 Step 6 · after 3, 4',
    '├─ – 7 Step 7 · not begun',
    '└─ – 8 Step 8 · not finished · 0ms',
  ]);
  expect(summary(ALL)).toBe('8 steps, 2 done, 3 not');
});

const HOSTILE = 'Ändere 漢字 \u001b[31m\nin \u202e'.repeat(9);

describe.each([120, 80, 40, 20])('with %d columns', (columns) => {
  test('no line is wider, and none holds what moves the cursor', () => {
    const all = ALL.map((one) => ({ ...one, title: HOSTILE, ...(one.doing !== '' && { doing: HOSTILE }) }));
    const drawn = lines(all, columns);
    expect(drawn.filter((line) => displayWidth(line) >= columns)).toEqual([]);
    // oxlint-disable-next-line no-control-regex
    expect(drawn.join('')).not.toMatch(/[\u0000-\u001f\u202e]/);
  });
});

test('what has less room loses its figures first, then what it does', () => {
  const [long] = lines([step(1, { ...runs, title: 'Look for what is open', doing: 'Search . for "TODO"' })], 40);
  expect(long).toBe('└─ ▸ 1 Look for … · Search . for… · 31s');
  const [short] = lines([step(1, { ...ended, state: 'done', title: 'Look for what is open' })], 30);
  expect(short).toBe('└─ ✓ 1 Look for what i… · 12s');
});

test('line by line each change is said', () => {
  const said = (change: Parameters<typeof changeLines>[0]): string[] => changeLines(change, ALL);
  expect(said({ what: 'step', step: ALL[3]! })).toEqual(['step 4/8: Step 4: begins, try 2']);
  expect(said({ what: 'step', step: ALL[0]! })).toEqual(['step 1/8: Step 1: done · 12s · 1,234 tokens · $0.0500']);
  expect(said({ what: 'step', step: ALL[4]! })).toEqual([
    'step 5/8: Step 5: not done (budget exceeded) · try 2 · 12s · 1,234 tokens · $0.0500',
  ]);
  expect(said({ what: 'over', left: ALL.slice(6) })).toEqual([
    'step 7/8: Step 7: not begun',
    'step 8/8: Step 8: not finished',
  ]);
});

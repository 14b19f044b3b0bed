import { homedir } from 'node:os';
import { expect, test } from 'vitest';
import type { SessionStatus } from '../../contract/host.ts';
import { displayWidth } from '../terminal/width.ts';
import type { ApprovalPanel } from './approval-panel.ts';
import type { Conversation, Doing } from './conversation.ts';
import { footer, linesAbove, welcome, type Around } from './status-line.ts';

const plain = (_: number, text: string): string => text;
const START = 1_800_000_000_000;

interface Facts {
  doing?: Partial<Doing>;
  queued?: string[];
  live?: string[];
  output?: string[];
  tree?: string[];
  asked?: string[];
}

function above(
  { doing, queued = [], live = [], output = [], tree = [], asked = [] }: Facts,
  around: Partial<Around> = {},
): string[] {
  const conversation = {
    doing: () => doing && { phase: 'thinking', calls: [], since: START, tokens: 0, cost_micro_usd: 0, ...doing },
    queued: () => queued.map((text, index) => ({ event_id: `e${index}`, text })),
    live: () => live,
    output: () => output,
    tree: () => tree,
  } as unknown as Conversation;
  const panel = { lines: () => asked } as unknown as ApprovalPanel;
  const usual = {
    conversation,
    panel,
    ownRuns: false,
    ticks: 0,
    now: START + 4200,
    columns: 80,
    rows: 24,
    tone: plain,
  };
  return linesAbove({ ...usual, ...around });
}

test('where nothing is being done there is an empty line above the input', () => {
  expect(above({})).toEqual(['']);
  expect(above({}, { conversation: undefined })).toEqual(['']);
});

test.each([
  [{ phase: 'starting' }, '⠋ starts · 4s · Ctrl-C stops'],
  [{ phase: 'thinking' }, '⠋ thinks · 4s · Ctrl-C stops'],
  [
    { phase: 'answering', tokens: 12_345, cost_micro_usd: 1_230_000 },
    '⠋ answers · 4s · Ctrl-C stops · 12,345 tokens · $1.23',
  ],
  [{ phase: 'running', calls: ['Run\nmake'] }, '⠋ Run make · 4s · Ctrl-C stops'],
  [{ phase: 'running', calls: ['Read a', 'Read b', 'Read c'] }, '⠋ Read a (+2) · 4s · Ctrl-C stops'],
  [{ phase: 'waiting' }, '? waits for you: /approve or /deny · 4s'],
  [{ phase: 'thinking', since: START + 60_000 }, '⠋ thinks · 0s · Ctrl-C stops'],
] as const)('%j reads %s', (doing, expected) => {
  expect(above({ doing: doing as Partial<Doing> })).toEqual(['', expected, '']);
});

test('what is said stands above, then what runs, then what waits', () => {
  const facts = { doing: {}, live: ['answer so far'], output: ['  │ line'], queued: ['1', '2', '3', '4', '5'] };
  expect(above(facts, { ownRuns: true })).toEqual([
    'answer so far',
    '',
    '⠋ thinks · 4s · Ctrl-C stops',
    '  │ line',
    '  your command runs · Ctrl-C ends it',
    '  next: 1',
    '  next: 2',
    '  next: 3',
    '  and 2 more',
    '',
  ]);
});

test('the steps of a goal stand below what is being done, also while one of them asks', () => {
  const doing: Facts['doing'] = { phase: 'steps', calls: ['2 steps, 1 done'] };
  const facts: Facts = { doing, tree: ['├─ ✓ 1 a', '└─ ? 2 b'] };
  expect(above(facts)).toEqual(['', '⠋ 2 steps, 1 done · 4s · Ctrl-C stops', '├─ ✓ 1 a', '└─ ? 2 b', '']);
  expect(above({ ...facts, asked: ['? y yes'] })).toEqual(['', '├─ ✓ 1 a', '└─ ? 2 b', '? y yes', '']);
});

test('a question stands in place of what is being done', () => {
  expect(above({ doing: {}, output: ['x'], asked: ['? y yes'] })).toEqual(['', '? y yes', '']);
});

test.each([80, 30, 20])('with %d columns no line is wider', (columns) => {
  const calls = ['Ändere 漢字 in a very long file name that goes on and on and on'];
  const queued = ['漢字'.repeat(50)];
  const lines = above({ doing: { phase: 'running', calls, tokens: 99_999 }, queued }, { columns });
  const rest = [
    footer({ status: undefined, root: '/漢字'.repeat(20), here: true, model: 'm' }, columns, plain),
    ...welcome(columns, plain),
  ];
  expect([...lines, ...rest].filter((line) => displayWidth(line) > columns)).toEqual([]);
});

test('a terminal of no width breaks nothing', () => {
  for (const columns of [0, 1, -3]) {
    expect(() => above({ doing: {}, queued: ['x'] }, { columns })).not.toThrow();
    expect(() =>
      footer({ status: undefined, root: '/', here: undefined, model: undefined }, columns, plain),
    ).not.toThrow();
  }
});

test('the footer says model, folder, money, and whether somebody else owns the workspace', () => {
  const status = { cost_micro_usd: 20_000 } as SessionStatus;
  const root = `${homedir()}/work`;
  expect(footer({ status: undefined, root, here: undefined, model: 'gpt' }, 80, plain)).toBe(
    '  starting … · ~/work · /help',
  );
  expect(footer({ status, root, here: true, model: 'gpt' }, 80, plain)).toBe('  gpt · ~/work · $0.0200 · /help');
  expect(footer({ status, root: `${homedir()}x`, here: false, model: undefined }, 200, plain)).toBe(
    `  ${homedir()}x · $0.0200 · attached · /help`,
  );
  expect(footer({ status, root: homedir(), here: true, model: '\x1b[31mred' }, 80, plain)).toContain('�[31mred · ~ ·');
});

test('where there is no room for a fact, a shorter one behind it is shown', () => {
  const root = `/${'x'.repeat(100)}`;
  expect(footer({ status: undefined, root, here: false, model: 'gpt' }, 40, plain)).toBe('  gpt · attached · /help');
});

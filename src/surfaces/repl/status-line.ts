/** The line that says what is being done, and the one at the very bottom that says where one is. */
import { homedir } from 'node:os';
import type { SessionStatus } from '../../contract/host.ts';
import { money } from '../cli/money.ts';
import { CYAN, DIM, YELLOW, type Style } from '../terminal/markdown/style.ts';
import { displayWidth, oneLine, truncate } from '../terminal/width.ts';
import type { Doing } from './conversation.ts';

type Tone = (style: Style, text: string) => string;

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

const WORDS: Record<Doing['phase'], string> = {
  starting: 'starts',
  thinking: 'thinks',
  answering: 'answers',
  running: 'runs',
  waiting: 'waits for you',
};

export function statusLine(doing: Doing, ticks: number, now: number, columns: number, tone: Tone): string {
  const { phase, calls, since, tokens, cost_micro_usd } = doing;
  const waits = phase === 'waiting';
  const mark = waits ? '?' : FRAMES[ticks % FRAMES.length]!;
  const more = calls.length > 1 ? ` (+${calls.length - 1})` : '';
  const what = phase === 'running' ? `runs ${oneLine(calls[0]!)}${more}` : WORDS[phase];
  const figures = [
    `${Math.max(0, Math.floor((now - since) / 1000))}s`,
    ...(tokens > 0 ? [`${tokens.toLocaleString('en')} tokens`] : []),
    ...(cost_micro_usd > 0 ? [money(cost_micro_usd)] : []),
    ...(waits ? [] : ['Ctrl-C stops']),
  ].join(' · ');
  const room = Math.max(8, columns - displayWidth(figures) - 7);
  return `${tone(waits ? YELLOW : CYAN, mark)} ${truncate(what, room)} ${tone(DIM, `· ${truncate(figures, Math.max(0, columns - 14))}`)}`;
}

interface FooterFacts {
  status: SessionStatus | undefined;
  spent: { tokens: number; cost_micro_usd: number } | undefined;
  here: boolean | undefined;
  model: string | undefined;
}

export function footer({ status, here, model }: FooterFacts, columns: number, tone: Tone): string {
  if (here === undefined) return tone(DIM, 'starting …');
  const root = status?.project_root.replace(new RegExp(`^${RegExp.escape(homedir())}(?=/|$)`), '~') ?? '';
  const cost = status?.cost_micro_usd ?? 0;
  const facts = [
    ...(model === undefined ? [] : [model]),
    ...(status === undefined || status.seq === 0 ? [] : [status.session_id]),
    ...(root === '' ? [] : [root]),
    ...(cost > 0 ? [money(cost)] : []),
    ...(here ? [] : ['attached']),
    '/help',
  ];
  return tone(DIM, truncate(facts.map(oneLine).join(' · '), Math.max(1, columns - 1)));
}

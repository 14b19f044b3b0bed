/** What stands around the input: above it what is being done, below it where one is. */
import { homedir } from 'node:os';
import { version } from '#generated/version.js';
import type { SessionStatus } from '../../contract/host.ts';
import { money } from '../cli/money.ts';
import { joined, SEPARATOR } from '../terminal/joined.ts';
import { BOLD, CYAN, DIM, YELLOW } from '../terminal/markdown/style.ts';
import { displayWidth, oneLine, truncate } from '../terminal/width.ts';
import type { ApprovalPanel } from './approval-panel.ts';
import type { Conversation, Doing } from './conversation.ts';
import type { Tone } from './entry-lines.ts';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

const WORDS: Record<Exclude<Doing['phase'], 'running' | 'steps'>, string> = {
  planning: 'plans',
  starting: 'starts',
  thinking: 'thinks',
  answering: 'answers',
  waiting: 'waits for you: /approve or /deny',
  stopping: 'stops',
};

const NARROWEST_TEXT = 8;
const MARK_COLUMNS = 2;
const MOST_QUEUED = 3;

export interface Around {
  conversation: Conversation | undefined;
  panel: Pick<ApprovalPanel, 'lines'>;
  /** Does the person's own command run? */
  ownRuns: boolean;
  ticks: number;
  now: number;
  columns: number;
  rows: number;
  tone: Tone;
}

export function linesAbove({ conversation, panel, ownRuns, ticks, now, columns, rows, tone }: Around): string[] {
  const doing = conversation?.doing();
  const queued = conversation?.queued() ?? [];
  const faint = (text: string): string => tone(DIM, truncate(text, columns - 1));
  const asked = panel.lines(tone, columns, rows);
  const state = doing === undefined || asked.length > 0 ? [] : [statusLine(doing, ticks, now, columns, tone)];
  const waiting = queued.slice(0, MOST_QUEUED).map(({ text }) => faint(`  next: ${oneLine(text)}`));
  const more = queued.length - waiting.length;
  const below = [
    ...state,
    ...(conversation?.tree(now) ?? []),
    ...(asked.length > 0 ? [] : (conversation?.output() ?? [])),
    ...(ownRuns ? [faint('  your command runs · Ctrl-C ends it')] : []),
    ...waiting,
    ...(more > 0 ? [faint(`  and ${more} more`)] : []),
    ...asked,
  ];
  return [...(conversation?.live() ?? []), ...(below.length === 0 ? [] : ['', ...below]), ''];
}

function statusLine(doing: Doing, ticks: number, now: number, columns: number, tone: Tone): string {
  const { phase, calls, since, tokens, cost_micro_usd } = doing;
  const waits = phase === 'waiting';
  const mark = waits ? tone(YELLOW, '?') : tone(CYAN, FRAMES[ticks % FRAMES.length]!);
  const more = calls.length > 1 ? ` (+${calls.length - 1})` : '';
  const what = phase === 'running' || phase === 'steps' ? `${oneLine(calls[0]!)}${more}` : WORDS[phase];
  const facts = [
    `${Math.max(0, Math.floor((now - since) / 1000))}s`,
    ...(waits ? [] : [phase === 'stopping' ? 'Ctrl-C again leaves' : 'Ctrl-C stops']),
    ...(tokens > 0 ? [`${tokens.toLocaleString('en')} tokens`] : []),
    ...(cost_micro_usd > 0 ? [money(cost_micro_usd)] : []),
  ];
  const room = columns - 1 - MARK_COLUMNS;
  const figures = joined(facts, room - Math.min(displayWidth(what), Math.ceil(room / 2)) - SEPARATOR.length);
  const left = figures === '' ? room : room - displayWidth(figures) - SEPARATOR.length;
  return `${mark} ${truncate(what, Math.max(NARROWEST_TEXT, left))}${figures === '' ? '' : tone(DIM, SEPARATOR + figures)}`;
}

interface FooterFacts {
  status: SessionStatus | undefined;
  root: string;
  here: boolean | undefined;
  model: string | undefined;
}

/** What matters most first: the rest is left out where there is no room. */
export function footer({ status, root, here, model }: FooterFacts, columns: number, tone: Tone): string {
  const home = root.replace(new RegExp(`^${RegExp.escape(homedir())}(?=/|$)`), '~');
  const cost = status?.cost_micro_usd ?? 0;
  const facts = [
    here === undefined ? 'starting …' : (model ?? ''),
    home,
    ...(cost > 0 ? [money(cost)] : []),
    ...(status?.taint ? ['tainted'] : []),
    ...(here === false ? ['attached'] : []),
    '/help',
  ];
  const shown = facts.filter((fact) => fact !== '').map(oneLine);
  return tone(DIM, `  ${joined(shown, columns - 3)}`);
}

/** What somebody who comes for the first time must know. */
export function welcome(columns: number, tone: Tone): string[] {
  const facts = ['/help lists commands and keys', '@ names a file', '! runs a command of your own'];
  return [`${tone(BOLD, 'runtime')} ${tone(DIM, version)}`, tone(DIM, joined(facts, columns - 1))];
}

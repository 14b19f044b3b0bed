/** The interactive terminal under rough treatment: started from a shell that says what is left of the terminal. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { EntryData, EntryType } from '../../src/contract/entries.ts';
import type { Script } from '../../src/contract/script.ts';
import { entriesOf, type Place } from './place.ts';
import { familyOf } from './processes.ts';
import { openTerminal, type Terminal, type TerminalOptions } from './terminal.ts';

/**
 * The settings of the terminal before and after, and how the program ended. Keys that come too late end no shell, and drop
 * nothing that was written and not read yet (`noflsh`).
 */
const AROUND =
  'trap : INT QUIT; stty noflsh; echo "before $(stty -g)"; "$PROGRAM" run "$@"; code=$?; trap "" INT QUIT; echo "after $(stty -g)"; echo "left $code"';

const LONG = Array.from({ length: 40 }, (_, n) => `Line **${n}** of \`what\` is said, 漢字 and more.`).join('\n\n');

/** Answers, streams (`long`), asks (`ask <command>`), runs (`run <command>`) and is silent (`stay`). */
export const STEPS: Script['turns'] = [
  { match: { tool_result: 'exec_command' }, reply: { text: 'Done with it.' } },
  {
    match: { asked: ['ask'] },
    reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'echo ran >> ran.txt' } }] },
  },
  {
    match: { asked: ['twice'] },
    reply: {
      calls: [
        { tool: 'exec_command', arguments: { cmd: 'echo first >> ran.txt' } },
        { tool: 'exec_command', arguments: { cmd: 'echo second >> ran.txt' } },
      ],
    },
  },
  {
    match: { asked: ['huge'] },
    reply: { calls: [{ tool: 'exec_command', arguments: { cmd: `echo ran >> ran.txt\n${'# more\n'.repeat(9000)}` } }] },
  },
  { match: { asked: ['long'] }, reply: { text: LONG, chunks: 80, delay: '10ms' } },
  { match: { asked: ['stay'] }, stall: '40s', reply: { text: 'late' } },
  { match: { any: true }, reply: { text: 'You said: {{asked}}' } },
];

export interface RoughOptions extends TerminalOptions {
  /** Of `runtime run`. */
  args?: string[];
  /** Don't wait for the prompt. */
  early?: boolean;
}

export const SESSION = 'one';

/** Opens the session `one` in a terminal, and waits for the prompt. */
export async function openRough(place: Place, { args, early, ...options }: RoughOptions = {}): Promise<Terminal> {
  const terminal = openTerminal(place, ['-c', AROUND, 'sh', ...(args ?? ['--session', SESSION])], {
    program: '/bin/sh',
    ...options,
    // Whatever is typed: no editor waits, and no command of the person's own does harm.
    environment: { EDITOR: 'true', SHELL: '/bin/true', ...options.environment },
  });
  if (!early) await terminal.waitFor(() => isReady(terminal));
  return terminal;
}

/** Is the session open, so that what is sent now goes there? */
function isReady(terminal: Terminal): boolean {
  return /\/help|> $/.test(terminal.raw()) && !terminal.screen().includes('starting …');
}

const STOOD_STILL_MS = 1500;

/** The program itself, not the shell around it, stands still for long, and meanwhile this is typed. */
export async function standStill(terminal: Terminal, typed: string): Promise<void> {
  const family = familyOf(terminal.pid).filter(({ pid }) => pid !== terminal.pid);
  for (const { pid } of family) process.kill(pid, 'SIGSTOP');
  terminal.type(typed);
  await delay(STOOD_STILL_MS);
  for (const { pid } of family) process.kill(pid, 'SIGCONT');
}

/** The data of the session's entries of one type; none as long as there is no session. */
export function dataOf<T extends EntryType>(place: Place, type: T, session = SESSION): EntryData<T>[] {
  return existsSync(place.journalFile(session)) ? entriesOf(place.journal(session), type) : [];
}

/** What was said in the session, in order, as it was entered. */
export function messagesOf(place: Place, session = SESSION): string[] {
  const parts = dataOf(place, 'input.received', session).flatMap((input) =>
    input.mode === 'message' ? [input.parts[0]!] : [],
  );
  return parts.map((part) => {
    if (part.type !== 'text') throw new Error(`no text: ${part.type}`);
    return typeof part.text === 'string' ? part.text : `${part.text.head}… ${part.text.bytes} bytes`;
  });
}

/** The sessions that there are: commands make others. */
export function sessionsOf(place: Place): string[] {
  const folder = join(place.home, 'workspaces/default/sessions');
  return existsSync(folder) ? readdirSync(folder).map((file) => file.replace('.jsonl', '')) : [];
}

/** What stands in the input, without blanks: where it is wrapped isn't seen. */
export function inputOf(terminal: Terminal): string {
  const rows = terminal.screen().split('\n');
  const first = rows.findLastIndex((row) => row.startsWith('›'));
  return rows
    .slice(first, -1) // the last one is the footer
    .map((row) => row.slice(2))
    .join('')
    .replace(/\s/g, '');
}

/** How it was left: the exit code, and what is not as it was. */
export async function leftBy(terminal: Terminal): Promise<{ code: number | undefined; changed: string[] }> {
  await terminal.exited;
  const raw = terminal.raw();
  const code = /left (\d+)\r\n/.exec(raw)?.[1]; // keys that came too late may be echoed before it
  const [before, after] = ['before', 'after'].map((when) => new RegExp(`${when} ([0-9a-f:]+)\\r\\n`).exec(raw)?.[1]);
  const last = (mode: string): string | undefined =>
    raw
      .match(new RegExp(`\\x1b\\[\\?${mode}[hl]`, 'g'))
      ?.at(-1)
      ?.at(-1);
  const changed = [
    ...(before === undefined || before !== after ? [`settings: ${before} became ${after}`] : []),
    ...(terminal.cursor().visible ? [] : ['the cursor is hidden']),
    ...(last('2004') === 'h' ? ['pastes are marked'] : []),
    ...(last('2026') === 'h' ? ['an update is open'] : []),
    ...(last('7') === 'l' ? ['lines are not wrapped'] : []),
    ...(terminal.isAlternate() ? ['the alternate screen'] : []),
  ];
  return { code: code === undefined ? undefined : Number(code), changed };
}

/** Left well. */
export const LEFT = { code: 0, changed: [] };

/** A program in tmux, on a server of its own that goes with the place. */
import { execFile, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { LAUNCHER, type Place } from './place.ts';

const LONGEST_WAIT_MS = 20_000;
const LONGEST_COMMAND_MS = 10_000;
const LOOK_EVERY_MS = 50;

export const TMUX = spawnSync('tmux', ['-V']).status === 0;
export const WHY_NO_TMUX = TMUX ? '' : ' (skipped: tmux is not installed)';

export interface Tmux {
  /** What the pane shows, without the blanks at the ends; with its history when asked for. */
  capture(options?: { history?: boolean }): Promise<string>;
  /** Keys by tmux's names: `Enter`, `C-c`, `M-Enter`, `Up`. */
  press(...keys: string[]): Promise<void>;
  type(text: string): Promise<void>;
  /** By a buffer of tmux: bracketed when the program asked for it. */
  paste(text: string): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
  /** Resolves when the pane holds the text. */
  waitFor(what: string | RegExp, timeoutMs?: number): Promise<void>;
  /** Resolves when the program has ended. How is not said: tmux 3.3 now and then never learns it. */
  ended(timeoutMs?: number): Promise<void>;
  /** Any other command of tmux; answers with its output. */
  tmux(...command: string[]): Promise<string>;
}

/** Starts the built program, or another, in a pane. The pane stays when the program ends. */
export async function openTmux(
  place: Place,
  args: string[],
  options: { columns?: number; rows?: number; environment?: Record<string, string>; program?: string } = {},
): Promise<Tmux> {
  const { columns = 80, rows = 24, program = LAUNCHER } = options;
  const server = ['-L', `runtime-test-${randomUUID()}`, '-f', '/dev/null'];
  const env = { ...place.environment, LANG: 'C.UTF-8', TMUX_TMPDIR: dirname(place.home), ...options.environment };
  const run = async (...command: string[]): Promise<string> => {
    const bounds = { env, cwd: place.project, timeout: LONGEST_COMMAND_MS };
    return (await promisify(execFile)('tmux', [...server, ...command], bounds)).stdout;
  };
  const size = ['-x', String(columns), '-y', String(rows)];
  place.atEnd(async () => {
    await run('kill-server').catch(() => {}); // it went by itself
  });
  // One client starts the server, keeps panes whose program has ended, and then starts the program.
  const settings = [
    ['start-server'],
    ['set-option', '-g', 'remain-on-exit', 'on'],
    ['set-option', '-g', 'remain-on-exit-format', ''],
    ['set-option', '-g', 'status', 'off'],
  ];
  const start = ['new-session', '-d', ...size, '-c', place.project, '--', ...[program, ...args].map(word)];
  await run(...settings.flatMap((command) => [...command, ';']), ...start);

  const capture = async ({ history = false } = {}): Promise<string> => {
    const shown = await run('capture-pane', '-p', ...(history ? ['-S', '-', '-J'] : []));
    return shown.replace(/ +$/gm, '').trimEnd();
  };
  const until = async (what: string | RegExp, isSo: () => Promise<boolean>, timeoutMs: number): Promise<void> => {
    const end = performance.now() + timeoutMs;
    while (!(await isSo())) {
      if (performance.now() > end) {
        throw new Error(`waited ${timeoutMs} ms in vain for ${String(what)}; the pane:\n${await capture()}`);
      }
      await delay(LOOK_EVERY_MS);
    }
  };
  return {
    capture,
    tmux: run,
    async press(...keys) {
      await run('send-keys', ...keys.map(word));
    },
    async type(text) {
      await run('send-keys', '-l', '--', word(text));
    },
    async paste(text) {
      await run('set-buffer', '-b', 'pasted', '--', word(text), ';', 'paste-buffer', '-p', '-d', '-b', 'pasted');
    },
    async resize(toColumns, toRows) {
      await run('resize-window', '-x', String(toColumns), '-y', String(toRows));
    },
    async waitFor(what, timeoutMs = LONGEST_WAIT_MS) {
      const isSo = (shown: string): boolean =>
        typeof what === 'string' ? shown.includes(what) : shown.search(what) >= 0;
      await until(what, async () => isSo(await capture()), timeoutMs);
    },
    async ended(timeoutMs = LONGEST_WAIT_MS) {
      const isDead = async (): Promise<boolean> => (await run('display-message', '-p', '#{pane_dead}')).trim() === '1';
      await until('its end', isDead, timeoutMs);
    },
  };
}

/** tmux takes a word that ends in a semicolon for the end of a command. */
function word(text: string): string {
  return text.replace(/;$/, '\\;');
}

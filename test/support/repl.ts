/** The interactive terminal in a test, as a person sits before it. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Place } from './place.ts';
import { openTerminal, type Terminal, type TerminalOptions } from './terminal.ts';

/** The line below the input once there is somebody to send it to. */
const READY = /^ {2}(?!starting).*$/;

/** Starts the program in a terminal and waits until it takes messages. */
export async function openRepl(
  place: Place,
  { args = [], ...options }: TerminalOptions & { args?: string[] } = {},
): Promise<Terminal> {
  const terminal = openTerminal(place, args, options);
  await terminal.waitFor(isReady);
  await terminal.settled();
  return terminal;
}

function isReady(screen: string): boolean {
  const [input = '', footer = ''] = screen.split('\n').slice(-2);
  return input.startsWith('›') && READY.test(footer);
}

/** Types a line and sends it; then waits until this is shown, and until nothing moves any more. */
export async function enter(terminal: Terminal, text: string, shown: string | RegExp): Promise<void> {
  await send(terminal, text, shown);
  await terminal.settled();
}

/** As `enter`, but what goes on may go on. */
export async function send(terminal: Terminal, text: string, shown: string | RegExp): Promise<void> {
  terminal.type(text);
  terminal.press('enter');
  await terminal.waitFor(shown);
}

/** A clean screen: a frame then holds only what comes. */
export async function clean(terminal: Terminal): Promise<void> {
  terminal.press('ctrl-l');
  await terminal.waitFor((screen) => screen.trimStart().startsWith('›'));
  await terminal.settled();
}

/** Longer than the panel takes somebody for typing, or for not having looked yet (ms). */
export const LOOKED_MS = 800;

/** Looks at the approval, as a person does, then presses the key. */
export async function answerApproval(terminal: Terminal, letter: string): Promise<void> {
  await terminal.settled(LOOKED_MS);
  terminal.press(letter);
}

/** The ids of the place's sessions, the oldest first. */
export function sessionsOf({ home }: Place): string[] {
  return readdirSync(join(home, 'workspaces/default/sessions'))
    .map((file) => basename(file, '.jsonl'))
    .toSorted();
}

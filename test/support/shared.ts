/** Several terminals on one workspace: each a REPL as a person has it before them. */
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { MockReply } from './mock-openai.ts';
import { expectVerified, LAUNCHER, type Line, type Place, until } from './place.ts';
import { openTerminal, type Terminal, type TerminalOptions } from './terminal.ts';

/** A person must have had this long to look before a letter counts as an answer (ms). */
export const LOOK_MS = 1000;

/** Opens a REPL on a session and waits until it takes messages. The first one owns the workspace. */
export async function openRepl(place: Place, session: string, options: TerminalOptions = {}): Promise<Terminal> {
  const terminal = openTerminal(place, ['run', '--session', session], { columns: 100, rows: 40, ...options });
  await terminal.waitFor((screen) => screen.includes('/help') && !screen.includes('starting …'));
  return terminal;
}

/** The same of one that comes to an owner. */
export async function joinRepl(place: Place, session: string, options: TerminalOptions = {}): Promise<Terminal> {
  const terminal = await openRepl(place, session, options);
  await terminal.waitFor('attached to pid');
  return terminal;
}

/** Types a message, or a command, and sends it. */
export function say(terminal: Terminal, text: string): void {
  terminal.type(text);
  terminal.press('enter');
}

/** Answers the approval that is asked on the screen, when the person has had time to look. */
export async function press(key: string, ...terminals: Terminal[]): Promise<void> {
  for (const terminal of terminals) await terminal.waitFor('y yes');
  await delay(LOOK_MS);
  for (const terminal of terminals) terminal.press(key, 'enter');
}

/** How often a text has been written to the terminal for good, or stands there now. */
export function times(terminal: Terminal, text: string): number {
  return terminal.scrollback().split(text).length - 1;
}

/** All of these are there, each once and in this order. */
export function expectOnceInOrder(terminal: Terminal, ...texts: string[]): void {
  const shown = terminal.scrollback();
  expect({ texts, counts: texts.map((text) => times(terminal, text)), shown }).toEqual({
    texts,
    counts: texts.map(() => 1),
    shown,
  });
  const places = texts.map((text) => shown.indexOf(text));
  expect(places).toEqual(places.toSorted((a, b) => a - b));
}

/** A reply that calls the shell. */
export function shell(cmd: string): MockReply {
  return { calls: [{ name: 'exec_command', arguments: { cmd } }] };
}

/** A command that leaves a line in ran.txt, and then goes on when the project has a file `go`. */
export const HELD = 'echo ran >> ran.txt; until [ -e go ]; do sleep 0.05; done; echo went';

export function letGo(place: Place): void {
  place.write('go', '');
}

/** Waits until the session's journal is so. */
export function journaled(place: Place, session: string, isSo: (lines: Line[]) => boolean): Promise<void> {
  return until(`the journal of ${session} is so: ${isSo.toString()}`, () => {
    try {
      return isSo(place.journal(session));
    } catch {
      return false; // not there yet, or a line is being written
    }
  });
}

/** The session has so many turns, all of them ended, and proves itself. */
export async function expectEnded(place: Place, session: string, turns: number): Promise<void> {
  await journaled(place, session, (lines) => lines.filter(({ type }) => type === 'turn.ended').length === turns);
  expect(place.journal(session).filter(({ type }) => type === 'turn.started')).toHaveLength(turns);
  await expectVerified(place, session);
}

/** How many descriptors a process holds. */
export function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** The launcher of a copy of the built program that says it is another version. */
export function otherVersion(place: Place): string {
  const root = join(place.home, '..', 'other');
  mkdirSync(join(root, 'bin'), { recursive: true });
  copyFileSync(LAUNCHER, join(root, 'bin/runtime'));
  const built = join(LAUNCHER, '../..');
  symlinkSync(join(built, 'node_modules'), join(root, 'node_modules'));
  cpSync(join(built, 'dist'), join(root, 'dist'), { recursive: true, filter: (path) => !path.endsWith('.compiled') });
  const program = join(root, 'dist/program.js');
  const text = readFileSync(program, 'utf8');
  writeFileSync(program, text.replaceAll(/(?<=version ?= ?")\d+\.\d+\.\d+(?=")/g, '99.0.0'));
  return join(root, 'bin/runtime');
}

/** The process that owns the workspace, as it says itself. */
export function ownerOf(place: Place): number {
  const owner = JSON.parse(readFileSync(join(place.home, 'workspaces/default/owner.json'), 'utf8')) as { pid: number };
  return owner.pid;
}

export const socketOf = (place: Place): string => join(place.home, 'workspaces/default/control.sock');

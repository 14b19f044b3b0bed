/** The pager as a process. */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Writable } from 'node:stream';
import type { Environment } from '../../base/environment.ts';
import type { Output } from './io.ts';

/** Set where the person has not: colours, no clearing of the screen, and an end by itself when all fits. */
const LESS = 'FRX';
/** A shell's exit codes for a command that it couldn't start. */
const NOT_STARTED = [126, 127];

/** Is there such a program on the `PATH`? */
export function isInstalled(program: string, environment: Environment): boolean {
  return (environment['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/**
 * Gives a pager, a line for the shell, the lines that are there and then the rest, until it is left. Where it can't be
 * started everything is written to the output.
 */
export async function showThrough(
  pager: string,
  environment: Environment,
  output: Output,
  held: readonly string[],
  rest: AsyncIterator<string>,
): Promise<void> {
  const child = spawn('/bin/sh', ['-c', pager], {
    stdio: ['pipe', 'inherit', 'inherit'],
    // What is shown has come from a model: nothing in the pager may start a program or write a file.
    env: { LESS, LESSSECURE: '1', LESSCHARSET: 'utf-8', ...environment },
  });
  // Ctrl-C is for the pager; it would otherwise be left alone on the terminal.
  const ignore = (): void => {};
  process.on('SIGINT', ignore);
  let left = false;
  const ended = new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(NOT_STARTED[0]!));
    child.once('close', (code) => resolve(code));
  }).finally(() => (left = true));
  child.stdin.on('error', () => (left = true)); // it was left early

  const given: string[] = [];
  const give = async (line: string): Promise<void> => {
    given.push(line);
    if (!child.stdin.write(`${line}\n`)) await Promise.race([drained(child.stdin), ended]);
  };
  try {
    for (const line of held) if (!left) await give(line);
    for (let next = left ? undefined : await rest.next(); next && !next.done;) {
      await give(next.value);
      next = left ? undefined : await rest.next();
    }
    child.stdin.end();
    if (!NOT_STARTED.includes((await ended) ?? 0)) return;
    for (const line of given.length < held.length ? held : given) output.write(`${line}\n`);
    for (let next = await rest.next(); !next.done; next = await rest.next()) output.write(`${next.value}\n`);
  } finally {
    process.off('SIGINT', ignore);
    await rest.return?.();
  }
}

function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    stream.once('drain', resolve);
    stream.once('close', resolve);
  });
}

/**
 * A command that a person gave the program to run by itself: in their shell, without a terminal, with no key of ours. It
 * ends with the program, and so does all that it started.
 */
import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { Clock } from '../../../base/clock.ts';
import type { Environment } from '../../../base/environment.ts';
import { nameIn, type OpenFile, openFolder } from '../../../base/files/open-file.ts';
import { resolveReal } from '../../../base/files/resolve-real.ts';
import { commandEnvironment } from './command-environment.ts';
import { findExecutable } from './executable.ts';
import { keepOutput } from './kept-output.ts';
import { type CommandEnd, runProcess } from './run-process.ts';
import { createWatchdog, type Watchdog } from './watchdog.ts';

export interface OwnCommand {
  text: string;
  /** As it really lay when the person named it. */
  folder: string;
  timeoutMs: number;
  /** Names this run, unlike any other on the machine. */
  marker: string;
  signal: AbortSignal;
}

/** How it ended, and what it printed: of a long output both ends. */
export type OwnCommandEnd = ({ output: string } & CommandEnd) | { notStarted: Error };

const KEPT_BYTES = 256 * 1024;
const BASHES = ['/bin/bash', '/usr/bin/bash', '/usr/local/bin/bash'];

/** `further`: names of environment variables that commands may see. */
export function createOwnCommands({
  clock,
  environment,
  further,
}: {
  clock: Clock;
  environment: Environment;
  further: readonly string[];
}): (command: OwnCommand) => Promise<OwnCommandEnd> {
  let watchdog: Watchdog | undefined;
  return async ({ text, folder, timeoutMs, marker, signal }) => {
    const opened = openNamedFolder(folder);
    if (opened instanceof Error) return { notStarted: opened };
    const output = keepOutput(KEPT_BYTES);
    const bash = BASHES.find((path) => findExecutable(path, '', '/'));
    const shell = environment['SHELL'] || bash || '/bin/sh';
    const command = {
      program: shell,
      args: ['-c', text],
      folder: nameIn({ fd: opened.fd, real: folder }, '.'),
      environment: commandEnvironment(environment, further, marker),
      timeoutMs,
      bash,
    };
    watchdog ??= createWatchdog(spawn);
    try {
      const end = await runProcess(command, { spawn, watchdog, clock, signal, onBytes: output.add });
      return 'notStarted' in end ? end : { ...end, output: output.text(KEPT_BYTES).text };
    } finally {
      closeSync(opened.fd);
    }
  };
}

/**
 * Held open, so that the command begins in what was looked at: a confined command of the agent may have put a link there,
 * to a place that it can't reach itself, and may do so at any moment.
 */
function openNamedFolder(folder: string): OpenFile | Error {
  const found = resolveReal(folder);
  if ('code' in found) return new Error(found.message);
  if (found.real !== folder) return new Error(`the folder ${folder} leads to ${found.real} now`);
  // Node would say that the shell isn't there.
  if (found.kind !== 'dir') return new Error(`${folder} is no folder`);
  const opened = openFolder(folder);
  return 'code' in opened ? new Error(`${folder}: ${opened.message}`) : opened;
}

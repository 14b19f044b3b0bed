/** What a command line asks of a one-shot run. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Environment } from '../../base/environment.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { SubmittedPart } from '../../contract/host.ts';
import { runtimeHome } from '../../engine/config/home.ts';
import type { RunRequest } from '../../engine/run.ts';
import { checkSessionId } from '../../engine/session-id.ts';
import type { CommandContext } from './context.ts';
import { durationOf } from './duration-flag.ts';
import type { Io } from './io.ts';
import { usdOf } from './money.ts';
import { isPiped, readPiped } from './read-input.ts';
import { rootOf } from './root-flag.ts';

export interface RunOptions {
  prompt?: string;
  session?: string;
  continue?: true;
  model?: string;
  root?: string;
  timeout?: string;
  maxCost?: string;
  check?: string;
  attach?: string[];
  json?: true;
  from?: string;
}

/** What options and message of the command line ask for. @throws RuntimeError usage | empty_message | invalid_id */
export async function requestOf(
  { io, environment }: Pick<CommandContext, 'io' | 'environment'>,
  options: RunOptions,
  message: string | undefined,
  { goal }: Pick<RunRequest, 'goal'> = {},
): Promise<RunRequest> {
  const next = `See \`runtime ${goal ? 'goal' : 'run'} --help\`.`;
  if (message !== undefined && options.prompt !== undefined) {
    throw new RuntimeError('usage', 'give the message once: as an argument or with --prompt', { next });
  }
  if (options.session !== undefined) checkSessionId(options.session);
  if (options.session !== undefined && options.continue) {
    throw new RuntimeError('usage', '--session and --continue choose different sessions', { next });
  }
  if (options.from !== undefined && !options.json) {
    throw new RuntimeError('usage', '--from says where --json begins, and there is no --json', { next });
  }
  const texts = await messageTexts(io, message ?? options.prompt);
  const parts = [...texts, ...(await filesOf(options, environment))];
  if (texts.length === 0 && goal) {
    throw new RuntimeError('usage', 'there is no objective', {
      next: 'Give one: runtime goal "Make the tests pass". An unfinished one goes on with `runtime run --continue`.',
    });
  }
  if (parts.length === 0 && options.session === undefined && !options.continue) {
    throw new RuntimeError('empty_message', 'there is no message');
  }
  if (parts.length === 0 && options.check !== undefined) {
    throw new RuntimeError('usage', '--check belongs to a message, and there is none', { next });
  }
  return {
    latest: options.continue ?? false,
    source: 'cli',
    ...(options.session !== undefined && { session: options.session }),
    ...(parts.length > 0 && { message: parts }),
    ...(goal && { goal }),
    ...(options.root !== undefined && { root: rootOf(options.root) }),
    ...(options.model !== undefined && { model: options.model }),
    ...(options.timeout !== undefined && { timeout_ms: durationOf(options.timeout) }),
    ...(options.maxCost !== undefined && { max_cost: usdOf(options.maxCost) }),
    ...(options.check !== undefined && { check: checkOf(options.check) }),
    ...(options.from !== undefined && { from: seqOf(options.from) }),
  };
}

/** The message first, then what was piped in. White space alone is no message. */
async function messageTexts(io: Io, message: string | undefined): Promise<SubmittedPart[]> {
  const texts = [message, isPiped() ? await readPiped(io) : undefined];
  return texts.flatMap((text) => (text?.trim() ? [{ type: 'text' as const, text: text.toWellFormed() }] : []));
}

/** Of `--attach`. @throws RuntimeError usage */
async function filesOf({ attach: named = [], root }: RunOptions, environment: Environment): Promise<SubmittedPart[]> {
  if (named.length === 0) return [];
  const { attachedFiles } = await import('../attached-file.ts');
  const paths = named.map((name) => {
    const path = resolve(name);
    if (statSync(path, { throwIfNoEntry: false })?.isFile()) return path;
    throw new RuntimeError('usage', `--attach ${name}: there is no such file`, { next: 'Name one that is there.' });
  });
  const place = { root: root === undefined ? resolve('.') : rootOf(root), home: runtimeHome(environment), environment };
  return attachedFiles([...new Set(paths)], place);
}

const MOST_CHECK = 1000;

/** Of `--check`. @throws RuntimeError usage */
function checkOf(command: string): string {
  if (command.trim() !== '' && command.length <= MOST_CHECK) return command;
  const next = `Write a command of at most ${MOST_CHECK} characters; a longer one goes into a script.`;
  throw new RuntimeError('usage', '--check needs a command', { next });
}

/** Of `--from`. @throws RuntimeError usage */
export function seqOf(text: string): number {
  const seq = Number(text);
  if (Number.isSafeInteger(seq) && seq >= 1) return seq;
  throw new RuntimeError('usage', `--from ${text} is no entry`, { next: 'Write the number of an entry, 1 or more.' });
}

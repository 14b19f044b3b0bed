/**
 * What a sweep plays: commands that are run in a folder of their own, one after the other, and what must hold when they have
 * come to their end, whatever they met.
 */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Entry } from '../../src/contract/entries.ts';
import type { Script } from '../../src/contract/script.ts';
import { makeScratch, type Ran, runProgram, type Scratch } from '../../src/engine/chaos/scratch.ts';
import { LAUNCHER } from './part.ts';
import type { Call, Fault } from './strace.ts';

/** Exit code of what waits for an approval. */
export const WAITS = 5;

/** A program run on the story's folder. */
export interface Stage {
  name: string;
  session: string;
  /** What comes before it, which no fault meets. */
  prepare?: (story: Story) => void | Promise<void>;
  /** Its arguments; it may have to look for them. */
  args: (story: Story) => Promise<string[]>;
  /** How it ends where nothing fails. */
  code: number;
  /** What somebody must have been told in the end, by it or by what carried it on. */
  answer?: string;
  /** Does whatever of it is not done yet, after it failed or was killed. Gives the last run of it. */
  carryOn: (story: Story) => Promise<Ran | undefined>;
  /** What that run may say instead, when nothing was left to do. */
  refusal?: RegExp;
}

/** The folder of a play. */
export interface Story {
  scratch: Scratch;
  workspace: string;
  /** `under`: what is put before the program. */
  run(args: readonly string[], under?: readonly string[]): Promise<Ran>;
  /** Keeps the folder as it is now, and makes it so again. */
  keep(name: string): void;
  restore(name: string): void;
}

export interface Play {
  story: Story;
  stages: readonly Stage[];
  /** The session that is gone on with after a fault in any other, too. */
  main?: string;
  /** The faults that a call is to meet. */
  faultsOf(call: Call): Fault[];
  /** Are files to end within each write, too? */
  withShortWrites: boolean;
  /** To be asked for when all was played undisturbed: that is what it compares with. */
  checker(): Checker;
  close(): Promise<void>;
}

export type OpenPlay = (folder: string, signal: AbortSignal) => Promise<Play>;

/** Gives what doesn't hold, in words. */
export type Checker = (what: {
  /** The stage that met the fault. */
  stage: number;
  /** The entries that a program had told when it ended. */
  printed: readonly string[];
  /** Tools may have met the fault, too, so that a turn took another way. */
  mayFail: boolean;
}) => Promise<string[]>;

interface StoryOptions {
  /** Is made. */
  folder: string;
  turns: Script['turns'];
  config: object;
  files: Readonly<Record<string, string>>;
  signal: AbortSignal;
}

export function createStory({ folder, turns, config, files, signal }: StoryOptions): Story {
  const path = process.env['PATH']!;
  const scratch = makeScratch({ folder, program: [LAUNCHER], path, turns, config, files, signal });
  const { home, project } = scratch;
  // One thread beside the main one: then calls come in the same order each time.
  const env = { ...scratch.environment, UV_THREADPOOL_SIZE: '1' };
  const kept = (name: string, what: string): string => join(folder, 'kept', name, what);
  return {
    scratch,
    workspace: join(home, 'workspaces/default'),
    run: (args, under = []) => runProgram([...under, LAUNCHER, ...args], { cwd: project, env, signal }),
    keep(name) {
      cpSync(home, kept(name, 'home'), { recursive: true });
      cpSync(project, kept(name, 'project'), { recursive: true });
    },
    restore(name) {
      for (const path of [home, project]) rmSync(path, { recursive: true, force: true });
      cpSync(kept(name, 'home'), home, { recursive: true });
      cpSync(kept(name, 'project'), project, { recursive: true });
    },
  };
}

/** A message to a session; carried on it is sent again only where nothing of it is there. */
export function says(
  name: string,
  session: string,
  text: string,
  { code = 0, ...more }: Partial<Pick<Stage, 'code' | 'answer' | 'prepare'>>,
  command: readonly string[] = ['run'],
): Stage {
  const [, ...options] = command;
  return {
    name,
    session,
    ...more,
    args: async () => [...command, '--json', '--session', session, text],
    code,
    async carryOn(story) {
      const resumed = await story.run(['run', ...options, '--session', session]);
      // A long one stands there by its beginning.
      const isThere = messagesIn(story.scratch.journal(session)).some((known) => text.startsWith(known));
      return isThere ? resumed : story.run([...command, '--session', session, text]);
    },
  };
}

export async function pendingApprovals({ run }: Story): Promise<string[]> {
  const { stdout } = await run(['approvals', 'ls', '-o', 'json']);
  return (JSON.parse(stdout) as { id: string }[]).map(({ id }) => id);
}

/** The texts of the messages, of long ones their beginnings. */
export function messagesIn(entries: readonly Entry[]): string[] {
  return entries.flatMap(({ type, data }) =>
    type !== 'input.received'
      ? []
      : data.parts.flatMap((part) =>
          part.type !== 'text' ? [] : typeof part.text === 'string' ? part.text : part.text.head,
        ),
  );
}

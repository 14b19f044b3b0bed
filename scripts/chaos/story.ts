/**
 * What the sweep does with a workspace, command by command, as a person would: a turn with reads, a patch and a command
 * that asks; the approval by another process; the rest of the turn; a long message, whose turn leaves a snapshot; a
 * session that is removed; and a turn behind a line that a crash has cut.
 */
import { appendFileSync, cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Entry } from '../../src/contract/entries.ts';
import type { Script } from '../../src/contract/script.ts';
import { WORKLOAD } from '../../src/engine/chaos/workload.ts';
import { makeScratch, type Ran, runProgram, type Scratch } from '../../src/engine/chaos/scratch.ts';

const LAUNCHER = join(import.meta.dirname, '../../bin/runtime');
const LONG_TEXT = 'What do you say to this? '.repeat(900);
const LONG_FILE = `${'a line that is read '.repeat(6)}\n`.repeat(110);
const READS = 24;
/** Exit code of what waits for an approval. */
const WAITS = 5;

const turns: Script['turns'] = [
  { match: { asked: ['again', 'bye'] }, reply: { text: 'You said: {{asked}}' } },
  { match: { asked: ['this'], tool_result: 'read_file' }, reply: { text: 'I read it all.' } },
  {
    match: { asked: ['this'] },
    reply: {
      calls: Array.from({ length: READS }, (_, n) => ({
        tool: 'read_file',
        arguments: { path: 'long.txt', offset: n + 1 },
      })),
    },
  },
  ...WORKLOAD.turns,
];

/** A program run on the story's folder. */
export interface Stage {
  name: string;
  session: string;
  /** What comes before it, which no fault meets. */
  prepare?: (story: Story) => void;
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

/** The folder of a story. */
export interface Story {
  scratch: Scratch;
  workspace: string;
  /** `under`: what is put before the program. */
  run(args: readonly string[], under?: readonly string[]): Promise<Ran>;
  /** Keeps the folder as it is now, and makes it so again. */
  keep(name: string): void;
  restore(name: string): void;
  remove(): void;
}

export function createStory(folder: string, signal: AbortSignal): Story {
  const scratch = makeScratch({
    folder,
    program: [LAUNCHER],
    path: process.env['PATH']!,
    turns,
    config: {
      governance: { auto_allow: ['read_file', 'apply_patch'] },
      budget: { day: { tokens: 100_000_000 } }, // so that the ledger is written
    },
    files: { ...WORKLOAD.before, 'long.txt': LONG_FILE },
    signal,
  });
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
    remove: () => scratch.remove(),
  };
}

/** The session of which the last stage is, too. */
export const MAIN_SESSION = 'one';

export const STAGES: readonly Stage[] = [
  says('ask', 'one', 'go'),
  {
    name: 'approve',
    session: 'one',
    args: async (story) => ['approve', (await pendingApprovals(story))[0] ?? 'a-none-waits'],
    code: 0,
    async carryOn(story) {
      const [id] = await pendingApprovals(story);
      return id === undefined ? undefined : story.run(['approve', id]);
    },
  },
  {
    name: 'resume',
    session: 'one',
    args: async () => ['run', '--json', '--session', 'one'],
    code: 0,
    answer: WORKLOAD.answer,
    carryOn: (story) => story.run(['run', '--session', 'one']),
  },
  says('long', 'long', LONG_TEXT, 'I read it all.'),
  says('short', 'gone', 'bye', 'You said: bye'),
  {
    name: 'remove',
    session: 'gone',
    args: async () => ['session', 'rm', 'gone'],
    code: 0,
    refusal: /no session gone/,
    carryOn: (story) => story.run(['session', 'rm', 'gone']),
  },
  { ...says('again', 'one', 'and again', 'You said: and again'), prepare: tear },
];

/** A message to a session; carried on it is sent again only where nothing of it is there. No answer: it waits. */
function says(name: string, session: string, text: string, answer?: string): Stage {
  return {
    name,
    session,
    args: async () => ['run', '--json', '--session', session, text],
    code: answer === undefined ? WAITS : 0,
    ...(answer !== undefined && { answer }),
    async carryOn(story) {
      const resumed = await story.run(['run', '--session', session]);
      if (messagesIn(story.scratch.journal(session)).includes(text)) return resumed;
      return story.run(['run', '--session', session, text]);
    },
  };
}

/** As a kill within a write leaves it. */
function tear({ workspace }: Story): void {
  appendFileSync(join(workspace, 'sessions/one.jsonl'), '{"v":1,"seq":');
}

async function pendingApprovals({ run }: Story): Promise<string[]> {
  const { stdout } = await run(['approvals', 'ls', '-o', 'json']);
  return (JSON.parse(stdout) as { id: string }[]).map(({ id }) => id);
}

/** The texts of the messages, as far as they stand in the journal itself. */
export function messagesIn(entries: readonly Entry[]): string[] {
  return entries.flatMap(({ type, data }) =>
    type !== 'input.received'
      ? []
      : data.parts.map((part) => (part.type !== 'text' ? '' : typeof part.text === 'string' ? part.text : LONG_TEXT)),
  );
}

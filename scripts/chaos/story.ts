/**
 * What the sweep does with a workspace, command by command, as a person would: a turn with reads, a patch and a command
 * that asks; the approval by another process; the rest of the turn; a long message, whose turn leaves a snapshot; a
 * session that is removed; and a turn behind a line that a crash has cut.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Script } from '../../src/contract/script.ts';
import { WORKLOAD } from '../../src/engine/chaos/workload.ts';
import { brokenIn, transcriptOf } from './holds.ts';
import { createStory, type OpenPlay, pendingApprovals, says, type Stage, type Story, WAITS } from './play.ts';
import { faultsOf } from './strace.ts';

const LONG_TEXT = 'What do you say to this? '.repeat(900);
const LONG_FILE = `${'a line that is read '.repeat(6)}\n`.repeat(110);
const READS = 24;

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

export const openTools: OpenPlay = async (folder, signal) => {
  const story = createStory({
    folder,
    turns,
    config: {
      governance: { auto_allow: ['read_file', 'apply_patch'] },
      budget: { day: { tokens: 100_000_000 } }, // so that the ledger is written
    },
    files: { ...WORKLOAD.before, 'long.txt': LONG_FILE },
    signal,
  });
  return {
    story,
    stages: STAGES,
    main: MAIN_SESSION,
    faultsOf,
    withShortWrites: true,
    checker() {
      const all = transcriptOf(story, ['one', 'long']);
      return ({ stage, ...how }) => {
        const played = STAGES.filter(({ session }, index) => index <= stage || session === MAIN_SESSION);
        const undisturbed = Object.entries(all).filter(([id]) => played.some(({ session }) => session === id));
        return brokenIn(story, Object.fromEntries(undisturbed), how);
      };
    },
    close: async () => story.scratch.remove(),
  };
};

/** The session of which the last stage is, too. */
const MAIN_SESSION = 'one';

const STAGES: readonly Stage[] = [
  says('ask', 'one', 'go', { code: WAITS }),
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
  says('long', 'long', LONG_TEXT, { answer: 'I read it all.' }),
  says('short', 'gone', 'bye', { answer: 'You said: bye' }),
  {
    name: 'remove',
    session: 'gone',
    args: async () => ['session', 'rm', 'gone'],
    code: 0,
    refusal: /no session gone/,
    carryOn: (story) => story.run(['session', 'rm', 'gone']),
  },
  { ...says('again', 'one', 'and again', { answer: 'You said: and again' }), prepare: tear },
];

/** As a kill within a write leaves it. */
function tear({ workspace }: Story): void {
  appendFileSync(join(workspace, 'sessions/one.jsonl'), '{"v":1,"seq":');
}

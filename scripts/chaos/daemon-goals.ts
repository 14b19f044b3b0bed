/**
 * What clients do with a daemon in the other play of its sweep: a goal, beside a talk that becomes too long for its model; then
 * work that stops at the limit of the day. Somebody grants whatever asks. The daemon that is swept goes on from what a killed
 * one left: the goal is planned, and two of its steps have begun, so that their files have names.
 */
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Ask,
  createDaemonLife,
  LONGEST_MS,
  type Message,
  nothingTold,
  type OpenDaemonPlay,
  send,
  statusOf,
  type Told,
} from './daemon-life.ts';
import { brokenInGoals, expectPlot } from './goal-holds.ts';
import { FIRST_TALK, goalConfig, goalText, MARKS, marking, NEXT_TALK, startGoalModel } from './goal-model.ts';

const MOST_TOKENS = 500_000;
const LIMITS = [{ session: 'spend', of: 'day', tokens: MOST_TOKENS }] as const;
const AGAIN_MS = 200;

const message = (key: string, session_id: string, content: string, more: Partial<Message> = {}): Message => ({ idempotency_key: key, session_id, content, ...more }); // prettier-ignore
const FIRST = message('first', 'talk', FIRST_TALK, { model: 'narrow' });
const GOAL = message('goal', 'goal', goalText('goal'), {
  goal: true,
  check: marking('goal-whole'),
  lane: 'background',
});
const NEXT = message('next', 'talk', NEXT_TALK);
const SPEND = message('spend', 'spend', 'spend day', { lane: 'background' });

export const openDaemonGoals: OpenDaemonPlay = async (folder, signal) => {
  const model = await startGoalModel();
  const config = { ...goalConfig(model.url), budget: { day: { tokens: MOST_TOKENS } } };
  const life = createDaemonLife(folder, config, signal);
  const folders = ['home', 'project'].map((name) => [join(folder, name), join(folder, 'kept', name)] as const);
  life.begin();
  const before = nothingTold();
  const under = ['env', 'RUNTIME_CHAOS=1', 'RUNTIME_CRASH_AT=after-sync-child.started:2'];
  const { signal: by } = await life.live((ask, told) => use(ask, told, [FIRST], [GOAL]), before, under);
  if (by !== 'SIGKILL' || before.odd.length > 0)
    throw new Error(`the daemon isn't killed at its goal: ${before.odd.join('; ')}`);
  for (const [path, kept] of folders) cpSync(path, kept, { recursive: true });
  model.keep('begun');
  return {
    life,
    begin() {
      for (const [path, kept] of folders) {
        rmSync(path, { recursive: true, force: true });
        cpSync(kept, path, { recursive: true });
      }
      model.restore('begun');
      return { accepted: new Map(before.accepted), odd: [] };
    },
    use: (ask, told) => use(ask, told, [FIRST], [GOAL, NEXT], [SPEND]),
    checker() {
      expectPlot(life.workspace, LIMITS);
      return async ({ accepted }) => {
        const marks = readMarks(join(life.project, MARKS));
        const ids = [...accepted.values()].map((both) => both.split(' ')[0]!);
        return brokenInGoals(life, { marks, printed: [], accepted: ids, requests: model.asked(), limits: LIMITS });
      };
    },
    close: () => model.close(),
  };
};

/** Sends one group of messages after the other, each when all before it have come to their end. */
async function use(ask: Ask, told: Told, ...groups: Message[][]): Promise<void> {
  for (const group of groups) {
    for (const one of group) await send(ask, told, one);
    for (const { idempotency_key: key } of group) {
      for (let waited = 0; (await statusOf(ask, told, key, AGAIN_MS)) !== 'done'; waited += AGAIN_MS) {
        if (waited > LONGEST_MS / 2) return void told.odd.push(`${key}: not done after a long wait`);
        await grantAll(ask);
      }
    }
  }
}

/** A check that may have run is asked for, as any command. */
async function grantAll(ask: Ask): Promise<void> {
  const { body } = await ask<{ approvals: { id: string }[] }>('GET', '/v1/approvals');
  for (const { id } of body.approvals) await ask('POST', `/v1/approvals/${id}/resolve`, { decision: 'grant' });
}

function readMarks(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

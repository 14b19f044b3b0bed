/**
 * The play with goals: work that stops at the limit of the day, and at that of its session; a talk that is summed up; and a
 * goal of three steps, of which one has a check. Of its steps one meets a reply that is cut, one an overloaded model with
 * another to fall back to, and one a request that is too long. The goal is played three times: from its beginning, and gone on
 * with by another process when its steps have names, so that their files can be met as well.
 */
import { brokenInGoals, expectPlot } from './goal-holds.ts';
import {
  FIRST_TALK,
  GOAL_ANSWER,
  goalConfig,
  goalText,
  MARKS,
  marking,
  NEXT_TALK,
  startGoalModel,
} from './goal-model.ts';
import { createStory, type OpenPlay, pendingApprovals, says, type Stage, WAITS } from './play.ts';
import { faultsOf } from './strace.ts';

/** Of the work that is stopped at a limit; four calls of it. */
const MOST_TOKENS = 170_000;
/** Of the whole goal: it may have run, so it isn't repeated, and the goal doesn't count as done. */
const UNKNOWN_CHECK = /-whole >>.*: may have taken effect or not.*\n.*validation_failed/;
const IS_DONE = /nothing to carry on/;

const GOAL_STAGES = ['plan', 'steps', 'last'].map((name): Stage => {
  const text = goalText(name);
  const command = ['goal', '--check', marking(`${name}-whole`)];
  const said = says(name, name, text, { answer: GOAL_ANSWER }, command);
  return {
    ...said,
    refusal: UNKNOWN_CHECK,
    async carryOn(story) {
      let resumed = await story.run(['run', '--session', name]);
      if (story.scratch.journal(name).length === 0) resumed = await story.run([...command, '--session', name, text]);
      // A check that may have run is asked for, as any command.
      for (let asked = 0; asked < 2 && resumed.code === WAITS; asked++) {
        for (const id of await pendingApprovals(story)) await story.run(['approve', id]);
        resumed = await story.run(['run', '--session', name]);
      }
      return resumed;
    },
    ...(name !== 'plan' && {
      async prepare(story) {
        const at = name === 'steps' ? 'after-sync-child.started:2' : 'after-sync-child.started:3';
        const { signal } = await story.run(await said.args(story), [
          'env',
          'RUNTIME_CHAOS=1',
          `RUNTIME_CRASH_AT=${at}`,
        ]);
        if (signal !== 'SIGKILL') throw new Error(`the goal is not killed at ${at}`);
      },
      args: async () => ['run', '--json', '--session', name],
    }),
  };
});

const LIMITS = [
  { session: 'day', of: 'day', tokens: MOST_TOKENS },
  { session: 'session', of: 'session', tokens: MOST_TOKENS },
] as const;

const limited = (name: string, key: string): Stage => ({
  ...says(name, name, `spend ${name}`, { code: 1 }, ['run', `--budget.${key}`, String(MOST_TOKENS)]),
  refusal: IS_DONE,
});

const STAGES: readonly Stage[] = [
  limited('day', 'day.tokens'),
  limited('session', 'session.tokens'),
  {
    ...says('talk', 'talk', NEXT_TALK, { answer: 'Heard next.' }, ['run', '--model', 'narrow']),
    async prepare(story) {
      await story.run(['run', '--session', 'talk', '--model', 'narrow', FIRST_TALK]);
    },
  },
  ...GOAL_STAGES,
];

export const openGoals: OpenPlay = async (folder, signal) => {
  const model = await startGoalModel();
  const story = createStory({ folder, turns: [], config: goalConfig(model.url), files: {}, signal });
  return {
    story: {
      ...story,
      keep(name) {
        story.keep(name);
        model.keep(name);
      },
      restore(name) {
        story.restore(name);
        model.restore(name);
      },
    },
    stages: STAGES,
    faultsOf,
    withShortWrites: true,
    checker() {
      expectPlot(story.workspace, LIMITS);
      return async ({ printed }) => {
        // What the last start left open in the ledger is settled by the next that asks a model.
        await story.run(['run', '--session', 'after', 'hello']);
        const marks = story.scratch.read(MARKS);
        return brokenInGoals(story, { marks, printed, requests: model.asked(), limits: LIMITS });
      };
    },
    async close() {
      await model.close();
      story.scratch.remove();
    },
  };
};

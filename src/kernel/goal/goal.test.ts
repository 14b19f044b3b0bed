import { describe, expect, test } from 'vitest';
import type { Limits } from '../../contract/values.ts';
import { abandoned, callStarted, decided, planMade, reflected, refused, replyMade, requested, turnEnded } from '../testing/expected.ts'; // prettier-ignore
import { childFinished, created, finished, forked, inspected, later, message, modelFailed, opened, replied, reserved, restored, started, stop, timerFired } from '../testing/observations.ts'; // prettier-ignore
import { given, type Story } from '../testing/story.ts';
import { GOAL, MINUTE, model, rights, type Inputs } from '../testing/values.ts';

const stepsOf = (...steps: [id: string, depends_on?: string[], check?: string][]) =>
  steps.map(([id, depends_on = [], check]) => ({ id, title: `T ${id}`, task: `do ${id}`, depends_on, ...(check && { check }) })); // prettier-ignore
const plan = (...steps: Parameters<typeof stepsOf>) => replied({ text: JSON.stringify({ steps: stepsOf(...steps) }) });

/** A goal whose plan is asked for. */
function goal({ rules, ...inputs }: Inputs = {}, over: object = {}): Story {
  return given(
    created(),
    message('e1', { goal: true, ...over }),
    started({ ...inputs, rules: { goal: { ...GOAL, ...rules?.goal }, ...rules } }),
  );
}

const childOf = (story: Story, step: string): string =>
  story.turn.goal!.steps.find(({ id }) => id === step)!.session_id!;
const childStarted = (story: Story, step_id: string, attempt = 1) => ({
  type: 'child.started',
  data: expect.objectContaining({ session_id: childOf(story, step_id), step_id, attempt, rights }) as object,
});
/** The end of a turn, as far as it is said here. */
const ended = (reason: string, over: object = {}) => ({ type: 'turn.ended', data: { reason, ...over } });
const statuses = (story: Story): string => story.turn.goal!.steps.map(({ id, status }) => `${id} ${status}`).join(', ');
const ends = (story: Story, step: string, over: object = {}) => childFinished(childOf(story, step), over);

describe('the plan', () => {
  test('is asked for before anything else, and made as the model says', () => {
    const story = goal();
    expect(story.entries.at(-1)).toMatchObject(requested('p1.1', { purpose: 'plan' }));
    const decisions = story.when(plan(['a'], ['b', ['a']]));
    const steps = stepsOf(['a'], ['b', ['a']]);
    expect(decisions[0]).toEqual({ type: 'plan.made', data: { turn: 1, by: 'model', model: 'main', steps } });
    expect(decisions[1]).toEqual(childStarted(story, 'a'));
    expect(decisions).toHaveLength(2);
    expect(story.history.map(({ role }) => role)).toEqual(['user']);
  });

  test('of one step is done by the turn itself', () => {
    const story = goal();
    const [made, asked, ...others] = story.when(plan(['a']));
    expect([made, asked]).toMatchObject([{ type: 'plan.made' }, requested('m1.1')]);
    expect(others).toEqual([]);
    expect(story.when(replied({ text: 'Done.' }))).toEqual([
      reflected('stop', 'answered'),
      replyMade({ call_id: 'm1.1' }),
      turnEnded('success', { model_calls: 2 }),
    ]);
  });

  test('H-66, H-67: that is none is asked for again, with what was wrong, and in the end given up', () => {
    const story = goal();
    const [again] = story.when(replied({ text: 'no' }));
    expect(again).toEqual(requested('p1.2', { purpose: 'plan' }));
    const first = story.entries.find(({ type }) => type === 'model.requested')!;
    expect((again!.data as { request_digest: string }).request_digest).not.toBe((first.data as { request_digest: string }).request_digest); // prettier-ignore
    const decisions = story.when(replied({ text: '{"steps":[]}' }));
    expect(decisions).toMatchObject([
      reflected('stop', 'task_graph_invalid', { think: 0, evidence: ['p1.2'] }),
      { type: 'reply.made' },
      ended('task_graph_invalid', { code: 'invalid_model_output' }),
    ]);
    expect(JSON.stringify(decisions[2])).toContain('it has no step');
  });

  test('K-63: ends as any model call that fails: for its cause', () => {
    expect(goal().when(modelFailed('auth')).at(-1)).toMatchObject(ended('auth_missing'));
  });

  test('is asked of the planner; where that fails, of the model that answers', () => {
    const story = goal({ planner: model('planner') });
    expect(story.entries.at(-1)).toMatchObject({ data: { model: 'planner-1' } });
    expect(story.when(modelFailed('invalid_request'))).toEqual([requested('p1.1', { purpose: 'plan', attempt: 2 })]);
    expect(story.when(plan(['a']))[0]).toMatchObject({ data: { model: 'main' } });
  });

  test('a stop while it is asked for ends the goal', () => {
    const story = goal();
    story.when(stop('e1'));
    expect(story.when(modelFailed('aborted'))).toEqual([turnEnded('canceled')]);
  });

  test('goes on after a cut as any model call does', () => {
    const story = goal();
    expect(story.when(opened())).toEqual([requested('p1.1', { purpose: 'plan', attempt: 2 })]);
  });

  test('an ordinary message is never planned by a model', () => {
    const story = given(created(), message('e1'), started({ rules: { goal: GOAL } }));
    expect(story.entries[3]).toMatchObject(planMade());
  });
});

describe('steps', () => {
  test('H-75, K-64: begin when those that they depend on are done, and no more of them at once than may', () => {
    const story = goal();
    const decisions = story.when(plan(['a'], ['b'], ['c'], ['d', ['a', 'c']]));
    expect(decisions.slice(1)).toEqual([childStarted(story, 'a'), childStarted(story, 'b')]);
    expect(story.open()).toMatchObject([
      { kind: 'child', step_id: 'a', attempt: 1, cancel: false },
      { kind: 'child', step_id: 'b', attempt: 1, cancel: false },
    ]);
    expect(story.when(ends(story, 'b'))).toEqual([childStarted(story, 'c')]);
    expect(story.when(ends(story, 'a'))).toEqual([]);
    expect(story.when(ends(story, 'c'))).toEqual([childStarted(story, 'd')]);
    const last = story.when(ends(story, 'd'));
    expect(last).toMatchObject([
      { type: 'turn.reflected', data: { signal: 'continue', reason: 'steps_ended', think: 0 } },
      requested('m1.1'),
    ]);
    // In the order of the plan, whatever the order in which they came.
    const texts = story.history.map((content) => JSON.stringify(content));
    expect(texts.map((text) => /Result of step (\w)/.exec(text)?.[1])).toEqual([undefined, 'a', 'b', 'c', 'd', undefined]); // prettier-ignore
    expect(story.when(replied({ text: 'All done.' })).at(-1)).toMatchObject(ended('success'));
  });

  test('are told something else when what they stand on is something else', () => {
    const digests = ['found', 'nothing'].map((text) => {
      const story = goal();
      story.when(plan(['a'], ['b', ['a']]));
      const [next] = story.when(ends(story, 'a', { result: [{ type: 'text', text }] }));
      return (next!.data as { input_digest: string }).input_digest;
    });
    expect(digests[0]).not.toBe(digests[1]);
  });

  test('K-67: are tried again in the same session, after a wait that grows, as often as may be', () => {
    const story = goal({ rules: { goal: { ...GOAL, attempts: 3 }, shared_scopes: [] } });
    story.when(plan(['a'], ['b', ['a']]));
    const session = childOf(story, 'a');
    expect(story.when(ends(story, 'a', { reason: 'unavailable' }))).toEqual([]);
    expect(story.open()).toMatchObject([{ kind: 'timer', id: 's1.a.1', of: 'retry', due_at: story.state.at + 1000 }]);
    expect(story.refuses(timerFired('s1.a.1'))).toBe(true);
    expect(story.when(later(1000, timerFired('s1.a.1')))).toEqual([childStarted(story, 'a', 2)]);
    expect(childOf(story, 'a')).toBe(session);
    story.when(ends(story, 'a', { reason: 'failed' }));
    expect(story.open()).toMatchObject([{ due_at: story.state.at + 2000 }]);
    story.when(later(2000, timerFired('s1.a.2')));
    story.when(ends(story, 'a', { reason: 'failed' }));
    expect(statuses(story)).toBe('a failed, b blocked');
  });

  test.each(['denied', 'budget_exceeded', 'auth_missing', 'canceled'] as const)(
    'that end "%s" are not tried again',
    (reason) => {
      const story = goal();
      story.when(plan(['a'], ['b', ['a']]));
      story.when(ends(story, 'a', { reason }));
      expect(statuses(story)).toBe('a failed, b blocked');
    },
  );

  test('that find the budget reserved by the others are tried again', () => {
    const story = goal();
    story.when(plan(['a'], ['b']));
    story.when(ends(story, 'a', { reason: 'budget_exceeded' }));
    expect(statuses(story)).toBe('a retry, b running');
    story.when(ends(story, 'b'), later(1000, timerFired('s1.a.1')));
    story.when(ends(story, 'a', { reason: 'budget_exceeded' }));
    expect(story.turn.goal!.steps[0]).toMatchObject({ status: 'failed', reason: 'budget_exceeded' });
  });

  test('H-78, A-107: what depends on one that failed is not begun, also by others; the rest is done, and the person told', () => {
    const story = goal();
    story.when(plan(['a'], ['b', ['a']], ['c', ['b']], ['d']));
    story.when(ends(story, 'a', { reason: 'denied' }));
    expect(statuses(story)).toBe('a failed, b blocked, c blocked, d running');
    expect(story.when(ends(story, 'd'))[0]).toEqual(
      reflected('continue', 'steps_ended', { think: 0, evidence: [childOf(story, 'a'), childOf(story, 'd')] }),
    );
    const note = JSON.stringify(story.history.at(-1));
    expect(note).toMatch(/a: not done \(denied\).*b: not begun.*d: done.*what was not done/);
    const end = story.when(replied({ text: 'Not all of it.' }));
    expect(end).toMatchObject([
      reflected('stop', 'answered'),
      replyMade({ call_id: 'm1.1' }),
      ended('denied', { code: 'steps_failed' }),
    ]);
  });

  test.each([
    ['failed', 'execution_failed'],
    ['interrupted', 'execution_failed'],
    ['validation_failed', 'validation_failed'],
    ['unavailable', 'unavailable'],
  ] as const)('a goal ends for the cause: %s → %s', (reason, expected) => {
    const story = goal({ rules: { goal: { ...GOAL, attempts: 1 }, shared_scopes: [] } });
    story.when(plan(['a'], ['b']));
    story.when(ends(story, 'b'));
    story.when(ends(story, 'a', { reason }));
    expect(story.when(replied({ text: 'So it is.' })).at(-1)).toMatchObject(ended(expected));
  });

  test('where nobody can answer, the reply says how each step went', () => {
    const story = goal();
    story.when(plan(['a'], ['b', ['a']]));
    story.when(ends(story, 'a', { reason: 'denied' }));
    const end = story.when(modelFailed('auth'));
    expect(JSON.stringify(end[1])).toMatch(/T a: not done \(denied\); T b: not begun/);
    expect(end.at(-1)).toMatchObject(ended('auth_missing'));
  });

  test('K-68: a stop ends them, and a wait for another try at once; nothing begins after it', () => {
    const story = goal();
    story.when(plan(['a'], ['b'], ['c', ['a']]));
    expect(story.when(stop('e1'))).toEqual([]);
    expect(story.open()).toMatchObject([
      { kind: 'child', cancel: true },
      { kind: 'child', cancel: true },
    ]);
    expect(story.when(ends(story, 'a', { reason: 'canceled' }))).toEqual([]);
    expect(story.when(ends(story, 'b'))).toEqual([turnEnded('canceled', { model_calls: 3, tool_calls: 2 })]);
    expect(JSON.stringify(story.history)).toContain('Result of step b');

    const waiting = goal();
    waiting.when(plan(['a'], ['b', ['a']]));
    waiting.when(ends(waiting, 'a', { reason: 'unavailable' }));
    expect(waiting.when(stop('e1'))).toEqual([turnEnded('canceled', { model_calls: 2, tool_calls: 1 })]);
  });

  test('an end that is nobody’s, or that came before, is not admitted', () => {
    const story = goal();
    story.when(plan(['a'], ['b', ['a']]));
    expect(story.refuses(childFinished('s-elsewhere'))).toBe(true);
    expect(story.refuses(ends(story, 'a', { attempt: 2 }))).toBe(true);
    const end = ends(story, 'a');
    story.when(end);
    expect(story.refuses(end)).toBe(true);
  });

  test('are done only when an entry of their session says so', () => {
    const story = goal();
    story.when(plan(['a'], ['b']));
    const head = { seq: 0, hash: '0'.repeat(64) };
    expect(story.refuses(ends(story, 'a', { head }))).toBe(true);
    expect(story.refuses(ends(story, 'a', { head, reason: 'interrupted' }))).toBe(false);
  });

  test('have titles that a model gave: nothing of them is told in the voice of the runtime', () => {
    const story = goal();
    story.when(plan(['a'], ['b', ['a']]));
    story.when(ends(story, 'a', { reason: 'denied' }));
    expect(story.history.filter((content) => JSON.stringify(content).includes('b (T b)'))).toMatchObject([{ role: 'user' }]); // prettier-ignore
    const notes = story.history.filter(({ role }) => role === 'note');
    expect(notes).toHaveLength(1);
    expect(JSON.stringify(notes)).not.toContain('T ');
  });

  test('go on through cuts and a restore: a session of a step recovers by itself', () => {
    const story = goal();
    story.when(plan(['a'], ['b']));
    const before = story.open();
    expect(story.when(opened(), restored())).toEqual([]);
    expect(story.open()).toEqual(before);
    expect(story.state.stalls).toBe(0);
  });

  test('begin anew in a fork, in sessions of the fork, and know that something may be done', () => {
    const story = goal();
    story.when(plan(['a'], ['b'], ['c', ['b']]));
    const [a] = ['a'].map((id) => childOf(story, id));
    story.when(ends(story, 'b'));
    const decisions = story.when(forked('s-2'));
    expect(decisions.map(({ data }) => (data as { step_id: string }).step_id)).toEqual(['a', 'c']);
    expect(childOf(story, 'a')).not.toBe(a);
    expect(story.turn.goal!.steps[0]).toMatchObject({ reason: 'interrupted', attempt: 1 });
  });

  test('share in a fork what its turn has left, and nothing with its source', () => {
    const limits = { calls: 10, tokens: 1000, cost_micro_usd: 500, wall_ms: MINUTE };
    const scopes = ['day', 'tree:s-1', 'goal:s-1.1'].map((scope) => ({ scope, limits }));
    const story = goal({ rules: { goal: GOAL, shared_scopes: scopes } });
    story.when(reserved([{ scope: 'tree_wall', limit: MINUTE, used: 0, reserved: MINUTE }]));
    story.when(plan(['a'], ['b']));
    story.when(ends(story, 'b', { usage: { input: 300, output: 50, cached: 0, reasoning: 0 }, cost_micro_usd: 70, model_calls: 4, active_ms: 5000 })); // prettier-ignore
    const { tokens, cost_micro_usd, model_calls } = story.turn;
    const left = { calls: 10 - model_calls, tokens: 1000 - tokens, cost_micro_usd: 500 - cost_micro_usd };
    story.when(forked('s-2'));
    expect(story.turn.manifest.rules.shared_scopes).toEqual([
      { scope: 'day', limits },
      { scope: 'tree:s-2', limits: { ...left, wall_ms: MINUTE - 5000 } },
      { scope: 'goal:s-2.1', limits: { ...left, wall_ms: MINUTE - 5000 } },
    ]);
    expect(story.turn).not.toHaveProperty('wall_grant');
    expect(story.state.session).toMatchObject({ id: 's-2', tree: 's-2' });
  });

  test('are not those of a fork that goes on with a try of one: it has the limits of its turn', () => {
    const scopes = ['day', 'tree:s-0', 'goal:s-0.1'].map((scope) => ({ scope, limits: { calls: 10 } }));
    const story = given(created(), message('e1'), started({ rules: { shared_scopes: scopes } }), forked('s-2'));
    expect(story.turn.manifest.rules.shared_scopes).toEqual([{ scope: 'day', limits: { calls: 10 } }]);
    expect(story.state.session).not.toHaveProperty('tree');
  });

  test('taint comes back with a result', () => {
    const story = goal();
    story.when(plan(['a'], ['b']));
    story.when(ends(story, 'a', { taint: ['web'] }));
    expect(story.state.taint).toEqual(['web']);
  });
});

describe('the limits of a goal', () => {
  test('K-75, A-109: its time ends it: what is left is what a step gets, and what runs at the same time counts once', () => {
    const story = goal({ limits: { wall_ms: 4 * MINUTE } });
    const decisions = story.when(plan(['a'], ['b'], ['c', ['a', 'b']], ['d', ['c']]));
    expect(decisions[1]).toMatchObject({ data: { budget: { wall_ms: 4 * MINUTE } } });
    story.when(ends(story, 'a', { active_ms: 3 * MINUTE }));
    expect(story.turn.goal!.steps_ms).toBe(3 * MINUTE);
    const [c] = story.when(ends(story, 'b', { active_ms: 2 * MINUTE }));
    expect(story.turn.goal!.steps_ms).toBe(3 * MINUTE);
    expect(c).toMatchObject({ data: { step_id: 'c', budget: { wall_ms: MINUTE } } });
    expect(story.when(ends(story, 'c', { active_ms: MINUTE }))).toMatchObject([
      { type: 'turn.reflected', data: { signal: 'stop', reason: 'timeout', think: 0 } },
      { type: 'reply.made' },
      ended('timeout', { code: 'timeout' }),
    ]);
  });

  test('what sessions share of time is lent to each by itself: that of its steps counts for none of it', () => {
    const scopes = [{ scope: 'day', limits: { wall_ms: 10 * MINUTE } }];
    const story = given(created(), message('e1', { goal: true }), started({ rules: { goal: GOAL, shared_scopes: scopes } })); // prettier-ignore
    story.when(reserved([{ scope: 'day_wall', limit: 10 * MINUTE, used: 0, reserved: MINUTE }]));
    story.when(plan(['a'], ['b', ['a']]));
    const [b] = story.when(ends(story, 'a', { active_ms: 3 * MINUTE }));
    expect(b).toMatchObject({ type: 'child.started', data: { budget: { wall_ms: 5 * MINUTE } } });
    expect(story.turn.active_ms).toBe(0);
  });

  test('waiting for steps takes no time of its own', () => {
    const story = goal();
    story.when(plan(['a'], ['b']));
    story.when(later(30 * MINUTE, ends(story, 'a', { active_ms: 10 })));
    expect(story.turn.goal!.steps_ms).toBe(10);
  });

  test('what steps used counts for it, and a step gets no more than is left', () => {
    const story = goal({ limits: { tokens: 20_000 } });
    story.when(plan(['a'], ['b', ['a']]));
    const usage = { input: 4000, output: 1000, cached: 0, reasoning: 0 };
    const [b] = story.when(ends(story, 'a', { usage }));
    expect(b).toMatchObject({ data: { step_id: 'b', budget: { tokens: 20_000 - 5000 - 120 } } });
  });
});

describe('a step whose limits are what was left of others', () => {
  const rules = { goal: { ...GOAL, step_limits: { ...GOAL.step_limits, tokens: 50_000, model_calls: 5 } } };

  test('is told of which', () => {
    const story = goal({ limits: { tokens: 20_000, model_calls: 9 }, rules: { ...rules, session_calls: 4 } });
    const [, a] = story.when(plan(['a'], ['b']));
    const { tokens, model_calls, left_of } = (a!.data as { budget: Limits }).budget;
    expect({ model_calls, left_of }).toEqual({
      model_calls: 3,
      left_of: { tokens: 'goal', calls: 'session' },
    });
    expect(tokens).toBeLessThan(20_000);
  });

  test('names the key that is to be raised', () => {
    const limits = { tokens: 100, left_of: { tokens: 'goal', wall: 'goal' } } as const;
    const refused = given(created(), message('e1'));
    expect(refused.when(started({ limits })).at(-1)).toMatchObject({
      data: {
        code: 'goal_tokens',
        message: expect.stringMatching(
          /what was left of the goal's token limit.*Raise budget\.goal\.tokens to go on/,
        ) as string,
      },
    });
    const late = given(created(), message('e1'), started({ limits: { wall_ms: MINUTE, left_of: limits.left_of } }));
    late.when(later(MINUTE, timerFired('w1')));
    expect(late.when(modelFailed('aborted')).at(-1)).toMatchObject({
      data: {
        code: 'timeout',
        message: "All 60 s that were left of the goal's active time are used. Raise budget.goal.wall to go on.",
      },
    });
  });
});

test('a session and its children that have no time left are told to raise that of the session', () => {
  const scopes = [{ scope: 'tree:s-1', limits: { wall_ms: MINUTE } }];
  const story = given(created(), message('e1'), started({ rules: { shared_scopes: scopes } }));
  story.when(reserved([{ scope: 'tree_wall', limit: MINUTE, used: 0, reserved: MINUTE }]));
  story.when(later(MINUTE, timerFired('w1')));
  expect(story.when(modelFailed('aborted')).at(-1)).toMatchObject({
    data: {
      message:
        'The limit of active time of the session and its children is reached. Raise budget.session.wall to go on.',
    },
  });
});

describe('a check', () => {
  const checked = (inputs: Inputs = {}): Story =>
    given(created(), message('e1', { check: 'npm test' }), started({ policy: { allow: ['exec_command'], require_approval: [] }, ...inputs })); // prettier-ignore
  const asked = { type: 'check.requested', data: { call_id: 'v1.1', tool: 'exec_command', arguments_raw: '{"cmd":"npm test"}' } }; // prettier-ignore

  test('is a call like any other, made when the turn would end', () => {
    const story = checked();
    expect(story.when(replied({ text: 'Done.' }))).toEqual([asked]);
    expect(story.open()).toMatchObject([{ kind: 'inspect', call_id: 'v1.1' }, { kind: 'timer' }]);
    expect(story.when(inspected('v1.1'))).toEqual([
      decided('v1.1', 'exec_command', 'exec', 'allow', { rule: 'allow:exec_command' }),
      callStarted('v1.1', 'exec_command'),
    ]);
    expect(story.when(finished('v1.1', { exit_code: 0 }))).toEqual([
      reflected('stop', 'answered', { evidence: ['v1.1'] }),
      replyMade({ call_id: 'm1.1' }),
      turnEnded('success', { tool_calls: 1 }),
    ]);
    expect(story.history.map(({ role }) => role)).toEqual(['user', 'assistant']);
  });

  test('K-71: that does not pass ends the turn as not valid; what it gave stands in the history', () => {
    const story = checked();
    story.when(replied({ text: 'Done.' }), inspected('v1.1'));
    const end = story.when(finished('v1.1', { exit_code: 1, output: '3 tests failed' }));
    expect(end).toMatchObject([
      reflected('stop', 'check_failed', { evidence: ['v1.1'] }),
      { type: 'reply.made' },
      ended('validation_failed', { code: 'check_failed', tool_calls: 1 }),
    ]);
    expect(story.history.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(JSON.stringify(story.history[2])).toContain('3 tests failed');
  });

  test.each([
    ['a signal ended it', finished('v1.1', { signal: 'SIGKILL' })],
    ['it took too long', finished('v1.1', { outcome: 'timeout' })],
    ['nobody knows how it ended', finished('v1.1', { outcome: 'unknown' })],
  ])('does not pass when %s', (_, gone) => {
    const story = checked();
    story.when(replied({ text: 'Done.' }), inspected('v1.1'));
    expect(story.when(gone).at(-1)).toMatchObject(ended('validation_failed', { tool_calls: 1 }));
  });

  test('K-69, K-70: is judged by policy: denied it does not run, and asks where commands ask', () => {
    const denied = checked({ policy: { deny: ['exec_command'], require_approval: [] } });
    denied.when(replied({ text: 'Done.' }));
    expect(denied.when(inspected('v1.1'))).toMatchObject([
      { type: 'policy.decided', data: { verdict: 'deny' } },
      refused('v1.1', 'denied'),
      { type: 'turn.reflected' },
      { type: 'reply.made' },
      ended('validation_failed'),
    ]);
    const asks = checked({ policy: {} });
    asks.when(replied({ text: 'Done.' }));
    expect(asks.when(inspected('v1.1'))[1]).toMatchObject({ type: 'approval.requested' });
  });

  test('K-68: a stop cancels it, and nothing comes after it', () => {
    const story = checked();
    story.when(replied({ text: 'Done.' }), inspected('v1.1'));
    expect(story.when(stop('e1'))).toEqual([]);
    expect(story.open()).toMatchObject([{ kind: 'run_tool', call_id: 'v1.1', cancel: true }]);
    expect(story.when(finished('v1.1', { outcome: 'canceled' })).at(-1)).toMatchObject(ended('canceled'));
    expect(story.open()).toEqual([]);
  });

  test('that was cut is not run a second time unseen', () => {
    const story = checked();
    story.when(replied({ text: 'Done.' }), inspected('v1.1'));
    expect(story.when(opened())).toMatchObject([
      abandoned('v1.1'),
      { type: 'turn.reflected' },
      { type: 'reply.made' },
      ended('validation_failed', { tool_calls: 1 }),
    ]);
  });

  test('of a single step is made by the turn that does it', () => {
    const story = goal({ policy: { allow: ['exec_command'], require_approval: [] } });
    story.when(plan(['a', [], 'make check']));
    expect(story.when(replied({ text: 'Done.' }))).toMatchObject([
      { type: 'check.requested', data: { arguments_raw: '{"cmd":"make check"}' } },
    ]);
  });

  test('of the person is not replaced by one that the plan names', () => {
    const story = goal({ policy: { allow: ['exec_command'], require_approval: [] } }, { check: 'npm test' });
    story.when(plan(['a', [], 'true']));
    expect(story.when(replied({ text: 'Done.' }))).toEqual([asked]);
  });

  test('is made although the model has made the same call as often as it may', () => {
    const story = checked();
    for (const round of [1, 2, 3]) {
      const call = `c1.${round}.1`;
      story.when(replied({ calls: [['exec_command', '{"cmd":"npm test"}']] }), inspected(call));
      story.when(finished(call, { exit_code: 0, output: 'the same' }));
    }
    expect(story.when(replied({ text: 'Done.' }))).toEqual([asked]);
    expect(story.when(inspected('v1.1')).at(-1)).toMatchObject({ type: 'call.started', data: { call_id: 'v1.1' } });
  });

  test('is not made of a turn that is no answer', () => {
    const story = checked();
    expect(story.when(replied({ text: 'No.', stop_reason: 'refused' })).at(-1)).toMatchObject(ended('failed'));
  });
});

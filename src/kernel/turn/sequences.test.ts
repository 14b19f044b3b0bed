// The two worked sequences of the contract, entry by entry.
import { expect, test } from 'vitest';
import {
  abandoned, approvalRequested, callStarted, decided, planMade, reflected, replyMade, requested, turnEnded,
} from '../testing/expected.ts'; // prettier-ignore
import { created, finished, granted, inspected, message, opened, replied, started } from '../testing/observations.ts';
import { given, START_AT } from '../testing/story.ts';
import { HOUR } from '../testing/values.ts';

test('a plain turn is one model call and these entries', () => {
  const story = given(created(), message('e1'));
  expect(story.open()).toEqual([{ kind: 'freeze', key: 'freeze:1', turn: 1, minimal: false }]);

  expect(story.when(started())).toEqual([planMade(), requested('m1.1', { message_count: 1 })]);
  expect(story.open()).toEqual([
    { kind: 'ask_model', key: 'ask_model:m1.1.1', call_id: 'm1.1', attempt: 1, cancel: false },
    { kind: 'timer', key: 'timer:w1', id: 'w1', due_at: START_AT + 600_000, of: 'wall' },
  ]);

  expect(story.when(replied({ text: 'Hello.' }))).toEqual([
    reflected('stop', 'answered'),
    replyMade({ call_id: 'm1.1' }),
    turnEnded('success', { usage: { input: 100, output: 20, cached: 0, reasoning: 0 } }),
  ]);
  expect(story.open()).toEqual([]);
  expect(story.state.turn).toBeNull();
  expect(story.entries.map((entry) => entry.type)).toEqual([
    'session.created', 'input.received', 'turn.started', 'plan.made', 'model.requested', 'model.replied',
    'turn.reflected', 'reply.made', 'turn.ended',
  ]); // prettier-ignore
});

test('a guarded command, killed while it waits and again while it runs, is never repeated silently', () => {
  const story = given(created(), message('e1'), started());
  expect(story.when(replied({ calls: [['exec_command', '{"cmd":"make"}']] }))).toEqual([]);
  expect(story.open()).toMatchObject([{ kind: 'inspect', call_id: 'c1.1.1' }, { id: 'w1' }]);

  expect(story.when(inspected('c1.1.1'))).toEqual([
    decided('c1.1.1', 'exec_command', 'exec', 'require_approval', { rule: 'ask:exec_command' }),
    approvalRequested('c1.1.1', START_AT + HOUR),
  ]);
  const approval_id = story.turn.calls[0]!.approval!.approval_id;
  const waiting = [
    { kind: 'timer', key: `timer:${approval_id}`, id: approval_id, due_at: START_AT + HOUR, of: 'approval' },
  ];
  expect(story.open()).toEqual(waiting);

  // Killed while it waits: another policy makes an opening due, else there would be none. It waits on.
  expect(story.when(opened())).toEqual([]);
  expect(story.open()).toEqual(waiting);

  expect(story.when(granted('c1.1.1'))).toEqual([callStarted('c1.1.1', 'exec_command', { approval_id })]);
  expect(story.open()).toMatchObject([
    { kind: 'run_tool', key: 'run_tool:c1.1.1.1', call_id: 'c1.1.1', attempt: 1, guarded: true, cancel: false },
    { id: 'w1' },
  ]);

  // Killed while it runs.
  expect(story.when(opened())).toEqual([
    abandoned('c1.1.1'),
    reflected('continue', 'results', { evidence: ['c1.1.1'] }),
    requested('m1.2', { message_count: 3 }),
  ]);
  expect(story.history.at(-1)).toMatchObject({ role: 'tool', call_id: 'c1.1.1', status: 'unknown' });

  // The model repeats it: a new call, inspected, asked and approved anew, and the approver is told.
  expect(story.when(replied({ calls: [['exec_command', '{"cmd":"make"}']] }), inspected('c1.2.1'))).toEqual([
    decided('c1.2.1', 'exec_command', 'exec', 'require_approval', {
      rule: '',
      rules: [
        { id: 'fact:may_repeat', verdict: 'require_approval' },
        { id: 'ask:exec_command', verdict: 'require_approval' },
      ],
    }),
    approvalRequested('c1.2.1', START_AT + HOUR, { may_repeat_of: 'c1.1.1' }),
  ]);
  const again = story.turn.calls[0]!.approval!.approval_id;
  expect(again).not.toBe(approval_id);
  expect(story.when(granted('c1.2.1'))).toEqual([callStarted('c1.2.1', 'exec_command', { approval_id: again })]);
  expect(story.when(finished('c1.2.1'), replied({ text: 'Built.' }))).toEqual([
    reflected('stop', 'answered', { think: 3, evidence: ['m1.3'] }),
    replyMade({ call_id: 'm1.3' }),
    turnEnded('success', { model_calls: 3, tool_calls: 2 }),
  ]);
  expect(story.state.unknowns).toEqual([]);
});

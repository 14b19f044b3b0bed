import { describe, expect, test } from 'vitest';
import { childFinished, created, finished, granted, inspected, message, modelFailed, opened, replied, started, stop, type Step } from '../../kernel/testing/observations.ts'; // prettier-ignore
import { given, START_AT, type Story } from '../../kernel/testing/story.ts';
import { GOAL, HOUR, policyOf, type Inputs } from '../../kernel/testing/values.ts';
import { fatesOf, type Fate } from './fates.ts';

const free: Inputs = { policy: { require_approval: [], allow: ['exec_command', 'apply_patch'] } };

function fates(story: Story, over: { epoch?: number; policy?: object } = {}): Fate[] {
  const policy = policyOf({ ...free.policy, ...over.policy });
  return fatesOf(story.state, { policy, epoch: over.epoch ?? 1, now: START_AT });
}

const turn: Step[] = [created(), message('e1'), started(free)];

/** A call of this tool that was running when everything stopped. */
const running = (...names: string[]): Story => {
  const story = given(...turn, replied({ calls: names.map((name) => [name]) }));
  story.when(...names.map((_, index) => inspected(`c1.1.${index + 1}`)));
  return story;
};

describe('what was running', () => {
  test('a model call is asked again', () => {
    expect(fates(given(...turn))).toEqual([{ what: 'model', call_id: 'm1.1', attempt: 2, fate: 'asked_again' }]);
  });

  test('an inspection is made again', () => {
    const story = given(...turn, replied({ calls: [['read_file']] }));
    expect(fates(story)).toEqual([{ what: 'call', call_id: 'c1.1.1', tool: 'read_file', fate: 'inspected' }]);
  });

  test.each([
    ['read_file', { fate: 'runs_again', attempt: 2 }],
    ['apply_patch', { fate: 'rolled_forward', attempt: 2, files: [] }],
    ['exec_command', { fate: 'unknown', attempt: 1 }],
  ])('%s', (tool, expected) => {
    expect(fates(running(tool))).toEqual([{ what: 'call', call_id: 'c1.1.1', tool, ...expected }]);
  });

  test('of a group each call goes its own way', () => {
    const story = running('read_file', 'list_files');
    story.when(finished('c1.1.2'));
    expect(fates(story)).toEqual([
      { what: 'call', call_id: 'c1.1.1', tool: 'read_file', fate: 'runs_again', attempt: 2 },
    ]);
  });

  test('a third opening gives the turn up', () => {
    const story = running('read_file');
    story.when(opened(), opened());
    expect(fates(story)).toMatchObject([
      { call_id: 'c1.1.1', fate: 'unknown', attempt: 3 },
      { what: 'turn', turn: 1, fate: 'ends', reason: 'interrupted', code: 'quarantined' },
    ]);
  });

  test('a turn that was being stopped ends', () => {
    const story = running('read_file');
    story.when(stop('e1'));
    expect(fates(story)).toMatchObject([{ fate: 'unknown' }, { what: 'turn', reason: 'canceled' }]);
  });
});

describe('what waited', () => {
  const asked = (): Story => {
    const story = given(created(), message('e1'), started(), replied({ calls: [['exec_command']] }));
    story.when(inspected('c1.1.1'));
    return story;
  };

  test('for a person still waits', () => {
    const story = asked();
    const { approval_id } = story.turn.calls[0]!.approval!;
    const waits = { what: 'call', call_id: 'c1.1.1', tool: 'exec_command', fate: 'waits' };
    expect(fates(story, { policy: { require_approval: ['exec_command', 'apply_patch'], allow: [] } })).toEqual([
      { ...waits, approval_id, until: START_AT + HOUR },
    ]);
  });

  test('for a person is void in a store that was restored', () => {
    expect(fates(asked(), { epoch: 2 })).toMatchObject([{ call_id: 'c1.1.1', fate: 'not_run', why: 'void' }]);
  });

  test('for a person is denied by a policy that came since', () => {
    const [fate] = fates(asked(), { policy: { deny: ['exec_command'] } });
    expect(fate).toMatchObject({ call_id: 'c1.1.1', fate: 'not_run', why: 'denied' });
  });

  test('for a retry still waits', () => {
    const story = given(...turn, modelFailed('network'));
    expect(fates(story)).toEqual([
      { what: 'model', call_id: 'm1.1', attempt: 2, fate: 'waits', until: story.turn.ask.retry_at },
    ]);
  });

  test('for its start, granted while nobody was there', () => {
    const story = asked();
    story.whenAlone(granted('c1.1.1'));
    expect(fates(story, { policy: { require_approval: ['exec_command', 'apply_patch'], allow: [] } })).toEqual([
      { what: 'call', call_id: 'c1.1.1', tool: 'exec_command', fate: 'runs', attempt: 1 },
    ]);
  });

  test('a message begins, behind the open turn', () => {
    expect(fates(given(created(), message('e1')))).toEqual([{ what: 'message', event_id: 'e1', fate: 'begins' }]);
    expect(fates(given(...turn, message('e2')))).toMatchObject([
      { what: 'model' },
      { what: 'message', event_id: 'e2' },
    ]);
  });
});

test('steps of a goal: one that ran goes on, one that failed is tried again in its time, the next ones begin', () => {
  const steps = ['a', 'b', 'c'].map((id) => ({ id, title: `T ${id}`, task: id, depends_on: id === 'c' ? ['b'] : [] }));
  const story = given(created(), message('e1', { goal: true }), started({ ...free, rules: { goal: GOAL } }));
  story.when(replied({ text: JSON.stringify({ steps }) }));
  const sessionOf = (id: string): string => story.turn.goal!.steps.find((step) => step.id === id)!.session_id!;
  const goesOn = (id: string) => ({ what: 'step', title: `T ${id}`, attempt: 1, fate: 'goes_on', session_id: sessionOf(id) }); // prettier-ignore
  expect(fates(story)).toEqual([goesOn('a'), goesOn('b')]);
  story.when(childFinished(sessionOf('a'), { reason: 'failed' }));
  const until = story.turn.goal!.steps[0]!.retry_at;
  expect(fates(story)).toEqual([{ what: 'step', title: 'T a', attempt: 2, fate: 'waits', until }, goesOn('b')]);
  story.whenAlone(childFinished(sessionOf('b')));
  expect(fates(story)).toMatchObject([
    { title: 'T a', fate: 'waits' },
    { title: 'T c', attempt: 1, fate: 'begins' },
  ]);
});

test('where nothing was left there is nothing', () => {
  expect(fates(given(...turn, replied({ text: 'Hi' })))).toEqual([]);
});

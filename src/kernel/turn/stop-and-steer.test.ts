import { describe, expect, test } from 'vitest';
import { abandoned, reflected, refused, requested, turnEnded } from '../testing/expected.ts';
import { created, finished, granted, inspected, later, message, modelFailed, opened, replied, reserved, started, steer, stop, timerFired } from '../testing/observations.ts'; // prettier-ignore
import { given, type Story } from '../testing/story.ts';
import { DAY, pathFact, type Inputs } from '../testing/values.ts';

function asking(inputs: Inputs = {}): Story {
  return given(created(), message('e1'), started(inputs));
}

const queued = (story: Story): string[] => story.state.queue.map((item) => item.event_id);

describe('a stop', () => {
  test('cancels the model call, waits for it, and ends the turn `canceled` without a reply', () => {
    const story = asking();
    expect(story.when(stop('e1'))).toEqual([]);
    expect(story.open()).toEqual([
      { kind: 'ask_model', key: 'ask_model:m1.1.1', call_id: 'm1.1', attempt: 1, cancel: true },
    ]);
    expect(story.when(modelFailed('aborted'))).toEqual([turnEnded('canceled')]);
  });

  test('A-10, A-131: that crosses with the answer ends the turn as well; no call of that answer runs', () => {
    const story = asking();
    story.when(stop('e1'));
    expect(story.when(replied({ calls: [['read_file'], ['no_such_tool']] }))).toEqual([
      refused('c1.1.1', 'canceled'),
      refused('c1.1.2', 'canceled'),
      turnEnded('canceled'),
    ]);
    expect(story.history.map((content) => content.role)).toEqual(['user', 'assistant', 'tool', 'tool']);
  });

  test('cancels a running tool and waits for it; what has not started is refused at once', () => {
    const story = asking();
    story.when(replied({ calls: [['read_file'], ['read_file'], ['exec_command']] }));
    story.when(inspected('c1.1.1'), inspected('c1.1.2'), finished('c1.1.2'));
    expect(story.when(stop('e1'))).toEqual([refused('c1.1.3', 'canceled')]);
    expect(story.open()).toMatchObject([{ kind: 'run_tool', call_id: 'c1.1.1', cancel: true }]);
    expect(story.when(finished('c1.1.1', { outcome: 'canceled' }))).toEqual([turnEnded('canceled', { tool_calls: 2 })]);
    expect(story.history.filter((content) => content.role === 'tool').map((content) => content.call_id)).toEqual([
      'c1.1.1', 'c1.1.2', 'c1.1.3',
    ]); // prettier-ignore
  });

  test('ends a wait for a person, for a retry and for an inspection at once', () => {
    const asked = asking();
    asked.when(replied({ calls: [['exec_command']] }), inspected('c1.1.1'));
    expect(asked.when(stop('e1'))).toEqual([refused('c1.1.1', 'canceled'), turnEnded('canceled')]);

    const retrying = asking();
    retrying.when(modelFailed('network'));
    expect(retrying.when(stop('e1'))).toEqual([turnEnded('canceled')]);

    const inspecting = asking();
    inspecting.when(replied({ calls: [['read_file']] }));
    expect(inspecting.when(stop('e1'))).toEqual([refused('c1.1.1', 'canceled'), turnEnded('canceled')]);
  });

  test('never cancels a reservation: it is waited for, then the model call is answered as aborted', () => {
    const story = asking({ rules: { shared_scopes: [DAY] } });
    expect(story.when(stop('e1'))).toEqual([]);
    expect(story.open()).toEqual([{ kind: 'reserve', key: 'reserve:m1.1.1', call_id: 'm1.1', attempt: 1 }]);
    expect(story.when(reserved())).toEqual([]);
    expect(story.open()).toMatchObject([{ kind: 'ask_model', cancel: true }]);
    expect(story.when(modelFailed('aborted'))).toEqual([turnEnded('canceled')]);
  });

  test('of a queued message: its turn starts and ends `canceled` with no model call', () => {
    const story = asking();
    story.when(message('e2'), message('e3'), stop('e2'), replied({ text: 'Hi' }));
    expect(story.when(started())).toEqual([turnEnded('canceled', { turn: 2, event_ids: ['e2'], model_calls: 0 })]);
    expect(story.when(started()).at(-1)).toEqual(requested('m3.1'));
  });

  test('of a steer that the turn has taken stops the turn', () => {
    const story = asking();
    story.when(steer('e2'), replied({ text: 'Hi' }), stop('e2'));
    expect(story.when(modelFailed('aborted'))).toEqual([
      turnEnded('canceled', { event_ids: ['e1', 'e2'], model_calls: 2 }),
    ]);
  });

  test('of a steer that still waits stops the turn, and that steer does not come back as a message to answer', () => {
    const story = asking();
    story.when(steer('e2'), steer('e3'), stop('e2'), modelFailed('aborted'));
    expect(queued(story)).toEqual(['e2', 'e3']);
    expect(story.when(started())).toEqual([turnEnded('canceled', { turn: 2, event_ids: ['e2'], model_calls: 0 })]);
    expect(story.when(started()).at(-1)).toEqual(requested('m3.1'));
  });

  test('of what is neither open nor queued is only recorded', () => {
    const story = asking();
    expect(story.when(stop('e9'))).toEqual([]);
    expect(story.turn.cut).toBeNull();
    expect(given(created()).when(stop('e1'))).toEqual([]);
  });

  test('names its message, and only a stop does', () => {
    const story = asking();
    expect(story.refuses(message('x', { mode: 'stop' }))).toBe(true);
    expect(story.refuses(message('x', { for: 'e1' }))).toBe(true);
  });

  test('after a time-out wins over it', () => {
    const story = asking();
    story.when(later(600_000, timerFired('w1')), stop('e1'));
    expect(story.when(modelFailed('aborted'))).toEqual([turnEnded('canceled')]);
  });

  test('lets a guarded call that was cut off be abandoned before the turn ends', () => {
    const story = asking();
    story.when(replied({ calls: [['exec_command']] }), inspected('c1.1.1'), granted('c1.1.1'), stop('e1'));
    expect(story.when(opened())).toEqual([abandoned('c1.1.1'), turnEnded('canceled', { tool_calls: 1 })]);
    expect(story.state.unknowns).toMatchObject([{ call_id: 'c1.1.1' }]);
  });
});

describe('a steer', () => {
  test('with no turn running is a message', () => {
    const story = given(created(), steer('e1'));
    expect(queued(story)).toEqual(['e1']);
    expect(story.when(started()).at(-1)).toEqual(requested('m1.1'));
  });

  test('is taken at the next reflection, after the results', () => {
    const story = asking();
    story.when(replied({ calls: [['read_file']] }), inspected('c1.1.1'), steer('e2'));
    expect(story.when(finished('c1.1.1'))).toEqual([
      reflected('continue', 'results', { evidence: ['c1.1.1'] }),
      requested('m1.2', { message_count: 4 }),
    ]);
    expect(story.history.map((content) => content.role)).toEqual(['user', 'assistant', 'tool', 'user']);
    expect(story.when(replied({ text: 'Hi' })).at(-1)).toMatchObject({ data: { event_ids: ['e1', 'e2'] } });
  });

  test('does not disturb a model call, a retry wait or a person', () => {
    const story = asking();
    const before = story.open();
    expect(story.when(steer('e2'))).toEqual([]);
    expect(story.open()).toEqual(before);
  });

  test('that the turn did not take goes into the queue at its place of arrival', () => {
    const story = asking();
    story.when(message('e2'), steer('e3'), message('e4'), modelFailed('auth'));
    expect(queued(story)).toEqual(['e2', 'e3', 'e4']);
    expect(story.when(started())).toMatchObject([{ type: 'plan.made' }, { type: 'model.requested' }]);
    expect(story.turn.event_ids).toEqual(['e2']);
  });
});

describe('messages', () => {
  test('each get a turn of their own, in order of arrival', () => {
    const story = given(created(), message('e1'), message('e2'), started());
    expect(story.turn.event_ids).toEqual(['e1']);
    story.when(message('e3'), replied({ text: 'Hi' }), started());
    expect(story.turn.event_ids).toEqual(['e2']);
    expect(queued(story)).toEqual(['e3']);
  });

  test('are admitted once while they are queued or in the open turn; later the runner sees to it', () => {
    const story = given(created(), message('e1'), started(), message('e2'), steer('e3'));
    for (const id of ['e1', 'e2', 'e3']) expect(story.refuses(message(id))).toBe(true);
    story.when(replied({ text: 'Hi' }), replied({ text: 'Ho' }));
    expect(story.refuses(message('e1'))).toBe(false);
    expect(story.refuses(message('e2'))).toBe(true);
  });

  test('bring their taint into the context when their turn takes them', () => {
    const story = given(created(), message('e1', { taint: ['mail'] }));
    expect(story.state.taint).toEqual([]);
    story.when(started(), message('e2', { mode: 'steer', taint: ['web', 'mail'] }), replied({ text: 'Hi' }));
    expect(story.state.taint).toEqual(['mail', 'web']);
    story.when(replied({ calls: [['read_file']] }));
    const [decision] = story.when(inspected('c1.2.1', { facts: { paths: [pathFact('a')] } }));
    expect(decision).toMatchObject({ data: { taint: ['mail', 'web'] } });
  });
});

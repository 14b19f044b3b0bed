import { describe, expect, test } from 'vitest';
import { reflected, refused, replyMade, requested, someText, turnEnded } from '../testing/expected.ts';
import { created, denied, finished, inspected, message, replied, started, steer, type Answer, type Step } from '../testing/observations.ts'; // prettier-ignore
import { given, type Story } from '../testing/story.ts';
import type { Inputs } from '../testing/values.ts';

function asking(inputs: Inputs = {}): Story {
  return given(created(), message('e1'), started(inputs));
}

/** A round in which the model calls one tool, which says `output`. */
function round(think: number, output = 'same', call: [string, string] = ['read_file', '{"path":"a"}']): Step[] {
  const call_id = `c1.${think}.1`;
  return [replied({ calls: [call] }), inspected(call_id), finished(call_id, { output })];
}

describe('a reply without calls', () => {
  test('that says something ends the turn with success', () => {
    expect(
      asking()
        .when(replied({ text: 'Hi' }))
        .at(-1),
    ).toEqual(turnEnded('success'));
  });

  test.each<[string, Answer, string]>([
    ['empty', {}, 'empty_reply'],
    ['only white space', { text: ' \n\t' }, 'empty_reply'],
    ['cut by length', { text: 'It was a', stop_reason: 'length' }, 'cut_by_length'],
    ['that announces calls but has none', { stop_reason: 'tool_calls' }, 'empty_reply'],
  ])('%s: asked again once, without it in the history, then failed', (_, answer, reason) => {
    const story = asking();
    expect(story.when(replied(answer))).toEqual([reflected('retry', reason), requested('m1.2', { message_count: 2 })]);
    expect(story.history).toEqual([
      { role: 'user', parts: [{ type: 'text', text: 'e1' }] },
      { role: 'note', text: someText },
    ]);
    expect(story.when(replied(answer))).toEqual([
      reflected('stop', reason, { think: 2, evidence: ['m1.2'] }),
      replyMade({}),
      turnEnded('failed', { code: reason, message: someText, model_calls: 2 }),
    ]);
    expect(story.history).toHaveLength(2);
  });

  test('may be empty again after a round that was not: once in a row', () => {
    const story = asking();
    story.when(replied({}), ...round(2));
    expect(story.when(replied({}))[0]).toEqual(reflected('retry', 'empty_reply', { think: 3, evidence: ['m1.3'] }));
  });

  test('that refuses ends the turn failed, with the model’s own words', () => {
    expect(asking().when(replied({ text: 'I will not.', stop_reason: 'refused' }))).toEqual([
      reflected('stop', 'refused'),
      replyMade({ call_id: 'm1.1' }),
      turnEnded('failed', { code: 'refused', message: 'The model refused to answer.' }),
    ]);
  });

  test('that refuses without words is told in ours', () => {
    expect(asking().when(replied({ stop_reason: 'refused' }))[1]).toEqual(
      replyMade({ said: 'The model refused to answer.' }),
    );
  });

  test('goes on where a steer waits', () => {
    const story = asking();
    story.when(steer('e2'));
    expect(story.when(replied({ text: 'Hi' }))).toEqual([
      reflected('continue', 'steer'),
      requested('m1.2', { message_count: 3 }),
    ]);
    expect(story.when(replied({ text: 'Ho' })).at(-1)).toEqual(
      turnEnded('success', { event_ids: ['e1', 'e2'], model_calls: 2 }),
    );
  });
});

describe('denied', () => {
  const inputs: Inputs = { policy: { deny: ['read_file'] } };
  const call = replied({ calls: [['read_file']] });

  test('in all calls of two thinks in a row → the turn ends denied', () => {
    const story = asking(inputs);
    story.when(call);
    expect(story.when(inspected('c1.1.1')).slice(1)).toEqual([
      refused('c1.1.1', 'denied'),
      reflected('continue', 'results', { evidence: ['c1.1.1'] }),
      requested('m1.2', { message_count: 3 }),
    ]);
    story.when(call);
    expect(story.when(inspected('c1.2.1')).slice(1)).toEqual([
      refused('c1.2.1', 'denied'),
      reflected('stop', 'denied', { think: 2, evidence: ['c1.2.1'] }),
      replyMade({}),
      turnEnded('denied', { code: 'denied', message: someText, model_calls: 2 }),
    ]);
  });

  test('by a person counts like denied by policy', () => {
    const story = asking(inputs);
    story.when(replied({ calls: [['exec_command']] }), inspected('c1.1.1'), denied('c1.1.1'), call);
    expect(story.when(inspected('c1.2.1')).at(-1)).toMatchObject({ data: { reason: 'denied' } });
  });

  test('not in all calls, or not in a row → the turn goes on', () => {
    const mixed = asking(inputs);
    mixed.when(replied({ calls: [['read_file'], ['list_files']] }), inspected('c1.1.1'), inspected('c1.1.2'));
    mixed.when(finished('c1.1.2'), call);
    expect(mixed.when(inspected('c1.2.1')).at(-1)).toMatchObject({ type: 'model.requested' });

    const parted = asking(inputs);
    parted.when(call, inspected('c1.1.1'), ...round(2, 'x', ['list_files', '{}']), call);
    expect(parted.when(inspected('c1.3.1')).at(-1)).toMatchObject({ type: 'model.requested' });
  });

  test('and an answer after it is a success', () => {
    const story = asking(inputs);
    story.when(call, inspected('c1.1.1'));
    expect(story.when(replied({ text: 'I may not read that.' })).at(-1)).toMatchObject({ data: { reason: 'success' } });
  });
});

describe('the last think', () => {
  test('with calls → failed, max_turns, after their results', () => {
    const story = asking({ limits: { max_turns: 2 } });
    story.when(...round(1, 'a'), ...round(2, 'b').slice(0, 2));
    expect(story.when(finished('c1.2.1'))).toEqual([
      reflected('stop', 'max_turns', { think: 2, evidence: ['c1.2.1'] }),
      replyMade({
        said: 'The turn reached its limit of 2 model replies (orchestrator.max_turns). Calls until then: read_file (2 done).',
      }),
      turnEnded('failed', { code: 'max_turns', message: someText, model_calls: 2, tool_calls: 2 }),
    ]);
    expect(story.history.map((content) => content.role)).toEqual(['user', 'assistant', 'tool', 'assistant', 'tool']);
  });

  test('with an answer → success, and a steer waits for its own turn', () => {
    const story = asking({ limits: { max_turns: 1 } });
    story.when(steer('e2'));
    expect(story.when(replied({ text: 'Hi' })).at(-1)).toEqual(turnEnded('success'));
    expect(story.state.queue.map((item) => item.event_id)).toEqual(['e2']);
  });

  test('with an empty reply is not repeated', () => {
    expect(
      asking({ limits: { max_turns: 1 } })
        .when(replied({}))
        .at(-1),
    ).toMatchObject({ data: { code: 'empty_reply' } });
  });
});

describe('the same calls with the same results', () => {
  test('three thinks in a row → replan, with a note; once more → failed, repeated', () => {
    const story = asking();
    story.when(...round(1), ...round(2), ...round(3).slice(0, 2));
    expect(story.when(finished('c1.3.1', { output: 'same' }))).toEqual([
      reflected('replan', 'repeated', { think: 3, evidence: ['c1.3.1'] }),
      requested('m1.4', { message_count: 8 }),
    ]);
    expect(story.history.at(-1)).toEqual({ role: 'note', text: someText });
    story.when(...round(4).slice(0, 2));
    expect(story.when(finished('c1.4.1', { output: 'same' }))).toEqual([
      reflected('stop', 'repeated', { think: 4, evidence: ['c1.4.1'] }),
      replyMade({}),
      turnEnded('failed', { code: 'repeated', message: someText, model_calls: 4, tool_calls: 4 }),
    ]);
  });

  test.each<[string, Step[]]>([
    ['another result', round(3, 'other')],
    ['other arguments', round(3, 'same', ['read_file', '{"path":"b"}'])],
    ['another tool', round(3, 'same', ['list_files', '{"path":"a"}'])],
  ])('are not the same with %s', (_, third) => {
    const story = asking();
    story.when(...round(1), ...round(2), ...third, ...round(4), ...round(5).slice(0, 2));
    expect(story.when(finished('c1.5.1', { output: 'same' }))[0]).toMatchObject({ data: { signal: 'continue' } });
  });

  test('are forgotten when the model tried something else', () => {
    const story = asking();
    story.when(...round(1), ...round(2), ...round(3), ...round(4, 'other'), ...round(5), ...round(6));
    story.when(...round(7).slice(0, 2));
    expect(story.when(finished('c1.7.1', { output: 'same' }))[0]).toMatchObject({ data: { signal: 'replan' } });
  });
});

test('what a failed turn tells counts only calls of tools that exist', () => {
  const story = asking({ limits: { max_turns: 1 } });
  const calls = Array.from({ length: 900 }, (_, index): [string] => [`${'x'.repeat(1000)}${index}`]);
  const told = story.when(replied({ calls }));
  expect(told.at(-2)).toEqual(
    replyMade({ said: 'The turn reached its limit of 1 model replies (orchestrator.max_turns).' }),
  );
});

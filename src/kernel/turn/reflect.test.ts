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
    story.when(round(4)[0]!);
    expect(story.when(inspected('c1.4.1'))).toEqual([
      refused('c1.4.1', 'limit'),
      reflected('stop', 'repeated', { think: 4, evidence: ['c1.4.1'] }),
      replyMade({}),
      turnEnded('failed', { code: 'repeated', message: someText, model_calls: 4, tool_calls: 3 }),
    ]);
  });

  test.each<[string, Step[]]>([
    ['another result', round(3, 'other')],
    ['other arguments', round(3, 'same', ['read_file', '{"path":"b"}'])],
    ['another tool', round(3, 'same', ['list_files', '{"path":"a"}'])],
  ])('are not the same with %s', (_, third) => {
    const story = asking();
    story.when(...round(1), ...round(2), ...third, ...round(4).slice(0, 2));
    expect(story.when(finished('c1.4.1', { output: 'same' }))[0]).toMatchObject({ data: { signal: 'continue' } });
  });

  test('are forgotten when the model got something else', () => {
    const story = asking({ policy: { require_approval: [], allow: ['exec_command'] } });
    story.when(...round(1), ...round(2), ...round(3), ...wrote(4), ...round(5), ...round(6), ...round(7).slice(0, 2));
    expect(story.when(finished('c1.7.1', { output: 'same' }))[0]).toMatchObject({ data: { signal: 'replan' } });
  });
});

/** A round in which the model runs a command, which changes who knows what. */
function wrote(think: number, cmd = 'make'): Step[] {
  const call_id = `c1.${think}.1`;
  return [replied({ calls: [['exec_command', `{"cmd":"${cmd}"}`]] }), inspected(call_id), finished(call_id)];
}

describe('a call that gave the same three times in a turn', () => {
  const free: Inputs = { policy: { require_approval: [], allow: ['exec_command'] } };
  const other = (think: number): Step[] => round(think, `${think}`, ['list_files', '{}']);

  test('is not run a fourth time, whatever came between; the model is told, then the turn ends', () => {
    const story = asking();
    story.when(...round(1), ...other(2), ...round(3), ...other(4), ...round(5), ...other(6), round(7)[0]!);
    expect(story.when(inspected('c1.7.1'))).toEqual([
      refused('c1.7.1', 'limit'),
      reflected('continue', 'results', { think: 7, evidence: ['c1.7.1'] }),
      requested('m1.8', { message_count: 15 }),
    ]);
    story.when(round(8)[0]!);
    expect(story.when(inspected('c1.8.1')).slice(0, 2)).toEqual([
      refused('c1.8.1', 'limit'),
      reflected('stop', 'repeated', { think: 8, evidence: ['c1.8.1'] }),
    ]);
  });

  test('doesn’t end a turn that does something else beside it', () => {
    const story = asking({ limits: { max_turns: 20 } });
    story.when(...round(1), ...other(2), ...round(3), ...other(4), ...round(5), ...other(6));
    for (const think of [7, 8, 9]) {
      story.when(
        replied({
          calls: [
            ['read_file', '{"path":"a"}'],
            ['list_files', `{"path":"${think}"}`],
          ],
        }),
      );
      story.when(inspected(`c1.${think}.1`), inspected(`c1.${think}.2`));
      expect(story.when(finished(`c1.${think}.2`, { output: `${think}` })).at(-1)).toMatchObject({
        type: 'model.requested',
      });
    }
  });

  test('runs when something that isn’t a read ran since: a test, edited for, is no loop', () => {
    const story = asking({ ...free, limits: { max_turns: 40 } });
    for (let think = 1; think < 16; think += 2) {
      story.when(...wrote(think, `edit ${think}`), round(think + 1)[0]!);
      expect(story.when(inspected(`c1.${think + 1}.1`)).at(-1)).toMatchObject({ type: 'call.started' });
      story.when(finished(`c1.${think + 1}.1`, { output: 'same' }));
    }
  });

  test('runs when its last result was another one', () => {
    const story = asking();
    story.when(...round(1), ...round(2), ...other(3), ...round(4, 'changed'), round(5)[0]!);
    expect(story.when(inspected('c1.5.1')).at(-1)).toMatchObject({ type: 'call.started' });
  });

  test('of a command counts as well, when nothing else ran', () => {
    const story = asking(free);
    story.when(
      ...wrote(1),
      ...wrote(2),
      ...other(3),
      ...wrote(4),
      replied({ calls: [['exec_command', '{"cmd":"make"}']] }),
    );
    expect(story.when(inspected('c1.5.1'))[0]).toEqual(refused('c1.5.1', 'limit'));
  });

  test('is counted anew in the next turn', () => {
    const story = asking();
    story.when(...round(1), ...round(2), ...round(3), replied({ text: 'Done.' }), message('e2'), started());
    story.when(replied({ calls: [['read_file', '{"path":"a"}']] }));
    expect(story.when(inspected('c2.1.1')).at(-1)).toMatchObject({ type: 'call.started' });
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

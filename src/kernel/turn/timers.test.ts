import { describe, expect, test } from 'vitest';
import { reflected, refused, replyMade, requested, someText, turnEnded } from '../testing/expected.ts';
import { created, finished, forked, granted, inspected, later, message, modelFailed, opened, replied, reserved, started, steer, timerFired, type Step } from '../testing/observations.ts'; // prettier-ignore
import { given, START_AT, type Story } from '../testing/story.ts';
import { DAY, MINUTE, pathFact, type Inputs } from '../testing/values.ts';

const limited: Inputs = { limits: { wall_ms: MINUTE } };

function asking(inputs: Inputs = limited): Story {
  return given(created(), message('e1'), started(inputs));
}

function wall(story: Story): number | undefined {
  const effect = story.open().find((one) => one.kind === 'timer' && one.of === 'wall');
  return effect?.kind === 'timer' ? effect.due_at - story.state.at : undefined;
}

/** The same answer a second later. */
const second = (step: Step): Step => later(1000, step);

describe('active time grows by the gap before an observation', () => {
  test('while a model call, a reservation, an inspection, a tool or a retry wait is open', () => {
    const story = asking({ ...limited, rules: { shared_scopes: [DAY] } });
    const active = (step: Step): number => {
      const before = story.turn.active_ms;
      story.when(step);
      return story.turn.active_ms - before;
    };
    expect(active(second(reserved()))).toBe(1000);
    expect(active(second(modelFailed('network')))).toBe(1000);
    expect(active(later(500, timerFired('rm1.1.1')))).toBe(500);
    expect(active(reserved())).toBe(0);
    expect(active(second(replied({ calls: [['read_file']] })))).toBe(1000);
    expect(active(second(inspected('c1.1.1')))).toBe(1000);
    expect(active(second(finished('c1.1.1')))).toBe(1000);
    expect(active(second(steer('e2')))).toBe(1000);
  });

  test('but not while only a person is waited for', () => {
    const story = asking();
    story.when(replied({ calls: [['exec_command']] }), inspected('c1.1.1'));
    expect(wall(story)).toBeUndefined();
    story.when(later(30 * MINUTE, granted('c1.1.1')));
    expect(story.turn.active_ms).toBe(0);
    expect(wall(story)).toBe(MINUTE);
  });

  test('and does while a person is waited for and something else still runs', () => {
    const story = asking();
    story.when(replied({ calls: [['read_file'], ['read_file']] }));
    story.when(
      inspected('c1.1.1', { facts: { paths: [pathFact('/x', { inside_root: false })] } }),
      inspected('c1.1.2'),
    );
    story.when(second(finished('c1.1.2')));
    expect(story.turn.active_ms).toBe(1000);
    story.when(second(granted('c1.1.1')));
    expect(story.turn.active_ms).toBe(1000);
  });

  test('for a retry wait only up to its due', () => {
    const story = asking();
    story.when(modelFailed('network'), later(10 * MINUTE, timerFired('rm1.1.1')));
    expect(story.turn.active_ms).toBe(500);
  });

  test('but not before an opening or a fork: nobody was there', () => {
    const story = asking();
    story.when(later(MINUTE * 60, opened()), later(MINUTE * 60, forked()));
    expect(story.turn.active_ms).toBe(0);
  });

  test('but not before the turn', () => {
    const story = given(created(), message('e1'), later(MINUTE * 60, started(limited)));
    expect(story.turn.active_ms).toBe(0);
  });
});

describe('the limit of active time', () => {
  test('has a timer while something works, due when what is left is over', () => {
    const story = asking();
    expect(wall(story)).toBe(MINUTE);
    story.when(later(20_000, steer('e2')));
    expect(wall(story)).toBe(40_000);
  });

  test('cancels what runs, waits for it, and ends the turn by way of a reflection and a reply', () => {
    const story = asking();
    story.when(replied({ calls: [['read_file'], ['exec_command']] }), inspected('c1.1.1'));
    expect(story.refuses(later(MINUTE - 1, timerFired('w1')))).toBe(true);
    expect(story.when(later(MINUTE, timerFired('w1')))).toEqual([refused('c1.1.2', 'canceled')]);
    expect(story.open()).toMatchObject([{ kind: 'run_tool', call_id: 'c1.1.1', cancel: true }]);
    const text = 'The turn reached its limit of 60 s of active time.';
    expect(story.when(finished('c1.1.1', { outcome: 'canceled' }))).toEqual([
      reflected('stop', 'timeout', { evidence: ['c1.1.1', 'c1.1.2'] }),
      replyMade({ said: `${text} Calls until then: exec_command (1 not), read_file (1 not).` }),
      turnEnded('timeout', { code: 'timeout', message: text, tool_calls: 1 }),
    ]);
    expect(story.history.map((content) => content.role)).toEqual(['user', 'assistant', 'tool', 'tool']);
  });

  test('is seen before the next model call too, should its timer not have fired', () => {
    const story = asking();
    story.when(replied({ calls: [['read_file']] }), inspected('c1.1.1'));
    expect(story.when(later(2 * MINUTE, finished('c1.1.1')))).toEqual([
      reflected('continue', 'results', { evidence: ['c1.1.1'] }),
      reflected('stop', 'timeout', { think: 2, evidence: ['m1.2'] }),
      replyMade({}),
      turnEnded('timeout', { code: 'timeout', message: someText, tool_calls: 1 }),
    ]);
  });

  test('does not strike because the machine slept through a retry wait', () => {
    const story = asking();
    story.when(modelFailed('network'));
    expect(story.open()).toMatchObject([{ id: 'rm1.1.1', due_at: START_AT + 500 }]);
    expect(story.refuses(later(60 * MINUTE, timerFired('w1')))).toBe(true);
    expect(story.when(later(60 * MINUTE, timerFired('rm1.1.1')))).toEqual([requested('m1.1', { attempt: 2 })]);
  });

  test('strikes in a retry wait that is longer', () => {
    const story = asking();
    story.when(modelFailed('rate_limit', { retry_after_ms: 2 * MINUTE }));
    expect(wall(story)).toBe(MINUTE);
    expect(story.when(later(MINUTE, timerFired('w1')))[0]).toEqual(reflected('stop', 'timeout'));
  });
});

describe('a timer', () => {
  test('that is not open is refused', () => {
    const story = asking();
    for (const id of ['w2', 'rm1.1.1', 'x', 'a-0123456789abcdef']) {
      expect(story.refuses(later(60 * MINUTE, timerFired(id)))).toBe(true);
    }
  });

  test('of an approval reports its expiry, and nothing else', () => {
    const story = asking();
    story.when(replied({ calls: [['exec_command']] }), inspected('c1.1.1'));
    const [effect] = story.open();
    expect(effect).toMatchObject({ kind: 'timer', of: 'approval' });
    const { id } = effect as { id: string };
    expect(story.refuses(later(600 * MINUTE, timerFired(id)))).toBe(true);
  });
});

test('time never goes back', () => {
  const story = asking();
  expect(story.refuses(later(-1, replied({ text: 'Hi' })))).toBe(true);
});

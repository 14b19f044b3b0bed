import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../base/canonical-json.ts';
import { digestOf } from '../../base/digest.ts';
import type { EntryData } from '../../contract/entries.ts';
import { reflected, replyMade, requested, someText, turnEnded } from '../testing/expected.ts';
import { compacted, created, later, message, modelFailed, opened, replied, reserved, started, timerFired, type Step } from '../testing/observations.ts'; // prettier-ignore
import { given, type Story } from '../testing/story.ts';
import { catalog, model, type Inputs } from '../testing/values.ts';
import { addUsage, chargeOf, costOf, countedTokens } from './budget.ts';

/** What the request of the first think measures: instructions, tools, and the message `e1` with its envelope. */
const TOOLS = canonicalJson(catalog.map(({ name, description, parameters }) => ({ name, description, parameters })));
const INPUT = Buffer.byteLength('Be brief.') + Buffer.byteLength(TOOLS) + 32 + 'e1'.length;
const price = { input: 2_000_000, output: 10_000_000, cached: 1_000_000 };

function asking(inputs: Inputs = {}): Story {
  return given(created(), message('e1'), started(inputs));
}

function lastRequest(story: Story): unknown {
  const entry = story.entries.findLast((one) => one.type === 'model.requested');
  return entry?.type === 'model.requested' ? { max: entry.data.max_output_tokens, ...entry.data.reserve } : undefined;
}

describe('a model call reserves the worst that it can cost', () => {
  test('a token a byte of input, and the longest reply', () => {
    expect(lastRequest(asking())).toEqual({ max: 1000, tokens: INPUT + 1000, cost_micro_usd: 0 });
  });

  test('in money where the model has a price', () => {
    const cost = INPUT * 2 + 1000 * 10;
    expect(lastRequest(asking({ models: [model('main', { price })] }))).toEqual({
      max: 1000,
      tokens: INPUT + 1000,
      cost_micro_usd: cost,
    });
  });
});

describe('what a model has counted before is reserved as it counted, and each byte that came since as a token', () => {
  const counted = { input: 200, output: 20 };
  /** What came since: the reply, and the result of a call that is refused. */
  function since(story: Story): number {
    return story.state.history.bytes + story.state.turn!.prefix_bytes - story.state.measured.request.bytes;
  }

  test('with a tenth more, for the same model', () => {
    const story = asking();
    story.when(replied({ calls: [['no_such_tool']], usage: counted }));
    expect(lastRequest(story)).toMatchObject({ tokens: 220 + since(story) + 1000 });
  });

  test('with as much again, for another', () => {
    const story = asking({ models: [model('main'), model('other')], rules: { model_attempts: 1 } });
    story.when(replied({ calls: [['no_such_tool']], usage: counted }), modelFailed('overload'));
    expect(lastRequest(story)).toMatchObject({ tokens: 400 + since(story) + 1000 });
  });

  test('never more than the bytes, and never less than a count can be', () => {
    const much = asking();
    much.when(replied({ calls: [['no_such_tool']], usage: { input: INPUT * 9, output: 0 } }));
    const little = asking();
    little.when(replied({ calls: [['no_such_tool']], usage: { input: 1, output: 0 } }));
    for (const story of [much, little]) {
      const bytes = story.state.history.bytes + story.state.turn!.prefix_bytes;
      expect(lastRequest(story)).toMatchObject({ tokens: bytes + 1000 });
    }
  });

  describe('but what not every model is given is a token a byte for another', () => {
    const digest = digestOf('file');
    const seen = (parts: EntryData<'input.received'>['parts']): Step => message('e1', { parts });

    /** A blind model counts a message with a document of 1,500 bytes; then one is asked that may see it. */
    function withDocument(...models: ReturnType<typeof model>[]): Story {
      const document = { type: 'file', media_type: 'application/pdf', blob: digest, bytes: 1500 } as const;
      const inputs = { models, rules: { model_attempts: 1 } };
      const story = given(created(), seen([{ type: 'text', text: 'Look.' }, document]), started(inputs));
      story.when(replied({ calls: [['no_such_tool']], usage: counted }));
      return story;
    }

    test('that sees what the one that counted was not given', () => {
      const story = withDocument(model('main', { sees: [] }), model('other'));
      expect(lastRequest(story)).toMatchObject({ tokens: 220 + since(story) + 1000 });
      story.when(modelFailed('overload'));
      expect(lastRequest(story)).toMatchObject({ tokens: 400 + 1500 + since(story) + 1000 });
    });

    test('that has got the name of the one that counted', () => {
      for (const over of [
        {},
        { sees: ['file' as const] },
        { sees: [], model: 'main-2' },
        { sees: [], provider: 'zai' },
      ]) {
        const story = withDocument(model('main', { sees: [] }));
        story.when(replied({ text: 'Seen.', usage: counted }), message('e2'));
        const told = story.when(started({ models: [model('main', over)] }));
        expect(told.at(-1)).toMatchObject({ data: { reserve: { tokens: 400 + 1500 + since(story) + 1000 } } });
      }
    });

    test('also where the beginning has been summed up since', () => {
      const main = model('main', { sees: [], context: 2_000 });
      const story = given(created(), message('e1'), started({ models: [main] }), replied({ text: 'x'.repeat(6000), usage: { input: 2000 } })); // prettier-ignore
      story.when(seen([{ type: 'image', media_type: 'image/png', blob: digest, bytes: 900 }]), started({ models: [main] })); // prettier-ignore
      expect(story.entries.at(-1)).toMatchObject({ data: { purpose: 'compact', keep: 1 } });
      story.when(replied({ text: 'So far.' }), compacted({ text: 'So far.' }));
      story.when(replied({ text: 'Yes.', usage: counted }), message('e3'));
      const told = story.when(started({ models: [model('other')] }));
      expect(told.at(-1)).toMatchObject({ data: { reserve: { tokens: 400 + 900 + since(story) + 1000 } } });
    });
  });
});

describe.each<[string, (limit: number) => Inputs]>([
  ['turn_tokens', (tokens) => ({ limits: { tokens } })],
  ['session_tokens', (session_tokens) => ({ rules: { session_tokens } })],
])('the limit %s', (code, inputs) => {
  test('shortens the reply to what is left', () => {
    expect(lastRequest(asking(inputs(INPUT + 1000)))).toMatchObject({ max: 1000 });
    expect(lastRequest(asking(inputs(INPUT + 999)))).toMatchObject({ max: 999, tokens: INPUT + 999 });
    expect(lastRequest(asking(inputs(INPUT + 256)))).toMatchObject({ max: 256 });
  });

  test('ends the turn `budget_exceeded` before a call that could pass it', () => {
    const story = given(created(), message('e1'));
    expect(story.when(started(inputs(INPUT + 255))).slice(1)).toEqual([
      reflected('stop', code),
      replyMade({}),
      turnEnded('budget_exceeded', { code, message: someText, model_calls: 0 }),
    ]);
  });

  test('says what the call would take: how far to raise it', () => {
    const story = given(created(), message('e1'));
    const { message: said } = story.when(started(inputs(INPUT + 255))).at(-1)!.data as { message: string };
    expect(said).toContain(`could use ${INPUT + 256} tokens`);
  });

  test('is not passed by a second call', () => {
    const story = asking(inputs(INPUT + 1000));
    const told = story.when(replied({ calls: [['no_such_tool']], usage: { input: INPUT, output: 900 } }));
    expect(told.at(-1)).toMatchObject({ data: { reason: 'budget_exceeded', code } });
  });
});

describe.each<[string, (limit: number) => Inputs]>([
  ['turn_cost', (cost_micro_usd) => ({ limits: { cost_micro_usd } })],
  ['session_cost', (session_cost_micro_usd) => ({ rules: { session_cost_micro_usd } })],
])('the limit %s', (code, inputs) => {
  const priced = (limit: number): Inputs => ({ models: [model('main', { price })], ...inputs(limit) });

  test('shortens the reply to what is left, to the micro-dollar', () => {
    expect(lastRequest(asking(priced(INPUT * 2 + 10_000)))).toMatchObject({ max: 1000 });
    expect(lastRequest(asking(priced(INPUT * 2 + 9_999)))).toMatchObject({ max: 999 });
    expect(lastRequest(asking(priced(INPUT * 2 + 2_560)))).toMatchObject({ max: 256 });
  });

  test('ends the turn `budget_exceeded` before a call that could pass it', () => {
    const story = given(created(), message('e1'));
    expect(story.when(started(priced(INPUT * 2 + 2_559))).at(-1)).toMatchObject({
      data: { reason: 'budget_exceeded', code, cost_micro_usd: 0 },
    });
  });

  test('is skipped for a model without a price', () => {
    expect(lastRequest(asking(inputs(1)))).toMatchObject({ max: 1000, cost_micro_usd: 0 });
  });

  test('holds for a model whose output costs nothing', () => {
    const free = [model('main', { price: { input: 1_000_000, output: 0, cached: 0 } })];
    expect(lastRequest(asking({ models: free, ...inputs(INPUT) }))).toMatchObject({ cost_micro_usd: INPUT, max: 1000 });
    const story = given(created(), message('e1'));
    const told = story.when(started({ models: free, ...inputs(INPUT - 1) }));
    expect(told.at(-1)).toMatchObject({ data: { reason: 'budget_exceeded' } });
  });

  test('reserves cached input at its price where that is the dearer one', () => {
    const odd = [model('main', { price: { input: 1_000_000, output: 0, cached: 3_000_000 } })];
    expect(lastRequest(asking({ models: odd, ...inputs(INPUT * 3) }))).toMatchObject({ cost_micro_usd: INPUT * 3 });
  });
});

describe('what a call did cost is settled', () => {
  const inputs: Inputs = { models: [model('main', { price })] };

  test('by the usage of the reply', () => {
    const story = asking(inputs);
    story.when(replied({ text: 'Hi', usage: { input: 1000, cached: 500, output: 10 }, cost_micro_usd: 42 }));
    expect(story.entries.at(-1)).toMatchObject({
      data: { usage: { input: 1000, cached: 500, output: 10, reasoning: 0 }, cost_micro_usd: 42 },
    });
    // Cached input counts a tenth of its tokens.
    expect(story.state.tokens).toBe(500 + 50 + 10);
    expect(story.state.cost_micro_usd).toBe(42);
  });

  test('at the price of the model where the reply names no cost', () => {
    const story = asking(inputs);
    story.when(replied({ text: 'Hi', usage: { input: 1000, cached: 500, output: 10 } }));
    expect(story.state.cost_micro_usd).toBe(500 * 2 + 500 + 10 * 10);
  });

  test.each(['network', 'timeout', 'malformed', 'aborted'] as const)(
    'in full after %s, unless the usage is known',
    (failure) => {
      const story = asking(inputs);
      const { tokens, cost_micro_usd } = story.turn.ask.reserve;
      story.when(modelFailed(failure));
      expect(story.turn).toMatchObject({ tokens, cost_micro_usd });

      const known = asking(inputs);
      known.when(modelFailed(failure, { usage: { input: 10, output: 1, cached: 0, reasoning: 0 } }));
      expect(known.turn).toMatchObject({ tokens: 11, cost_micro_usd: 30 });
    },
  );

  test.each(['rate_limit', 'overload'] as const)('with nothing after %s: refused before any work', (failure) => {
    const story = asking(inputs);
    story.when(modelFailed(failure));
    expect(story.turn).toMatchObject({ tokens: 0, cost_micro_usd: 0 });
  });

  test('in full when the program stopped while it ran', () => {
    const story = asking(inputs);
    const { reserve } = story.turn.ask;
    story.when(opened());
    expect(story.turn).toMatchObject(reserve);
  });

  test('so that a session limit holds over turns', () => {
    const limited: Inputs = { rules: { session_tokens: INPUT + 1500 } };
    const story = asking(limited);
    story.when(replied({ text: 'Hi', usage: { input: 1000, output: 1000 } }), message('e2'));
    expect(story.when(started(limited)).at(-1)).toMatchObject({ data: { turn: 2, code: 'session_tokens' } });
  });
});

test('no claim of a provider gives a budget back', () => {
  const claimed = { input: 0, output: 0, cached: 1_000_000, reasoning: 0 };
  expect(countedTokens(claimed)).toBe(100_000);
  expect(costOf(claimed, price)).toBe(1_000_000);
});

test('cost is rounded up to the micro-dollar', () => {
  const cheap = { input: 1, output: 0, cached: 0 };
  expect(costOf({ input: 1, output: 0, cached: 0, reasoning: 0 }, cheap)).toBe(1);
});

test('usages add up', () => {
  const one = { input: 1, output: 2, cached: 3, reasoning: 4 };
  expect(addUsage(one, one)).toEqual({ input: 2, output: 4, cached: 6, reasoning: 8 });
});

test('a shortened reply is what is asked for', () => {
  const story = given(created(), message('e1'));
  expect(story.when(started({ limits: { tokens: INPUT + 300 } }))[1]).toEqual(
    requested('m1.1', { max_output_tokens: 300, reserve: { tokens: INPUT + 300, cost_micro_usd: 0 } }),
  );
});

describe('calls', () => {
  const calling = replied({ calls: [['no_such_tool']] });

  test.each<[string, Inputs]>([
    ['turn_calls', { limits: { model_calls: 2 } }],
    ['session_calls', { rules: { session_calls: 2 } }],
  ])('%s: as many attempts as the limit says, and then the turn ends', (code, inputs) => {
    const story = asking(inputs);
    story.when(calling);
    expect(story.when(calling).at(-1)).toMatchObject({ data: { reason: 'budget_exceeded', code, model_calls: 2 } });
  });

  test('that failed count too', () => {
    const story = asking({ limits: { model_calls: 1 }, rules: { model_attempts: 4 } });
    story.when(modelFailed('network'));
    expect(story.when(later(500, timerFired('rm1.1.1'))).at(-1)).toMatchObject({
      data: { reason: 'budget_exceeded', code: 'turn_calls', model_calls: 1 },
    });
  });

  test('of a session count over turns', () => {
    const inputs: Inputs = { rules: { session_calls: 1 } };
    const story = asking(inputs);
    story.when(replied({ text: 'Hi' }), message('e2'));
    expect(story.when(started(inputs)).at(-1)).toMatchObject({ data: { code: 'session_calls', model_calls: 0 } });
  });
});

describe('active time of a session', () => {
  const inputs: Inputs = { rules: { session_wall_ms: 10_000 } };
  const wallTimer = (story: Story): number | undefined =>
    story.open().flatMap((effect) => (effect.kind === 'timer' && effect.of === 'wall' ? [effect.due_at] : []))[0];

  test('cuts the turn in which it is used up', () => {
    const story = asking(inputs);
    expect(wallTimer(story)).toBe(story.state.at + 10_000);
    story.when(later(4000, replied({ text: 'Hi' })), message('e2'), started(inputs));
    expect(wallTimer(story)).toBe(story.state.at + 6000);
    story.when(later(6000, timerFired('w2')));
    expect(story.when(modelFailed('aborted')).at(-1)).toMatchObject({
      data: { reason: 'timeout', code: 'timeout', message: expect.stringContaining('budget.session.wall') as string },
    });
  });

  test('lets no further turn ask a model', () => {
    const story = asking(inputs);
    story.when(later(10_000, replied({ text: 'Hi' })), message('e2'));
    expect(story.when(started(inputs)).at(-1)).toMatchObject({
      data: { reason: 'budget_exceeded', code: 'session_wall', model_calls: 0 },
    });
  });
});

describe('active time of a budget that sessions share', () => {
  const inputs: Inputs = { rules: { shared_scopes: [{ scope: 'day', limits: { wall_ms: 60_000 } }] } };
  const grant = (reserved_ms: number) => [{ scope: 'day_wall', limit: 60_000, used: 0, reserved: reserved_ms }];

  test('is what the ledger gives, and the turn is cut when it is used', () => {
    const story = asking(inputs);
    story.when(reserved(grant(5000)));
    expect(story.open()).toContainEqual({
      kind: 'timer',
      key: 'timer:w1',
      id: 'w1',
      due_at: story.state.at + 5000,
      of: 'wall',
    });
    story.when(later(5000, timerFired('w1')));
    expect(story.when(modelFailed('aborted')).at(-1)).toMatchObject({
      data: { reason: 'timeout', message: expect.stringContaining('budget.day.wall') as string },
    });
  });

  test('is given anew before each call', () => {
    const story = asking(inputs);
    story.when(reserved(grant(5000)), later(4000, replied({ calls: [['no_such_tool']] })), reserved(grant(3000)));
    expect(story.turn.wall_grant).toEqual({ scope: 'day_wall', until_ms: 7000 });
  });
});

describe('a limit of which 80 % are used', () => {
  const near = (story: Story): unknown => {
    const entry = story.entries.findLast((one) => one.type === 'model.requested');
    return entry?.type === 'model.requested' && entry.data.near;
  };

  test('is named with the request; below that nothing is', () => {
    const inputs: Inputs = { limits: { tokens: 1_000_000 } };
    const story = asking(inputs);
    expect(near(story)).toBeUndefined();
    story.when(replied({ calls: [['no_such_tool']], usage: { input: 799_999, output: 0 } }));
    expect(near(story)).toBeUndefined();
    story.when(replied({ calls: [['no_such_tool']], usage: { input: 1, output: 0 } }));
    expect(near(story)).toEqual([{ scope: 'turn_tokens', limit: 1_000_000, used: 800_000 }]);
  });
});

test('the kernel counts each attempt as `chargeOf` says', () => {
  const inputs: Inputs = { models: [model('main', { price })], rules: { model_attempts: 9 } };
  const usage = { input: 1000, cached: 500, output: 10, reasoning: 0 };
  const ends: Step[] = [
    replied({ text: 'Hi', usage, cost_micro_usd: costOf(usage, price) }),
    ...(['network', 'timeout', 'malformed', 'aborted', 'rate_limit', 'auth'] as const).flatMap((failure) => [
      modelFailed(failure),
      modelFailed(failure, { usage, cost_micro_usd: costOf(usage, price) }),
    ]),
  ];
  for (const end of ends) {
    const story = asking(inputs);
    const { reserve } = story.turn.ask;
    story.when(end);
    const entry = story.entries.findLast((one) => one.type === 'model.replied' || one.type === 'model.failed')!;
    const counted = story.state.turn ?? story.state;
    expect({ tokens: counted.tokens, cost_micro_usd: counted.cost_micro_usd }).toEqual(
      chargeOf(entry as Parameters<typeof chargeOf>[0], reserve),
    );
  }
});

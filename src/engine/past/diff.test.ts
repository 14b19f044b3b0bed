import { describe, expect, test } from 'vitest';
import type { ModelAnswer } from '../../contract/messages.ts';
import { createWorld, reply, result, type World } from '../testing/world.ts';
import { diffSessions, type DiffSummary, type TurnDifference } from './diff.ts';

/** Says this in a session; the model answers so, one after the other, and tools give these results. */
async function play(
  world: World,
  session: string,
  text: string,
  answers: ModelAnswer[],
  outputs: string[] = [],
): Promise<void> {
  // prettier-ignore
  const { live } = await world.send(session, text);
  const results = [...outputs];
  for (const answer of answers) {
    (await world.nextAsk()).answer(answer);
    const runs = answer.ok ? answer.tool_calls.length : 0;
    for (let run = 0; run < runs; run++) (await world.nextRun()).answer(result(results.shift() ?? ''));
  }
  await live.runner.rest();
  await world.owner.close(live);
}

async function diff(world: World, a = 'a', b = 'b'): Promise<DiffSummary & { differs: TurnDifference[] }> {
  const differs: TurnDifference[] = [];
  const turns = diffSessions({ journal: world.journal, blobs: world.blobStore }, a, b);
  for (;;) {
    const next = await turns.next();
    if (next.done) return { ...next.value, differs };
    differs.push(next.value);
  }
}

const kinds = ({ differs }: { differs: TurnDifference[] }): string[] =>
  differs.flatMap(({ turn, differences }) => differences.map(({ what }) => `${turn} ${what}`));

describe('the same', () => {
  test('is what was said, called and answered, at whatever time', async () => {
    const world = createWorld();
    for (const session of ['a', 'b']) {
      await play(world, session, 'one', [reply('', ['look', { x: 1, y: 2 }]), reply('done')], ['seen']);
      await world.clock.advance(1000);
    }
    expect(await diff(world)).toEqual({ same: true, same_up_to: 1, turns: { a: 1, b: 1 }, forked: {}, differs: [] });
  });

  test('is a turn that was killed in a read, and carried on', async () => {
    const first = createWorld();
    await play(first, 'b', 'one', [reply('', ['look']), reply('done')], ['seen']);
    await first.send('a', 'one');
    (await first.nextAsk()).answer(reply('', ['look']));
    await first.nextRun();
    const world = createWorld({ before: first });
    const live = await world.owner.open('a');
    await world.owner.enter(live);
    (await world.nextRun()).answer(result('seen'));
    (await world.nextAsk()).answer(reply('done'));
    await live.runner.rest();
    expect(world.types('a')).toContain('session.opened');
    expect(await diff(world)).toMatchObject({ same: true });
  });
});

describe('different', () => {
  test.each<[string, ModelAnswer[], string[], string[]]>([
    ['an answer', [reply('', ['look']), reply('no')], ['seen'], ['2 reply']],
    ['arguments', [reply('', ['look', { x: 1 }]), reply('done')], ['seen'], ['2 call']],
    ['a result', [reply('', ['look']), reply('done')], ['other'], ['2 result']],
    ['a tool', [reply('', ['work']), reply('done')], ['seen'], ['2 call', '2 decision']],
    ['the number of rounds', [reply('done')], [], ['2 reply', '2 call', '2 reply', '2 cost']],
  ])('%s', async (_, answers, outputs, expected) => {
    const world = createWorld();
    for (const session of ['a', 'b']) await play(world, session, 'one', [reply('first')]);
    await play(world, 'a', 'two', [reply('', ['look']), reply('done')], ['seen']);
    await play(world, 'b', 'two', answers, outputs);
    const found = await diff(world);
    expect(kinds(found)).toEqual(expected);
    expect(found).toMatchObject({ same: false, same_up_to: 1 });
  });

  test('what was said; each side is named with its entry and its text', async () => {
    const world = createWorld();
    await play(world, 'a', 'one', [reply('hi')]);
    await play(world, 'b', 'two', [reply('hi')]);
    const { differs } = await diff(world);
    expect(differs).toMatchObject([
      { turn: 1, differences: [{ what: 'input', a: { seq: 2, text: 'one' }, b: { seq: 2, text: 'two' } }] },
    ]);
  });

  test('a turn that only one has', async () => {
    const world = createWorld();
    for (const session of ['a', 'b']) await play(world, session, 'one', [reply('hi')]);
    await play(world, 'b', 'two', [reply('hi')]);
    expect(await diff(world)).toMatchObject({
      same: false,
      same_up_to: 1,
      differs: [{ turn: 2, b: { reason: 'success' }, differences: [] }],
    });
    expect((await diff(world, 'b', 'a')).differs).toMatchObject([{ turn: 2, a: { reason: 'success' } }]);
  });
});

test('what is not there, or damaged, is refused, also when it is found late', async () => {
  const world = createWorld();
  await play(world, 'a', 'one', [reply('hi')]);
  await expect(diff(world, 'a', 'none')).rejects.toMatchObject({ code: 'not_found' });
  await expect(diff(world, 'none', 'a')).rejects.toMatchObject({ code: 'not_found' });
});

test('who looks at no more ends the reading', async () => {
  const world = createWorld();
  for (const session of ['a', 'b']) {
    for (const text of ['1', '2', '3']) await play(world, session, session + text, [reply('hi')]);
  }
  const turns = diffSessions({ journal: world.journal, blobs: world.blobStore }, 'a', 'b');
  expect((await turns.next()).value).toMatchObject({ turn: 1 });
  expect(await turns.return({} as DiffSummary)).toMatchObject({ done: true });
});

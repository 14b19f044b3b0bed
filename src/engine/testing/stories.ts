/** Sessions that between them hold most entry types and most rules: for the verifier's tests and the golden journals. */
import type { ModelAnswer } from '../../contract/messages.ts';
import type { LiveSession } from '../owner.ts';
import { createWorld, PERSON, reply, result, settle, type World } from './world.ts';

const SESSION = 's';

/** Each plays session `s` and gives the world it happened in. */
export const stories: Record<string, () => Promise<World>> = { guarded, recovered, limited };

/** Reads, a command, an approval that was granted, one that was denied, a failed attempt, a stop. */
async function guarded(): Promise<World> {
  const world = createWorld();
  const { live } = await world.send(SESSION, 'go');
  await fail(world, 'rate_limit');
  await world.clock.advance(500);
  await answer(world, reply('', ['look', { n: 1 }], ['nope'], ['work', { n: 2 }], ['send_mail', { n: 3 }]));
  (await world.nextRun()).answer(result('x'.repeat(20_000)));
  (await world.nextRun()).answer(result('worked'));
  await live.runner.rest();
  await resolve(world, live, 'granted');
  (await world.nextRun()).answer(result('sent'));
  await answer(world, reply('', ['send_mail', { n: 4 }]));
  await live.runner.rest();
  await resolve(world, live, 'denied');
  await answer(world, reply('done'));
  await live.runner.rest();

  const event = await say(live, 'more');
  const ask = await world.nextAsk();
  await world.owner.stop(live, event, { actor: PERSON, via: 'cli' });
  ask.answer({ ok: false, class: 'aborted', code: 'aborted', message: 'aborted' });
  await live.runner.rest();
  return world;
}

/** Killed while a read and while a command runs; the command asked for again, and nobody answers; a steer. */
async function recovered(): Promise<World> {
  const first = createWorld();
  await first.send(SESSION, 'go');
  await answer(first, reply('', ['look'], ['work']));
  await first.nextRun();

  const second = createWorld({ before: first });
  await reopen(second);
  (await second.nextRun()).answer(result('seen'));
  await second.nextRun();

  const third = createWorld({ before: second });
  const live = await reopen(third);
  await answer(third, reply('', ['work']));
  await live.runner.rest();
  await third.clock.advance(3_600_000);
  const ask = await third.nextAsk();
  await say(live, 'in English', 'steer');
  ask.answer(reply('nobody answered'));
  await answer(third, reply('ok'));
  await live.runner.rest();
  return third;
}

/** Turns that end otherwise than they should: unavailable, repeated, empty, cut off, timed out. */
async function limited(): Promise<World> {
  const world = createWorld();
  const { live } = await world.send(SESSION, 'unavailable');
  for (const wait of [500, 1000, 2000, 0]) {
    await fail(world, 'overload');
    await world.clock.advance(wait);
  }
  await live.runner.rest();

  await say(live, 'repeated');
  for (let round = 0; round < 4; round++) {
    await answer(world, reply('', ['look', { n: 1 }]));
    if (round < 3) (await world.nextRun()).answer(result('the same'));
  }
  await live.runner.rest();

  await say(live, 'empty');
  await answer(world, reply(''));
  await answer(world, reply(''));
  await live.runner.rest();

  await say(live, 'cut off');
  const cut = reply('', ['look'], ['work']);
  await answer(world, { ...cut, stop_reason: 'length' } as ModelAnswer);
  await answer(world, reply('shorter'));
  await live.runner.rest();

  await say(live, 'timed out');
  await answer(world, reply('', ['work']));
  const run = await world.nextRun();
  await world.clock.advance(600_000);
  run.answer(result('half', 'canceled'));
  await live.runner.rest();
  return world;
}

async function answer(world: World, with_: ModelAnswer): Promise<void> {
  (await world.nextAsk()).answer(with_);
}

async function fail(world: World, failure: 'rate_limit' | 'overload'): Promise<void> {
  await answer(world, { ok: false, class: failure, code: failure, message: 'slow down' });
  await settle();
}

async function resolve(world: World, live: LiveSession, outcome: 'granted' | 'denied'): Promise<void> {
  const { approval_id } = world.last(SESSION, 'approval.requested').data;
  const by = { actor: PERSON, via: 'test' };
  await live.runner.post({ type: 'approval.resolved', data: { approval_id, outcome, by } });
}

/** Gives the event's id. */
async function say(live: LiveSession, text: string, mode: 'message' | 'steer' = 'message'): Promise<string> {
  const event_id = `e-${text}`;
  const parts = [{ type: 'text' as const, text }];
  await live.runner.post({
    type: 'input.received',
    data: { event_id, mode, parts, actor: PERSON, source: 'test', lane: 'interactive', taint: [] },
  });
  return event_id;
}

async function reopen(world: World): Promise<LiveSession> {
  const live = await world.owner.open(SESSION);
  await world.owner.enter(live);
  return live;
}

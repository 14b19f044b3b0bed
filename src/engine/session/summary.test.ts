import { expect, test } from 'vitest';
import { createWorld, PERSON, reply } from '../testing/world.ts';

test('a turn that is stopped while its summary comes to be put in its place just ends', async () => {
  const world = createWorld();
  const { live } = await world.send('s', 'x'.repeat(10_000));
  (await world.nextAsk()).answer(reply('y'.repeat(10_000)));
  await live.runner.rest();
  await world.owner.configure(live, { compact: true }, PERSON);
  const parts = [{ type: 'text' as const, text: 'and now?' }];
  const { event } = await world.owner.accept({ session: 's', parts, actor: PERSON, source: 'test', root: '/p' });
  await world.owner.give(live, world.accepted.at(-1)!);
  const ask = await world.nextAsk();
  expect(ask.request.purpose).toBe('compact');

  // The summary is durable while the stop is being written.
  const { put } = world.blobStore;
  const { sync } = world.journal;
  const stopping = Promise.withResolvers<void>();
  const putting = Promise.withResolvers<void>();
  world.blobStore.put = async (...blob) => {
    putting.resolve();
    await stopping.promise;
    return put(...blob);
  };
  ask.answer(reply('So far.'));
  await putting.promise;
  world.journal.sync = async (session) => {
    stopping.resolve();
    for (let n = 0; n < 20; n++) await Promise.resolve();
    return sync(session);
  };
  await world.owner.stop(live, event.event_id, { actor: PERSON, via: 'cli' });
  expect(await live.runner.rest()).toEqual({ kind: 'idle' });
  expect(world.last('s', 'turn.ended').data).toMatchObject({ reason: 'canceled' });
});

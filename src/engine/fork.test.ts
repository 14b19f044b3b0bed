import { describe, expect, test } from 'vitest';
import type { Entry } from '../contract/entries.ts';
import { forkSession } from './fork.ts';
import { stories } from './testing/stories.ts';
import { createWorld, PERSON, reply, type World } from './testing/world.ts';
import { verifyJournal } from './proof/verify.ts';

const POLICY = {
  v: 1 as const,
  deny: [],
  require_approval: [],
  allow: ['look'],
  sandbox: 'off' as const,
  approver_roles: ['operator' as const],
};

async function fork(world: World, at?: number): Promise<Entry[]> {
  world.lines.delete('fork');
  const from = { session: 's', ...(at !== undefined && { at }) };
  const sources = {
    journal: world.journal,
    blobs: world.blobStore,
    policy: POLICY,
    role: 'operator' as const,
    now: () => 0,
  };
  await forkSession(sources, from, { id: 'fork', actor: PERSON });
  return world.lines.get('fork')!;
}

function verify(world: World, entries: Entry[]) {
  return verifyJournal({
    session_id: 'fork',
    hasHead: false,
    blobs: world.blobStore,
    async read(visit) {
      for (const entry of entries) await visit({ entry, id: '', hash: '', durable: 0 });
      return { status: 'whole', seq: entries.length, hash: 'f'.repeat(64), durable: 0 };
    },
  });
}

describe.each(Object.keys(stories))('the story %s', (name) => {
  test('forked behind any entry, verifies, and begins as the original does', async () => {
    const world = await stories[name]!();
    const original = world.lines.get('s')!;
    for (let at = 1; at <= original.length; at++) {
      const entries = await fork(world, at);
      expect(entries.slice(0, at)).toEqual(original.slice(0, at));
      expect(entries.at(-1)).toMatchObject({
        type: 'session.forked',
        data: { session_id: 'fork', from: { session_id: 's', seq: at } },
      });
      expect(await verify(world, entries)).toMatchObject({ status: 'verified', entries: entries.length });
    }
    expect(world.lines.get('s')).toBe(original);
  });
});

test('a fork goes on by itself, with the history up to there', async () => {
  const before = createWorld();
  const { live } = await before.send('s', 'one');
  (await before.nextAsk()).answer(reply('first'));
  await live.runner.rest();
  await fork(before);
  const world = createWorld({ before });
  const { live: forked } = await world.send('fork', 'two');
  const ask = await world.nextAsk();
  expect(ask.request.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
  ask.answer(reply('second'));
  await forked.runner.rest();
  await world.owner.close(forked);
  expect(await verify(world, world.lines.get('fork')!)).toMatchObject({ status: 'verified' });
  expect(world.lines.get('s')!.at(-1)!.type).toBe('turn.ended');
});

test('what is not there cannot be forked', async () => {
  const world = createWorld();
  await expect(fork(world)).rejects.toMatchObject({ code: 'not_found' });
  await world.send('s', 'one');
  await expect(fork(world)).rejects.toThrow('has no turn that has ended');
  await expect(fork(world, 99)).rejects.toThrow('has no entry 99');
});

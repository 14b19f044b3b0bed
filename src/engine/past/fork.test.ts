import { describe, expect, test } from 'vitest';
import type { Entry } from '../../contract/entries.ts';
import type { ForkOptions } from '../../contract/host.ts';
import type { Policy } from '../../contract/manifest.ts';
import { forkSession } from './fork.ts';
import { stories } from '../testing/stories.ts';
import { createWorld, PERSON, reply, result, type World } from '../testing/world.ts';
import { sha256 } from '../../base/digest.ts';
import { createKernel } from '../../kernel/kernel.ts';
import { askedRole } from '../../kernel/policy/asked.ts';
import type { State } from '../../kernel/turn/state.ts';
import { LOCAL, type Principal } from '../principal.ts';
import { verifyJournal, type Evidence } from '../proof/verify.ts';
import { createResolver } from '../session/fold.ts';

const POLICY: Policy = {
  v: 1,
  deny: [],
  require_approval: [],
  allow: ['look'],
  sandbox: 'off',
  approver_roles: ['operator'],
};

async function fork(world: World, at?: number): Promise<Entry[]> {
  return forkOf(world, 's', 'fork', at === undefined ? {} : { at });
}

async function forkOf(
  world: World,
  from: string,
  id: string,
  options: ForkOptions,
  policy = POLICY,
  by: Principal = LOCAL,
): Promise<Entry[]> {
  world.lines.delete(id);
  const sources = {
    journal: world.journal,
    blobs: world.blobStore,
    policy,
    by,
    isListed: () => false,
    now: () => 0,
  };
  await forkSession(sources, from, id, options);
  return world.lines.get(id)!;
}

async function foldOf(world: World, entries: Entry[]): Promise<{ state: State }> {
  const kernel = createKernel(sha256);
  const resolve = createResolver(world.blobStore);
  let state = kernel.initial();
  for (const entry of entries) ({ state } = kernel.evolve(state, entry, await resolve(entry)));
  return { state };
}

function verify(world: World, entries: Entry[]) {
  return verifyJournal(evidence(world, entries));
}

function evidence(world: World, entries: Entry[]): Evidence {
  return {
    session_id: 'fork',
    hasHead: false,
    blobs: world.blobStore,
    async read(visit) {
      for (const entry of entries) await visit({ entry, id: '', hash: '', durable: 0 });
      return { status: 'whole', seq: entries.length, hash: 'f'.repeat(64), durable: 0 };
    },
  };
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

test('behind a turn, or behind the last one that has ended', async () => {
  const world = createWorld();
  const { live } = await world.send('s', 'one');
  (await world.nextAsk()).answer(reply('first'));
  await live.runner.rest();
  await world.owner.accept({ session: 's', parts: [{ type: 'text', text: 'two' }], actor: PERSON, source: 'test', root: '/p' }); // prettier-ignore
  const [event] = await world.owner.pendingOf('s');
  await world.owner.give(live, event!);
  await world.nextAsk();
  const first = await forkOf(world, 's', 'fork', { turn: 1 });
  expect(first.slice(-2).map(({ type }) => type)).toEqual(['turn.ended', 'session.forked']);
  expect(await forkOf(world, 's', 'fork', {})).toEqual(first);
  await expect(forkOf(world, 's', 'fork', { turn: 2 })).rejects.toThrow('has no turn 2 that has ended');
  expect(world.lines.has('fork')).toBe(false);
});

test('another model, from the next turn on', async () => {
  const world = await stories['guarded']!();
  const entries = await forkOf(world, 's', 'fork', { model: 'small' });
  expect(entries.at(-1)).toMatchObject({ type: 'session.configured', data: { model: 'small' } });
  expect(await verify(world, entries)).toMatchObject({ status: 'verified' });
  const again = await forkOf(world, 'fork', 'again', {});
  expect(again.filter(({ type }) => type === 'session.configured')).toHaveLength(1);
});

describe('rights only tighten', () => {
  const rightsOf = (entries: Entry[]) => {
    const entry = entries.findLast(({ type }) => type === 'session.forked');
    return entry?.type === 'session.forked' ? entry.data.rights : undefined;
  };

  test('a fork keeps the strictest sandbox of all before it, whatever holds in the workspace', async () => {
    const world = await stories['guarded']!();
    const strict = await forkOf(world, 's', 'strict', {}, { ...POLICY, sandbox: 'required' });
    expect(rightsOf(strict)).toMatchObject({ sandbox: 'required', role: 'operator' });
    const loose = await forkOf(world, 'strict', 'loose', {}, { ...POLICY, sandbox: 'off' });
    expect(rightsOf(loose)).toMatchObject({ sandbox: 'required' });
    const earlier = await forkOf(world, 'strict', 'earlier', { at: 3 });
    expect(rightsOf(earlier)).toMatchObject({ sandbox: 'required' });
    const own = await forkOf(world, 's', 'own', { policy: { ...POLICY, sandbox: 'auto' } });
    expect(rightsOf(own)).toMatchObject({ sandbox: 'auto' });
  });

  test('a turn that is open takes the role that asked for it; where that was lowered since, it counts as low at once', async () => {
    const world = await stories['guarded']!();
    const at = world.lines.get('s')!.findIndex(({ type }) => type === 'policy.decided') + 1;
    const member: Principal = { actor: { id: 'max', role: 'member' }, via: 'http' };
    const refused = forkOf(world, 's', 'fork', { at }, POLICY, member);
    await expect(refused).rejects.toMatchObject({
      code: 'role_not_allowed',
      message: 'max is member; going on with turn 1 of s takes operator.',
      next: expect.stringContaining('behind the end of a turn'),
    });
    expect(world.lines.has('fork')).toBe(false);
    await forkOf(world, 's', 'low', {}, POLICY, member);
    const open = await forkOf(world, 'low', 'fork', { at });
    const { state } = await foldOf(world, open);
    expect([state.session!.rights.role, askedRole(state.turn!)]).toEqual(['member', 'member']);
    expect(await verify(world, open)).toMatchObject({ status: 'verified' });
  });

  test('a fork tells from where it was made, where that is not this machine', async () => {
    const world = await stories['guarded']!();
    const madeBy = async (by: Principal) => (await forkOf(world, 's', 'fork', {}, POLICY, by)).at(-1);
    expect(await madeBy({ ...LOCAL, via: 'http' })).toMatchObject({ type: 'session.forked', data: { source: 'api' } });
    expect((await madeBy(LOCAL))!.data).not.toHaveProperty('source');
  });

  test('its own policy judges its turns beside the workspace’s, after a restart, and in its forks', async () => {
    const before = createWorld();
    const { live } = await before.send('s', 'one');
    (await before.nextAsk()).answer(reply('first'));
    await live.runner.rest();
    await forkOf(before, 's', 'a', { policy: { ...POLICY, allow: ['look', 'work'], deny: ['look'] } });
    await forkOf(before, 'a', 'b', { policy: { ...POLICY, allow: ['look'], deny: ['work'] } });
    await forkOf(before, 'b', 'c', { turn: 1 }); // where its source had no policy yet
    for (const [session, denied] of [
      ['s', []],
      ['a', ['look']],
      ['b', ['look', 'work']],
      ['c', ['look', 'work']],
    ] as const) {
      const world = createWorld({ before });
      const { live: one } = await world.send(session, 'go');
      (await world.nextAsk()).answer(reply('', ['look'], ['work']));
      for (let runs = 2 - denied.length; runs > 0; runs--) (await world.nextRun()).answer(result('ran'));
      (await world.nextAsk()).answer(reply('done'));
      await one.runner.rest();
      const refused = world.lines.get(session)!.flatMap((entry) => (entry.type === 'policy.decided' && entry.data.verdict === 'deny' ? [entry.data.tool] : [])); // prettier-ignore
      expect([session, refused]).toEqual([session, denied]);
      await world.owner.close(one);
      const report = await verifyJournal({ ...evidence(world, world.lines.get(session)!), session_id: session });
      expect(report).toMatchObject({ status: 'verified' });
    }
  });

  test('a turn that was begun without it is no turn of the fork', async () => {
    const before = createWorld();
    const { live } = await before.send('s', 'one');
    (await before.nextAsk()).answer(reply('first'));
    await live.runner.rest();
    await forkOf(before, 's', 'fork', { policy: { ...POLICY, deny: ['look'] } });
    const world = createWorld({ before });
    const { live: fork } = await world.send('fork', 'two');
    (await world.nextAsk()).answer(reply('second'));
    await fork.runner.rest();
    const entries = structuredClone(world.lines.get('fork')!);
    const [loose] = entries.filter(({ type }) => type === 'turn.started');
    const last = entries.findLast(({ type }) => type === 'turn.started');
    if (loose?.type !== 'turn.started' || last?.type !== 'turn.started') throw new Error('there are two turns');
    expect(await verify(world, entries)).toMatchObject({ status: 'verified' });
    last.data.frozen = loose.data.frozen; // that of the source, without the policy
    expect(await verify(world, entries)).toMatchObject({ status: 'failed', failure: { code: 'not_admissible' } });
  });
});

test('what was open before the session came from another workspace is open in none of its forks', async () => {
  const world = await stories['guarded']!();
  const at = world.lines.get('s')!.findIndex(({ type }) => type === 'call.inspected') + 1;
  await forkOf(world, 's', 'imported', {});
  world.last('imported', 'session.forked').data.epoch = 7;
  for (const from of ['imported', 'fork']) {
    const entries = structuredClone(await forkOf(world, from, from === 'fork' ? 'again' : 'fork', { at }));
    expect(entries.at(-1)).toMatchObject({ type: 'turn.ended', data: { reason: 'canceled' } });
    expect(entries.findLast(({ type }) => type === 'session.forked')).toMatchObject({ data: { epoch: 7 } });
    expect(await verify(world, entries)).toMatchObject({ status: 'verified' });
  }
});

test('a fork knows of files that were put back behind the last turn', async () => {
  const before = createWorld();
  const { live } = await before.send('s', 'one');
  (await before.nextAsk()).answer(reply('first'));
  await live.runner.rest();
  await before.owner.recordUndone(live, { turn: 1, files: [{ path: 'a.txt' }] }, PERSON);
  await fork(before);
  const world = createWorld({ before });
  const { live: forked } = await world.send('fork', 'two');
  const { request, answer } = await world.nextAsk();
  expect(request.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'note', 'user']);
  answer(reply('second'));
  await forked.runner.rest();
  await world.owner.close(forked);
  expect(await verify(world, world.lines.get('fork')!)).toMatchObject({ status: 'verified' });
});

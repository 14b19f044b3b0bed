import { expect, test } from 'vitest';
import type { Policy } from '../../contract/manifest.ts';
import { createWorld, reply, result, type World } from '../testing/world.ts';
import { LOCAL } from '../principal.ts';
import { stories } from '../testing/stories.ts';
import { forkSession } from './fork.ts';
import { testPolicy, type TestedCall } from './policy-test.ts';

const POLICY: Policy = {
  v: 1,
  deny: [],
  require_approval: ['send_mail'],
  allow: ['look', 'work'],
  sandbox: 'off',
  approver_roles: ['operator'],
};

const against = (
  world: World,
  over: Partial<Policy> = {},
  session = 's',
  sources: string[] = [],
): Promise<TestedCall[]> =>
  // prettier-ignore
  testPolicy({ journal: world.journal, blobs: world.blobStore }, session, { ...POLICY, ...over }, new Set(sources));

const verdicts = (calls: TestedCall[]): string[] =>
  calls.map(({ call_id, tool, recorded, verdict }) => `${call_id} ${tool} ${recorded} ${verdict}`);

test.each(Object.keys(stories))('the policy that judged the story %s judges it so again', async (name) => {
  const calls = await against(await stories[name]!());
  expect(calls.length).toBeGreaterThan(0);
  for (const { recorded, verdict } of calls) expect(verdict).toBe(recorded);
});

test('another policy: each call with its old verdict and its new one, and the rule that says so', async () => {
  const world = await stories['guarded']!();
  const calls = await against(world, { deny: ['work'], require_approval: [], allow: ['look', 'send_mail'] });
  expect(verdicts(calls)).toEqual([
    'c1.1.1 look allow allow',
    'c1.1.3 work allow deny',
    'c1.1.4 send_mail require_approval allow',
    'c1.2.1 send_mail require_approval allow',
  ]);
  expect(calls[1]).toMatchObject({ turn: 1, title: 'work {"n":2}', rules: [{ id: 'deny:work', verdict: 'deny' }] });
});

test('a possible repeat asks under any policy', async () => {
  const world = await stories['recovered']!();
  const repeat = (await against(world, { require_approval: [], allow: ['look', 'work'] })).at(-1);
  expect(repeat).toMatchObject({ tool: 'work', recorded: 'require_approval', verdict: 'require_approval' });
  expect(repeat!.rules).toEqual([{ id: 'fact:may_repeat', verdict: 'require_approval' }]);
});

test('a session’s own policies count beside it; calls of a source are that session’s', async () => {
  const before = createWorld();
  const { live } = await before.send('s', 'one');
  (await before.nextAsk()).answer(reply('', ['work']));
  (await before.nextRun()).answer(result('done'));
  (await before.nextAsk()).answer(reply('ok'));
  await live.runner.rest();
  const ports = { journal: before.journal, blobs: before.blobStore, isListed: () => false, now: () => 0 };
  const sources = { ...ports, policy: POLICY, by: LOCAL };
  const own = { ...POLICY, allow: ['look'], require_approval: ['work'] };
  await forkSession(sources, 's', 'fork', { policy: own });
  const world = createWorld({ before });
  const { live: fork } = await world.send('fork', 'two');
  (await world.nextAsk()).answer(reply('', ['work', { n: 2 }]));
  await fork.runner.rest();
  expect(verdicts(await against(world, {}, 'fork', ['s']))).toEqual(['c2.1.1 work require_approval require_approval']);
  expect(verdicts(await against(world, {}, 'fork'))).toEqual([
    'c1.1.1 work allow allow',
    'c2.1.1 work require_approval require_approval',
  ]);
});

test('a session that is not there', async () => {
  await expect(against(createWorld())).rejects.toMatchObject({ code: 'not_found' });
});

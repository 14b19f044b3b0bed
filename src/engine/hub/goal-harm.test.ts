/** Goals in harm's way: disks that are full, journals that are damaged, approvals that nobody answers. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { RuntimeError } from '../../contract/errors.ts';
import { verifySession } from '../sessions.ts';
import {
  CONFIG, does, entries, goal, openGoals, plan, soon, stalls, step, SYNTHESIS, writeScript,
} from '../testing/goals.ts'; // prettier-ignore
import { newHome } from '../testing/hubs.ts';
import { openWorkspace } from '../wire.ts';
import { createHub } from './hub.ts';

const RUNS = { calls: [{ tool: 'exec_command', arguments: { cmd: 'true' } }] };
const RAN = { match: { tool_result: 'exec_command' }, reply: { text: 'I see.' } };

test.each(['session.created', 'input.received', 'turn.started', 'model.requested', 'turn.ended'])(
  'a disk that is full when the %s of a step is to be written ends the work; with space it goes on, and nothing is lost',
  async (failing) => {
    const home = newHome(CONFIG);
    writeScript(home, [plan(step('a'), step('b')), { match: { any: true }, reply: { text: 'Done.' } }]);
    const workspace = await openWorkspace({
      environment: { RUNTIME_HOME: home, RUNTIME_SANDBOX_MODE: 'off' },
      overrides: new Map(),
    });
    const { journal } = workspace.store;
    const { append } = journal;
    journal.append = (session, condition, added, options) =>
      session !== 'g' && added.some(({ type }) => type === failing)
        ? Promise.reject(new RuntimeError('disk_full', 'The disk is full.'))
        : append(session, condition, added, options);
    const first = createHub(workspace, { takes: 'named', version: 'test' });
    onTestFinished(() => first.leave().catch(() => {}));
    const { event_id } = await first.submit(goal());
    expect(await first.lost).toMatchObject({ error: { code: 'disk_full' } });
    await first.leave().catch(() => {});

    const next = await openGoals([{ match: { any: true }, reply: { text: 'Done.' } }], CONFIG, home);
    await next.hub.resume('g');
    expect(await next.hub.settled(event_id)).toMatchObject({ reason: 'success' });
    const started = await entries(next.workspace, 'child.started');
    expect(started).toHaveLength(2);
    for (const id of ['g', ...started.map(({ data }) => data.session_id)]) {
      expect(await verifySession(next.workspace, id)).toMatchObject({ status: 'verified', notes: [] });
      expect(await entries(next.workspace, 'turn.ended', id)).toHaveLength(1);
    }
  },
);

test('a step whose journal is damaged comes to nothing and is not begun anew; the goal answers without it', async () => {
  const first = await openGoals([plan(step('a'), step('b')), does('a', { text: 'A' }), stalls('b')]);
  const { event_id } = await first.hub.submit(goal());
  await soon(async () => {
    expect(await entries(first.workspace, 'child.finished')).toHaveLength(1);
    const [, b] = await entries(first.workspace, 'child.started');
    expect(await entries(first.workspace, 'model.requested', b!.data.session_id)).toHaveLength(1);
  });
  const [, b] = await entries(first.workspace, 'child.started');
  const { session_id } = b!.data;
  await first.hub.leave();
  const file = join(first.home, 'workspaces/default/sessions', `${session_id}.jsonl`);
  const damaged = readFileSync(file, 'utf8').replace('please do b', 'please do x');
  writeFileSync(file, damaged);
  const { hub, workspace } = await openGoals([SYNTHESIS], CONFIG, first.home);
  await hub.resume('g');
  expect(await hub.settled(event_id)).toMatchObject({ reason: 'execution_failed', code: 'steps_failed' });
  const ends = (await entries(workspace, 'child.finished')).filter(({ data }) => data.session_id === session_id);
  expect(ends.map(({ data }) => data.reason)).toEqual(['interrupted', 'interrupted', 'interrupted']);
  expect(JSON.stringify(ends.at(-1)!.data.result)).toContain('store_damaged');
  expect(readFileSync(file, 'utf8')).toBe(damaged);
  expect(await verifySession(workspace, 'g')).toMatchObject({ status: 'verified' });
});

test('a step whose journal is damaged between its tries is not tried again on what is left of it', async () => {
  const { hub, workspace, home } = await openGoals(
    [plan(step('a'), step('b')), does('b', { text: 'B' }), { match: { contains: 'please do a' }, fail: { class: 'invalid_request' } }, SYNTHESIS], // prettier-ignore
    CONFIG.replace('10ms', '1s'),
  );
  const { event_id } = await hub.submit(goal());
  await soon(async () => expect(await entries(workspace, 'child.finished')).toHaveLength(2));
  const [a] = await entries(workspace, 'child.started');
  const file = join(home, 'workspaces/default/sessions', `${a!.data.session_id}.jsonl`);
  const lines = readFileSync(file, 'utf8').split('\n').length;
  writeFileSync(file, readFileSync(file, 'utf8').replace('please do a', 'please do x'));
  expect(await hub.settled(event_id)).toMatchObject({ reason: 'execution_failed', code: 'steps_failed' });
  expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(lines);
}, 30_000);

test('an approval of a step that expires lets the step, and its goal, go on', async () => {
  const config = 'governance: {approval_ttl: 300ms}\n';
  const { hub, workspace } = await openGoals([plan(step('a'), step('b')), does('a', RUNS), RAN, does('b', { text: 'B' }), SYNTHESIS], config); // prettier-ignore
  const { event_id } = await hub.submit(goal());
  expect(await hub.settled(event_id)).toMatchObject({ status: 'waiting_approval' });
  await soon(async () => expect(await hub.event(event_id)).toMatchObject({ status: 'done', reason: 'success' }));
  const [a] = await entries(workspace, 'child.started');
  expect((await entries(workspace, 'approval.resolved', a!.data.session_id))[0]!.data.outcome).toBe('expired');
  expect(await entries(workspace, 'call.finished', a!.data.session_id)).toEqual([]);
});

test('one that expires while nobody works on the goal is known as such when somebody does', async () => {
  const config = 'governance: {approval_ttl: 1s}\n';
  const script = [plan(step('a'), step('b')), does('a', RUNS), RAN, does('b', { text: 'B' }), SYNTHESIS];
  const first = await openGoals(script, config);
  const { event_id } = await first.hub.submit(goal());
  const waiting = await first.hub.settled(event_id);
  await first.hub.leave();
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const { hub, workspace } = await openGoals(script, config, first.home);
  await hub.resume('g');
  expect(await hub.settled(event_id)).toMatchObject({ status: 'done', reason: 'success' });
  await expect(hub.resolve(waiting.approvals[0]!, { decision: 'grant' })).rejects.toMatchObject({
    code: 'approval_expired',
  });
  const [a] = await entries(workspace, 'child.started');
  expect(await entries(workspace, 'call.finished', a!.data.session_id)).toEqual([]);
});

/** Goals through a real hub on real files: planned by a script model, their steps done by sessions of their own. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { EntryOf } from '../../contract/entries.ts';
import type { Manifest } from '../../contract/manifest.ts';
import { chooseSession } from '../session-choice.ts';
import { readSession, verifySession } from '../sessions.ts';
import {
  CONFIG, does, done, entries, goal, openGoals, openHeldAtStep, plan, soon, stalls, step, SYNTHESIS,
} from '../testing/goals.ts'; // prettier-ignore
import { newHome } from '../testing/hubs.ts';

test('a goal is planned, its steps are done in their order, each by its own session, and one answer comes of them', async () => {
  const { hub, workspace } = await openGoals([
    plan(step('a'), step('b'), step('c', ['a', 'b'])),
    does('c', { text: 'C knows both' }),
    does('a', { text: 'A found 7' }),
    does('b', { text: 'B found 8' }),
    SYNTHESIS,
  ]);
  const end = await done(hub);
  expect(end).toMatchObject({ status: 'done', reason: 'success', turn: 1 });
  const [made] = await entries(workspace, 'plan.made');
  expect(made!.data).toMatchObject({
    by: 'model',
    steps: [{ id: 'a' }, { id: 'b' }, { id: 'c', depends_on: ['a', 'b'] }],
  });
  const started = await entries(workspace, 'child.started');
  expect(started.map(({ data }) => [data.step_id, data.attempt])).toEqual([['a', 1], ['b', 1], ['c', 1]]); // prettier-ignore
  const finished = await entries(workspace, 'child.finished');
  expect(finished.map(({ data }) => data.reason)).toEqual(['success', 'success', 'success']);
  // c was given what a and b found; the answer stands on all three.
  const c = started[2]!.data.session_id;
  const [told] = await entries(workspace, 'input.received', c);
  expect(JSON.stringify(told!.data.parts)).toMatch(/the goal.*please do c.*A found 7.*B found 8/);
  expect(end.text).toMatch(/All in all.*C knows both/s);
  const [created] = await entries(workspace, 'session.created', c);
  expect(created!.data).toMatchObject({
    kind: 'step',
    title: 'Step c',
    parent: { session_id: 'g', step_id: 'c', root: 'g' },
  });
  for (const id of ['g', ...started.map(({ data }) => data.session_id)]) {
    expect(await verifySession(workspace, id)).toMatchObject({ status: 'verified' });
  }
  const [ended] = await entries(workspace, 'turn.ended');
  expect(ended!.data.model_calls).toBe(5);
});

test('H-63: a plan of one step costs no further call: the turn does it itself', async () => {
  const { hub, workspace } = await openGoals([plan(step('a')), { match: { any: true }, reply: { text: 'Did it.' } }]);
  expect(await done(hub)).toMatchObject({ reason: 'success', text: 'Did it.' });
  expect(await entries(workspace, 'child.started')).toEqual([]);
  expect(await entries(workspace, 'model.requested')).toHaveLength(2);
});

describe('a step that comes to nothing', () => {
  test('H-78, A-107: is tried again in its session, what depends on it is not begun, the others are done, and the answer says so', async () => {
    const { hub, workspace } = await openGoals([
      plan(step('a'), step('b', ['a']), step('c')),
      { match: { contains: 'please do a' }, fail: { class: 'invalid_request' } },
      does('c', { text: 'C found 9' }),
      { match: { contains: 'Your last try' }, fail: { class: 'invalid_request' } },
      SYNTHESIS,
    ]);
    const end = await done(hub);
    expect(end).toMatchObject({ status: 'done', reason: 'validation_failed', code: 'steps_failed' });
    const started = await entries(workspace, 'child.started');
    const ofA = started.filter(({ data }) => data.step_id === 'a');
    expect(ofA.map(({ data }) => data.attempt)).toEqual([1, 2, 3]);
    expect(new Set(ofA.map(({ data }) => data.session_id)).size).toBe(1);
    expect(started.some(({ data }) => data.step_id === 'b')).toBe(false);
    expect(end.text).toContain('All in all');
    const { contents } = JSON.parse(JSON.stringify({ contents: await entries(workspace, 'turn.ended') })) as {
      contents: EntryOf<'turn.ended'>[];
    };
    expect(contents[0]!.data.message).toMatch(/2 of 3 steps.*Step a.*3 tries.*Step b.*not begun/);
    expect(await verifySession(workspace, 'g')).toMatchObject({ status: 'verified' });
  });
});

test('A-113: a stop reaches the steps that run, and ends all of them', async () => {
  const { hub, workspace } = await openGoals([
    plan(step('a'), step('b'), step('c', ['a'])),
    { match: { contains: 'please do' }, stall: '60s' },
  ]);
  const { event_id } = await hub.submit(goal());
  await soon(async () => {
    const started = await entries(workspace, 'child.started');
    expect(started).toHaveLength(2);
    for (const { data } of started)
      expect(await entries(workspace, 'model.requested', data.session_id)).toHaveLength(1);
  });
  await hub.stop('g', event_id);
  expect(await hub.settled(event_id)).toMatchObject({ reason: 'canceled' });
  const finished = await entries(workspace, 'child.finished');
  expect(finished.map(({ data }) => data.reason)).toEqual(['canceled', 'canceled']);
  for (const { data } of finished) {
    expect((await entries(workspace, 'turn.ended', data.session_id))[0]!.data.reason).toBe('canceled');
  }
});

test('K-75, A-109: steps that never end are ended when the time of their goal is over, and one answer says so', async () => {
  const { hub, workspace } = await openGoals(
    [plan(step('a'), step('b')), { match: { contains: 'please do' }, stall: '60s' }, SYNTHESIS],
    `${CONFIG}budget: {goal: {wall: 500ms}}\n`,
  );
  expect(await done(hub)).toMatchObject({ reason: 'timeout' });
  expect((await entries(workspace, 'child.finished')).map(({ data }) => data.reason)).toEqual(['timeout', 'timeout']);
  expect(await entries(workspace, 'reply.made')).toHaveLength(1);
  expect(await verifySession(workspace, 'g')).toMatchObject({ status: 'verified' });
});

test('what a process left of a goal goes on in the next, and nothing is done twice', async () => {
  const script = [plan(step('a'), step('b', ['a'])), does('a', { text: 'A found 7' }), stalls('b'), SYNTHESIS];
  const first = await openGoals(script);
  const { event_id } = await first.hub.submit(goal());
  await soon(async () => expect(await entries(first.workspace, 'child.started')).toHaveLength(2));
  await first.hub.leave();
  expect(await entries(first.workspace, 'child.finished')).toHaveLength(1);
  const { hub, workspace } = await openGoals([script[0]!, does('a', { text: 'never' }), does('b', { text: 'B' }), SYNTHESIS], '', first.home); // prettier-ignore
  await hub.resume('g');
  expect(await hub.settled(event_id)).toMatchObject({ reason: 'success' });
  const finished = await entries(workspace, 'child.finished');
  expect(finished.map(({ data }) => data.reason)).toEqual(['success', 'success']);
  expect(await entries(workspace, 'child.started')).toHaveLength(2);
  expect(JSON.stringify(finished[0]!.data.result)).toContain('A found 7');
  expect(await verifySession(workspace, 'g')).toMatchObject({ status: 'verified' });
});

test('A-111: a step whose session was removed is not done, and that is said; nothing is begun in its place', async () => {
  const first = await openGoals([plan(step('a'), step('b')), does('a', { text: 'A' }), stalls('b')]); // prettier-ignore
  const { event_id } = await first.hub.submit(goal());
  await soon(async () => {
    const started = await entries(first.workspace, 'child.started');
    expect(started).toHaveLength(2);
    expect(await entries(first.workspace, 'model.requested', started[1]!.data.session_id)).toHaveLength(1);
  });
  await first.hub.leave();
  const { hub, workspace } = await openGoals([{ match: { any: true }, reply: { text: 'B' } }], CONFIG, first.home);
  const lost = (await entries(workspace, 'child.started'))[1]!.data.session_id;
  await hub.remove(lost, { force: true });
  await hub.resume('g');
  expect(await hub.settled(event_id)).toMatchObject({ reason: 'execution_failed', code: 'steps_failed', text: 'B' });
  const ends = (await entries(workspace, 'child.finished')).filter(({ data }) => data.session_id === lost);
  expect(ends.map(({ data }) => data.reason)).toEqual(['canceled']);
  expect(JSON.stringify(ends)).toContain('was removed');
  await expect(readSession(workspace, lost)).rejects.toMatchObject({ code: 'not_found' });
});

test('a step that waits for a person lets its goal wait; the answer goes on with both', async () => {
  const { hub, workspace } = await openGoals(
    [
      plan(step('a'), step('b')),
      does('a', { calls: [{ tool: 'exec_command', arguments: { cmd: 'true' } }] }),
      { match: { tool_result: 'exec_command' }, reply: { text: 'A ran it' } },
      does('b', { text: 'B' }),
      SYNTHESIS,
    ],
    '',
  );
  const { event_id } = await hub.submit(goal());
  const waiting = await hub.settled(event_id);
  expect(waiting).toMatchObject({ status: 'waiting_approval', approvals: [expect.stringMatching(/^a-/)] });
  await hub.resolve(waiting.approvals[0]!, { decision: 'grant' });
  expect(await hub.settled(event_id)).toMatchObject({ status: 'done', reason: 'success' });
  expect(await entries(workspace, 'child.finished')).toHaveLength(2);
});

describe('a plan', () => {
  test('H-66, H-67: that can not be used is asked for once more, with what was wrong; then the person is told', async () => {
    const { hub, workspace } = await openGoals([
      { match: { purpose: 'plan' }, reply: { text: 'I would rather not.' } },
    ]);
    const end = await done(hub);
    expect(end).toMatchObject({ reason: 'task_graph_invalid', code: 'invalid_model_output' });
    expect(end.text).toMatch(/No usable plan was made in 2 tries: it is not valid JSON/);
    expect(await entries(workspace, 'model.requested')).toHaveLength(2);
  });
});

test('a check that passes is part of the proof; one that does not is told to the next try', async () => {
  const { hub, workspace, home } = await openGoals([
    plan(step('a', [], { check: 'test -e done' }), step('b')),
    does('b', { text: 'B' }),
    does('a', { text: 'I forgot' }),
    {
      match: { contains: 'Your last try' },
      reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'touch done' } }] },
    },
    { match: { tool_result: 'exec_command' }, reply: { text: 'Now it is there' } },
    SYNTHESIS,
  ]);
  const { event_id } = await hub.submit({ ...goal(), root: home });
  expect(await hub.settled(event_id)).toMatchObject({ reason: 'success' });
  const finished = await entries(workspace, 'child.finished');
  expect(finished.map(({ data }) => data.reason)).toContain('validation_failed');
  const child = finished.find(({ data }) => data.reason === 'validation_failed')!.data.session_id;
  expect(await entries(workspace, 'check.requested', child)).toHaveLength(2);
  expect(await verifySession(workspace, child)).toMatchObject({ status: 'verified' });
});

test('a try is not given to a session that never heard of its step: one that was removed is lost to its goal', async () => {
  const config = CONFIG.replace('10ms', '2s');
  const { hub, workspace } = await openGoals(
    [
      plan(step('a'), step('b', ['a'])),
      { match: { contains: 'please do a' }, fail: { class: 'invalid_request' } },
      { match: { contains: 'Your last try' }, reply: { text: 'I have no idea what that was' } },
      SYNTHESIS,
    ],
    config,
  );
  const { event_id } = await hub.submit(goal());
  await soon(async () => expect(await entries(workspace, 'child.finished')).toHaveLength(1));
  const [started] = await entries(workspace, 'child.started');
  await hub.remove(started!.data.session_id, { force: false });
  expect(await hub.settled(event_id)).toMatchObject({ reason: 'execution_failed' });
  const finished = await entries(workspace, 'child.finished');
  expect(finished.map(({ data }) => data.reason)).toEqual(['validation_failed', 'canceled']);
  expect((await workspace.store.journal.list()).map(({ session_id }) => session_id)).toEqual(['g']);
}, 30_000);

test('no session of a step is made for a goal that was removed meanwhile', async () => {
  const { hub, workspace, looked, goOn } = await openHeldAtStep(CONFIG, [plan(step('a'), step('b'))]);
  await hub.submit(goal());
  const child = await looked();
  await hub.remove('g', { force: true });
  goOn();
  await new Promise(setImmediate);
  expect(await hub.session(child)).toMatchObject({ status: 'absent' });
  expect(await workspace.store.journal.list()).toEqual([]);
});

test('what somebody says to the session of a step counts for who says it, by the limits of then', async () => {
  const limits = 'budget: {sender: {tokens: 1000000}, day: {calls: 100}}\n';
  const { hub, workspace } = await openGoals([plan(step('a'), step('b')), { match: { any: true }, reply: { text: 'Yes.' } }], CONFIG + limits); // prettier-ignore
  await done(hub);
  const [child] = await entries(workspace, 'child.started');
  const { session_id } = child!.data;
  const ann = hub.as({ actor: { id: 'ann', role: 'member' }, via: 'http' });
  const { event_id } = await ann.submit({ parts: [{ type: 'text', text: 'And?' }], session_id });
  expect(await hub.settled(event_id)).toMatchObject({ reason: 'success' });
  const scopes = (await entries(workspace, 'turn.started', session_id)).map(async ({ data }) => {
    const manifest = JSON.parse(Buffer.from((await workspace.store.blobs.get(data.frozen))!).toString()) as Manifest;
    return manifest.rules.shared_scopes.map(({ scope }) => scope);
  });
  expect(await Promise.all(scopes)).toEqual([
    ['day', 'sender:local', 'goal:g.1'],
    ['day', 'sender:ann'],
  ]);
});

test('a secret in a check, a title or what a plan says is in no file', async () => {
  const home = newHome(CONFIG);
  const file = join(home, 'config.yaml');
  const secret = 'sk-not-"to-be-kept';
  const other = `{name: other, provider: openai, model: m, api_key: '${secret}'}`;
  writeFileSync(file, readFileSync(file, 'utf8').replace('}]}', `}, ${other}]}`));
  const more = { title: `Title ${secret}`, check: `test ${secret}` };
  const script = [plan(step('a', [], more), step('b')), { match: { any: true }, reply: { text: 'Yes.' } }];
  const { hub } = await openGoals(script, '', home);
  const { event_id } = await hub.submit({ ...goal(), ...more, metadata: { of: secret } });
  expect(await hub.settled(event_id)).toMatchObject({ status: 'done' });
  await hub.leave();
  const files = readdirSync(join(home, 'workspaces'), { recursive: true, withFileTypes: true }).filter((one) => one.isFile()); // prettier-ignore
  const holding = files.flatMap(({ parentPath, name }) => {
    const lines = readFileSync(join(parentPath, name), 'utf8').split('\n');
    return lines.filter((line) => line.includes('to-be-kept')).map((line) => `${name}: ${line}`);
  });
  expect(holding).toEqual([]);
});

test('whoever goes on with the session that was written to last goes on with the goal, not with a step of it', async () => {
  const { hub, workspace } = await openGoals([plan(step('a'), step('b')), { match: { contains: 'please do' }, stall: '60s' }]); // prettier-ignore
  await hub.submit(goal());
  await soon(async () => {
    const [started] = await entries(workspace, 'child.started');
    expect(await entries(workspace, 'model.requested', started!.data.session_id)).toHaveLength(1);
  });
  const { journal } = workspace.store;
  expect((await journal.list())[0]!.session_id).not.toBe('g');
  expect(await chooseSession({ ...workspace, journal }, { latest: true })).toBe('g');
});

test('a step whose session is removed is not tried again as if nothing had been', async () => {
  const { hub, workspace } = await openGoals([plan(step('a'), step('b')), does('b', { text: 'B' }), stalls('a'), SYNTHESIS]); // prettier-ignore
  const { event_id } = await hub.submit(goal());
  await soon(async () => {
    expect(await entries(workspace, 'child.finished')).toHaveLength(1);
    const [started] = await entries(workspace, 'child.started');
    expect(await entries(workspace, 'model.requested', started!.data.session_id)).toHaveLength(1);
  });
  const [started] = await entries(workspace, 'child.started');
  await hub.remove(started!.data.session_id, { force: true });
  expect(await hub.settled(event_id)).toMatchObject({ reason: 'execution_failed', code: 'steps_failed' });
  const ends = (await entries(workspace, 'child.finished')).filter(({ data }) => data.session_id === started!.data.session_id); // prettier-ignore
  expect(ends.map(({ data }) => data.reason)).toEqual(['interrupted', 'canceled']);
  await expect(readSession(workspace, started!.data.session_id)).rejects.toMatchObject({ code: 'not_found' });
});

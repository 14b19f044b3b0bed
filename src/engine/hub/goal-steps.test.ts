/** What happens to the sessions of steps beside their steps: people speak in them, and tries end in odd ways. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { RuntimeError } from '../../contract/errors.ts';
import type { Visit } from '../../contract/ports.ts';
import { LOCAL } from '../principal.ts';
import { readSession, verifySession } from '../sessions.ts';
import { readTries } from '../step-tries.ts';
import {
  CONFIG, does, done, entries, goal, openGoals, openHeldAtStep, plan, soon, step, SYNTHESIS, writeScript, type ScriptStep,
} from '../testing/goals.ts'; // prettier-ignore
import { newHome, say } from '../testing/hubs.ts';
import { openWorkspace } from '../wire.ts';
import { createHub } from './hub.ts';

/** A step's first try fails, and its next one comes late enough for a person to speak before it. */
const FAILS_ONCE: ScriptStep = { match: { contains: 'please do a' }, fail: { class: 'invalid_request' } };
const SLOW_RETRY = CONFIG.replace('10ms', '1s');

test('a stop of the goal does not wait for what a person does in the session of a step', async () => {
  const { hub, workspace } = await openGoals(
    [plan(step('a'), step('b', ['a'])), { match: { contains: 'by hand' }, stall: '60s' }, FAILS_ONCE, SYNTHESIS],
    SLOW_RETRY,
  );
  const { event_id } = await hub.submit(goal());
  await soon(async () => expect(await entries(workspace, 'child.finished')).toHaveLength(1));
  const { session_id } = (await entries(workspace, 'child.started'))[0]!.data;
  const own = await hub.submit(say('by hand', { session_id }));
  await soon(async () => expect(await entries(workspace, 'input.received', session_id)).toHaveLength(3));
  await hub.stop('g', event_id);
  expect(await hub.settled(event_id)).toMatchObject({ reason: 'canceled' });
  expect(await hub.event(own.event_id)).toMatchObject({ status: 'running' });
  const finished = await entries(workspace, 'child.finished');
  expect(finished.map(({ data }) => data.reason)).toEqual(['validation_failed', 'canceled']);
  // What the person does there is the person's; the try ends when its turn would have come, and nobody is asked.
  await hub.stop(session_id, own.event_id);
  await soon(async () => {
    const ends = await entries(workspace, 'turn.ended', session_id);
    expect(ends.map(({ data }) => data.reason)).toEqual(['validation_failed', 'canceled', 'canceled']);
  });
  expect(await entries(workspace, 'model.requested', session_id)).toHaveLength(2);
});

test('time that people spend in the session of a step is not that of its tries', async () => {
  const { hub, workspace } = await openGoals(
    [
      plan(step('a'), step('b', ['a'])),
      { match: { contains: 'by hand' }, reply: { text: 'As you like.' } },
      FAILS_ONCE,
      { match: { any: true }, reply: { text: 'Done.' } },
    ],
    SLOW_RETRY,
  );
  const { event_id } = await hub.submit(goal());
  await soon(async () => expect(await entries(workspace, 'child.finished')).toHaveLength(1));
  const { session_id } = (await entries(workspace, 'child.started'))[0]!.data;
  await hub.settled((await hub.submit(say('by hand', { session_id }))).event_id);
  expect(await hub.settled(event_id)).toMatchObject({ reason: 'success' });

  const told = (await entries(workspace, 'child.finished')).filter(({ data }) => data.session_id === session_id);
  const { entries: own } = await readSession(workspace, session_id);
  const asked = own.filter(({ entry }) => entry.type === 'model.requested')[1]!.entry.seq;
  const [HOUR, SECOND] = [3_600_000, 1000];
  const { journal, blobs } = workspace.store;
  const timesOf = async (lateness: (seq: number) => number): Promise<number[]> => {
    const read = (visit: Visit) =>
      journal.read(session_id, (stored) => {
        const { entry } = stored;
        return visit({ ...stored, entry: { ...entry, at: entry.at + lateness(entry.seq) } });
      });
    const { ends } = await readTries(session_id, read, blobs);
    return [...ends.values()].map(({ active_ms }) => active_ms);
  };
  const times = told.map(({ data }) => data.active_ms);
  expect(await timesOf(() => 0)).toEqual(times);
  // The person's question takes an hour more; then the second try a second.
  expect(await timesOf((seq) => (seq > asked ? HOUR : 0))).toEqual(times);
  const last = own.findLast(({ entry }) => entry.type === 'model.requested')!.entry.seq;
  expect(await timesOf((seq) => (seq > last ? SECOND : 0))).toEqual([times[0], times[1]! + SECOND]);
});

test.each(['session.created', 'input.received'])(
  'a step whose session was told nothing, as its %s failed, is told all of it by the next try',
  async (failing) => {
    const home = newHome(CONFIG);
    writeScript(home, [plan(step('a'), step('b', ['a'])), { match: { any: true }, reply: { text: 'Done.' } }]);
    const workspace = await openWorkspace({
      environment: { RUNTIME_HOME: home, RUNTIME_SANDBOX_MODE: 'off' },
      overrides: new Map(),
    });
    const { journal } = workspace.store;
    const { append } = journal;
    journal.append = (session, condition, added, options) => {
      if (session === 'g' || !added.some(({ type }) => type === failing))
        return append(session, condition, added, options);
      journal.append = append;
      return Promise.reject(new RuntimeError('store_damaged', 'It can not be written.'));
    };
    const hub = createHub(workspace, { takes: 'named', version: 'test' });
    onTestFinished(() => hub.leave().catch(() => {}));
    expect(await done(hub)).toMatchObject({ reason: 'success' });
    const [first] = await entries(workspace, 'child.finished');
    expect(first!.data).toMatchObject({ reason: 'interrupted', attempt: 1 });
    const given = await entries(workspace, 'input.received', first!.data.session_id);
    expect(given.map(({ data }) => data.event_id)).toEqual([`${first!.data.session_id}.2`]);
    const told = JSON.stringify(given[0]!.data.parts);
    expect(told).toMatch(/the goal.*please do a.*may have done part of it/);
    expect(told).not.toContain('Your last try');
  },
);

test('a fork of a session with a goal shares no budget with it, and has no more left than the copied entries leave', async () => {
  const { hub, workspace } = await openGoals(
    [plan(step('a'), step('b')), { match: { any: true }, reply: { text: 'Done.' } }],
    `${CONFIG}budget: {session: {calls: 7}}\n`,
  );
  const ask = async (session_id: string) => hub.settled((await hub.submit(say('And?', { session_id }))).event_id);
  expect(await done(hub)).toMatchObject({ reason: 'success' });
  const { session_id: fork } = await hub.fork('g', {});
  for (let asked = 0; asked < 3; asked++) expect(await ask('g')).toMatchObject({ reason: 'success' });
  expect(await ask('g')).toMatchObject({ reason: 'budget_exceeded' });
  for (let asked = 0; asked < 3; asked++) expect(await ask(fork)).toMatchObject({ reason: 'success' });
  expect(await ask(fork)).toMatchObject({ reason: 'budget_exceeded', code: 'session_calls' });
  expect(await verifySession(workspace, fork)).toMatchObject({ status: 'verified' });
});

test('steps that a fork over HTTP begins are asked for from there', async () => {
  const { hub, workspace } = await openGoals([plan(step('a'), step('b')), { match: { any: true }, reply: { text: 'Done.' } }]);
  const { event_id } = await hub.submit({ ...goal(), source: 'cli' });
  expect(await hub.settled(event_id)).toMatchObject({ reason: 'success' });
  const [planned] = await entries(workspace, 'plan.made');
  const { session_id } = await hub.as({ ...LOCAL, via: 'http' }).fork('g', { at: planned!.seq });
  await hub.resume(session_id);
  await soon(async () => expect(await entries(workspace, 'turn.ended', session_id)).toHaveLength(1));
  const steps = await entries(workspace, 'child.started', session_id);
  expect(steps).toHaveLength(2);
  for (const { data } of steps) {
    expect(await entries(workspace, 'input.received', data.session_id)).toMatchObject([{ data: { source: 'api' } }]);
  }
  expect(await verifySession(workspace, session_id)).toMatchObject({ status: 'verified' });
}); // prettier-ignore

test('a session that somebody made under the name of a step in the moment before is not given the step', async () => {
  const { hub, workspace, looked, goOn } = await openHeldAtStep(CONFIG, [
    plan(step('a'), step('b', ['a'])),
    { match: { contains: 'mine' }, reply: { text: 'Yours.' } },
    { match: { any: true }, reply: { text: 'Done.' } },
  ]);
  const { event_id } = await hub.submit(goal());
  const session_id = await looked();
  await hub.settled((await hub.submit(say('mine', { session_id }))).event_id);
  goOn();
  expect(await hub.settled(event_id)).toMatchObject({ reason: 'execution_failed', code: 'steps_failed' });
  expect(await entries(workspace, 'input.received', session_id)).toHaveLength(1);
  const told = await entries(workspace, 'child.finished');
  expect(told.at(-1)!.data).toMatchObject({ reason: 'failed', head: { seq: 0 } });
  expect(JSON.stringify(told.at(-1)!.data.result)).toContain("it is another's");
});

describe('a policy that is changed while a goal runs', () => {
  const RUNS = { calls: [{ tool: 'exec_command', arguments: { cmd: 'true' } }] };
  const SCRIPT = [
    plan(step('a'), step('b', ['a'])),
    does('a', RUNS),
    does('b', RUNS),
    { match: { tool_result: 'exec_command' }, reply: { text: 'I see.' } },
    SYNTHESIS,
  ];

  test('made looser it holds for the steps that begin from then on: not for those that run, nor for the check of the goal', async () => {
    const { hub, workspace } = await openGoals(SCRIPT, '');
    const { event_id } = await hub.submit({ ...goal(), check: 'true' });
    const [asked] = (await hub.settled(event_id)).approvals;
    await hub.setPolicy({ tool: 'exec_command', verdict: 'allow' });
    expect(await hub.settled(event_id)).toMatchObject({ status: 'waiting_approval', approvals: [asked] });
    await hub.resolve(asked!, { decision: 'grant' });
    const checking = await hub.settled(event_id);
    const [a, b] = (await entries(workspace, 'child.finished')).map(({ data }) => data.session_id);
    expect(await entries(workspace, 'approval.requested', a)).toHaveLength(1);
    expect(await entries(workspace, 'call.finished', b)).toHaveLength(1);
    expect(await entries(workspace, 'approval.requested', b)).toEqual([]);
    expect(checking).toMatchObject({ status: 'waiting_approval' });
    expect(await entries(workspace, 'approval.requested')).toHaveLength(1);
    await hub.resolve(checking.approvals[0]!, { decision: 'grant' });
    expect(await hub.settled(event_id)).toMatchObject({ reason: 'success' });
  });

  test('made stricter it holds at once, for steps that run as for those to come', async () => {
    const { hub, workspace } = await openGoals(SCRIPT, '');
    const { event_id } = await hub.submit(goal());
    expect(await hub.settled(event_id)).toMatchObject({ status: 'waiting_approval' });
    await hub.setPolicy({ tool: 'exec_command', verdict: 'deny' });
    expect(await hub.settled(event_id)).toMatchObject({ status: 'done' });
    for (const { data } of await entries(workspace, 'child.started')) {
      expect(await entries(workspace, 'call.finished', data.session_id)).toEqual([]);
      expect((await entries(workspace, 'policy.decided', data.session_id)).at(-1)!.data.verdict).toBe('deny');
    }
  });
});

test('a step that what is left of its session does not allow says which key to raise', async () => {
  const { hub, workspace } = await openGoals(
    [plan(step('a'), step('b', ['a'])), { match: { any: true }, reply: { text: 'Done.' } }],
    `${CONFIG}budget: {session: {calls: 2}}\n`,
  );
  expect(await done(hub)).toMatchObject({ reason: 'budget_exceeded' });
  const [, b] = await entries(workspace, 'child.finished');
  expect(b!.data).toMatchObject({ reason: 'budget_exceeded' });
  const [ended] = await entries(workspace, 'turn.ended', b!.data.session_id);
  expect(ended!.data.code).toBe('session_calls');
  expect(ended!.data.message).toContain('Raise budget.session.calls to go on.');
});

/** What the hub promises beyond what every host does: under races, over restarts, and in bounded memory. */
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestOf } from '../../base/digest.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { StreamEvent } from '../../contract/stream.ts';
import { findApproval, recordsOf } from '../approvals.ts';
import { verifySession } from '../sessions.ts';
import { openWorkspace } from '../wire.ts';
import { newHome, openHub as open, say } from '../testing/hubs.ts';
import { createHub } from './hub.ts';

test('a message that is repeated after a restart is still known, with its answer', async () => {
  const first = await open();
  const message = say('hello', { session_id: 's', idempotency_key: 'k' });
  const { event_id } = await first.hub.submit(message);
  await first.hub.settled(event_id);
  await first.hub.settled((await first.hub.submit(say('again', { session_id: 's' }))).event_id);
  await first.hub.leave();

  const { hub } = await open(first.home);
  const done = { event_id, session_id: 's', status: 'done', reason: 'success', turn: 1, text: 'You said hello' };
  expect(await hub.event(event_id)).toMatchObject(done);
  expect(await hub.submit(message)).toMatchObject({ event_id, duplicate: true, status: 'done' });
  expect(await hub.settled(event_id)).toMatchObject(done);
  expect(await hub.session('s')).toMatchObject({ turns: 2, status: 'idle' });
  await expect(hub.event('e-01arz3ndektsv4rrffq69g5fav')).rejects.toMatchObject({ code: 'not_found' });
});

test('ids that nobody has make it read each journal once, however many are asked for', async () => {
  const first = await open();
  const sent = [];
  for (let n = 0; n < 20; n++) sent.push(await first.hub.submit(say('hello', { session_id: `s${n}` })));
  for (const { event_id } of sent) await first.hub.settled(event_id);
  await first.hub.leave();

  const { hub, workspace } = await open(first.home);
  const { journal } = workspace.store;
  const { read } = journal;
  let readings = 0;
  journal.read = (...args) => {
    readings++;
    return read(...args);
  };
  const one = 'e-01arz3ndektsv4rrffq69g5fa';
  for (const last of 'abcdefgh') await expect(hub.event(one + last)).rejects.toMatchObject({ code: 'not_found' });
  for (const last of 'abcdef') {
    await expect(findApproval(workspace, `a-123456789012345${last}`)).rejects.toMatchObject({ code: 'not_found' });
  }
  expect(readings).toBe(20);
  for (const { event_id, session_id } of sent) {
    expect(await hub.event(event_id)).toMatchObject({ session_id, status: 'done' });
  }
});

test('a session that was resumed before there was one is made by its first message', async () => {
  const { hub } = await open();
  expect(await hub.resume('s')).toMatchObject({ status: 'absent' });
  const { event_id } = await hub.submit(say('hello', { session_id: 's' }));
  expect(await hub.settled(event_id)).toMatchObject({ status: 'done', text: 'You said hello' });
});

test('a changed policy meets the turn that is open, and the next one is frozen with it', async () => {
  const { hub, workspace } = await open();
  const { event_id } = await hub.submit(say('hello', { session_id: 's' }));
  expect(await hub.setPolicy({ tool: 'exec_command', verdict: 'deny' })).toMatchObject({ changed: true });
  expect(workspace.policy.deny).toEqual(['exec_command']);
  await hub.settled(event_id);
  await hub.settled((await hub.submit(say('again', { session_id: 's' }))).event_id);
  const policies: unknown[] = [];
  await workspace.store.journal.read('s', async ({ entry }) => {
    if (entry.type === 'turn.started') {
      const { policy } = JSON.parse(String(await workspace.store.blobs.get(entry.data.frozen))) as { policy: unknown };
      policies.push(policy);
    }
  });
  expect(policies.at(-1)).toEqual(workspace.policy);
});

test('who may answer is for the policy that holds by then, also where a turn has not met it yet', async () => {
  const { hub, workspace } = await open();
  const { event_id } = await hub.submit(say('ask', { session_id: 's' }));
  const { approvals } = await hub.settled(event_id);
  workspace.policy = { ...workspace.policy, approver_roles: ['admin'] };
  const digest = digestOf('something else');
  for (const answer of [{ decision: 'grant' }, { decision: 'grant', digest }] as const)
    await expect(hub.resolve(approvals[0]!, answer)).rejects.toMatchObject({ code: 'role_not_allowed' });
  expect(await hub.approvals()).toMatchObject([{ status: 'pending', approver_roles: ['admin'] }]);
  const admin = hub.as({ actor: { id: 'ada', role: 'admin' }, via: 'http' });
  await expect(admin.resolve(approvals[0]!, { decision: 'deny', digest })).rejects.toMatchObject({
    code: 'digest_mismatch',
  });
  expect(await admin.resolve(approvals[0]!, { decision: 'deny' })).toMatchObject({ status: 'denied' });
  expect(await hub.settled(event_id)).toMatchObject({ status: 'done' });
  expect(await verifySession(workspace, 's')).toMatchObject({ status: 'verified' });
});

test('what is done is known while its session goes on, however many are open', async () => {
  const { hub } = await open();
  const accepted = [];
  for (let n = 0; n < 120; n++) accepted.push(await hub.submit(say(`m${n}`, { session_id: `s${n % 60}` })));
  for (const { event_id } of accepted) await hub.settled(event_id);
  for (const [n, { event_id }] of accepted.entries()) {
    expect(await hub.event(event_id)).toMatchObject({ status: 'done', text: `You said m${n}`, turn: n < 60 ? 1 : 2 });
  }
});

test('sessions that are only looked at do not stay open', async () => {
  const { hub, workspace } = await open();
  const files = (): number => readdirSync('/proc/self/fd').length;
  for (let n = 0; n < 100; n++) await hub.settled((await hub.submit(say('hi', { session_id: `s${n}` }))).event_id);
  const before = existsSync('/proc/self/fd') ? files() : 0;
  for (let round = 0; round < 3; round++) {
    for (let n = 0; n < 100; n++) expect(await hub.session(`s${n}`)).toMatchObject({ turns: 1, status: 'idle' });
  }
  if (before > 0) expect(files() - before).toBeLessThan(20);
  const stillOpen = Array.from({ length: 100 }, (_, n) => n).filter((n) => {
    try {
      return workspace.store.journal.size(`s${n}`) > 0;
    } catch {
      return false;
    }
  });
  expect(stillOpen.length).toBeLessThanOrEqual(40);
});

test('a session that works or waits stays open, whatever else is looked at', async () => {
  const { hub } = await open();
  const slow = await hub.submit(say('soon', { session_id: 'slow' }));
  const asks = await hub.submit(say('ask', { session_id: 'asks' }));
  expect(await hub.settled(asks.event_id)).toMatchObject({ status: 'waiting_approval' });
  for (let n = 0; n < 100; n++) await hub.session(`none${n}`);
  expect(await hub.settled(slow.event_id)).toMatchObject({ status: 'done', text: 'At last.' });
  const [approval] = (await hub.session('asks')).approvals;
  await hub.resolve(approval!, { decision: 'grant' });
  expect(await hub.settled(asks.event_id)).toMatchObject({ status: 'done', text: 'Done.' });
});

test('messages and removals of one session at the same time end nothing else', async () => {
  const { hub, workspace } = await open();
  let lost = false;
  void hub.lost.then(() => (lost = true));
  await hub.settled((await hub.submit(say('hi', { session_id: 's' }))).event_id);
  for (let round = 0; round < 10; round++) {
    const done = [];
    for (let n = 0; n < 4; n++) {
      done.push(hub.submit(say(`m${n}`, { session_id: 's' })).then(({ event_id }) => hub.settled(event_id)));
      done.push(hub.remove('s', { force: true }), hub.session('s'));
    }
    for (const one of await Promise.allSettled(done)) {
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'not_found' });
    }
  }
  expect(lost).toBe(false);
  expect(await hub.settled((await hub.submit(say('still', { session_id: 's' }))).event_id)).toMatchObject({
    status: 'done',
    text: 'You said still',
  });
  await hub.leave();
  expect(await verifySession(workspace, 's')).toMatchObject({ status: 'verified' });
});

test('a removed session is forgotten: its messages are not found, a new one of its name begins anew', async () => {
  const { hub } = await open();
  const old = await hub.submit(say('old', { session_id: 's' }));
  await hub.settled(old.event_id);
  await hub.remove('s', { force: false });
  await expect(hub.event(old.event_id)).rejects.toMatchObject({ code: 'not_found' });
  const slow = await hub.submit(say('slow', { session_id: 's' }));
  const waits = expect(hub.settled(slow.event_id)).rejects.toMatchObject({ code: 'not_found' });
  await hub.remove('s', { force: true });
  await waits;
  expect(await hub.session('s')).toMatchObject({ status: 'absent', seq: 0, queued: [] });
});

test('a stop that nothing can come of is not acknowledged', async () => {
  const { hub } = await open();
  await expect(hub.stop('never-seen', 'e-none')).rejects.toMatchObject({ code: 'not_found' });
  expect(await hub.session('never-seen')).toMatchObject({ status: 'absent', seq: 0 });
});

test('what was asked for before the owner leaves is done, and nothing after it gave the workspace up', async () => {
  const { hub, workspace, home } = await open();
  for (const id of ['a', 'b', 'c']) await hub.settled((await hub.submit(say('hi', { session_id: id }))).event_id);
  const asked = [
    hub.remove('a', { force: true }),
    hub.fork('b', {}),
    hub.session('c'),
    hub.session('never-seen'),
    hub.submit(say('hi', { session_id: 'c' })),
    hub.stop('b', 'e-none'),
  ];
  let released = false;
  const left = hub.leave().then(() => (released = true));
  for (const one of await Promise.allSettled(asked)) {
    if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'shutting_down' });
  }
  await left;
  expect(released).toBe(true);
  for (const id of ['b', 'c', 'never-seen']) {
    expect(() => workspace.store.journal.size(id)).toThrow('is not open');
    await expect(hub.submit(say('late', { session_id: id }))).rejects.toMatchObject({ code: 'shutting_down' });
  }
  await expect(hub.stop('b', 'e-none')).rejects.toMatchObject({ code: 'shutting_down' });
  await expect(hub.remove('b', { force: true })).rejects.toMatchObject({ code: 'shutting_down' });
  const next = await open(home);
  expect(await next.hub.session('b')).toMatchObject({ turns: 1 });
});

test('the workspace is given up also when something goes wrong on the way', async () => {
  const { hub, home } = await open();
  await hub.settled((await hub.submit(say('hi'))).event_id);
  await expect(hub.leave({ before_release: async () => Promise.reject(new Error('no')) })).rejects.toThrow('no');
  const next = await open(home);
  expect(await next.hub.status()).toMatchObject({ pid: process.pid });
});

test('one damaged session keeps no other from being listed', async () => {
  const first = await open();
  await first.hub.submit(say('slow', { session_id: 'bad' }));
  await first.hub.submit(say('slow', { session_id: 'good' }));
  await new Promise((resolve) => setTimeout(resolve, 100));
  await first.hub.leave();
  const file = join(first.home, 'workspaces/default/sessions/bad.jsonl');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"kind":"chat"', '"kind":"chaT"'));
  const { hub } = await open(first.home);
  expect(await hub.sessions()).toMatchObject([{ session_id: 'good', status: 'open' }]);
  await expect(hub.session('bad')).rejects.toThrow();
});

test('what a session is doing that nobody works on is told', async () => {
  const first = await open();
  const { event_id } = await first.hub.submit(say('ask', { session_id: 's' }));
  const queued = await first.hub.submit(say('later', { session_id: 's' }));
  await first.hub.settled(event_id);
  await first.hub.leave();

  const { hub } = await open(first.home);
  const { approvals } = await hub.session('s');
  expect(await hub.event(event_id)).toMatchObject({ status: 'waiting_approval', turn: 1, approvals });
  expect(await hub.event(queued.event_id)).toMatchObject({ session_id: 's', approvals });
  // Answered without being entered: recorded, and nothing starts.
  expect(await hub.resolve(approvals[0]!, { decision: 'grant' })).toMatchObject({ status: 'granted' });
  expect(await hub.session('s')).toMatchObject({ status: 'open', approvals: [] });
  expect(await hub.settled(event_id)).toMatchObject({ status: 'done', text: 'Done.' });
  expect(await hub.settled(queued.event_id)).toMatchObject({ status: 'done', text: 'You said later' });
});

test('a steer settles with the turn that took it', async () => {
  const { hub } = await open();
  const first = await hub.submit(say('soon', { session_id: 's' }));
  const steer = await hub.submit(say('steered', { session_id: 's', mode: 'steer' }));
  const [one, other] = await Promise.all([first, steer].map(({ event_id }) => hub.settled(event_id)));
  expect([one!.status, other!.status]).toEqual(['done', 'done']);
  expect(other!.text).toBe('Steered.');
});

test('two who send the same message at the same time are both told of the one turn', async () => {
  const { hub } = await open();
  const message = say('hello', { session_id: 's', idempotency_key: 'k' });
  const both = await Promise.all([hub.submit(message), hub.submit(message), hub.submit(message)]);
  expect(new Set(both.map(({ event_id }) => event_id)).size).toBe(1);
  expect(both.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
  for (const { event_id } of both) expect(await hub.settled(event_id)).toMatchObject({ status: 'done' });
  expect(await hub.session('s')).toMatchObject({ turns: 1 });
});

test('a watcher of a session that comes, goes and comes again is told all of it', async () => {
  const { hub } = await open();
  const seen: string[] = [];
  const watch = (): void => {
    hub.watch('s', 0, {
      onEvent: ({ id, type }: StreamEvent) => void (id !== null && seen.push(type)),
      onEnd() {
        seen.push('end');
        watch();
      },
    });
  };
  watch();
  for (let round = 0; round < 2; round++) {
    await hub.settled((await hub.submit(say('hi', { session_id: 's' }))).event_id);
    if (round === 0) await hub.remove('s', { force: false });
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(seen.filter((type) => type === 'session.created' || type === 'turn.ended' || type === 'end')).toEqual([
    'session.created',
    'turn.ended',
    'end',
    'session.created',
    'turn.ended',
  ]);
});

test('a message for no session in particular that is sent again is the same message', async () => {
  const { hub } = await open();
  const message = say('hello', { idempotency_key: 'k' });
  const { event_id, session_id } = await hub.submit(message);
  expect(await hub.submit(message)).toMatchObject({ event_id, session_id, duplicate: true });
  const other = hub.submit(say('something else', { idempotency_key: 'k' }));
  await expect(other).rejects.toMatchObject({ code: 'idempotency_key_reused' });
});

test('changes of the policy at the same time are all made, and hold', async () => {
  const { hub, workspace } = await open();
  const tools = workspace.tools.tools().map(({ name }) => name);
  await Promise.all(tools.map((tool) => hub.setPolicy({ tool, verdict: 'deny' })));
  expect(workspace.policy.deny.toSorted()).toEqual(tools.toSorted());
});

test('what the configuration says already holds when it is said again', async () => {
  const { hub, workspace, home } = await open();
  const { event_id } = await hub.submit(say('ask', { session_id: 's' }));
  const [id] = (await hub.settled(event_id)).approvals;
  appendFileSync(join(home, 'config.yaml'), 'governance: {deny: [exec_command]}\n');
  expect(await hub.setPolicy({ tool: 'exec_command', verdict: 'deny' })).toMatchObject({ changed: false });
  expect(workspace.policy.deny).toEqual(['exec_command']);
  await expect(hub.resolve(id!, { decision: 'grant' })).rejects.toMatchObject({ code: 'approval_void' });
});

test('an answer that comes while the owner leaves goes to the next one, and was not given before', async () => {
  const { hub, workspace, home } = await open();
  const { event_id } = await hub.submit(say('ask', { session_id: 's' }));
  const [id] = (await hub.settled(event_id)).approvals;
  // What else runs may end first: until then nothing is closed.
  await hub.submit(say('slow', { session_id: 'other' }));
  const answering = hub.resolve(id!, { decision: 'deny' }).catch((error: unknown) => error);
  const leaving = hub.leave({ patience_ms: 60_000 });
  const answered = await answering;
  await Promise.all([leaving, hub.leave()]);
  const [record] = await recordsOf(workspace, 's');
  if (record!.status !== 'denied') expect(answered).toMatchObject({ code: 'shutting_down' });
  const next = await open(home);
  expect(await next.hub.resolve(id!, { decision: 'deny' })).toMatchObject({ status: 'denied' });
});

test('what is noted behind a turn may fail, and is told at the end', async () => {
  const { hub, workspace } = await open();
  const full = new RuntimeError('disk_full', 'No space.');
  workspace.store.ingress.done = () => Promise.reject(full);
  for (const text of ['one', 'two']) await hub.settled((await hub.submit(say(text, { session_id: 's' }))).event_id);
  await new Promise(setImmediate);
  await expect(hub.leave()).rejects.toBe(full);
});

test('a record of messages that can not be read keeps nobody from being told', async () => {
  const home = newHome();
  const workspace = await openWorkspace({
    environment: { RUNTIME_HOME: home, RUNTIME_SANDBOX_MODE: 'off' },
    overrides: new Map(),
  });
  const broken = new RuntimeError('store_unavailable', 'It is damaged.');
  for (const what of ['pending', 'pendingOf'] as const) workspace.store.ingress[what] = () => Promise.reject(broken);
  const hub = createHub(workspace, { takes: 'all', version: 'test' });
  await new Promise(setImmediate);
  await expect(hub.session('s')).rejects.toBe(broken);
  await hub.leave().catch(() => {});
});

test('an answer for always that is repeated is acknowledged only where its standing grant is there', async () => {
  const { hub, workspace } = await open();
  const { event_id } = await hub.submit(say('outside', { session_id: 's', root: '/tmp' }));
  await hub.settled(event_id);
  const [approval] = (await hub.session('s')).approvals;
  const always = { decision: 'grant', scope: 'always' } as const;
  const { grants } = workspace.store;
  const { append } = grants;
  grants.append = () => Promise.reject(new RuntimeError('disk_full', 'No space is left.'));
  await expect(hub.resolve(approval!, always)).rejects.toMatchObject({ code: 'disk_full' });
  grants.append = append;
  await expect(hub.resolve(approval!, always)).rejects.toMatchObject({ code: 'approval_already_resolved' });
  expect(await hub.settled(event_id)).toMatchObject({ status: 'done', text: 'Done.' });

  const second = await hub.submit(say('outside', { session_id: 's', root: '/tmp' }));
  await hub.settled(second.event_id);
  const [another] = (await hub.session('s')).approvals;
  const { resolved } = await hub.resolve(another!, always);
  expect((await hub.resolve(another!, always)).resolved).toEqual(resolved);
  expect(await grants.list()).toMatchObject([{ grant_id: resolved!.grant_id }]);
});

test('an answer that is repeated while the first is being synced is acknowledged only when that is done', async () => {
  const { hub, workspace } = await open();
  const { event_id } = await hub.submit(say('ask', { session_id: 's' }));
  await hub.settled(event_id);
  const [approval] = (await hub.session('s')).approvals;
  workspace.store.journal.sync = () => Promise.reject(new RuntimeError('store_unavailable', 'The disk fails.'));
  const answers = [hub.resolve(approval!, { decision: 'grant' }), hub.resolve(approval!, { decision: 'grant' })];
  expect((await Promise.allSettled(answers)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});

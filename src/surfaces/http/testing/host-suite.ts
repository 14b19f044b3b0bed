/** What every host promises, whoever implements it: the process that owns the workspace, or a client of it. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { RuntimeError } from '../../../contract/errors.ts';
import type { Host, Submission } from '../../../contract/host.ts';
import type { Policy } from '../../../contract/manifest.ts';
import type { StreamEvent } from '../../../contract/stream.ts';

export interface HostUnderTest {
  host: Host;
  close(): Promise<void>;
}

/** Messages that make the host under test do something. */
export interface Words {
  /** Is answered. */
  plain: string;
  /** Needs an approval, and is answered when it is granted. */
  asking: string;
  /** Isn't done before it is stopped. */
  slow: string;
}

export function describeHost(name: string, open: () => Promise<HostUnderTest>, words: Words): void {
  const opened = async (): Promise<Host> => {
    const { host, close } = await open();
    onTestFinished(close);
    return host;
  };
  const say = (text: string, more: Partial<Submission> = {}): Submission => ({
    parts: [{ type: 'text', text }],
    root: '/',
    ...more,
  });

  describe(name, () => {
    test('says who owns the workspace', async () => {
      const host = await opened();
      expect(await host.status()).toMatchObject({ pid: expect.any(Number), version: expect.any(String), protocol: 1 });
    });

    test('says which values of the configuration are others there', async () => {
      const host = await opened();
      const digests = { 'no.such_key': `sha256:${'0'.repeat(64)}` } as const;
      expect(await host.differing(digests)).toEqual({ differing: ['no.such_key'], given: {} });
      expect(await host.differing({})).toEqual({ differing: [], given: {} });
    });

    test('does what a message asks for, and tells how it went', async () => {
      const host = await opened();
      const { event_id, session_id, duplicate } = await host.submit(say(words.plain));
      const settled = await host.settled(event_id);
      expect(duplicate).toBe(false);
      expect(settled).toMatchObject({ event_id, session_id, status: 'done', reason: 'success', approvals: [] });
      expect(settled.text).toEqual(expect.stringMatching(/./));
      expect(await host.event(event_id)).toEqual(settled);
      expect(await host.settled(event_id)).toEqual(settled);
      expect(await host.session(session_id)).toMatchObject({ session_id, status: 'idle', turns: 1 });
    });

    test('takes a message with a key once', async () => {
      const host = await opened();
      const message = say(words.plain, { idempotency_key: 'k1', session_id: 'with-key' });
      const first = await host.submit(message);
      await host.settled(first.event_id);
      const { status: _, ...same } = first;
      expect(await host.submit(message)).toEqual({ ...same, status: 'done', duplicate: true });
      const other = host.submit(say('something else', { idempotency_key: 'k1', session_id: 'with-key' }));
      await expect(other).rejects.toMatchObject({ code: 'idempotency_key_reused' });
    });

    test('says what is wrong by the codes of the catalogue, with the next step', async () => {
      const host = await opened();
      for (const [attempt, code] of [
        [() => host.submit(say(words.plain, { session_id: '-no id-' })), 'invalid_id'],
        [() => host.event('e-none'), 'not_found'],
        [() => host.settled('e-none'), 'not_found'],
        [() => host.remove('none', { force: false }), 'not_found'],
        [() => host.import({ file: '/nowhere/none' }), 'not_found'],
        [() => host.resolve('a-0000000000000000', { decision: 'grant' }), 'not_found'],
      ] as const) {
        const error: unknown = await attempt().catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(RuntimeError);
        expect(error).toMatchObject({ code, next: expect.stringMatching(/./), message: expect.stringMatching(/./) });
      }
    });

    test('keeps jobs: makes, tells, pauses, runs and removes them', async () => {
      const { schedules } = await opened();
      const job = { name: 'daily', schedule: '@every 24h', prompt: words.plain };
      expect(await schedules.add(job)).toMatchObject({ ...job, status: 'active', next_due_at: expect.any(Number) });
      await expect(schedules.add(job)).rejects.toMatchObject({ code: 'schedule_exists' });
      await expect(schedules.add({ name: 'never', prompt: 'x' })).rejects.toMatchObject({ code: 'schedule_invalid' });
      expect(await schedules.change('daily', { paused: true })).toMatchObject({ status: 'paused', next_due_at: null });
      expect(await schedules.run('daily', { wait: true })).toMatchObject({
        state: 'fired',
        manual: true,
        outcome: 'ok',
      });
      expect(await schedules.history('daily')).toMatchObject([{ state: 'fired' }]);
      expect(await schedules.list()).toEqual([await schedules.get('daily')]);
      await schedules.remove('daily');
      expect(await schedules.list()).toEqual([]);
      await expect(schedules.get('daily')).rejects.toMatchObject({ code: 'not_found' });
      await expect(schedules.run('daily', { wait: false })).rejects.toMatchObject({ code: 'not_found' });
    });

    test('tells a session to each who looks, every entry once and in order', async () => {
      const host = await opened();
      const first = look(host, 'looked-at');
      const { event_id } = await host.submit(say(words.plain, { session_id: 'looked-at' }));
      await host.settled(event_id);
      await first.until('turn.ended');
      const late = look(host, 'looked-at');
      await late.until('turn.ended');
      const behind = look(host, 'looked-at', 2);
      await behind.until('turn.ended');

      const entries = first.events.filter(({ id }) => id !== null);
      expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index + 1));
      expect(late.events.filter(({ id }) => id !== null)).toEqual(entries);
      expect(behind.events.filter(({ id }) => id !== null)).toEqual(entries.slice(2));
      for (const { watch } of [first, late, behind]) watch.close();
      expect(first.events.some(({ type }) => type === 'delta')).toBe(true);
    });

    test('tells nothing more to whoever has looked away', async () => {
      const host = await opened();
      const gone = look(host, 'left');
      const stays = look(host, 'left');
      await host.settled((await host.submit(say(words.plain, { session_id: 'left' }))).event_id);
      await Promise.all([gone.until('turn.ended'), stays.until('turn.ended')]);
      gone.watch.close();
      const seen = gone.events.length;
      await host.settled((await host.submit(say(words.plain, { session_id: 'left' }))).event_id);
      await stays.until('turn.ended', 2);
      expect(gone.events.length).toBe(seen);
      stays.watch.close();
    });

    test('makes another session of the beginning of one', async () => {
      const host = await opened();
      const { event_id, session_id } = await host.submit(say(words.plain));
      await host.settled(event_id);
      const fork = await host.fork(session_id, {});
      expect(fork).toEqual({ session_id: expect.any(String) });
      expect(fork.session_id).not.toBe(session_id);
      expect(await host.session(fork.session_id)).toMatchObject({ session_id: fork.session_id, status: 'idle' });
      await expect(host.fork('none', {})).rejects.toMatchObject({ code: 'not_found' });
    });

    test('undoes only what there is, and not while a turn is open', async () => {
      const host = await opened();
      const { event_id, session_id } = await host.submit(say(words.slow));
      const looking = look(host, session_id);
      await looking.until('turn.started');
      await expect(host.undo(session_id, {})).rejects.toMatchObject({ code: 'session_busy' });
      await host.stop(session_id, event_id);
      await host.settled(event_id);
      await expect(host.undo(session_id, { turn: 2 })).rejects.toMatchObject({ code: 'not_found' });
      await expect(host.undo('none', {})).rejects.toMatchObject({ code: 'not_found' });
      looking.watch.close();
    });

    test('makes one behind a turn, with a policy of its own', async () => {
      const host = await opened();
      const { event_id, session_id } = await host.submit(say(words.plain));
      await host.settled(event_id);
      const lists = { deny: ['exec_command'], require_approval: [], allow: [] };
      const policy: Policy = { v: 1, ...lists, sandbox: 'off', approver_roles: ['operator'] };
      const fork = await host.fork(session_id, { turn: 1, policy });
      expect(await host.session(fork.session_id)).toMatchObject({ session_id: fork.session_id, status: 'idle' });
    });

    test('stops what it is asked to stop', async () => {
      const host = await opened();
      const { event_id, session_id } = await host.submit(say(words.slow));
      const looking = look(host, session_id);
      await looking.until('turn.started');
      expect(await host.sessions()).toEqual([expect.objectContaining({ session_id, status: 'running' })]);
      await host.stop(session_id, event_id);
      expect(await host.settled(event_id)).toMatchObject({ status: 'done', reason: 'canceled' });
      looking.watch.close();
    });

    test('tells what is not done, and drops nothing that has begun', async () => {
      const host = await opened();
      const { event_id, session_id } = await host.submit(say(words.slow));
      const looking = look(host, session_id);
      await looking.until('turn.started');
      const item = { event_id, session_id, lane: 'interactive', priority: 0, state: 'running', position: 0 };
      expect(await host.queue()).toEqual([expect.objectContaining(item)]);
      expect(await host.queueItem(event_id)).toMatchObject(item);
      await expect(host.dropQueued(event_id)).rejects.toMatchObject({ code: 'message_begun' });
      await expect(host.retryDead(event_id)).rejects.toMatchObject({ code: 'not_found' });
      await host.stop(session_id, event_id);
      await host.settled(event_id);
      expect(await host.queue()).toEqual([]);
      await expect(host.queueItem(event_id)).rejects.toMatchObject({ code: 'not_found' });
      looking.watch.close();
    });

    test('asks a person, once', async () => {
      const host = await opened();
      const { event_id, session_id } = await host.submit(say(words.asking));
      const waits = await host.settled(event_id);
      expect(waits).toMatchObject({ status: 'waiting_approval', approvals: [expect.any(String)] });
      const [pending] = await host.approvals();
      expect(pending).toMatchObject({ id: waits.approvals[0], session_id, status: 'pending' });
      const other = `sha256:${'1'.repeat(64)}` as const;
      const forOther = host.resolve(pending!.id, { decision: 'grant', digest: other });
      await expect(forOther).rejects.toMatchObject({ code: 'digest_mismatch' });
      const answered = await host.resolve(pending!.id, { decision: 'grant', digest: pending!.digest });
      expect(answered).toMatchObject({ id: pending!.id, status: 'granted' });
      const looking = look(host, session_id);
      await looking.until('turn.ended');
      looking.watch.close();
      expect(await host.event(event_id)).toMatchObject({ status: 'done', reason: 'success' });
      expect(await host.approvals()).toEqual([]);
      const again = host.resolve(pending!.id, { decision: 'deny' });
      await expect(again).rejects.toMatchObject({ code: 'approval_already_resolved' });
    });

    test('removes a session, with an open turn only by force, and says so to whoever looks', async () => {
      const host = await opened();
      const { session_id } = await host.submit(say(words.slow));
      const looking = look(host, session_id);
      await looking.until('turn.started');
      await expect(host.remove(session_id, { force: false })).rejects.toMatchObject({ code: 'session_busy' });
      await host.remove(session_id, { force: true });
      await looking.ended;
      await expect(host.remove(session_id, { force: true })).rejects.toMatchObject({ code: 'not_found' });
    });
  });
}

/** Looks at a session and keeps what it is told. */
export function look(host: Host, session_id: string, after = 0) {
  const events: StreamEvent[] = [];
  const ended = Promise.withResolvers<void>();
  const waiting = new Set<() => void>();
  const watch = host.watch(session_id, after, {
    onEvent(event) {
      events.push(event);
      for (const check of waiting) check();
    },
    onEnd: () => ended.resolve(),
  });
  const until = (type: string, times = 1): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (events.filter((event) => event.type === type).length < times) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  return { events, watch, until, ended: ended.promise };
}

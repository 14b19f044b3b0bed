import { expect, test } from 'vitest';
import { RuntimeError } from '../../contract/errors.ts';
import type { Host, HostStatus, Loss } from '../../contract/host.ts';
import { manualClock, settle } from '../../engine/testing/world.ts';
import { createSuccession, type SuccessionOptions } from './successor.ts';

function fakeHost(here: boolean, pid = 7) {
  const lost = Promise.withResolvers<Loss>();
  const told = { left: 0 };
  const host = {
    here,
    lost: lost.promise,
    leave: async () => void told.left++,
    status: async () => ({ pid }) as HostStatus,
  } as unknown as Host;
  return { host, lose: lost.resolve, told };
}

function succeed(first: Host, given: Partial<SuccessionOptions> = {}) {
  const clock = manualClock();
  const told: string[] = [];
  const voice = {
    say: (text: string) => void told.push(text),
    notice: (text: string) => void told.push(text),
    fail: (thrown: unknown) => void told.push(String(thrown)),
  };
  const options = { clock, voice, isLeaving: () => false, attach: async () => first, onNext: async () => {}, ...given };
  return { clock, told, succession: createSuccession(first, options) };
}

test('host after host, each told of with how the one before went, until the terminal is left', async () => {
  const [first, second, third] = [fakeHost(false), fakeHost(false, 8), fakeHost(true)];
  const coming = [second.host, third.host];
  let leaving = false;
  const { succession, told } = succeed(first.host, {
    attach: async () => coming.shift()!,
    isLeaving: () => leaving,
  });
  const watching = succession.watch();
  first.lose({ handed_over: true });
  await expect.poll(() => told.length).toBe(1);
  second.lose({ handed_over: false });
  await expect
    .poll(() => told)
    .toEqual([
      'the process that owned the workspace has left; another one has taken over, pid 8',
      'the process that owned the workspace has ended; this one has taken over',
    ]);
  leaving = true;
  third.lose({ handed_over: true });
  await watching;
});

test('what a host left unanswered is asked of the next, also when that goes at once', async () => {
  const [first, second, third] = [fakeHost(false), fakeHost(false), fakeHost(true)];
  const coming = [second.host, third.host];
  const { succession, told } = succeed(first.host, {
    attach: async () => coming.shift()!,
    async onNext(host) {
      if (host !== second.host) return;
      second.lose({ handed_over: false });
      throw new RuntimeError('owner_lost', 'gone again');
    },
  });
  void succession.watch();
  const asked: Host[] = [];
  const answer = succession.ask(async (host) => {
    asked.push(host);
    if (host === first.host) throw new RuntimeError('shutting_down', 'it leaves');
    if (!host.here) throw new RuntimeError('owner_lost', 'it has gone');
    return 'done';
  });
  await expect.poll(() => told).toEqual(['the process that owns the workspace leaves; this goes to the next one']);
  first.lose({ handed_over: true });
  expect(await answer).toBe('done');
  expect(asked.at(-1)).toBe(third.host);
});

test('a host that stays has failed by itself, and so has one that is this process', async () => {
  const { host } = fakeHost(false);
  const { succession, clock } = succeed(host);
  const failing = succession.ask(() => Promise.reject(new RuntimeError('owner_lost', 'the connection broke')));
  failing.catch(() => {});
  await settle();
  await clock.advance(1000);
  await expect(failing).rejects.toThrow('the connection broke');
  await expect(succession.ask(() => Promise.reject(new RuntimeError('not_found', 'no such')))).rejects.toThrow(
    'no such',
  );
  const own = succeed(fakeHost(true).host, { isLeaving: () => true }).succession;
  const leaves = new RuntimeError('shutting_down', 'I leave');
  await expect(own.ask(() => Promise.reject(leaves))).rejects.toThrow('I leave');
});

test('who was the host itself and gave the workspace up goes on with who asked for it', async () => {
  const [own, daemon] = [fakeHost(true), fakeHost(false, 8)];
  const asked: unknown[] = [];
  const { succession, told } = succeed(own.host, {
    async attach(awaited) {
      asked.push(awaited);
      return daemon.host;
    },
  });
  void succession.watch();
  const answer = succession.ask(async (host) => {
    if (host === own.host) throw new RuntimeError('shutting_down', 'I leave');
    return 'done';
  });
  own.lose({ handed_over: true, awaited: true });
  expect(await answer).toBe('done');
  await expect.poll(() => told).toEqual(['the workspace was asked for; another one has taken over, pid 8']);
  expect(asked).toEqual([true]);
});

test('an owner that stands still is told of once, and again when it answers', async () => {
  const { host } = fakeHost(false);
  const answers = [Promise.withResolvers<HostStatus>(), Promise.withResolvers<HostStatus>()];
  const open = [...answers];
  const { clock, told, succession } = succeed({ ...host, status: () => open.shift()!.promise });
  await clock.advance(3000);
  answers[0]!.resolve({} as HostStatus);
  await settle();
  await clock.advance(3000);
  expect(told).toEqual([]);
  await clock.advance(60_000);
  expect(told).toEqual(['the process that owns the workspace does not answer; it may be suspended. Ctrl-D leaves']);
  answers[1]!.resolve({} as HostStatus);
  await expect.poll(() => told[1]).toBe('the process that owns the workspace answers again');
  succession.end();
});

test('who was the host itself and lost the workspace can’t go on, and is told why', async () => {
  const { host, lose } = fakeHost(true);
  lose({ handed_over: false, error: { code: 'disk_full', message: 'the disk is full', next: 'Make room.' } });
  await expect(succeed(host).succession.watch()).rejects.toMatchObject({
    code: 'store_unavailable',
    message: 'the disk is full',
    next: 'Make room.',
  });
});

test('a host that is found when the terminal was left meanwhile is let go again', async () => {
  const [first, second] = [fakeHost(false), fakeHost(true)];
  let leaving = false;
  const { succession } = succeed(first.host, {
    async attach() {
      leaving = true;
      return second.host;
    },
    isLeaving: () => leaving,
    onNext: async () => expect.unreachable(),
  });
  const watching = succession.watch();
  first.lose({ handed_over: false });
  await watching;
  expect(second.told.left).toBe(1);
});

test('an owner that doesn’t answer is told of once and asked again; what else is wrong ends the watching', async () => {
  const { host, lose } = fakeHost(false);
  const silent = new RuntimeError('owner_silent', 'it says nothing');
  const failures = [silent, silent, new Error('no lock, no owner')];
  const { succession, told } = succeed(host, { attach: () => Promise.reject(failures.shift()!) });
  const watching = succession.watch();
  lose({ handed_over: false });
  await expect(watching).rejects.toThrow('no lock');
  expect(told).toEqual(['RuntimeError: it says nothing']);
});

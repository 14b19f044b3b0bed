import { expect, test } from 'vitest';
import { RuntimeError } from '../../contract/errors.ts';
import type { Host, Loss } from '../../contract/host.ts';
import { manualClock } from '../../engine/testing/world.ts';
import { createSuccession, type SuccessionOptions } from './successor.ts';

function fakeHost(here: boolean, pid = 1) {
  const lost = Promise.withResolvers<Loss>();
  const told = { left: 0 };
  const host = {
    here,
    lost: lost.promise,
    leave: async () => void told.left++,
    status: async () => ({ pid }),
  } as unknown as Host;
  return { host, lose: lost.resolve, told };
}

function succession(first: Host, options: Partial<SuccessionOptions> = {}) {
  const told: string[] = [];
  const voice = {
    say: (text: string) => void told.push(text),
    notice: (text: string) => void told.push(text),
    fail: (thrown: unknown) => void told.push(String(thrown)),
  };
  const made = createSuccession(first, {
    clock: manualClock(),
    attach: () => Promise.reject(new Error('nobody is there')),
    isLeaving: () => false,
    onNext: async () => {},
    voice,
    ...options,
  });
  return { ...made, told };
}

test('host after host, each told of with how the one before went, until the terminal is left', async () => {
  const [first, second, third] = [fakeHost(false), fakeHost(false, 42), fakeHost(true)];
  const coming = [second.host, third.host];
  const next: Host[] = [];
  let leaving = false;
  const { watch, told } = succession(first.host, {
    attach: async () => coming.shift()!,
    isLeaving: () => leaving,
    onNext: async (host) => void next.push(host),
  });
  const watching = watch();
  first.lose({ handed_over: true });
  second.lose({ handed_over: false });
  await expect
    .poll(() => told)
    .toEqual([
      'the process that owned the workspace has left; another one has taken over, pid 42',
      'the process that owned the workspace has ended; this one has taken over',
    ]);
  expect(next).toEqual([second.host, third.host]);
  leaving = true;
  third.lose({ handed_over: true });
  await watching;
});

test('who was the host itself and lost the workspace can’t go on, and is told why', async () => {
  const { host, lose } = fakeHost(true);
  lose({ handed_over: false, error: { code: 'disk_full', message: 'the disk is full', next: 'Make room.' } });
  await expect(succession(host).watch()).rejects.toMatchObject({
    code: 'store_unavailable',
    message: 'the disk is full',
    next: 'Make room.',
  });
});

test('a host that is found when the terminal was left meanwhile is let go again', async () => {
  const [first, second] = [fakeHost(false), fakeHost(true)];
  let leaving = false;
  const { watch } = succession(first.host, {
    async attach() {
      leaving = true;
      return second.host;
    },
    isLeaving: () => leaving,
    onNext: async () => expect.unreachable(),
  });
  first.lose({ handed_over: false });
  await watch();
  expect(second.told.left).toBe(1);
});

test('a workspace that nobody can be reached at any more ends the watching', async () => {
  const { host, lose } = fakeHost(false);
  lose({ handed_over: false });
  await expect(succession(host).watch()).rejects.toThrow('nobody is there');
});

test('what was asked of a host that goes is asked of the next one; who fails for another reason says so at once', async () => {
  const [first, second] = [fakeHost(false), fakeHost(true)];
  const { watch, ask } = succession(first.host, { attach: async () => second.host });
  void watch();
  const asked = ask(async (host) => {
    if (host === second.host) return 'answered';
    throw new RuntimeError('owner_lost', 'The connection ended.');
  });
  first.lose({ handed_over: false });
  expect(await asked).toBe('answered');
  await expect(ask(() => Promise.reject(new RuntimeError('not_found', 'There is no such thing.')))).rejects.toThrow(
    'There is no such thing.',
  );
});

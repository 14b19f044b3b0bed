import { expect, test } from 'vitest';
import type { Host, Loss } from '../../contract/host.ts';
import { watchHosts } from './successor.ts';

function fakeHost(here: boolean) {
  const lost = Promise.withResolvers<Loss>();
  const told = { left: 0 };
  const host = { here, lost: lost.promise, leave: async () => void told.left++ } as unknown as Host;
  return { host, lose: lost.resolve, told };
}

test('host after host, each told of with how the one before went, until the terminal is left', async () => {
  const [first, second, third] = [fakeHost(false), fakeHost(false), fakeHost(true)];
  const coming = [second.host, third.host];
  const told: string[] = [];
  let leaving = false;
  const watching = watchHosts(first.host, {
    attach: async () => coming.shift()!,
    isLeaving: () => leaving,
    onNext: async (_, how) => void told.push(how),
  });
  first.lose({ handed_over: true });
  second.lose({ handed_over: false });
  await expect
    .poll(() => told)
    .toEqual([
      'the process that owned the workspace has left; another one has taken over',
      'the process that owned the workspace has ended; this one has taken over',
    ]);
  leaving = true;
  third.lose({ handed_over: true });
  await watching;
});

test('who was the host itself and lost the workspace can’t go on, and is told why', async () => {
  const { host, lose } = fakeHost(true);
  const options = { attach: async () => host, isLeaving: () => false, onNext: async () => {} };
  lose({ handed_over: false, error: { code: 'disk_full', message: 'the disk is full', next: 'Make room.' } });
  await expect(watchHosts(host, options)).rejects.toMatchObject({
    code: 'store_unavailable',
    message: 'the disk is full',
    next: 'Make room.',
  });
});

test('a host that is found when the terminal was left meanwhile is let go again', async () => {
  const [first, second] = [fakeHost(false), fakeHost(true)];
  let leaving = false;
  const watching = watchHosts(first.host, {
    async attach() {
      leaving = true;
      return second.host;
    },
    isLeaving: () => leaving,
    onNext: async () => expect.unreachable(),
  });
  first.lose({ handed_over: false });
  await watching;
  expect(second.told.left).toBe(1);
});

test('a workspace that nobody can be reached at any more ends the watching', async () => {
  const { host, lose } = fakeHost(false);
  const attach = () => Promise.reject(new Error('no lock, no owner'));
  lose({ handed_over: false });
  await expect(watchHosts(host, { attach, isLeaving: () => false, onNext: async () => {} })).rejects.toThrow('no lock');
});

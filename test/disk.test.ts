/** Disks that don't take what is written. */
import { chmodSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect } from 'vitest';
import { entriesOf, expectVerified, linesOf, test, verify } from './support/place.ts';
import { socketOf } from './support/shared.ts';
import { fill, onSmallDisk } from './support/small-disk.ts';
import { hasStrace } from './support/syncs.ts';

const PAGE = 4096;
const isRoot = process.getuid?.() === 0;

describe('a home that may not be written', () => {
  test('exit 1, what to check, and nothing half made', async ({ place, skip }) => {
    const tryIt = async (): Promise<void> => {
      const { code, stdout, stderr } = await place.run(['run', 'hi']);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain('runtime doctor');
      expect(readdirSync(place.home)).toEqual([]);
      expect((await place.run(['doctor'])).code).toBe(1);
      expect(await place.run(['session', 'ls', '-o', 'json'])).toMatchObject({ code: 0, stdout: '[]\n' });
    };
    if (isRoot) {
      // Permissions don't stop root, a read-only disk does.
      if (!(await onSmallDisk(place, 'ro', tryIt))) skip('this root may not mount');
    } else {
      chmodSync(place.home, 0o555);
      await tryIt();
      chmodSync(place.home, 0o700);
    }
  });

  test('a home that is a file: named', async ({ place }) => {
    writeFileSync(join(place.project, 'file'), '');
    const environment = { RUNTIME_HOME: join(place.project, 'file') };
    const { code, stdout, stderr } = await place.run(['run', 'hi'], { environment });
    expect({ failed: code !== 0, stdout }).toEqual({ failed: true, stdout: '' });
    expect(stderr).toContain('file');
  });
});

describe('a disk that fills up', () => {
  test.for([0, 1, 2, 5])(
    '%i pages left: said, nothing accepted is lost, and it goes on when there is space',
    async (pages, { place, skip }) => {
      const could = await onSmallDisk(place, 'mode=700', async () => {
        place.write('long.txt', `${'a line that is read '.repeat(6)}\n`.repeat(110));
        const read = (n: number) => ({ tool: 'read_file', arguments: { path: 'long.txt', offset: n } });
        // Nine results of about 13 KB each are more than the ballast gives back.
        place.play([
          ...Array.from({ length: 9 }, (_, n) => ({ match: { request: n + 1 }, reply: { calls: [read(n + 1)] } })),
          { match: { any: true }, reply: { text: 'I read it all.' } },
        ]);
        expect((await place.run(['run', '--session', 'before', 'hi'])).code).toBe(0);

        const filler = join(place.home, 'filler');
        fill(filler, pages * PAGE);
        const full = await place.run(['run', '--json', '--session', 'one', 'hi']);
        expect(full.code).toBe(1);
        expect(linesOf(full.stdout).at(-1)).toMatchObject({
          type: 'run.finished',
          data: { error: { code: 'disk_full' } },
        });
        expect(full.stderr).toContain('Free some space');
        const accepted = existsSync(place.journalFile('one'));
        if (accepted) expect((await place.run(['session', 'verify', 'one'])).code).toBe(0);
        expect((await place.run(['session', 'verify', 'before'])).code).toBe(0);

        rmSync(filler);
        const next = await place.run(['run', '--session', 'one', ...(accepted ? [] : ['hi'])]);
        expect(next).toMatchObject({ code: 0, stdout: 'I read it all.\n' });
        expect(entriesOf(place.journal('one'), 'turn.ended')).toHaveLength(1);
        await expectVerified(place, 'one');
        await expectVerified(place, 'before');
      });
      if (!could) skip('only root can make a small disk');
    },
  );
});

test('on a full disk what frees space can begin', async ({ place, skip }) => {
  const could = await onSmallDisk(place, 'mode=700', async () => {
    place.play([{ match: { any: true }, reply: { text: 'Hello.' } }]);
    expect((await place.run(['run', '--session', 'one', 'hi'])).code).toBe(0);
    fill(join(place.home, 'filler'), 0);
    expect((await place.run(['run', '--session', 'one', 'again'])).code).toBe(1);
    expect(await place.run(['store', 'gc'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('removed') as string,
    });
    expect((await place.run(['session', 'verify', 'one'])).code).toBe(0);
  });
  if (!could) skip('only root can make a small disk');
});

test("the workspace's folder goes while a turn runs: said, exit 1, and the next start makes a new one", async ({
  place,
}) => {
  place.play([{ match: { any: true }, reply: { text: 'a b c', chunks: 3, delay: '300ms' } }]);
  const run = place.start(['run', '--json', '--session', 'one', 'hi']);
  await run.says('model.requested');
  rmSync(dirname(socketOf(place)), { recursive: true, force: true, maxRetries: 5 });
  const { code, stdout, stderr } = await run.ended;
  expect({ code, told: linesOf(stdout).at(-1) }).toMatchObject({
    code: 1,
    told: { type: 'run.finished', data: { error: { code: 'store_unavailable' } } },
  });
  expect(stderr).toMatch(/^error: .*\nnext: /m);
  expect(await place.run(['run', '--session', 'one', 'hi'])).toMatchObject({ code: 0, stdout: 'a b c\n' });
  await expectVerified(place, 'one');
});

test.skipIf(!hasStrace)(
  'an answer whose turn cannot be entered into the audit log: given, with a warning, and entered by the next start',
  async ({ place }) => {
    place.play([{ match: { any: true }, reply: { text: 'fine' } }]);
    const audit = join(dirname(socketOf(place)), 'audit.jsonl');
    const shell = `exec strace -f -qq -o calls -P ${audit} -e trace=write -e inject=write:error=EIO "$@"`;
    const { code, stdout, stderr } = await place.run(['run', '--session', 'one', 'hi'], { shell });
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'fine\n' });
    expect(stderr).toMatch(/^warning: .*Writing audit\.jsonl: EIO.*\nnext: /);
    expect(await place.run(['run', '--session', 'one'])).toMatchObject({ code: 0, stdout: 'fine\n' });
    expect(entriesOf(place.journal('one'), 'turn.ended')).toHaveLength(1);
    expect((await verify(place, 'one')).notes).toEqual([]); // a head vouches for it
    expect((await place.run(['run', '--session', 'one'])).stderr).toContain('nothing to carry on');
  },
);

test.skipIf(!hasStrace)(
  "a full disk under the journal of a goal's step: to be gone on with is the goal, and that ends",
  async ({ place }) => {
    place.play([
      {
        match: { purpose: 'plan', any: true },
        reply: { text: JSON.stringify({ steps: ['a', 'b'].map((id) => ({ id, title: id, task: `do ${id}` })) }) },
      },
      { match: { contains: 'Result of step b' }, reply: { text: 'Both are done.' } },
      { match: { any: true }, reply: { text: 'This one is done.' } },
    ]);
    // Now the step's file has a name.
    const environment = { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: 'after-sync-child.started' };
    const killed = await place.run(['goal', '--session', 'one', 'do both'], { environment });
    expect(killed.signal).toBe('SIGKILL');
    const [step] = entriesOf(place.journal('one'), 'child.started');

    const file = place.journalFile(step!.session_id);
    const shell = `exec strace -f -qq -o calls -P ${file} -e trace=write -e inject=write:error=ENOSPC "$@"`;
    const { code, stdout, stderr } = await place.run(['run', '--session', 'one'], { shell });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^error: .*ENOSPC.*\nnext: Free some space, then go on with `runtime run --session one`\.$/m,
    );
    expect(await place.run(['run', '--session', 'one'])).toMatchObject({ code: 0, stdout: 'Both are done.\n' });
    for (const { session_id } of entriesOf(place.journal('one'), 'child.started')) {
      await expectVerified(place, session_id);
    }
    await expectVerified(place, 'one');
  },
);

test.skipIf(!hasStrace)(
  'a control socket that cannot be removed: the answer is given all the same',
  async ({ place }) => {
    // It takes so long that others may join.
    place.play([{ match: { any: true }, reply: { text: 'a b c', chunks: 3, delay: '300ms' } }]);
    const inject = `-P ${socketOf(place)} -e trace=unlink -e inject=unlink:error=EIO`;
    const { code, stdout, stderr } = await place.run(['run', 'hi'], {
      shell: `exec strace -f -qq -o calls ${inject} "$@"`,
    });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'a b c\n', stderr: '' });
    expect(place.read('calls')).toContain('INJECTED');
    expect(existsSync(socketOf(place))).toBe(true);
    expect(await place.run(['run', 'hi'])).toMatchObject({ code: 0, stdout: 'a b c\n' });
    expect(existsSync(socketOf(place))).toBe(false);
  },
);

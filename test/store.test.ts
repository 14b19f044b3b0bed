/** The workspace: its lock, its files, sessions listed and removed. H-numbers: the prior art's checks. */
import { chmodSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { entriesOf, expectVerified, type Place, test } from './support/place.ts';

const answers = (place: Place): void => place.play([{ match: { any: true }, reply: { text: 'Hello.' } }]);
const sessions = async (place: Place): Promise<Record<string, unknown>[]> =>
  JSON.parse((await place.run(['session', 'ls', '-o', 'json'])).stdout) as Record<string, unknown>[];

describe('the lock', () => {
  test('H-49 what one process has, others use through it; nothing is lost', async ({ place }) => {
    place.play([
      { match: { equals: 'wait' }, stall: '40s', reply: { text: 'late' } },
      { match: { any: true }, reply: { text: 'Hello.' } },
    ]);
    const first = place.start(['run', '--json', '--session', 'one', 'wait']);
    await first.says('model.requested');
    expect(await place.run(['run', '--session', 'two', 'hi'])).toMatchObject({ code: 0, stdout: 'Hello.\n' });
    for (const args of [
      ['session', 'ls'],
      ['session', 'show', 'one'],
      ['approvals', 'ls'],
      ['policy', 'show'],
      ['policy', 'set', 'time', '--deny'],
      ['config', 'view'],
      ['version'],
    ]) {
      expect({ args, code: (await place.run(args)).code }).toEqual({ args, code: 0 });
    }
    expect((await place.run(['session', 'verify', 'one'])).code).toBe(0);
    first.child.kill('SIGINT');
    expect((await first.ended).code).toBe(130);
    await expectVerified(place, 'two');
  });

  test('H-49 where it cannot be joined: who holds it, exit 3, and nothing is lost', async ({ place }) => {
    place.play([
      { match: { equals: 'wait' }, stall: '40s', reply: { text: 'late' } },
      { match: { any: true }, reply: { text: 'Hello.' } },
    ]);
    mkdirSync(join(place.home, 'workspaces/default/control.sock'), { recursive: true });
    const first = place.start(['run', '--json', '--session', 'one', 'wait']);
    await first.says('model.requested');
    const second = await place.run(['run', '--session', 'two', 'hi']);
    expect(second).toMatchObject({ code: 3, stdout: '' });
    expect(second.stderr).toContain(`locked by pid ${first.pid}`);
    first.child.kill('SIGINT');
    expect((await first.ended).code).toBe(130);
    expect((await place.run(['run', '--session', 'two', 'hi'])).code).toBe(0);
  });

  test('H-50 a suspended holder is not displaced', async ({ place }) => {
    place.play([{ match: { any: true }, stall: '40s', reply: { text: 'late' } }]);
    const first = place.start(['run', '--json', 'wait']);
    await first.says('model.requested');
    first.child.kill('SIGSTOP');
    expect((await place.run(['run', 'hi'])).code).toBe(3);
    first.child.kill('SIGKILL');
    await first.ended;
  });

  test('H-52 two workspaces don’t know of one another', async ({ place }) => {
    place.play([
      { match: { equals: 'wait' }, stall: '40s', reply: { text: 'late' } },
      { match: { any: true }, reply: { text: 'Hello.' } },
    ]);
    const first = place.start(['run', '--json', '--session', 'one', 'wait']);
    await first.says('model.requested');
    expect((await place.run(['run', '--workspace', 'other', '--session', 'one', 'hi'])).stdout).toBe('Hello.\n');
    expect((await place.run(['session', 'show', 'one', '--workspace', 'other', '-o', 'json'])).stdout).toContain(
      'Hello.',
    );
    first.child.kill('SIGINT');
    await first.ended;
  });

  test('eight at once: each answers, and every answer is recorded', async ({ place }) => {
    answers(place);
    const ran = await Promise.all(
      Array.from({ length: 8 }, (_, index) => place.run(['run', '--session', `s${index}`, 'hi'])),
    );
    expect(ran.map(({ code, stdout }) => ({ code, stdout }))).toEqual(ran.map(() => ({ code: 0, stdout: 'Hello.\n' })));
    const ids = ran.map((_, index) => `s${index}`);
    expect(new Set((await sessions(place)).map(({ session_id }) => session_id))).toEqual(new Set(ids));
    for (const id of ids) {
      expect(place.journal(id).filter(({ type }) => type === 'turn.ended')).toHaveLength(1);
      await expectVerified(place, id);
    }
  });
});

describe('sessions', () => {
  test('H-55 a removed session is gone; H-54 an unknown one is not found', async ({ place }) => {
    answers(place);
    await place.run(['run', '--session', 'one', 'hi']);
    await place.run(['run', '--session', 'two', 'hi']);
    expect((await place.run(['session', 'rm', 'one'])).code).toBe(0);
    expect((await sessions(place)).map(({ session_id }) => session_id)).toEqual(['two']);
    for (const command of ['show', 'verify', 'rm']) {
      const { code, stdout, stderr } = await place.run(['session', command, 'one']);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain('no session one');
    }
    // Its name may be used anew.
    expect((await place.run(['run', '--session', 'one', 'hi'])).code).toBe(0);
    await expectVerified(place, 'one');
  });

  test('H-53 a session that another process works on is removed by that process, and only when forced', async ({
    place,
  }) => {
    place.play([{ match: { any: true }, stall: '40s', reply: { text: 'late' } }]);
    const running = place.start(['run', '--json', '--session', 'one', 'wait']);
    await running.says('model.requested');
    expect((await place.run(['session', 'rm', 'one'])).code).toBe(1); // its turn is open
    expect((await place.run(['session', 'rm', 'one', '--force'])).code).toBe(0);
    expect((await running.ended).code).toBe(1);
    expect(await sessions(place)).toEqual([]);
  });

  test.for(['../../x', '..', '.hidden', 'a/b', '', '-x', 'x'.repeat(129), 'a b', 'é'])(
    'H-43 the id %j is refused: exit 2, and no file is made',
    async (id, { place }) => {
      answers(place);
      for (const args of [
        ['run', `--session=${id}`, 'hi'],
        ['session', 'show', '--', id],
        ['session', 'rm', '--', id],
      ]) {
        const { code, stdout } = await place.run(args);
        expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      }
      expect(readdirSync(place.home)).toEqual(['config.yaml']);
    },
  );

  test('H-44 the longest and oddest ids that are allowed work, and differ in case', async ({ place }) => {
    answers(place);
    const ids = [`A${'x'.repeat(127)}`, 'telegram:12@chat+1.x', 'one', 'ONE'];
    for (const id of ids) expect((await place.run(['run', '--session', id, 'hi'])).code).toBe(0);
    expect(new Set((await sessions(place)).map(({ session_id }) => session_id))).toEqual(new Set(ids));
    for (const id of ids) await expectVerified(place, id);
  });

  test('H-61, H-62 show has messages, calls, decisions and results; --limit the last entries', async ({ place }) => {
    place.write('a.txt', 'the content\n');
    place.play([
      { match: { tool_result: 'read_file' }, reply: { text: 'I read it.' } },
      {
        match: { any: true },
        reply: { text: 'Let me see.', calls: [{ tool: 'read_file', arguments: { path: 'a.txt' } }] },
      },
    ]);
    await place.run(['run', '--session', 'one', 'read a.txt']);
    const lines = place.journal('one');
    expect(entriesOf(lines, 'input.received')).toMatchObject([{ parts: [{ text: 'read a.txt' }] }]);
    expect(entriesOf(lines, 'model.replied')).toMatchObject([
      { tool_calls: [{ call_id: 'c1.1.1', name: 'read_file', arguments_raw: '{"path":"a.txt"}' }] },
      { parts: [{ text: 'I read it.' }], tool_calls: [] },
    ]);
    expect(entriesOf(lines, 'call.finished')).toMatchObject([{ call_id: 'c1.1.1', outcome: 'ok' }]);
    const shown = await place.run(['session', 'show', 'one']);
    for (const part of ['read a.txt', 'Let me see.', 'read_file', 'I read it.', 'allow', 'success', 'tokens']) {
      expect(shown.stdout).toContain(part);
    }
    const { stdout } = await place.run(['session', 'show', 'one', '--limit', '2', '-o', 'json']);
    const last = JSON.parse(stdout) as { seq: number; type: string }[];
    expect(last.map(({ seq, type }) => `${seq} ${type}`)).toEqual(
      lines.slice(-2).map(({ seq, type }) => `${seq} ${type}`),
    );
  });
});

describe('files', () => {
  test('H-60 whatever the umask, files are 0600 and folders 0700', async ({ place }) => {
    place.play([
      { match: { tool_result: 'apply_patch' }, reply: { text: 'x'.repeat(20_000) } },
      {
        match: { any: true },
        reply: {
          calls: [
            { tool: 'apply_patch', arguments: { patch: '*** Begin Patch\n*** Add File: n\n+x\n*** End Patch\n' } },
          ],
        },
      },
    ]);
    chmodSync(place.home, 0o755);
    const asked = await place.run([], { shell: 'umask 000; "$PROGRAM" run --session one hi' });
    await place.run([], {
      shell: `umask 000; "$PROGRAM" approve ${/^approval (\S+)/m.exec(asked.stderr)![1]} --always --resume`,
    });
    expect(place.journal('one').at(-1)).toMatchObject({ type: 'turn.ended', data: { reason: 'success' } });
    const workspaces = join(place.home, 'workspaces');
    for (const file of readdirSync(workspaces, { recursive: true, withFileTypes: true })) {
      const { mode } = statSync(join(file.parentPath, file.name));
      expect([file.name, (mode & 0o777).toString(8)]).toEqual([file.name, file.isDirectory() ? '700' : '600']);
    }
    expect(statSync(workspaces).mode & 0o777).toBe(0o700);
  });

  test('a cache that was deleted is missed by nobody', async ({ place }) => {
    answers(place);
    await place.run(['run', '--session', 'one', 'hi']);
    for (const folder of ['home/cache', 'home/workspaces/default/cache']) {
      rmSync(join(place.project, '..', folder), { recursive: true, force: true });
    }
    expect((await place.run(['run', '--session', 'one', 'again'])).code).toBe(0);
    await expectVerified(place, 'one');
  });
});

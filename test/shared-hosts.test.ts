/** Commands that go through the process that owns the workspace, and runs that go on when it goes. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { describe } from 'vitest';
import type { Script } from '../src/contract/script.ts';
import type { StreamEvent } from '../src/contract/stream.ts';
import { CONFINED, test as confinedTest } from './support/confined.ts';
import {
  approvalsIn,
  entriesOf,
  expectVerified,
  linesOf,
  type Place,
  type Running,
  test,
  until,
} from './support/place.ts';

const STEPS: Script['turns'] = [
  { match: { equals: 'wait' }, stall: '40s', reply: { text: 'late' } },
  { match: { tool_result: 'exec_command' }, reply: { text: 'It says {{result}}' } },
  { match: { contains: 'ask' }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'echo hi' } }] } },
  { match: { contains: 'long' }, reply: { text: 'You said: {{asked}}', chunks: 6, delay: '500ms' } },
  { match: { contains: 'slow' }, reply: { text: 'You said: {{asked}}', chunks: 6, delay: '200ms' } },
  { match: { any: true }, reply: { text: 'You said: {{asked}}' } },
];

const socketOf = (place: Place): string => join(place.home, 'workspaces/default/control.sock');
const eventsIn = (stdout: string): StreamEvent[] => linesOf(stdout) as StreamEvent[];
const seqsOf = (stdout: string): number[] => eventsIn(stdout).flatMap(({ id, seq }) => (id === null ? [] : [seq]));
const upTo = (last: number, first = 1): number[] => Array.from({ length: last - first + 1 }, (_, n) => first + n);

/** Has it opened the socket's file? (False where /proc doesn't tell.) */
function isWaitingFor({ pid }: Running): boolean {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).some((fd) => {
    try {
      return readlinkSync(`${folder}/${fd}`).includes('control.sock');
    } catch {
      return false;
    }
  });
}

async function own(
  place: Place,
  options: { message?: string; args?: string[]; config?: object } = {},
): Promise<Running> {
  const { message = 'wait', args = [], config } = options;
  place.play(STEPS, config);
  const owner = place.start(['run', '--json', '--session', 'own', ...args, message]);
  await owner.says('model.requested');
  await until('the owner serves', () => existsSync(socketOf(place)));
  return owner;
}

describe.concurrent('side by side', () => {
  test('five in one session: all see all of it, and each has its own answer', async ({ place, expect }) => {
    place.play(STEPS);
    const runs = await Promise.all(
      ['a', 'b', 'c', 'd', 'e'].map((name) =>
        place.run(['run', '--json', '--session', 's', '--from', '1', `slow ${name}`]),
      ),
    );
    const lines = place.journal('s');
    expect(entriesOf(lines, 'turn.ended').map(({ reason }) => reason)).toEqual(Array(5).fill('success'));
    expect(entriesOf(lines, 'model.requested')).toHaveLength(5);
    runs.forEach(({ code, stdout }, index) => {
      expect(code).toBe(0);
      expect(eventsIn(stdout).at(-1)).toMatchObject({ data: { text: `You said: slow ${'abcde'[index]}` } });
      const seqs = seqsOf(stdout);
      expect(seqs).toEqual(upTo(seqs.length));
      const ids = eventsIn(stdout).flatMap(({ id }) => (id === null ? [] : [id]));
      expect(ids).toEqual(lines.slice(0, ids.length).map(({ seq, hash }) => `${seq}-${hash.slice(0, 8)}`));
    });
    await expectVerified(place, 's');
  });

  test('five in sessions of their own: one owns, and who goes first hands over', async ({ place, expect }) => {
    place.play(STEPS);
    const names = ['a', 'b', 'c', 'd', 'e'];
    const runs = await Promise.all(
      names.map((name) => place.run(['run', '--json', '--session', name, `slow ${name}`])),
    );
    for (const [index, { code, stdout }] of runs.entries()) {
      expect(code).toBe(0);
      const lines = place.journal(names[index]);
      expect(seqsOf(stdout)).toEqual(upTo(lines.length));
      expect(entriesOf(lines, 'turn.started')).toHaveLength(1);
      expect(entriesOf(lines, 'model.requested')).toHaveLength(1);
      await expectVerified(place, names[index]!);
    }
  });

  test('eight race for a dead owner', async ({ place, expect }) => {
    const owner = await own(place);
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const clients = names.map((name) => place.start(['run', '--json', '--session', name, `slow ${name}`]));
    await Promise.all(clients.map((client) => client.says('model.requested')));
    owner.child.kill('SIGKILL');
    for (const [index, { code, stdout }] of (await Promise.all(clients.map(({ ended }) => ended))).entries()) {
      expect(code).toBe(0);
      expect(seqsOf(stdout)).toEqual(upTo(place.journal(names[index]).length));
      expect(entriesOf(place.journal(names[index]), 'turn.started')).toHaveLength(1);
    }
  });
});

describe.concurrent('through the owner', () => {
  confinedTest(
    'an approval is answered, and the run that waits elsewhere has the answer',
    async ({ place, expect }) => {
      const owner = await own(place, { config: CONFINED });
      const asks = await place.run(['run', '--session', 'other', 'ask']);
      expect(asks.code).toBe(5);
      const [id] = approvalsIn(asks);
      expect((await place.run(['approve', id!, '--always'])).code).toBe(0);
      await until('the turn ends', () => place.journal('other').at(-1)?.type === 'turn.ended');
      expect(entriesOf(place.journal('other'), 'call.finished')).toMatchObject([{ outcome: 'ok' }]);
      const again = await place.run(['deny', id!]);
      expect({ code: again.code, stderr: again.stderr }).toMatchObject({
        stderr: expect.stringContaining('granted by'),
      });
      const denied = await place.run(['run', '--session', 'third', 'ask']);
      expect(denied.code).toBe(0); // the standing grant
      const grants = JSON.parse((await place.run(['approvals', 'grants', '-o', 'json'])).stdout) as {
        grant_id: string;
      }[];
      expect((await place.run(['approvals', 'revoke', grants[0]!.grant_id])).code).toBe(0);
      expect((await place.run(['policy', 'set', 'exec_command', '--deny'])).code).toBe(0);
      expect((await place.run(['session', 'rm', 'own'])).code).toBe(1);
      expect((await place.run(['session', 'rm', 'other'])).code).toBe(0);
      expect(existsSync(place.journalFile('other'))).toBe(false);
      owner.child.kill('SIGINT');
      expect((await owner.ended).code).toBe(130);
      await expectVerified(place, 'own');
    },
  );

  test("the owner's own session may be removed by force", async ({ place, expect }) => {
    const owner = await own(place);
    expect((await place.run(['session', 'rm', 'own', '--force'])).code).toBe(0);
    const { code, stdout } = await owner.ended;
    expect({ code, stdout }).toMatchObject({ code: 1, stdout: expect.stringContaining('not_found') });
  });

  test('a run without a session of its own survives the owner between acceptance and answer', async ({
    place,
    expect,
  }) => {
    place.play(STEPS);
    const owner = place.start(['run', '--json', '--session', 'own', 'wait'], {
      environment: { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: 'before-ack:2' },
    });
    await owner.says('model.requested');
    await until('the owner serves', () => existsSync(socketOf(place)));
    expect(await place.run(['run', 'hello'])).toMatchObject({ code: 0, stdout: 'You said: hello\n' });
    expect(await owner.ended).toMatchObject({ signal: 'SIGKILL' });
  });
});

describe.concurrent.each(['SIGTERM', 'SIGHUP', 'SIGKILL'] as const)('the owner is ended by %s', (signal) => {
  test('who is attached goes on, also with the turn of the owner', async ({ place, expect }) => {
    const owner = await own(place, { message: 'slow one' });
    const attached = place.start(['run', '--json', '--session', 'own', '--from', '1', 'two']);
    await attached.says('"two"');
    owner.child.kill(signal);
    await owner.ended;
    const { code, stdout } = await attached.ended;
    expect(code).toBe(0);
    const lines = place.journal('own');
    expect(seqsOf(stdout)).toEqual(upTo(lines.length));
    expect(entriesOf(lines, 'turn.ended').map(({ reason }) => reason)).toEqual(['success', 'success']);
    expect(eventsIn(stdout).at(-1)).toMatchObject({ data: { text: 'You said: two' } });
    await expectVerified(place, 'own');
  });
});

test('what comes while an owner leaves waits for the next one, and says so once', async ({ place, expect }) => {
  const owner = await own(place, { message: 'slow one' });
  const asks = await place.run(['run', '--session', 'asks', 'ask']);
  const attached = place.start(['run', '--json', '--session', 'c', 'long']);
  await attached.says('model.requested');
  await owner.says('turn.ended');
  const [late, approved] = await Promise.all([
    place.run(['run', '--session', 'own', 'two']),
    place.run(['approve', approvalsIn(asks)[0]!]),
  ]);
  expect(late).toMatchObject({ code: 0, stdout: 'You said: two\n' });
  expect(late.stderr.split('\n').length).toBeLessThan(4);
  expect(approved.code).toBe(0);
  expect((await owner.ended).code).toBe(0);
  expect((await attached.ended).code).toBe(0);
  expect(entriesOf(place.journal('c'), 'model.requested')).toHaveLength(1);
});

describe.concurrent('clients', () => {
  test('one that is killed leaves its turn to the owner', async ({ place, expect }) => {
    const owner = await own(place);
    const client = place.start(['run', '--json', '--session', 'c', 'slow']);
    await client.says('model.requested');
    client.child.kill('SIGKILL');
    await client.ended;
    await until('the turn ends', () => place.journal('c').at(-1)?.type === 'turn.ended');
    expect(entriesOf(place.journal('c'), 'turn.ended')).toMatchObject([{ reason: 'success' }]);
    owner.child.kill('SIGKILL');
  });

  test('Ctrl-C stops the own turn and no other', async ({ place, expect }) => {
    const owner = await own(place);
    const client = place.start(['run', '--json', '--session', 'c', 'wait']);
    await client.says('model.requested');
    client.child.kill('SIGINT');
    expect((await client.ended).code).toBe(130);
    expect(entriesOf(place.journal('c'), 'turn.ended')).toMatchObject([{ reason: 'canceled' }]);
    expect(owner.child.exitCode).toBe(null);
    const left = place.start(['run', '--json', '--session', 'd', 'wait']);
    await left.says('model.requested');
    left.child.kill('SIGTERM');
    expect((await left.ended).code).toBe(143);
    expect(entriesOf(place.journal('d'), 'turn.ended')).toEqual([]);
  });

  test('an owner that stands still is not waited for for ever, and does nothing twice', async ({ place, expect }) => {
    const owner = await own(place);
    owner.child.kill('SIGSTOP');
    const stuck = await place.run(['run', '--session', 'c', 'hello']);
    expect(stuck).toMatchObject({ code: 3, stdout: '' });
    expect(stuck.stderr).toContain(`pid ${owner.pid}`);
    expect(stuck.stderr).toContain('did not answer');
    owner.child.kill('SIGCONT');
    expect((await place.run(['run', '--session', 'c', 'hello'])).code).toBe(0);
    expect(entriesOf(place.journal('c'), 'input.received')).toHaveLength(1);
  });

  test('a signal ends one that has not even been let in', async ({ place, expect }) => {
    const owner = await own(place);
    owner.child.kill('SIGSTOP');
    const client = place.start(['run', '--session', 'c', 'hello']);
    await until('it waits', () => isWaitingFor(client));
    client.child.kill('SIGTERM');
    expect((await client.ended).code).toBe(143);
    owner.child.kill('SIGCONT');
  });

  test('a signal ends one that waits for an owner that stands still', async ({ place, expect }) => {
    const owner = await own(place);
    const client = place.start(['run', '--json', '--session', 'c', 'wait']);
    await client.says('model.requested');
    owner.child.kill('SIGSTOP');
    client.child.kill('SIGTERM');
    expect((await client.ended).code).toBe(143);
    owner.child.kill('SIGCONT');
  });
});

describe.concurrent('where the socket is', () => {
  test('a workspace with a long path is shared, too', async ({ place, expect }) => {
    const home = join(place.home, 'h'.repeat(120));
    mkdirSync(home, { mode: 0o700 });
    place.play(STEPS);
    writeFileSync(join(home, 'config.yaml'), readFileSync(join(place.home, 'config.yaml')), { mode: 0o600 });
    const environment = { RUNTIME_HOME: home };
    const owner = place.start(['run', '--json', '--session', 'own', 'wait'], { environment });
    await owner.says('model.requested');
    expect(await place.run(['run', 'hello'], { environment })).toMatchObject({ code: 0, stdout: 'You said: hello\n' });
    owner.child.kill('SIGINT');
    await owner.ended;
  });

  test("a socket that a dead owner left, or anything else, is in nobody's way", async ({ place, expect }) => {
    const first = await own(place);
    first.child.kill('SIGKILL');
    await first.ended;
    expect(existsSync(socketOf(place))).toBe(true);
    expect((await place.run(['run', 'hello'])).code).toBe(0);
    rmSync(socketOf(place), { force: true });
    writeFileSync(socketOf(place), 'not a socket');
    expect((await place.run(['run', 'slow'])).code).toBe(0);
    expect(existsSync(socketOf(place))).toBe(false);
  });

  test('what a process that is not the owner puts there is told nothing', async ({ place, expect }) => {
    const owner = await own(place);
    const heard: string[] = [];
    const real = `${socketOf(place)}.real`;
    renameSync(socketOf(place), real);
    const fake = createServer((near) => {
      const far = connect(real);
      near.on('data', (bytes) => (heard.push(String(bytes)), far.write(bytes))).on('error', () => {});
      far.on('data', (bytes) => near.write(bytes)).on('error', () => {});
    });
    await new Promise<void>((resolve) => fake.listen(socketOf(place), resolve));
    place.atEnd(async () => void fake.close());
    const { code, stderr } = await place.run(['run', '--session', 'c', 'my secret plan']);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/could not show that it is process|holds it/);
    expect(heard.join('')).not.toContain('secret plan');
    expect(heard.join('')).not.toContain('/v1/prove');
    expect(owner.child.exitCode).toBe(null);
  });
});

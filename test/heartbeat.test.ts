/** A heartbeat, from the command to the model: it costs something only when there is something new. */
import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Firing } from '../src/contract/schedule.ts';
import { startDaemon } from './support/daemon.ts';
import { entriesOf, expectVerified, type Place, test, until } from './support/place.ts';

async function history(place: Place, name: string): Promise<Firing[]> {
  const { code, stdout, stderr } = await place.run(['cron', 'history', name, '-o', 'json']);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Firing[];
}

/** The runs of a job when so many have ended. */
async function untilRan(place: Place, name: string, count: number): Promise<Firing[]> {
  for (let tries = 0; tries < 100; tries++) {
    const rows = await history(place, name);
    if (rows.filter(({ outcome }) => outcome !== undefined).length >= count) return rows;
  }
  throw new Error(`${name} has not run ${count} times`);
}

/** Lets due times of the heartbeat go by: a job beside it, which is due as often, runs twice more. */
async function passBeats(place: Place): Promise<void> {
  const ran = (await history(place, 'clock')).length;
  await untilRan(place, 'clock', ran + 2);
}

const add = async (place: Place, ...args: string[]): Promise<void> => {
  expect(await place.run(['cron', 'add', ...args, '--schedule', '@every 1s'])).toMatchObject({ code: 0 });
};

test('asks when its file or what that watches has changed, and keeps silent about nothing', async ({ place, mock }) => {
  place.connect(mock);
  place.write('HEARTBEAT.md', '# Heartbeat\n<!-- nothing yet -->\n');
  await startDaemon(place);
  const results = join(place.project, 'results.jsonl');
  await add(place, 'clock', '--command', 'true');
  await add(place, 'pulse', '--heartbeat', '--deliver', `file:${results}`);
  await passBeats(place);
  expect([mock.requests.length, await history(place, 'pulse')]).toEqual([0, []]);

  mock.reply({ text: 'HEARTBEAT_OK' });
  // At once: a beat that found it half written would ask again for the rest.
  place.write('next.md', '- Answer what comes in\n- watch: inbox\n');
  renameSync(join(place.project, 'next.md'), join(place.project, 'HEARTBEAT.md'));
  expect(await untilRan(place, 'pulse', 1)).toMatchObject([{ outcome: 'ok', quiet: true, session_id: 'cron-pulse' }]);
  expect(JSON.stringify(mock.requests[0]!.body)).toContain('Answer what comes in');
  const size = statSync(place.journalFile('cron-pulse')).size;
  await passBeats(place);
  expect([mock.requests.length, statSync(place.journalFile('cron-pulse')).size]).toEqual([1, size]);

  mock.reply({ text: 'Somebody wrote.' });
  place.write('inbox/letter.txt', 'hello');
  await untilRan(place, 'pulse', 2);
  await until('the result is delivered', () => place.read('results.jsonl') !== '');
  const delivered = readFileSync(results, 'utf8').trim().split('\n');
  expect(delivered.map((line) => (JSON.parse(line) as { data: { text: string } }).data.text)).toEqual([
    'Somebody wrote.',
  ]);
  await passBeats(place);
  expect(mock.requests).toHaveLength(2);
  expect((await place.run(['cron', 'history', 'pulse'])).stdout).toContain('nothing to do');
  await expectVerified(place, 'cron-pulse');
  expect(await place.run(['store', 'check'])).toMatchObject({ code: 0 });
});

test('hears what is written into its session, and knows after a restart what it has looked at', async ({
  place,
  mock,
}) => {
  place.connect(mock);
  place.write('notes/beat.md', 'Look after the plants.');
  mock.reply({ text: 'HEARTBEAT_OK' });
  const first = await startDaemon(place);
  await add(place, 'clock', '--command', 'true');
  await add(place, 'pulse', '--heartbeat', 'notes/beat.md', '--session', 'home');
  await untilRan(place, 'pulse', 1);
  process.kill(first.pid, 'SIGKILL');
  await first.ended;
  const daemon = await startDaemon(place);
  await passBeats(place);
  expect(mock.requests).toHaveLength(1);

  mock.reply({ text: 'I will.' }, { text: 'Watered.' });
  await daemon.send({ session_id: 'home', content: 'Water them twice.' });
  await untilRan(place, 'pulse', 2);
  await passBeats(place);
  expect(mock.requests).toHaveLength(3);
  expect(entriesOf(place.journal('home'), 'input.received').map(({ source }) => source)).toEqual([
    'cron',
    'api',
    'cron',
  ]);
});

test('by hand it says when there is nothing to be looked after', async ({ place, mock }) => {
  place.connect(mock);
  expect(await place.run(['cron', 'add', 'pulse', '--heartbeat'])).toMatchObject({ code: 0 });
  expect((await place.run(['cron', 'show', 'pulse'])).stdout).toContain('heartbeat: HEARTBEAT.md');
  const ran = await place.run(['cron', 'run', 'pulse']);
  expect(ran).toMatchObject({ code: 2, stderr: expect.stringContaining('HEARTBEAT.md says nothing') as string });
  expect([mock.requests, await history(place, 'pulse')]).toEqual([[], []]);
});

test('a link in the place of its file is told as what it is, and nothing of what it leads to', async ({
  place,
  mock,
}) => {
  place.connect(mock);
  await place.run(['cron', 'add', 'pulse', '--heartbeat']);
  const secret = join(place.project, '../id_ed25519');
  writeFileSync(secret, 'PLANTED');
  symlinkSync('../id_ed25519', join(place.project, 'HEARTBEAT.md'));
  const ran = await place.run(['cron', 'run', 'pulse']);
  const what = `HEARTBEAT.md leads by a link to ${secret}, which is not in the project`;
  expect(ran).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(what) as string });
  expect(ran.stderr).toContain('make the job anew with the path of what is meant');
  expect(ran.stderr).not.toContain('PLANTED');

  await startDaemon(place);
  await add(place, 'clock', '--command', 'true');
  await add(place, 'beat', '--heartbeat');
  await untilRan(place, 'clock', 2);
  const rows = await untilRan(place, 'beat', 1);
  expect(rows[0]).toMatchObject({ state: 'skipped', reason: expect.stringContaining(what) as string });
  expect(mock.requests).toEqual([]);
});

/** What holds up who opens or reads it, or would fill their memory. */
const UNREADABLE: Record<string, [make: (path: string) => void, reason: string]> = {
  'a pipe': [(path) => void execFileSync('/bin/sh', ['-c', 'mkfifo "$1"', 'sh', path]), 'no regular file'],
  'a link to an endless device': [(path) => symlinkSync('/dev/zero', path), 'leads by a link to /dev/zero'],
  'a file of 2 GiB': [(path) => (writeFileSync(path, ''), truncateSync(path, 2 ** 31)), 'is longer than 64 KiB'],
};

test.for(Object.entries(UNREADABLE))(
  '%s in the place of its file is a beat left out, and holds up nothing',
  async ([, [make, reason]], { place, mock }) => {
    place.connect(mock);
    const path = join(place.project, 'HEARTBEAT.md');
    make(path);
    const daemon = await startDaemon(place);
    await add(place, 'pulse', '--heartbeat', '--max-failures', '0');
    await add(place, 'clock', '--command', 'true');
    const [beat] = await untilRan(place, 'pulse', 1);
    const skipped = { state: 'skipped', reason: expect.stringContaining(reason) as string };
    expect(beat).toMatchObject(skipped);
    await passBeats(place);

    rmSync(path);
    mock.reply({ text: 'HEARTBEAT_OK' });
    writeFileSync(path, '- Answer what comes in');
    await until('it is asked', () => mock.requests.length === 1);
    rmSync(path);
    make(path);
    const before = (await history(place, 'pulse')).length;
    await untilRan(place, 'pulse', before + 1);
    expect(await place.run(['daemon', 'stop'])).toMatchObject({ code: 0 });
    await daemon.ended;
  },
);

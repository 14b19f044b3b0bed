/** Files of one session that vanish or are damaged under a daemon at work: that session's trouble alone. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import type { AcceptedAnswer } from '../src/contract/answers.ts';
import type { EventStatus, QueueItem } from '../src/contract/host.ts';
import { type Daemon, startDaemon } from './support/daemon.ts';
import type { MockOpenai } from './support/mock-openai.ts';
import { entriesOf, expectVerified, type Place, test, until } from './support/place.ts';

const accept = async (daemon: Daemon, session: string, content: string): Promise<AcceptedAnswer> =>
  (await (await daemon.ask('POST', '/v1/events', { session_id: session, content })).json()) as AcceptedAnswer;

const status = async (daemon: Daemon, { status_url }: AcceptedAnswer): Promise<EventStatus> =>
  (await (await daemon.ask('GET', `${status_url}?wait_ms=20000`)).json()) as EventStatus;

const blobFile = (place: Place, digest: string): string =>
  join(place.home, 'workspaces/default/blobs/sha256', digest.slice(7, 9), digest.slice(7));

/** The file of the blob that holds this text. */
function blobWith(place: Place, text: string): string {
  const folder = join(place.home, 'workspaces/default/blobs/sha256');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  return files.find((file) => readFileSync(file, 'utf8').includes(text))!;
}

const LONG = `the long one ${'x'.repeat(20_000)}`;

async function expectOthersServed(daemon: Daemon, mock: MockOpenai): Promise<void> {
  mock.reply({ text: 'Served.' });
  expect(await status(daemon, await accept(daemon, 'other', 'hello'))).toMatchObject({ text: 'Served.' });
  for (const path of ['/health', '/readyz']) expect((await fetch(`${daemon.url}${path}`)).status).toBe(200);
}

test("a session's own policy that is removed makes a dead letter, and everything else goes on", async ({
  place,
  mock,
}) => {
  place.connect(mock);
  const daemon = await startDaemon(place);
  mock.reply({ text: 'First.' }, { text: 'Carefully.' });
  await status(daemon, await accept(daemon, 'one', 'hello'));
  place.write('careful.yaml', 'deny: [search_files]\n');
  const fork = (await place.run(['session', 'fork', 'one', '--policy', 'careful.yaml'])).stdout.trim();
  expect(await status(daemon, await accept(daemon, fork, 'hello'))).toMatchObject({ text: 'Carefully.' });
  const [own] = entriesOf(place.journal(fork), 'session.forked')[0]!.own_policies!;
  const blob = blobFile(place, own!);
  const policy = readFileSync(blob);
  rmSync(blob);
  const event = await accept(daemon, fork, 'and now?');
  const shown = async (): Promise<QueueItem> =>
    (await (await daemon.ask('GET', `/v1/queue/${event.event_id}`)).json()) as QueueItem;
  while ((await shown()).state !== 'dead') await delay(20);
  expect((await shown()).why).toMatch(/^store_damaged: .*blob sha256:.*session verify .*store repair/);
  expect(await status(daemon, event)).toMatchObject({ status: 'dead' });
  await expectOthersServed(daemon, mock);

  writeFileSync(blob, policy);
  mock.reply({ text: 'At last.' });
  expect(await place.run(['queue', 'retry', event.event_id])).toMatchObject({ code: 0 });
  expect(await status(daemon, event)).toMatchObject({ status: 'done', text: 'At last.' });
  await expectVerified(place, fork);
});

test('what was accepted before and can’t be read is said in log, /readyz and status', async ({ place, mock }) => {
  place.connect(mock);
  mock.reply({ text: 'First.' });
  await place.run(['run', 'hello']);
  const segments = join(place.home, 'workspaces/default/ingress');
  const segment = join(segments, readdirSync(segments)[0]!);
  const whole = readFileSync(segment, 'utf8');
  writeFileSync(segment, `{"broken"\n${whole}`);
  const daemon = await startDaemon(place);
  await daemon.says('"queue failed"');
  const ready = await fetch(`${daemon.url}/readyz`);
  expect([ready.status, await ready.json()]).toEqual([503, { status: 'failing', failing: ['queue'] }]);
  const { stdout } = await place.run(['daemon', 'status']);
  expect(stdout).toMatch(/failing {2}queue: .*\nnext: .*store check/);
});

describe('a blob of a session at work', () => {
  const ways = {
    'is removed': (file: string) => rmSync(file),
    'is damaged': (file: string) => writeFileSync(file, 'something else'),
  };
  for (const [what, harm] of Object.entries(ways)) {
    test(`that ${what} fails its turns with what to do, and everything else goes on`, async ({ place, mock }) => {
      place.connect(mock);
      mock.reply({ text: 'First.', holdAfter: 1 });
      const daemon = await startDaemon(place);
      const first = await accept(daemon, 'one', 'hello');
      await until('the model is asked', () => mock.requests.length === 1);
      const second = await accept(daemon, 'one', LONG);
      const third = await accept(daemon, 'one', 'and on');
      harm(blobWith(place, LONG));
      mock.release();
      expect(await status(daemon, first)).toMatchObject({ status: 'done', text: 'First.' });
      for (const event of [second, third]) {
        expect(await status(daemon, event)).toMatchObject({
          status: 'done',
          code: 'store_damaged',
          text: expect.stringMatching(/blob sha256:[0-9a-f]{64}.*runtime session verify one.*runtime store repair/s),
        });
      }
      await expectOthersServed(daemon, mock);
      expect(mock.requests).toHaveLength(2);
      await expectVerified(place, 'other');
      process.kill(daemon.pid, 'SIGTERM');
      expect(await daemon.ended).toMatchObject({ code: 0 });
    });
  }
});

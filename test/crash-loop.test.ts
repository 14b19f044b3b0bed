/** A turn that brings the program down at each start is given up by the third that finds it where the one before had left it. */
import { expect } from 'vitest';
import type { AcceptedAnswer } from '../src/contract/answers.ts';
import type { EventStatus } from '../src/contract/host.ts';
import { type Daemon, startDaemon } from './support/daemon.ts';
import { entriesOf, expectVerified, test, until } from './support/place.ts';

const DEATHS = 3;

const dying = (at: string): { environment: Record<string, string> } => ({
  environment: { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: at },
});

test('A-12 one that kills the daemon at each start is given up; another session is answered at each of them', async ({
  place,
  mock,
}) => {
  place.connect(mock);
  const point = 'before-append-model.replied:2'; // the first reply is the other session's
  let event_id = '';
  for (let deaths = 0; deaths < DEATHS; deaths++) {
    mock.reply({ text: 'Never seen.', holdAfter: 1 });
    const before = mock.requests.length;
    const daemon = await startDaemon(place, [], dying(point));
    if (event_id === '') event_id = (await accept(daemon, { session_id: 'one', content: 'kill' })).event_id;
    await until('the model is asked', () => mock.requests.length > before);
    await expectAnswered(daemon, mock, `start ${deaths}`);
    mock.release();
    expect(await daemon.ended).toMatchObject({ signal: 'SIGKILL' });
  }
  const daemon = await startDaemon(place, [], dying(point));
  const status = (await (await daemon.ask('GET', `/v1/events/${event_id}?wait_ms=20000`)).json()) as EventStatus;
  expect(status).toMatchObject({ status: 'done', reason: 'interrupted', code: 'quarantined' });
  await expectAnswered(daemon, mock, 'the last start');
  process.kill(daemon.pid, 'SIGTERM');
  expect(await daemon.ended).toMatchObject({ code: 0 });
  expect(mock.requests).toHaveLength(2 * DEATHS + 1);
  expect(entriesOf(place.journal('one'), 'turn.ended')).toHaveLength(1);
  expect(entriesOf(place.journal('two'), 'turn.ended').map(({ reason }) => reason)).toEqual(
    Array.from({ length: DEATHS + 1 }, () => 'success'),
  );
  for (const session of ['one', 'two']) await expectVerified(place, session);
});

test('a turn that is ended in order at each start goes on', async ({ place, mock }) => {
  place.connect(mock, {}, { daemon: { shutdown_timeout: '1ms' } });
  let event_id = '';
  for (let starts = 0; starts <= DEATHS; starts++) {
    mock.reply({ text: 'Not yet.', holdAfter: 1 });
    const daemon = await startDaemon(place);
    if (event_id === '') event_id = (await accept(daemon, { session_id: 'one', content: 'wait' })).event_id;
    await until('the model is asked', () => mock.requests.length === starts + 1);
    process.kill(daemon.pid, 'SIGTERM');
    await daemon.ended;
  }
  mock.reply({ text: 'At last.' });
  const daemon = await startDaemon(place);
  const status = (await (await daemon.ask('GET', `/v1/events/${event_id}?wait_ms=20000`)).json()) as EventStatus;
  expect(status).toMatchObject({ status: 'done', reason: 'success', text: 'At last.' });
});

async function accept(daemon: Daemon, body: object): Promise<AcceptedAnswer> {
  const answer = await daemon.ask('POST', '/v1/events', body);
  expect(answer.status).toBe(202);
  return (await answer.json()) as AcceptedAnswer;
}

/** The other session's message is answered. */
async function expectAnswered(daemon: Daemon, mock: { reply(one: object): void }, text: string): Promise<void> {
  mock.reply({ text });
  const { status } = await daemon.send({ session_id: 'two', content: text });
  expect(status).toMatchObject({ status: 'done', reason: 'success', text });
}

/** A session whose model has left the configuration: what was said to one service is sent to no other by itself. */
import { describe, expect } from 'vitest';
import { startDaemon } from './support/daemon.ts';
import { type MockOpenai, startMockOpenai } from './support/mock-openai.ts';
import { entriesOf, expectVerified, KEY, type Place, test, until } from './support/place.ts';

interface Service {
  url: string;
}

/** The default model, and `local` while it is there. */
function configure(place: Place, main: Service, local?: Service): void {
  const entries = [['main', main], ...(local ? [['local', local] as const] : [])] as [string, Service][];
  const registry = entries.map(([name, { url }]) => ({ name, base_url: url, api_key: KEY }));
  place.configure({ models: { default: 'main', registry } });
}

/** The service of `local`. */
async function startLocal(place: Place): Promise<MockOpenai> {
  const local = await startMockOpenai();
  place.atEnd(() => local.close());
  return local;
}

test('it is refused with what to do, nothing is asked, and another model goes on when somebody chooses one', async ({
  place,
  mock: main,
}) => {
  const local = await startLocal(place);
  local.reply({ text: 'I keep it.' });
  configure(place, main, local);
  expect((await place.run(['run', '--session', 's', '--model', 'local', 'a secret'])).code).toBe(0);
  configure(place, main);
  const refused = await place.run(['run', '--session', 's', 'go on']);
  expect(refused).toMatchObject({ code: 2, stdout: '' });
  expect(refused.stderr).toContain('"local"');
  expect(refused.stderr).toContain('--model');
  expect(main.requests).toEqual([]);
  expect(entriesOf(place.journal('s'), 'input.received')).toHaveLength(1);

  main.reply({ text: 'Here I am.' });
  expect(await place.run(['run', '--session', 's', '--model', 'main', 'go on'])).toMatchObject({
    code: 0,
    stdout: 'Here I am.\n',
  });
});

test('a turn that waits for an approval meanwhile ends without asking another service', async ({
  place,
  mock: main,
}) => {
  const local = await startLocal(place);
  local.reply({ calls: [{ name: 'exec_command', arguments: { cmd: 'true' } }] });
  configure(place, main, local);
  const waits = await place.run(['run', '--session', 's', '--model', 'local', 'a secret']);
  expect(waits.code).toBe(5);
  const [asked] = entriesOf(place.journal('s'), 'approval.requested');
  configure(place, main);
  await place.run(['approve', asked!.approval_id]);
  const ended = await place.run(['run', '--session', 's']);
  expect(ended.code).not.toBe(0);
  expect(ended.stderr).toContain('local');
  expect(main.requests).toEqual([]);
  expect(entriesOf(place.journal('s'), 'turn.ended')).toHaveLength(1);
});

describe('what was accepted before ends, and holds nobody else up', () => {
  const ended = { reason: 'validation_failed', code: 'model_gone' };

  test('at the start of a daemon', async ({ place, mock: main }) => {
    const local = await startLocal(place);
    configure(place, main, local);
    const environment = { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: 'before-append-turn.started' };
    await place.run(['run', '--session', 's', '--model', 'local', 'a secret'], { environment });
    configure(place, main);
    main.reply({ text: 'Here.' });
    const daemon = await startDaemon(place);
    const { status } = await daemon.send({ content: 'Are you there?' });
    expect(status).toMatchObject({ status: 'done', text: 'Here.' });
    await until('the turn has ended', () => entriesOf(place.journal('s'), 'turn.ended').length === 1);
    expect(entriesOf(place.journal('s'), 'turn.ended')).toMatchObject([ended]);
    expect([main.requests.length, local.requests.length]).toEqual([1, 0]);
    await expectVerified(place, 's');
  });

  test('when it leaves while it answers: that turn goes on, the next asks nobody', async ({ place, mock: main }) => {
    const local = await startLocal(place);
    configure(place, main, local);
    local.reply({ text: 'I keep it.', holdAfter: 1 });
    const daemon = await startDaemon(place);
    const send = (content: string) => daemon.ask('POST', '/v1/events', { session_id: 's', model: 'local', content });
    await send('a secret');
    await until('the model is asked', () => local.requests.length === 1);
    expect((await send('and more')).status).toBe(202);
    configure(place, main);
    process.kill(daemon.pid, 'SIGHUP');
    await daemon.says('configuration reloaded');
    local.release();
    await until('both turns have ended', () => entriesOf(place.journal('s'), 'turn.ended').length === 2);
    expect(entriesOf(place.journal('s'), 'turn.ended')).toMatchObject([{ reason: 'success' }, ended]);
    expect([main.requests.length, local.requests.length]).toEqual([0, 1]);
    await expectVerified(place, 's');
  });

  test('and goes on with a model that somebody chooses, or once it is back', async ({ place, mock: main }) => {
    const local = await startLocal(place);
    configure(place, main, local);
    const environment = { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: 'before-append-turn.started' };
    await place.run(['run', '--session', 's', '--model', 'local', 'a secret'], { environment });
    configure(place, main);
    const told = await place.run(['run', '--session', 's']);
    expect(told.code).not.toBe(0);
    expect(told.stderr).toContain('Choose another for the session');
    configure(place, main, local);
    local.reply({ text: 'I have it.' });
    expect(await place.run(['run', '--session', 's', 'go on'])).toMatchObject({ stdout: 'I have it.\n' });
  });
});

describe('a message that names its model is sent to no other, wherever the program is killed', () => {
  const kills = ['before-ack', 'before-append-session.configured', 'before-append-input.received'];

  test.for(kills)('%s, in a session that talks with another', async (at, { place, mock: main }) => {
    const local = await startLocal(place);
    configure(place, main, local);
    main.reply({ text: 'Hello.' });
    await place.run(['run', '--session', 's', 'hello']);
    const environment = { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: at };
    const killed = await place.run(['run', '--session', 's', '--model', 'local', 'a secret'], { environment });
    expect(killed.signal).toBe('SIGKILL');
    local.reply({ text: 'I keep it.' });
    expect(await place.run(['run', '--session', 's'])).toMatchObject({ code: 0, stdout: 'I keep it.\n' });
    expect([main.requests.length, local.requests.length]).toEqual([1, 1]);
  });

  test.for(kills)('%s, and its model leaves', async (at, { place, mock: main }) => {
    const local = await startLocal(place);
    configure(place, main, local);
    const environment = { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: at };
    const killed = await place.run(['run', '--session', 's', '--model', 'local', 'a secret'], { environment });
    expect(killed.signal).toBe('SIGKILL');
    configure(place, main);
    await place.run(['run', '--session', 's']);
    expect(entriesOf(place.journal('s'), 'turn.ended')).toMatchObject([{ code: 'model_gone' }]);
    expect([main.requests.length, local.requests.length]).toEqual([0, 0]);
  });
});

test('to name it once more chooses no other', async ({ place, mock: main }) => {
  const local = await startLocal(place);
  configure(place, main, local);
  local.reply({ text: 'I keep it.' });
  await place.run(['run', '--session', 's', '--model', 'local', 'a secret']);
  configure(place, main);
  const again = await place.run(['run', '--session', 's', '--model', 'local', 'go on']);
  expect(again).toMatchObject({ code: 2, stdout: '' });
  const daemon = await startDaemon(place);
  const answer = await daemon.ask('POST', '/v1/sessions/s/configure', { model: 'local' });
  expect([answer.status, await answer.json()]).toMatchObject([400, { code: 'model_gone' }]);
  expect((await daemon.ask('POST', '/v1/events', { session_id: 's', content: 'go on' })).status).toBe(400);
  const replay = await place.run(['session', 'replay', 's', '--model', 'local']);
  expect(replay).toMatchObject({ code: 2, stdout: '' });
  expect(main.requests).toEqual([]);
});

test('a fork with another model keeps to that one', async ({ place, mock: main }) => {
  const local = await startLocal(place);
  configure(place, main, local);
  main.reply({ text: 'Hello.' });
  await place.run(['run', '--session', 's', 'hello']);
  const fork = (await place.run(['session', 'fork', 's', '--model', 'local'])).stdout.trim();
  configure(place, main);
  expect(await place.run(['run', '--session', fork, 'a secret'])).toMatchObject({ code: 2, stdout: '' });
  expect(main.requests).toHaveLength(1);
});

test('a name that never stood in the configuration is asked of the default service, as ever', async ({
  place,
  mock,
}) => {
  mock.reply({ text: 'one' }, { text: 'two' });
  configure(place, mock);
  await place.run(['run', '--session', 's', '--model', 'brand-new', 'hello']);
  expect(await place.run(['run', '--session', 's', 'again'])).toMatchObject({ code: 0, stdout: 'two\n' });
  expect(mock.requests.map(({ body }) => (body as { model: string }).model)).toEqual(['brand-new', 'brand-new']);
});

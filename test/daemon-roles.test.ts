/** What one role may do with what another began: over HTTP, by the tokens of a member and an operator. */
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { Role } from '../src/contract/values.ts';
import { type Daemon, startDaemon } from './support/daemon.ts';
import { entriesOf, expectVerified, type Place, test, until } from './support/place.ts';

const OPERATORS_RUN = { tool: 'exec_command', command: 'echo *', role: 'operator', path: '**', decision: 'allow' };

type Answer = {
  status: number;
  code?: string;
  detail?: string;
  next?: string;
  session_id?: string;
  status_url?: string;
};
/** Asks with somebody's token. */
type Ask = (method: string, path: string, body?: unknown) => Promise<Answer>;

interface World {
  daemon: Daemon;
  as: (role: Role) => Promise<Ask>;
}

async function prepare(place: Place, governance: object = {}, config: object = {}): Promise<World> {
  place.play(
    [
      { match: { tool_result: 'exec_command' }, reply: { text: 'done' } },
      { match: { contains: 'say' }, reply: { text: 'said' } },
      { match: { any: true }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: '{{asked}}' } }] } },
    ],
    { governance: { rules: [OPERATORS_RUN], ...governance }, ...config },
  );
  const daemon = await startDaemon(place);
  return {
    daemon,
    async as(role) {
      const token = (await place.run(['token', 'create', `the-${role}`, '--role', role])).stdout.trim();
      return async (method, path, body) => {
        const response = await daemon.ask(method, path, body, { authorization: `Bearer ${token}` });
        const text = await response.text();
        return { ...(text === '' ? {} : (JSON.parse(text) as object)), status: response.status };
      };
    },
  };
}

const REFUSED = { status: 403, code: 'role_not_allowed' };

/** The entries of a session behind which its turn is open. */
const inTheTurn = (place: Place, id: string): number[] => {
  const entries = place.journal(id);
  const [from, to] = ['turn.started', 'turn.ended'].map((type) => entries.find((one) => one.type === type)!.seq);
  return entries.map(({ seq }) => seq).filter((seq) => seq >= from! && seq < to!);
};

describe('a turn that somebody with a higher role asked for', () => {
  test('is forked in its middle by those alone who have that role', async ({ place }) => {
    const { daemon, as } = await prepare(place);
    await daemon.send({ content: 'echo ran >> effects.txt', session_id: 'op' });
    expect(place.read('effects.txt')).toBe('ran\n');
    const member = await as('member');
    const places = inTheTurn(place, 'op');
    expect(places.length).toBeGreaterThan(6);
    for (const at of places) {
      const refused = await member('POST', '/v1/sessions/op/fork', { at });
      expect(refused).toMatchObject(REFUSED);
      expect(refused.next).toContain('behind the end of a turn');
    }
    const behind = await member('POST', '/v1/sessions/op/fork', { turn: 1 });
    expect(behind).toMatchObject({ status: 201 });
    expect(await member('POST', `/v1/sessions/${behind.session_id}/resume`, {})).toMatchObject({ status: 200 });
    const operator = await as('operator');
    expect(await operator('POST', '/v1/sessions/op/fork', { at: places[4] })).toMatchObject({ status: 201 });
    expect(place.read('effects.txt')).toBe('ran\n');
  });

  test('goes on in a fork neither by a lower role nor by its message', async ({ place }) => {
    const { daemon, as } = await prepare(place);
    await daemon.send({ content: 'echo ran >> effects.txt', session_id: 'op' });
    const asked = entriesOf(place.journal('op'), 'model.replied').length > 0 && inTheTurn(place, 'op')[1];
    const [member, operator] = [await as('member'), await as('operator')];
    const { session_id } = await operator('POST', '/v1/sessions/op/fork', { at: asked });
    expect(await member('POST', `/v1/sessions/${session_id}/resume`, {})).toMatchObject(REFUSED);
    expect(await member('POST', '/v1/events', { content: 'say hello', session_id })).toMatchObject(REFUSED);
    expect(await member('POST', `/v1/sessions/${session_id}/steer`, { content: 'say hello' })).toMatchObject(REFUSED);
    expect(entriesOf(place.journal(session_id), 'call.started')).toEqual([]);
    expect(place.read('effects.txt')).toBe('ran\n');
    expect(await operator('POST', `/v1/sessions/${session_id}/resume`, {})).toMatchObject({ status: 200 });
    await until('it has ended', () => entriesOf(place.journal(session_id), 'turn.ended').length === 1);
    expect(place.read('effects.txt')).toBe('ran\nran\n');
    expect(await member('POST', '/v1/events', { content: 'say hello', session_id })).toMatchObject({ status: 202 });
    await expectVerified(place, session_id!);
  });

  test('is judged in a fork over HTTP as one that was asked for there, too', async ({ place }) => {
    const rule = { tool: 'exec_command', command: 'echo *', channel: 'cli', path: '**', decision: 'allow' };
    const { as } = await prepare(place, { rules: [rule] });
    await place.run(['run', '--session', 'op', 'echo ran >> effects.txt']);
    expect(place.read('effects.txt')).toBe('ran\n');
    const operator = await as('operator');
    const { session_id } = await operator('POST', '/v1/sessions/op/fork', { at: inTheTurn(place, 'op')[1] });
    await operator('POST', `/v1/sessions/${session_id}/resume`, {});
    await until('it asks', () => entriesOf(place.journal(session_id), 'approval.requested').length === 1);
    expect(place.read('effects.txt')).toBe('ran\n');
    await expectVerified(place, session_id!);
  });
});

describe('where a message comes from', () => {
  const rules = [
    { tool: 'exec_command', command: 'echo *', path: '**', channel: ['cli', 'telegram'], decision: 'allow' },
  ];
  const ran = async ({ daemon }: World, place: Place, accepted: Answer): Promise<string> => {
    await daemon.ask('GET', `${accepted.status_url}?wait_ms=20000`);
    return place.read('effects.txt');
  };
  const body = { content: 'echo ran >> effects.txt' };

  test('is what the daemon says: no token gives a name of its own', async ({ place }) => {
    const world = await prepare(place, { rules });
    await world.daemon.send({ content: 'say hello', session_id: 's' });
    for (const role of ['member', 'operator', 'admin'] as const) {
      const ask = await world.as(role);
      for (const source of ['cli', 'repl', 'cron', 'openai', 'http', 'goal', 'clock', 'Cli', 'api ', 'API']) {
        const refused = await ask('POST', '/v1/events', { ...body, source });
        expect(refused).toMatchObject({ ...REFUSED, next: 'Leave `source` out, or choose a name of your own.' });
        expect(await ask('POST', '/v1/sessions/s/steer', { ...body, source })).toMatchObject(REFUSED);
      }
    }
    const own = await world.daemon.ask('POST', '/v1/events', { ...body, source: 'cli' });
    expect(own.status).toBe(403);
    const [message] = entriesOf(place.journal('s'), 'input.received');
    expect(message).toMatchObject({ source: 'api' });
  });

  test('is another name where an operator gives it; a member may only say that it is HTTP', async ({ place }) => {
    const world = await prepare(place, { rules });
    const [member, operator] = [await world.as('member'), await world.as('operator')];
    expect(await member('POST', '/v1/events', { ...body, source: 'telegram' })).toMatchObject({
      ...REFUSED,
      next: 'Leave `source` out.',
    });
    expect(await ran(world, place, await member('POST', '/v1/events', { ...body, source: 'api' }))).toBe('');
    expect(await ran(world, place, await operator('POST', '/v1/events', { ...body, source: 'telegram' }))).toBe(
      'ran\n',
    );
  });
});

describe('a session of which an operator made the beginning', () => {
  const model = (place: Place, name: string): object => ({
    name,
    provider: 'script',
    script: join(place.home, '../model.yaml'),
  });
  const withTwo = (place: Place): object => ({
    models: { default: 'scripted', registry: [model(place, 'scripted'), model(place, 'other')] },
  });
  const CHANGES = [{ instructions: 'evil' }, { pin: 'do evil' }, { unpin: 'p-1' }, { model: 'other' }, { title: 't' }, { compact: true }]; // prettier-ignore

  test('is changed by no lower role, also not by the model of a message; its fork is', async ({ place }) => {
    const { daemon, as } = await prepare(place, {}, withTwo(place));
    await daemon.send({ content: 'say one', session_id: 'op' });
    const member = await as('member');
    for (const change of CHANGES) {
      const refused = await member('POST', '/v1/sessions/op/configure', change);
      expect(refused).toMatchObject({ ...REFUSED, next: 'Fork op, and change the fork: it is yours.' });
    }
    const message = { content: 'say two', session_id: 'op' };
    expect(await member('POST', '/v1/events', { ...message, model: 'other' })).toMatchObject(REFUSED);
    const chat = { model: 'other', messages: [{ role: 'user', content: 'say two' }], metadata: { session_id: 'op' } };
    expect(await member('POST', '/v1/chat/completions', chat)).toMatchObject({ status: 403 });
    expect(await member('POST', '/v1/events', { ...message, model: 'scripted' })).toMatchObject({ status: 202 });
    await until('it is answered', () => entriesOf(place.journal('op'), 'turn.ended').length === 2);
    expect(entriesOf(place.journal('op'), 'session.configured')).toEqual([]);
    const { session_id } = await member('POST', '/v1/sessions/op/fork', {});
    for (const change of CHANGES.filter((one) => !('unpin' in one))) {
      expect(await member('POST', `/v1/sessions/${session_id}/configure`, change)).toMatchObject({ status: 204 });
    }
    await member('POST', '/v1/events', { content: 'say one', session_id: 'own' });
    await until('it is answered', () => entriesOf(place.journal('own'), 'turn.ended').length === 1);
    expect(await member('POST', '/v1/sessions/none/configure', { pin: 'mine' })).toMatchObject({ status: 404 });
    expect(await member('POST', '/v1/sessions/own/configure', { pin: 'mine' })).toMatchObject({ status: 204 });
    expect(await (await as('operator'))('POST', '/v1/sessions/op/configure', { pin: 'ours' })).toMatchObject({
      status: 204,
    });
  });
});

test('the session of a job is begun by those who may make jobs, and then a member may speak there', async ({
  place,
}) => {
  const { as } = await prepare(place);
  const [member, operator] = [await as('member'), await as('operator')];
  const job = { schedule: '@yearly', prompt: 'echo ran >> effects.txt' };
  expect(await operator('POST', '/v1/schedules', { ...job, name: 'named', session: 'daily' })).toMatchObject({ status: 201 }); // prettier-ignore
  for (const session_id of ['cron-job1', 'cron-', 'daily', 'CRON-job1', 'Daily']) {
    const refused = await member('POST', '/v1/events', { content: 'say hello', session_id });
    expect(refused).toMatchObject({ ...REFUSED, next: expect.stringContaining('another `session_id`') as string });
    const chat = { model: 'scripted', messages: [{ role: 'user', content: 'say hello' }], metadata: { session_id } };
    expect(await member('POST', '/v1/chat/completions', chat)).toMatchObject({ status: 403 });
  }
  expect(await member('POST', '/v1/events', { content: 'say hello', session_id: 'crony' })).toMatchObject({
    status: 202,
  });
  expect(await operator('POST', '/v1/schedules', { ...job, name: 'job1' })).toMatchObject({ status: 201 });
  for (const name of ['job1', 'named']) {
    expect(await operator('POST', `/v1/schedules/${name}/run?wait=true`, {})).toMatchObject({
      status: 200,
      outcome: 'ok',
    });
  }
  expect(place.read('effects.txt')).toBe('ran\nran\n');
  for (const session_id of ['cron-job1', 'daily']) {
    expect(await member('POST', '/v1/events', { content: 'say hello', session_id })).toMatchObject({ status: 202 });
  }
});

/** The model reads on in outputs that were too long for it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { JsonObject } from '../src/base/json.ts';
import type { Script } from '../src/contract/script.ts';
import { entriesOf, expectVerified, KEY, type Place, test } from './support/place.ts';

type Steps = Script['turns'];

/** More than 80 KiB, of which a model is shown 16. */
const LONG: Steps[number] = {
  match: { contains: 'count' },
  reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'seq 1 15000' } }] },
};
const ALLOWED = { governance: { auto_allow: ['exec_command'] } };

const asks = (text: string, args: JsonObject): Steps[number] => ({
  match: { contains: text },
  reply: { calls: [{ tool: 'read_output', arguments: args }] },
});
const told: Steps = [
  { match: { tool_result: 'read_output' }, reply: { text: '{{result}}' } },
  { match: { tool_result: 'exec_command' }, reply: { text: '{{result}}' } },
];

/** What the model is told of a call of read_output. */
async function read(place: Place, session: string, args: JsonObject, ...more: Steps): Promise<string> {
  place.play([...more, ...told, asks('read on', args)], ALLOWED);
  const ran = await place.run(['run', '--session', session, 'read on']);
  expect(ran.code).toBe(0);
  await expectVerified(place, session);
  return ran.stdout;
}

async function count(place: Place, session = 'one'): Promise<string> {
  place.play([...told, LONG], ALLOWED);
  const ran = await place.run(['run', '--session', session, 'count']);
  expect(ran.code).toBe(0);
  return ran.stdout;
}

test('what was left out says how to read it, and that works without a person', async ({ place }) => {
  const shown = await count(place);
  const [, args] = /bytes left out: read_output (\{.*\}) reads on there …\]/.exec(shown)!;
  expect(shown).not.toContain('\n7500\n');
  const more = await read(place, 'one', JSON.parse(args!) as JsonObject);
  const [, last] = /(\d+)\n\[… /.exec(shown)!;
  const [, first] = /^\d*\n(\d+)\n/.exec(more)!;
  expect(Number(first)).toBeLessThanOrEqual(Number(last) + 2);
  expect(more).toMatch(/\[bytes \d+ to \d+ of \d+; go on with offset \d+\]\n$/);
  expect(more).not.toContain('left out');
  expect(entriesOf(place.journal('one'), 'policy.decided').at(-1)).toMatchObject({
    tool: 'read_output',
    effect: 'read',
    verdict: 'allow',
    rules: [{ id: 'default:read' }],
  });
  expect(await read(place, 'one', { call_id: 'c1.1.1', find: '7500' })).toMatch(/^\d+: 7500\n/);
});

test('it is on the list of what a fresh configuration allows', async ({ place }) => {
  const checked = await place.run(['policy', 'check', 'read_output', '{"call_id":"c1.1.1"}', '-o', 'json']);
  expect(checked.code).toBe(0);
  expect(JSON.parse(checked.stdout)).toMatchObject({ verdict: 'allow', rules: [{ id: 'allow:read_output' }] });
});

describe('only outputs of the same session', () => {
  test('not of another one, nor any blob', async ({ place }) => {
    await place.run(['run', '--session', 'one', 'hello']);
    await count(place, 'one');
    const { call_id, output } = entriesOf(place.journal('one'), 'call.finished').at(-1)!;
    expect(call_id).toBe('c2.1.1');
    const { blob } = output as { blob: string };
    for (const guess of [call_id, blob, `one:${call_id}`, '../one']) {
      const answer = await read(place, 'two', { call_id: guess });
      expect(answer).toMatch(/^\[error\] not_found: no call /);
      await place.run(['session', 'rm', 'two']);
    }
  });

  test('a fork reads what was copied into it, and nothing that came behind', async ({ place }) => {
    await count(place, 'one');
    const behind = (await place.run(['session', 'fork', 'one'])).stdout.trim();
    const ahead = (await place.run(['session', 'fork', 'one', '--at', 'seq:1'])).stdout.trim();
    expect(await read(place, behind, { call_id: 'c1.1.1', find: '7500' })).toMatch(/^\d+: 7500\n/);
    expect(await read(place, ahead, { call_id: 'c1.1.1' })).toMatch(/no call c1\.1\.1 has ended in this session/);
  });

  test('an imported session brings its outputs with it', async ({ place }) => {
    await count(place, 'one');
    const { stdout } = await place.run(['session', 'export', 'one']);
    place.write('one.jsonl', stdout);
    expect(await place.run(['session', 'rm', 'one'])).toMatchObject({ code: 0 });
    expect(await place.run(['session', 'import', './one.jsonl', '--as', 'two'])).toMatchObject({ code: 0 });
    expect(await read(place, 'two', { call_id: 'c1.1.1', find: '7500' })).toMatch(/^\d+: 7500\n/);
  });
});

test('what is redacted stays so, also when it is known as a secret only since', async ({ place }) => {
  const late = 'late-secret-0123456789';
  const cmd = `seq 1 2000; printf '%s\\n%s\\n' ${'$KEY_NOW'} late-secret-0123456789; seq 1 2000`;
  place.write('run.sh', cmd.replace('$KEY_NOW', KEY));
  const secret = { models: { registry: [{ name: 'x', provider: 'openai', api_key: KEY }] } };
  const steps: Steps = [
    ...told,
    { match: { contains: 'go' }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'sh run.sh' } }] } },
  ];
  play(place, steps, secret.models.registry);
  expect((await place.run(['run', '--session', 'one', 'go'])).code).toBe(0);
  const find = (text: string): Steps => [...told, asks('find', { call_id: 'c1.1.1', find: text })];
  play(place, find('e'), [...secret.models.registry, { name: 'y', provider: 'openai', api_key: late }]);
  const ran = await place.run(['run', '--session', 'one', 'find']);
  expect(ran.stdout.match(/\[REDACTED:[^\]]*\]/g)).toHaveLength(2);
  expect(ran.stdout).not.toContain(late);
  expect(readFileSync(join(place.home, 'workspaces/default/sessions/one.jsonl'), 'utf8')).not.toContain(KEY);
});

/** The script answers; further entries of the registry make their keys known. */
function play(place: Place, steps: Steps, registry: object[]): void {
  place.play(steps, ALLOWED);
  const path = join(place.home, 'config.yaml');
  const config = JSON.parse(readFileSync(path, 'utf8')) as { models: { registry: object[] } };
  config.models.registry = [...config.models.registry, ...registry];
  place.configure(config);
}

test('after the conversation was summed up its record still names the call, and the output is read again', async ({
  place,
}) => {
  await count(place, 'one');
  const talk: Steps = [
    { match: { purpose: 'compact', any: true }, reply: { text: 'SUMMARY' } },
    { match: { any: true }, reply: { text: 'Yes.' } },
  ];
  place.play(talk, ALLOWED);
  await place.run(['run', '--session', 'one', 'more']);
  await place.run(['session', 'compact', 'one']);
  await place.run(['run', '--session', 'one', 'and more']);
  expect(entriesOf(place.journal('one'), 'context.compacted')).toHaveLength(1);
  const { stdout } = await place.run(['session', 'show', 'one', '--context']);
  expect(stdout).toMatch(/- c1\.1\.1 exec_command: .*seq 1 15000 → ok; \d{5} bytes of output/);
  expect(stdout).toContain('read_output');
  expect(await read(place, 'one', { call_id: 'c1.1.1', find: '7500' })).toMatch(/^\d+: 7500\n/);
});

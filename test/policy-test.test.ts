/** A policy tried against recorded calls, through the built program. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { type Place, test } from './support/place.ts';

function prepare(place: Place): void {
  place.play(
    [
      { match: { tool_result: 'exec_command' }, reply: { text: 'done' } },
      { match: { tool_result: 'read_file' }, reply: { text: 'read' } },
      { match: { contains: 'cmd' }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'echo ran' } }] } },
      { match: { any: true }, reply: { calls: [{ tool: 'read_file', arguments: { path: 'a.txt' } }] } },
    ],
    { governance: { auto_allow: ['exec_command'] } },
  );
  place.write('a.txt', 'a\n');
}

async function two(place: Place): Promise<void> {
  await place.run(['run', '--session', 'one', 'cmd']);
  await place.run(['run', '--session', 'two', 'read']);
}

test('each call that would be judged differently, and how many there are', async ({ place }) => {
  prepare(place);
  await two(place);
  const before = place.journal('one');
  place.write('same.yaml', 'auto_allow: [exec_command, read_file]\n');
  const same = await place.run(['policy', 'test', '--all', '--policy', 'same.yaml']);
  expect(same).toMatchObject({ code: 0, stderr: 'every call would be judged as it was\n' });
  expect(same.stdout).toBe('2 calls, 0 judged differently: allow 2 → 2, ask 0 → 0, deny 0 → 0\n');

  place.write('careful.yaml', 'deny: [exec_command]\n');
  const { code, stdout } = await place.run(['policy', 'test', '--all', '--policy', 'careful.yaml']);
  expect(code).toBe(1);
  expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['SESSION', 'TURN', 'CALL', 'WAS → IS', 'WHAT', 'RULE'],
    ['one', '1', 'c1.1.1', 'allow → deny', 'Run echo ran', 'deny:exec_command'],
    ['2 calls, 1 judged differently: allow 2 → 1, ask 0 → 0, deny 0 → 1'],
    [''],
  ]);
  const every = await place.run(['policy', 'test', '--all', '--every', '--policy', 'careful.yaml']);
  expect(every.stdout).toContain('allow → allow  Read a.txt');
  expect(place.journal('one')).toEqual(before);
  const against = await place.run(['policy', 'test', '--against', '--all', '--policy', 'careful.yaml']);
  expect(against).toMatchObject({ code, stdout });
});

test('for programs; of some sessions; by a whole configuration', async ({ place }) => {
  prepare(place);
  await two(place);
  place.write('config.yaml', 'governance:\n  require_approval: [exec_command, read_file]\n');
  const args = ['policy', 'test', '--policy', 'config.yaml', '-o', 'json', '--against'];
  const { code, stdout } = await place.run([...args, 'two']);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    schemaVersion: 'runtime.policy-test.v1',
    calls: 1,
    different: 1,
    recorded: { allow: 1 },
    verdict: { require_approval: 1 },
    damaged: [],
    results: [
      {
        session_id: 'two',
        turn: 1,
        call_id: 'c1.1.1',
        tool: 'read_file',
        title: 'Read a.txt',
        recorded: 'allow',
        verdict: 'require_approval',
        rules: [{ id: 'ask:read_file', verdict: 'require_approval' }],
      },
    ],
  });
  expect(JSON.parse((await place.run([...args, 'one', 'two'])).stdout)).toMatchObject({ calls: 2 });
});

test('a damaged session is named, and the rest is tried', async ({ place }) => {
  prepare(place);
  await two(place);
  const file = place.journalFile('one');
  writeFileSync(file, readFileSync(file, 'utf8').replace('exec_command', 'exec_commando'));
  place.write('careful.yaml', 'deny: [read_file]\n');
  const { code, stdout, stderr } = await place.run(['policy', 'test', '--all', '--policy', 'careful.yaml']);
  expect(code).toBe(7);
  expect(stderr).toContain('not tested: one: Session one is damaged');
  expect(stdout).toContain('1 call, 1 judged differently');
});

test.for([
  [['--policy', 'p.yaml'], 'say which sessions'],
  [['--policy', 'p.yaml', '--against'], 'say which sessions'],
  [['--policy', 'p.yaml', '--all', '--against', 'one'], 'say which sessions'],
  [['--policy', 'none.yaml', '--all'], "can't read the policy none.yaml"],
  [['--policy', 'p.yaml', '--against', 'none'], 'There is no session none.'],
  [['--policy', 'bad.yaml', '--all'], 'bad.yaml:1:1: denny: unknown key; did you mean deny?'],
  [['--all'], '--policy'],
] as const)('%s', async ([args, message], { place, expect }) => {
  prepare(place);
  await place.run(['run', '--session', 'one', 'cmd']);
  place.write('p.yaml', 'deny: [read_file]\n');
  place.write('bad.yaml', 'denny: [read_file]\n');
  const ran = await place.run(['policy', 'test', ...args]);
  expect(ran).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(message) as string });
});

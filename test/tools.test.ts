/** The tools as a turn uses them. H-numbers: the prior art's checks. */
import { readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { Script } from '../src/contract/script.ts';
import { entriesOf, expectVerified, KEY, type Place, type RunOptions, test, until } from './support/place.ts';
import { isAlive, measuresMemory } from './support/processes.ts';

const ALL = ['exec_command', 'apply_patch', 'read_file', 'list_files', 'search_files', 'time'];
type Arguments = NonNullable<NonNullable<Script['turns'][number]['reply']>['calls']>[number]['arguments'];

/** Lets the model make one call; gives what it was told. */
async function call(
  place: Place,
  tool: string,
  args: Arguments,
  options: RunOptions = {},
  config = {},
): Promise<string> {
  place.play(
    [
      { match: { tool_result: tool }, reply: { text: '{{result}}' } },
      { match: { any: true }, reply: { calls: [{ tool, arguments: args! }] } },
    ],
    { governance: { auto_allow: ALL }, ...config },
  );
  const ran = await place.run(['run', '--session', 'one', 'go'], options);
  expect(ran.code).toBe(0);
  await expectVerified(place, 'one');
  return ran.stdout.slice(0, -1);
}

const command = (place: Place, cmd: string, options?: RunOptions): Promise<string> =>
  call(place, 'exec_command', { cmd }, options);

const finished = (place: Place) => entriesOf(place.journal('one'), 'call.finished').at(-1)!;

const patch = (...lines: string[]): string => ['*** Begin Patch', ...lines, '*** End Patch', ''].join('\n');

describe('exec_command', () => {
  test('the model sees stdout, stderr and the exit status', async ({ place }) => {
    expect(await command(place, 'echo out; echo err >&2; exit 3')).toBe('out\nerr\n[exit code 3]');
    expect(finished(place)).toMatchObject({ outcome: 'ok', exit_code: 3 });
  });

  test('H-96, A-103 out of time: ended with its children, said as timeout', async ({ place }) => {
    const cmd = 'sleep 999 & echo $! > pid.txt; sleep 999';
    const told = await call(place, 'exec_command', { cmd, timeout_ms: 300 });
    expect(told).toContain('[timeout]');
    expect(finished(place)).toMatchObject({ outcome: 'timeout' });
    expect(isAlive(Number(place.read('pid.txt')))).toBe(false);
  });

  test('H-96 what a command leaves running ends with it', async ({ place }) => {
    await command(place, 'sleep 999 >/dev/null 2>&1 & echo $! > pid.txt');
    await until('it is gone', () => !isAlive(Number(place.read('pid.txt'))));
  });

  test.runIf(measuresMemory)('H-97 of 100 MB the ends are kept, in bounded memory', async ({ place }) => {
    place.play(
      [
        { match: { tool_result: 'exec_command' }, reply: { text: '{{result}}' } },
        {
          match: { any: true },
          reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'head -c 100000000 /dev/zero | tr "\\0" x' } }] },
        },
      ],
      { governance: { auto_allow: ALL } },
    );
    const ran = await place.run([], { shell: `exec /usr/bin/time -f 'peak %M KiB' "$PROGRAM" run --session one go` });
    expect(ran.code).toBe(0);
    expect(Number(/peak (\d+)/.exec(ran.stderr)![1])).toBeLessThan(250_000);
    expect(finished(place)).toMatchObject({ output_truncated: true, output: { bytes: expect.any(Number) } });
    expect(ran.stdout.length).toBeLessThan(40_000);
    expect(ran.stdout).toMatch(/left out/);
    await expectVerified(place, 'one');
  });

  test('binary output and broken UTF-8 become replacement characters', async ({ place }) => {
    expect(await command(place, String.raw`printf 'a\377\376b\000c\342\202'`)).toBe(
      'a\uFFFD\uFFFDb\uFFFDc\uFFFD\n[exit code 0]',
    );
    await command(place, 'head -c 200000 /dev/urandom');
  });

  test('H-98 no key and no variable of the program reaches a command', async ({ place }) => {
    const environment = {
      OPENAI_API_KEY: KEY, ANTHROPIC_API_KEY: KEY, GEMINI_API_KEY: KEY, ZAI_API_KEY: KEY,
      OPENAI_BASE_URL: 'http://127.0.0.1:9', RUNTIME_TOKEN: KEY, MY_PRIVATE: 'mine', LC_ALL: 'C',
    }; // prettier-ignore
    const told = await command(place, 'env', { environment });
    const names = told.split('\n').map((line) => line.split('=')[0]);
    expect(names).toEqual(expect.arrayContaining(['PATH', 'HOME', 'LC_ALL']));
    for (const name of [...Object.keys(environment), 'RUNTIME_HOME'])
      if (name !== 'LC_ALL') expect(names).not.toContain(name);
  });
});

describe('apply_patch', () => {
  test('H-102 adds, updates, deletes and moves, with no program to help', async ({ place }) => {
    place.write('update.txt', 'one\ntwo\nthree\n');
    place.write('delete.txt', 'gone\n');
    place.write('move.txt', 'stays\nchanges\n');
    const told = await call(
      place,
      'apply_patch',
      {
        patch: patch(
          '*** Add File: new/folder/add.txt',
          '+added',
          '*** Update File: update.txt',
          '@@',
          ' one',
          '-two',
          '+2',
          ' three',
          '*** Delete File: delete.txt',
          '*** Update File: move.txt',
          '*** Move to: moved.txt',
          '@@',
          ' stays',
          '-changes',
          '+changed',
        ),
      },
      { environment: { PATH: '/nowhere' } },
    );
    expect(told).toContain('moved.txt');
    expect(place.read('new/folder/add.txt')).toBe('added\n');
    expect(place.read('update.txt')).toBe('one\n2\nthree\n');
    expect(place.read('moved.txt')).toBe('stays\nchanged\n');
    expect(readdirSync(place.project).sort()).toEqual(['moved.txt', 'new', 'update.txt']);
    expect(
      finished(place)
        .files.map(({ path, action }) => `${action} ${path}`)
        .sort(),
    ).toEqual(['add new/folder/add.txt', 'delete delete.txt', 'move move.txt', 'move moved.txt', 'update update.txt']);
  });

  test.for([
    ['a path above', '../x.txt'],
    ['an absolute path', '/tmp/runtime-x.txt'],
    ['a link that leads out', 'link/x.txt'],
    ['the home', '../home/config.yaml'],
  ])('H-103 %s is refused, and with it the whole patch', async ([, path], { place }) => {
    symlinkSync(join(place.project, '..'), join(place.project, 'link'));
    place.write('a.txt', 'old\n');
    const lines = ['*** Update File: a.txt', '@@', '-old', '+new', `*** Add File: ${path}`, '+x'];
    const told = await call(place, 'apply_patch', { patch: patch(...lines) });
    expect(told).toMatch(/^\[(invalid_arguments|denied)\]/);
    expect(place.read('a.txt')).toBe('old\n');
    expect(place.read('../x.txt')).toBe('');
    expect(entriesOf(place.journal('one'), 'call.started')).toEqual([]);
  });

  test('all or nothing: a hunk that fits nowhere leaves every file alone', async ({ place }) => {
    place.write('a.txt', 'old\n');
    place.write('b.txt', 'something else\n');
    const lines = ['*** Update File: a.txt', '@@', '-old', '+new', '*** Update File: b.txt', '@@', '-absent', '+x'];
    expect(await call(place, 'apply_patch', { patch: patch(...lines) })).toContain('b.txt');
    expect([place.read('a.txt'), place.read('b.txt')]).toEqual(['old\n', 'something else\n']);
  });
});

describe('reading', () => {
  test('H-109 what goes wrong is told with its words, and the turn goes on', async ({ place }) => {
    expect(await call(place, 'read_file', { path: 'absent.txt' })).toMatch(/absent\.txt/);
    expect(await call(place, 'exec_command', { command: 'no-such-program' })).toContain('no-such-program');
  });

  test('H-107 the time at an offset is the real instant', async ({ place }) => {
    const before = Date.now();
    const told = await call(place, 'time', { utc_offset: '+07:00' });
    const [instant] = /\d{4}-\d\d-\d\dT[\d:.]+\+07:00/.exec(told)!;
    expect(Math.abs(Date.parse(instant) - before)).toBeLessThan(20_000);
  });

  test('reads of one reply run side by side, others in order', async ({ place }) => {
    place.write('a.txt', 'A');
    const steps = [
      { tool: 'read_file', arguments: { path: 'a.txt' } },
      { tool: 'list_files', arguments: { path: '.' } },
      { tool: 'exec_command', arguments: { cmd: 'echo 1 >> order.txt' } },
      { tool: 'exec_command', arguments: { cmd: 'echo 2 >> order.txt' } },
    ];
    place.play(
      [
        { match: { tool_result: 'exec_command' }, reply: { text: 'done' } },
        { match: { any: true }, reply: { calls: steps } },
      ],
      { governance: { auto_allow: ALL } },
    );
    await place.run(['run', '--session', 'one', 'go']);
    expect(place.read('order.txt')).toBe('1\n2\n');
    const order = place
      .journal('one')
      .filter((line) => line.type === 'call.started' || line.type === 'call.finished')
      .map(({ type, data }) => `${type} ${data.call_id}`);
    expect(order.slice(0, 2)).toEqual(['call.started c1.1.1', 'call.started c1.1.2']);
    expect(order.slice(4)).toEqual([
      'call.started c1.1.3',
      'call.finished c1.1.3',
      'call.started c1.1.4',
      'call.finished c1.1.4',
    ]);
    await expectVerified(place, 'one');
  });
});

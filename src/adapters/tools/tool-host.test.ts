import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { canonicalJson } from '../../base/canonical-json.ts';
import { digestOf } from '../../base/digest.ts';
import { MEMORY, writeMapped } from '../../base/testing/mapped-write.ts';
import { type TestHost, testHost } from './test-host.ts';

let t: TestHost;
beforeEach(() => void (t = testHost()));
afterEach(() => t.remove());

test('the tools are those of the contract, and small enough for a plain request', () => {
  const specs = t.host.tools();
  expect(specs.map(({ name, effect, recovery }) => [name, effect, recovery])).toEqual([
    ['exec_command', 'exec', 'unknown'],
    ['apply_patch', 'write', 'roll_forward'],
    ['read_file', 'read', 'rerun'],
    ['list_files', 'read', 'rerun'],
    ['search_files', 'read', 'rerun'],
    ['read_output', 'read', 'rerun'],
    ['open', 'network', 'rerun'],
    ['time', 'read', 'rerun'],
  ]);
  for (const spec of specs) expect(spec.schema_digest).toBe(digestOf(canonicalJson(spec.parameters)));
  const sent = specs.map(({ name, description, parameters }) => ({ name, description, parameters }));
  expect(Buffer.byteLength(JSON.stringify(sent))).toBeLessThan(3700);
});

test.each([
  ['exec_command', { cmd: 'ls', url: 'https://allowed.example' }, '/url', 'unknown property "url"'],
  ['exec_command', { cmd: 'ls', timeout_ms: 1.5 }, '/timeout_ms', 'must be an integer, not 1.5'],
  ['exec_command', { cmd: 'ls', timeout_ms: '5' }, '/timeout_ms', 'must be an integer, not a string'],
  ['exec_command', { cmd: 'ls', timeout_ms: 600_001 }, '/timeout_ms', 'must be at most 600000'],
  ['exec_command', { cmd: 'ls', command: 'ls' }, '', 'give either cmd or command'],
  ['exec_command', {}, '', 'give either cmd or command'],
  ['exec_command', { cmd: 'ls', args: ['x'] }, '/args', 'goes with command, not with cmd'],
  ['exec_command', { command: 'ls', args: 'x' }, '/args', 'must be an array, not a string'],
  ['exec_command', { command: 'no-such-program-here' }, '/command', 'there is no program no-such-program-here'],
  ['exec_command', { cmd: 'ls', workdir: 'nowhere' }, '/workdir', 'is no folder'],
  ['exec_command', { cmd: 'a\0b' }, '/cmd', 'holds a NUL byte'],
  ['exec_command', { cmd: 'x'.repeat(100_001) }, '/cmd', 'is longer than 100000 bytes'],
  ['read_file', {}, '', 'the property "path" is missing'],
  ['read_file', { path: '' }, '/path', 'must not be empty'],
  ['read_file', { path: 'a\0b' }, '/path', 'holds a NUL byte'],
  ['read_file', { path: 'x'.repeat(5000) }, '/path', 'longer than 4096 characters'],
  ['read_file', { path: 'a', offset: 0 }, '/offset', 'must be at least 1'],
  ['read_file', ['a'], '', 'must be a JSON object, not an array'],
  ['time', { utc_offset: '7' }, '/utc_offset', 'must match'],
  ['read_file', '{"path":"a","path":"b"}', '', 'the key "path" stands twice'],
  ['read_file', '{"path":"a","__proto__":{}}', '', '"__proto__" is not allowed'],
  ['read_file', '{"path":', '', 'not valid JSON'],
])('H-110 H-119 %s refuses %j', async (tool, args, path, message) => {
  const inspection = await t.inspect(tool, args);
  expect(inspection.invalid).toEqual([{ path, message: expect.stringContaining(message) as string }]);
  expect(inspection.facts).toEqual({ paths: [], hosts: [], commands: [], preimages: [] });
  expect(inspection.presentation).toEqual({ title: tool });
});

test('digests are of the canonical value; of the raw text when it is no JSON', async () => {
  const [one, other, broken] = [
    await t.inspect('read_file', '{"path":"a","limit":1}'),
    await t.inspect('read_file', ' { "limit": 1.0, "path": "\\u0061" }'),
    await t.inspect('read_file', '{'),
  ];
  expect(one.args_digest).toBe(digestOf('{"limit":1,"path":"a"}'));
  expect(other).toEqual(one);
  expect(broken.args_digest).toBe(digestOf('{'));
  expect(one.facts_digest).toBe(digestOf(canonicalJson(one.facts)));
  expect(one.presentation_digest).toBe(digestOf(canonicalJson(one.presentation)));
});

test('a call without any text of arguments has none', async () => {
  expect((await t.call('time', '')).outcome).toBe('ok');
});

test('a schema frozen by another build judges as well', async () => {
  const request = t.request('read_file', { path: 'a', limit: 5 });
  const parameters = { ...request.spec.parameters, properties: { path: { type: 'string', maxLength: 0 } } };
  const spec = { ...request.spec, parameters, schema_digest: digestOf('older') };
  expect((await t.host.inspect({ ...request, spec })).invalid).toEqual([
    { path: '', message: 'unknown property "limit"' },
    { path: '/path', message: 'must NOT have more than 0 characters' },
  ]);
});

test('a tool that this build does not have is refused by name', async () => {
  const request = t.request('time', {});
  const inspection = await t.host.inspect({ ...request, spec: { ...request.spec, name: 'gone' } });
  expect(inspection.invalid).toEqual([{ path: '', message: 'the tool gone is not there any more' }]);
});

test('a placeholder of a secret is refused in what writes or runs, and may be read about', async () => {
  const cmd = 'curl -H "[REDACTED:openai]"';
  expect((await t.inspect('exec_command', { cmd })).invalid?.[0]?.message).toContain('[REDACTED:');
  expect((await t.inspect('exec_command', { command: 'ls', args: [cmd] })).invalid).toHaveLength(1);
  expect((await t.inspect('apply_patch', { patch: cmd })).invalid?.[0]?.message).toContain('[REDACTED:');
  expect((await t.inspect('search_files', { query: '[REDACTED:' })).invalid).toBeUndefined();
});

describe.skipIf(MEMORY.unmet !== '')(
  `bytes that were written through a mapping, of which no time tells${MEMORY.unmet}`,
  () => {
    test.each([
      [{ cmd: 'sh build.sh' }, 'build.sh'],
      [{ command: './tool' }, 'tool'],
      [{ cmd: 'sh build.sh .env' }, '.env'],
    ])('make an approved call void: %j', async (args, changed) => {
      const memory = testHost({}, realpathSync(mkdtempSync(join(MEMORY.folder, 'mapped-'))));
      for (const name of ['build.sh', 'tool', '.env']) memory.file(name, '#!/bin/sh\n# harmless\n');
      chmodSync(join(memory.root, 'tool'), 0o755);
      const request = memory.request('exec_command', args);
      const inspected = await memory.host.inspect(request);
      expect((await memory.host.inspect(request)).facts).toEqual(inspected.facts);
      const before = statSync(join(memory.root, changed), { bigint: true });
      writeMapped(join(memory.root, changed), '#!/bin/sh\nid #     ');
      const { ctimeNs, mtimeNs, size } = statSync(join(memory.root, changed), { bigint: true });
      expect([ctimeNs, mtimeNs, size]).toEqual([before.ctimeNs, before.mtimeNs, before.size]);
      expect(await memory.run(request, inspected)).toMatchObject({ outcome: 'void' });
      memory.remove();
    });
  },
);

describe('of a command that is void is told what changed, and nothing else', () => {
  const WHAT = 'not run: what it touches changed after the call was decided';
  const because = async (args: object, change: () => void): Promise<string> => {
    for (const name of ['tool', 'build.sh', 'b1.sh']) t.file(name, '#!/bin/sh\n');
    chmodSync(join(t.root, 'tool'), 0o755);
    const request = t.request('exec_command', args);
    const inspected = await t.host.inspect(request);
    change();
    return (await t.run(request, inspected)).error!.message.replaceAll(t.root, '.');
  };
  const digestNow = (path: string): string => digestOf(readFileSync(join(t.root, path)));

  test('a script', async () => {
    const said = await because({ cmd: 'sh build.sh && sh b1.sh > out.txt' }, () => void t.file('build.sh', 'echo\n'));
    expect(said).toBe(`${WHAT}: it now goes by ./build.sh (${digestNow('build.sh')})`);
  });
  test('its program', async () => {
    const said = await because({ command: './tool', args: ['x'] }, () => void t.file('tool', '#!/bin/sh\necho\n'));
    expect(said).toBe(
      `${WHAT}: the program is now ./tool (${digestNow('tool')}), it now goes by ./tool (${digestNow('tool')})`,
    );
  });
  test('a file that came, and one that went', async () => {
    const said = await because({ cmd: 'sh b?.sh' }, () => renameSync(join(t.root, 'b1.sh'), join(t.root, 'b2.sh')));
    expect(said).toBe(`${WHAT}: it now goes by ./b2.sh (${digestNow('b2.sh')}), it goes by ./b1.sh no more`);
  });
  test('a file that it writes', async () => {
    const said = await because({ cmd: 'sh build.sh > out.txt' }, () => symlinkSync('b1.sh', join(t.root, 'out.txt')));
    expect(said).toContain(
      `${WHAT}: ./out.txt is now ./b1.sh (file), it now goes by out.txt, which leads to ./b1.sh (`,
    );
  });
  test('what has no words of its own', async () => {
    const request = t.request('exec_command', { cmd: 'true' });
    const inspected = await t.host.inspect(request);
    const { facts } = inspected;
    const other = { ...inspected, facts_digest: digestOf(''), facts: { ...facts, sandbox: 'bubblewrap' as const } };
    expect((await t.run(request, other)).error!.message).toBe(`${WHAT}: its sandbox`);
  });
});

test('what changed between inspection and run voids the call and is named', async () => {
  t.file('a.txt', 'a\n');
  const read = t.request('read_file', { path: 'a.txt' });
  const inspected = await t.host.inspect(read);
  renameSync(join(t.root, 'a.txt'), join(t.root, 'b.txt'));
  symlinkSync('b.txt', join(t.root, 'a.txt'));
  const voided = await t.run(read, inspected);
  expect(voided).toMatchObject({ outcome: 'void', error: { code: 'void' } });
  expect(voided.error!.message).toContain(`a.txt is now ${t.root}/b.txt`);

  const other = { ...read, arguments_raw: '{"path":"b.txt"}' };
  expect((await t.run(other, inspected)).error!.message).toContain('its arguments are not those');

  rmSync(join(t.root, 'a.txt'));
  const run = t.request('exec_command', { cmd: 'true', workdir: 'sub' });
  mkdirSync(join(t.root, 'sub'));
  const ready = await t.host.inspect(run);
  rmSync(join(t.root, 'sub'), { recursive: true });
  expect((await t.run(run, ready)).error!.message).toBe('not run: /workdir: is no folder');
});

test("the runtime's home is inspected as closed, and no tool runs in it or shows what is in it", async () => {
  writeFileSync(join(t.home, 'notes'), 'hidden words');
  symlinkSync(t.home, join(t.root, 'way'));
  for (const [tool, args] of [
    ['read_file', { path: '.runtime-home/notes' }],
    ['read_file', { path: join(t.home, 'notes') }],
    ['read_file', { path: 'way/notes' }],
    ['list_files', { path: 'way' }],
    ['search_files', { query: 'words', path: 'way/' }],
    ['exec_command', { cmd: 'true', workdir: '.runtime-home' }],
    ['apply_patch', { patch: '*** Begin Patch\n*** Add File: way/new\n+x\n*** End Patch' }],
    ['apply_patch', { patch: '*** Begin Patch\n*** Delete File: .runtime-home/notes\n*** End Patch' }],
  ] as const) {
    const request = t.request(tool, args);
    const inspection = await t.host.inspect(request);
    expect(inspection.invalid).toBeUndefined();
    expect(inspection.facts.paths).toMatchObject([{ closed: true }]);
    expect(await t.run(request, inspection)).toMatchObject({ outcome: 'error', error: { code: 'closed' } });
  }
  expect((await t.call('list_files', {})).output).toBe(`way -> ${t.home}`);
  expect((await t.call('search_files', { query: 'words' })).output).toBe('[no line matches]');
});

test('so are what the runtime goes by and lies elsewhere, by any name', async () => {
  const config = t.file('conf/runtime.yaml', 'api_key: hidden words');
  linkSync(config, join(t.root, 'hard'));
  symlinkSync(config, join(t.home, 'linked.yaml'));
  const other = testHost({ home: t.home, ownFiles: [join(t.home, 'linked.yaml'), join(t.home, 'none')] }, t.root);
  for (const [tool, args] of [
    ['read_file', { path: 'conf/runtime.yaml' }],
    ['read_file', { path: 'hard' }],
    ['apply_patch', { patch: '*** Begin Patch\n*** Delete File: conf/runtime.yaml\n*** End Patch' }],
    ['apply_patch', { patch: '*** Begin Patch\n*** Update File: hard\n@@\n-api_key: hidden words\n+x\n*** End Patch' }],
  ] as const) {
    const request = other.request(tool, args);
    const inspection = await other.host.inspect(request);
    expect(inspection.facts.paths).toMatchObject([{ closed: true, inside_root: true }]);
    expect(await other.run(request, inspection)).toMatchObject({ outcome: 'error', error: { code: 'closed' } });
  }
  expect((await other.call('list_files', { path: 'conf' })).output).toBe('[an empty folder]');
  expect((await other.call('search_files', { query: 'words', path: 'conf' })).output).toBe('[no line matches]');
});

test('facts say where a path really leads', async () => {
  t.file('dir/a.txt', '');
  symlinkSync('/', join(t.root, 'out'));
  const of = async (path: string) => (await t.inspect('read_file', { path })).facts.paths[0];
  const inside = { arg: 'path', inside_root: true, secret_shaped: false };
  expect(await of('dir/../dir/a.txt')).toEqual({
    ...inside,
    path: 'dir/../dir/a.txt',
    real: `${t.root}/dir/a.txt`,
    kind: 'file',
  });
  expect(await of('new/x')).toEqual({ ...inside, path: 'new/x', real: `${t.root}/new/x`, kind: 'missing' });
  expect(await of('dir')).toEqual({ ...inside, path: 'dir', real: `${t.root}/dir`, kind: 'dir' });
  expect(await of('out/dev/null')).toMatchObject({ real: '/dev/null', kind: 'other', inside_root: false });
  expect(await of('../x')).toMatchObject({ inside_root: false });
  expect(await of('.env.local')).toMatchObject({ secret_shaped: true, inside_root: true });
});

test('a project root that is gone is said so', async () => {
  const request = { ...t.request('list_files', {}), project_root: join(t.root, 'nowhere') };
  expect((await t.host.inspect(request)).invalid?.[0]?.message).toMatch(/^the project root .*nowhere is no folder$/);
});

test('a call that is canceled before it starts does nothing', async () => {
  const signal = AbortSignal.abort();
  expect(await t.call('exec_command', { cmd: 'touch made' }, { signal })).toMatchObject({ outcome: 'canceled' });
  expect((await t.call('list_files', {})).output).toBe('[an empty folder]');
});

test('a path that is too long for a title is shown whole all the same', async () => {
  const path = `${'a/../'.repeat(100)}../secret`;
  const { presentation } = await t.inspect('read_file', { path });
  expect(presentation.title.length).toBeLessThan(210);
  expect(presentation.body).toBe(`Read ${path}`);
});

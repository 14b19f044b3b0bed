import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { digestOf } from '../../../base/digest.ts';
import { NO_LIMITS, shell, type TestHost, testHost } from '../test-host.ts';

const SECONDS = 1000;

let t: TestHost;
beforeEach(() => void (t = testHost()));
afterEach(() => t.remove());

const exec = (args: object | string) => t.call('exec_command', typeof args === 'string' ? { cmd: args } : args);

/** Waits for the process ids that a command writes into files of the project. */
async function idsIn(...files: string[]): Promise<number[]> {
  const read = (file: string) => (existsSync(join(t.root, file)) ? t.text(file).trim() : '');
  while (files.some((file) => read(file) === '')) await new Promise((resolve) => setTimeout(resolve, 10));
  return files.map((file) => Number(read(file)));
}

/** A zombie that nobody has collected yet is not alive. */
function isAlive(id: number): boolean {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, 'utf8');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}

async function untilDead(ids: number[]): Promise<void> {
  while (ids.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 10));
}

test('the model sees both outputs in their order and the exit code', async () => {
  expect(await exec('echo one; echo two >&2; echo three; exit 3')).toMatchObject({
    outcome: 'ok',
    exit_code: 3,
    output: 'one\ntwo\nthree\n[exit code 3]',
    output_truncated: false,
  });
  expect(await exec('echo x >/dev/stderr && echo y >/dev/stdout')).toMatchObject({ output: 'x\ny\n[exit code 0]' });
  expect(await exec('printf x; kill -9 $$')).toMatchObject({
    outcome: 'ok',
    signal: 'SIGKILL',
    output: 'x\n[ended by SIGKILL]',
  });
  expect(await exec('cat')).toMatchObject({ output: '[exit code 0]' });
});

test('a program with arguments runs without a shell', async () => {
  const args = { command: 'printf', args: ['%s|', '$HOME', 'a b', "it's"] };
  expect(await exec(args)).toMatchObject({ output: "$HOME|a b|it's|\n[exit code 0]" });
  const { facts, presentation } = await t.inspect('exec_command', args);
  expect(facts.commands).toEqual([
    { words: ['printf', '%s|', '$HOME', 'a b', "it's"], assignments: [], redirects: [], parser: 'argv' },
  ]);
  expect(facts.executable?.path).toMatch(/\/printf$/);
  expect(presentation).toEqual({
    title: `Run printf '%s|' '$HOME' 'a b' 'it'\\''s'`,
    body: `printf '%s|' '$HOME' 'a b' 'it'\\''s'`,
  });
});

test('each command of a line is a fact, and of blanks the text', async () => {
  const commandsOf = async (cmd: string) => (await t.inspect('exec_command', { cmd })).facts.commands;
  expect(await commandsOf('git log | xargs "$x" > out')).toEqual([
    { words: ['git', 'log'], assignments: [], redirects: [], parser: 'bash' },
    { words: ['xargs', '"$x"'], dynamic: [1], assignments: [], redirects: ['> out'], parser: 'bash' },
    {
      words: ['"$x"'],
      dynamic: [0],
      assignments: [],
      redirects: [],
      parser: 'bash',
      via: 'xargs',
      unclear: 'dynamic_command',
    },
  ]);
  expect(await commandsOf(' # nothing')).toEqual([
    { words: [' # nothing'], assignments: [], redirects: [], parser: 'text' },
  ]);
});

test('facts and presentation of a shell line', async () => {
  mkdirSync(join(t.root, 'sub'));
  const cmd = 'ls\n\x1b[2K && bin/runtime approve a-1';
  const { facts, presentation } = await t.inspect('exec_command', { cmd, workdir: 'sub', timeout_ms: 5000 });
  expect(facts.commands).toEqual([
    { words: ['ls'], assignments: [], redirects: [], parser: 'bash', unclear: 'control_characters' },
    { words: ['\x1b[2K'], assignments: [], redirects: [], parser: 'bash', unclear: 'control_characters' },
    {
      words: ['bin/runtime', 'approve', 'a-1'],
      assignments: [],
      redirects: [],
      parser: 'bash',
      unclear: 'control_characters',
      names_runtime: true,
    },
  ]);
  expect(facts.paths).toMatchObject([{ arg: 'workdir', real: `${t.root}/sub`, inside_root: true, kind: 'dir' }]);
  const { path, digest } = facts.executable!;
  expect(path).toMatch(/\/(bash|sh|dash)$/);
  expect(digest).toBe(digestOf(readFileSync(path)));
  expect(presentation).toEqual({
    title: 'Run ls … in sub for at most 5000 ms',
    body: 'ls\n\\x1b[2K && bin/runtime approve a-1',
  });
  expect(await exec({ cmd: 'pwd', workdir: 'sub' })).toMatchObject({ output: `${t.root}/sub\n[exit code 0]` });
});

test('a program that was replaced between inspection and run is not run', async () => {
  const tool = t.file('tool', '#!/bin/sh\necho one\n');
  shell('chmod +x "$1"', tool);
  const request = t.request('exec_command', { command: './tool' });
  const inspection = await t.host.inspect(request);
  expect(await t.run(request, inspection)).toMatchObject({ output: 'one\n[exit code 0]' });
  t.file('tool', '#!/bin/sh\necho two\n');
  expect(await t.run(request, inspection)).toMatchObject({ outcome: 'void', output: '' });
});

test('H-98, C-100: keys and variables of the runtime stay behind', async () => {
  t.remove();
  t = testHost({
    environment: {
      PATH: process.env['PATH'], LANG: 'C', LC_ALL: 'C', TZ: 'UTC', MINE: 'yes', OTHER: 'no', OPENAI_API_KEY: 'k',
      RUNTIME_HOME: '/h', ANTHROPIC_BASE_URL: 'u', NODE_OPTIONS: '--x',
    },
    settings: {
      exec: { timeoutMs: 60_000, maxTimeoutMs: 60_000, env: ['MINE', 'OPENAI_API_KEY', 'RUNTIME_HOME'], secrets: {}, limits: NO_LIMITS },
    },
  }); // prettier-ignore
  const { output } = await exec({ command: 'env' });
  const names = output.split('\n').map((line) => line.split('=')[0]!);
  expect(names).toEqual(expect.arrayContaining(['PATH', 'LANG', 'LC_ALL', 'TZ', 'TERM', 'MINE', 'RUNTIME_TOOL_CALL']));
  for (const name of ['OPENAI_API_KEY', 'ANTHROPIC_BASE_URL', 'RUNTIME_HOME', 'NODE_OPTIONS', 'OTHER']) {
    expect(names).not.toContain(name);
  }
});

test('git takes no folder of files for a bare repository, whose settings say what it runs', async () => {
  const config =
    '[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = .\n\tfsmonitor = "touch ran; false"\n';
  const made = 'mkdir evil evil/objects evil/refs && echo ref: refs/heads/main >evil/HEAD';
  await exec(`${made} && printf '${config.replaceAll('\n', '\\n').replaceAll('\t', '\\t')}' >evil/config`);
  const { output } = await exec('cd evil && git status; ls; GIT_CONFIG_COUNT=0 git status >/dev/null; ls');
  expect(output).toMatch(/safe\.bareRepository[^]*^refs\n(?!ran)[^]*^ran$/m);
});

test('H-96 a command that runs out of time is ended with its children', async () => {
  const cmd = 'sleep 999 & echo $! >child; setsid sh -c "echo \\$\\$ >stray; exec sleep 999" & echo before; sleep 999';
  t.remove();
  t = testHost({
    settings: { exec: { timeoutMs: 2000, maxTimeoutMs: 2000, env: [], secrets: {}, limits: NO_LIMITS } },
  });
  const running = exec(cmd);
  const ids = await idsIn('child', 'stray');
  expect(await running).toMatchObject({
    outcome: 'timeout',
    error: { code: 'timeout', message: 'ended after 2000 ms, with all it had started' },
    output: 'before\n',
  });
  expect(ids.filter(isAlive)).toEqual([]);
});

test(
  'H-96, C-99: a grandchild that ignores SIGTERM and holds the output is killed',
  { timeout: 20 * SECONDS },
  async () => {
    const cmd = `sh -c 'trap "" TERM; echo $$ >stubborn; while :; do sleep 0.1; done' & wait`;
    const running = exec({ cmd, timeout_ms: 2000 });
    const ids = await idsIn('stubborn');
    expect(await running).toMatchObject({ outcome: 'timeout' });
    expect(ids.filter(isAlive)).toEqual([]);
  },
);

test('what a command leaves running is ended with it, and does not hold the turn', async () => {
  const cmd = 'sleep 999 & echo $! >one; setsid sleep 999 >/dev/null 2>&1 & echo $! >two; echo done';
  expect(await exec(cmd)).toMatchObject({ outcome: 'ok', exit_code: 0, output: 'done\n[exit code 0]' });
  expect((await idsIn('one', 'two')).filter(isAlive)).toEqual([]);
});

test('a stop in the middle ends it, with what it had written', async () => {
  const stop = new AbortController();
  const heard: string[] = [];
  const running = t.call(
    'exec_command',
    { cmd: 'echo $$ >self; echo begun; sleep 999' },
    {
      signal: stop.signal,
      onOutput(text) {
        heard.push(text);
        stop.abort();
      },
    },
  );
  expect(await running).toMatchObject({ outcome: 'canceled', output: 'begun\n[canceled]' });
  expect(heard.join('')).toBe('begun\n');
  expect((await idsIn('self')).filter(isAlive)).toEqual([]);
});

test('commands side by side do not end each other', async () => {
  const long = exec('sleep 1; echo long');
  const results = await Promise.all([exec('echo a'), exec('sleep 999 & echo b'), long]);
  expect(results.map(({ output }) => output)).toEqual(['a\n[exit code 0]', 'b\n[exit code 0]', 'long\n[exit code 0]']);
});

test('H-97, C-101: of 100 MB of output little is kept, in memory too', { timeout: 60 * SECONDS }, async () => {
  const before = process.memoryUsage().rss;
  const result = await exec('echo first; head -c 100000000 /dev/zero | tr "\\0" x; echo; echo last');
  expect(process.memoryUsage().rss - before).toBeLessThan(90e6);
  expect(result).toMatchObject({ outcome: 'ok', output_truncated: true });
  expect(Buffer.byteLength(result.output)).toBeLessThanOrEqual(1024 * 1024);
  expect(result.output).toMatch(
    /^first\nx+\n\[… \d+ bytes left out …\]\nx+\nlast\n\[exit code 0; \d{9} bytes of output, the middle left out\]$/,
  );
});

test('H-97 the model may ask for less output', async () => {
  const { output, output_truncated } = await exec({ cmd: 'seq 10000', max_output_tokens: 50 });
  expect(output_truncated).toBe(true);
  expect(output).toMatch(
    /^1\n2\n[^]*bytes left out[^]*10000\n\[exit code 0; 48894 bytes of output, the middle left out\]$/,
  );
  expect(output.length).toBeLessThan(250);
});

test('binary output and invalid UTF-8 become valid text', async () => {
  const { output } = await exec("printf 'a\\000b\\377c\\303'; head -c 3000000 /dev/urandom >noise; cat noise noise");
  expect(output.startsWith('a\ufffdb\ufffdc')).toBe(true);
  expect(output.isWellFormed()).toBe(true);
  expect(output).not.toContain('\0');
  expect(Buffer.byteLength(output)).toBeLessThanOrEqual(1024 * 1024);
});

test('a program that cannot be executed says why; a folder may be named through a link', async () => {
  const file = t.file('broken', '#!/no/such/interpreter\n');
  shell('chmod +x "$1"', file);
  const { output, exit_code } = await exec({ command: './broken' });
  expect(output).toContain('/broken: ');
  expect([126, 127]).toContain(exit_code);
  symlinkSync('.', join(t.root, 'here'));
  expect(await exec({ cmd: 'pwd', workdir: 'here' })).toMatchObject({ output: `${t.root}\n[exit code 0]` });
});

test('kill -9 of the runtime ends the commands that it runs', { timeout: 30 * SECONDS }, async () => {
  const script = `
    const { testHost } = await import(${JSON.stringify(new URL('../test-host.ts', import.meta.url).href)});
    const t = testHost({}, process.argv[1]);
    await t.call('exec_command', { cmd: 'echo $$ >shell; sleep 999 & echo $! >child; wait' });
  `;
  const node = spawn(process.execPath, ['--input-type=module', '--eval', script, t.root], { stdio: 'inherit' });
  const ids = await idsIn('shell', 'child');
  expect(ids.every(isAlive)).toBe(true);
  node.kill('SIGKILL');
  await untilDead(ids);
});

test('what the program was started with open is no command of its', async () => {
  t.file('secret', 'geheim\n');
  const script = `
    const { testHost } = await import(${JSON.stringify(new URL('../test-host.ts', import.meta.url).href)});
    const t = testHost({}, process.argv[1]);
    console.log((await t.call('exec_command', { cmd: 'cat <&20; cat /proc/self/fd/20; cat <&9; echo end' })).output);
  `;
  const started = 'exec 20<"$1/secret" 9<"$1/secret"; exec "$2" --input-type=module --eval "$3" "$1"';
  const node = spawn('/bin/bash', ['-c', started, 'bash', t.root, process.execPath, script]);
  let said = '';
  node.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()));
  await new Promise((resolve) => node.on('close', resolve));
  expect(said).toContain('end\n');
  expect(said).not.toContain('geheim');
});

test('one that is too large for the system is not begun', async () => {
  const environment = { PATH: '/usr/bin:/bin', HOME: t.root, LARGE: 'x'.repeat(200_000) };
  const exec = { timeoutMs: 5000, maxTimeoutMs: 5000, env: ['LARGE'], secrets: {}, limits: NO_LIMITS };
  const other = testHost({ home: t.home, environment, settings: { exec } }, t.root);
  expect(await other.call('exec_command', { cmd: 'touch ran' })).toMatchObject({
    outcome: 'error',
    error: { code: 'not_startable' },
  });
  expect(existsSync(join(t.root, 'ran'))).toBe(false);
});

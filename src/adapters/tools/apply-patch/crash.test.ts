/** A patch that is cut or fails at every single write: carried on it is done whole, failed it is undone whole. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import type { ToolResult } from '../../../contract/ports.ts';
import { type TestHost, testHost } from '../test-host.ts';

const MINUTE = 60_000;

/** Each run starts a process: it should not compile everything anew. */
const cache = mkdtempSync(join(tmpdir(), 'compiled-'));
afterAll(() => rmSync(cache, { recursive: true }));

let t: TestHost;
beforeEach(() => void (t = testHost()));
afterEach(() => t.remove());

const args = {
  patch: `*** Begin Patch
*** Update File: a
-old
+new
*** Add File: deep/er/b
+b
*** Update File: c
*** Move to: moved/c
-old
+new
*** Delete File: d
*** End Patch`,
};
const before = { a: 'old\n', c: 'old\n', d: 'd\n' };
const after = { a: 'new\n', 'deep/er/b': 'b\n', 'moved/c': 'new\n' };

function start(): void {
  t.remove();
  t = testHost();
  for (const [path, text] of Object.entries(before)) t.file(path, text);
}

/** Every file of the project, temporary ones too, with its text. */
function files(): Record<string, string> {
  const entries = readdirSync(t.root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map(({ parentPath, name }) => join(parentPath, name).slice(t.root.length + 1));
  return Object.fromEntries(paths.toSorted().map((path) => [path, t.text(path)]));
}

/** Runs the patch in a process of its own in which the n-th call that writes kills the process, or fails. */
function runCut(n: number, how: 'kill' | 'fail'): { killed: boolean; result: ToolResult | undefined } {
  const script = `
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    const [root, n, how] = process.argv.slice(1);
    let left = Infinity;
    for (const name of ['openSync', 'writeSync', 'fchmodSync', 'fsync', 'renameSync', 'unlinkSync', 'mkdirSync']) {
      const real = fs[name];
      fs[name] = (...given) => {
        const writes = name !== 'openSync' || (given[1] & fs.constants.O_CREAT) !== 0;
        if (!writes || --left !== 0) return real(...given);
        if (how === 'kill') process.kill(process.pid, 'SIGKILL');
        const error = Object.assign(new Error('injected'), { code: 'ENOSPC' });
        if (name === 'fsync') return given[1](error);
        throw error;
      };
    }
    syncBuiltinESMExports();
    const { testHost } = await import(${JSON.stringify(new URL('../test-host.ts', import.meta.url).href)});
    const t = testHost({}, root);
    const request = t.request('apply_patch', ${JSON.stringify(args)});
    const inspection = await t.host.inspect(request);
    left = Number(n);
    const result = await t.run(request, inspection);
    console.log(JSON.stringify({ result, left }));
  `;
  const child = spawnSync(process.execPath, ['--input-type=module', '--eval', script, t.root, String(n), how], {
    cwd: fileURLToPath(new URL('../../../..', import.meta.url)),
    encoding: 'utf8',
    env: { ...process.env, NODE_COMPILE_CACHE: cache },
  });
  if (child.signal === 'SIGKILL') return { killed: true, result: undefined };
  if (child.status !== 0) throw new Error(child.stderr);
  const { result, left } = JSON.parse(child.stdout) as { result: ToolResult; left: number };
  return { killed: false, result: left > 0 ? undefined : result };
}

test('kill -9 at each write, then the next attempt finishes it', { timeout: 2 * MINUTE }, async () => {
  const seen = new Set<string>();
  for (let n = 1; ; n++) {
    start();
    const request = t.request('apply_patch', args);
    const inspection = await t.host.inspect(request);
    const { killed } = runCut(n, 'kill');
    const left = Object.keys(after).filter((path) => files()[path] === after[path as keyof typeof after]);
    seen.add(left.join(' '));
    const result = await t.run(request, inspection, { attempt: 2 });
    expect({ n, outcome: result.outcome, files: files() }).toEqual({ n, outcome: 'ok', files: after });
    expect(result.files.map(({ path }) => path)).toEqual(['a', 'deep/er/b', 'moved/c', 'c', 'd']);
    if (!killed) break;
  }
  // The cuts did fall between the files.
  expect([...seen]).toEqual(['', 'a', 'a deep/er/b', 'a deep/er/b moved/c']);
});

test('H-109 a write that fails, whichever, leaves all or nothing', { timeout: 2 * MINUTE }, () => {
  let failures = 0;
  for (let n = 1; ; n++) {
    start();
    const { result } = runCut(n, 'fail');
    if (!result) break;
    const whole = Object.fromEntries(Object.entries(files()).filter(([path]) => !path.includes('.runtime-patch-')));
    if (result.outcome === 'ok') {
      expect({ n, files: whole }).toEqual({ n, files: after });
    } else {
      failures++;
      expect(result).toMatchObject({ outcome: 'error', error: { code: 'disk_full' }, files: [] });
      expect({ n, files: whole }).toEqual({ n, files: before });
    }
  }
  expect(failures).toBeGreaterThan(10);
});

test('a file that someone changed after the cut makes the end unknown, and is named', async () => {
  start();
  const request = t.request('apply_patch', args);
  const inspection = await t.host.inspect(request);
  t.file('a', 'new\n');
  t.file('d', 'other\n');
  const result = await t.run(request, inspection, { attempt: 2 });
  expect(result).toMatchObject({ outcome: 'unknown', files: [] });
  expect(result.error!.message).toContain('d is neither as it was before the patch nor as it was to be');
  expect(t.text('d')).toBe('other\n');
});

test('a half done patch whose staged files are gone is unknown, not guessed', async () => {
  start();
  const request = t.request('apply_patch', args);
  const inspection = await t.host.inspect(request);
  t.file('a', 'new\n');
  const result = await t.run(request, inspection, { attempt: 2 });
  expect(result).toMatchObject({ outcome: 'unknown', error: { code: 'not_found' } });
  expect(files()).toEqual({ ...before, a: 'new\n' });
});

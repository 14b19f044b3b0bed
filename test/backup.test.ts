/** `runtime store backup | restore | gc`: nothing is lost, and nothing acts twice. */
import { appendFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { describe, expect } from 'vitest';
import type { BackupRecord, StoreCheck, StoreGc, StoreRestored } from '../src/contract/store-care.ts';
import { openTerminal } from './support/terminal.ts';
import { approvalsIn, entriesOf, expectVerified, type Place, test } from './support/place.ts';

const answers = (place: Place): void => place.play([{ match: { any: true }, reply: { text: 'Hello.' } }]);
const inStore = (place: Place, ...names: string[]): string => join(place.home, 'workspaces/default', ...names);

/** A command that asks, then an answer. */
function asks(place: Place): void {
  place.play([
    { match: { tool_result: 'exec_command' }, reply: { text: 'Done.' } },
    { match: { any: true }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'echo ran >>ran.txt' } }] } },
  ]);
}

async function backUp(
  place: Place,
  name = 'backup',
  ...flags: string[]
): Promise<{ folder: string; record: BackupRecord }> {
  const folder = join(place.project, name);
  const { code, stderr } = await place.run(['store', 'backup', folder, ...flags]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('Left out') as string });
  return { folder, record: JSON.parse(readFileSync(join(folder, 'backup.json'), 'utf8')) as BackupRecord };
}

async function restore(place: Place, ...args: string[]): Promise<StoreRestored> {
  const { code, stdout, stderr } = await place.run(['store', 'restore', '-o', 'json', ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as StoreRestored;
}

const healthy = async (place: Place): Promise<void> =>
  expect(await place.run(['store', 'check', '--deep', '-o', 'json'])).toMatchObject({ code: 0 });

/** What lies in a folder, as paths with contents. */
function contents(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  return new Map(
    files.map((file) => {
      const path = join(file.parentPath, file.name);
      return [path.slice(folder.length), readFileSync(path, 'latin1')];
    }),
  );
}

function changeRecord(folder: string, from: RegExp, to: string): void {
  const path = join(folder, 'backup.json');
  writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));
}

describe('store backup', () => {
  test('all that counts is in it, closed to others, and its record names each file', async ({ place }) => {
    answers(place);
    await place.run(['run', '--session', 'one', 'hi']);
    const { folder, record } = await backUp(place);
    expect(record).toMatchObject({ v: 1, workspace: 'default', epoch: 1, format: 1, damaged: [] });
    const found = contents(folder);
    expect([...found.keys()].sort()).toEqual(['/backup.json', ...record.files.map(({ path }) => `/${path}`)].sort());
    for (const name of ['sessions/one.jsonl', 'audit.jsonl', 'ingress/1.jsonl', 'workspace.json']) {
      expect(found.get(`/workspace/${name}`)).toBe(readFileSync(inStore(place, name), 'latin1'));
    }
    for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const { mode } = statSync(join(file.parentPath, file.name));
      expect([file.name, mode & 0o777]).toEqual([file.name, file.isDirectory() ? 0o700 : 0o600]);
    }
    expect([...found.keys()].filter((name) => /lock|owner|ballast|cache/.test(name))).toEqual([]);
  });

  test('keys that stand in the configuration are left out of it', async ({ place }) => {
    answers(place);
    await place.run(['run', '--session', 'one', 'hi']);
    const config = JSON.parse(readFileSync(join(place.home, 'config.yaml'), 'utf8')) as {
      models: { registry: object[] };
    };
    config.models.registry.push({ name: 'other', base_url: 'http://127.0.0.1:1/v1', api_key: 'sk-very-secret-key' });
    place.configure(config);
    const flag = ['--models.registry', '[]', '--models.default', 'demo'];
    for (const { folder, record } of [await backUp(place), await backUp(place, 'with-flag', ...flag)]) {
      expect([...contents(folder).values()].some((text) => text.includes('very-secret'))).toBe(false);
      expect(record.left_out.join()).toContain('api_key of other');
      expect(readFileSync(join(folder, 'config.yaml'), 'utf8')).toContain('http://127.0.0.1:1/v1');
    }
  });

  test('is shown as it goes on a terminal', async ({ place }) => {
    answers(place);
    await place.run(['run', '--session', 'one', 'hi']);
    const terminal = openTerminal(place, ['store', 'backup', join(place.project, 'backup')]);
    expect(await terminal.exited).toMatchObject({ code: 0 });
    expect(terminal.raw()).toMatch(/backing up \[-{20}\] 0\/\d+ files/);
    expect(terminal.scrollback()).not.toContain('backing up');
  });

  test('A-117: while a process writes it is whole: what it holds verifies', async ({ place }) => {
    answers(place);
    await place.run(['run', '--session', 's0', 'hi']);
    let running = true;
    const busy = (async () => {
      for (let n = 0; n < 12; n++) await place.run(['run', '--session', `s${n % 3}`, 'x'.repeat(20_000)]);
      running = false;
    })();
    let n = 0;
    while (running) await backUp(place, `backup-${n++}`);
    await busy;
    expect(n).toBeGreaterThan(0);
    for (let one = 0; one < n; one++) {
      await restore(place, join(place.project, `backup-${one}`), '--force');
      await healthy(place);
    }
  });

  test.for([
    ['in the home', (place: Place) => join(place.home, 'backup'), 'lies in the home'],
    ['that is not empty', (place: Place) => place.project, 'not empty'],
    ['that is a file', (place: Place) => join(place.project, 'file'), 'not a folder'],
  ] as const)('a target %s is refused: exit 2', async ([, target, says], { place }) => {
    answers(place);
    await place.run(['run', 'hi']);
    place.write('file', 'x');
    const { code, stderr } = await place.run(['store', 'backup', target(place)]);
    expect({ code, said: stderr.includes(says) }).toEqual({ code: 2, said: true });
  });

  test.for([
    ['to a folder', 'elsewhere'],
    ['to nothing yet', 'elsewhere/not-there'],
    ['into the home', 'home/x'],
  ] as const)(
    'a link of the project that leads out, %s, is refused, and where it leads is named',
    async ([, to], { place }) => {
      answers(place);
      await place.run(['run', 'hi']);
      const real = join(dirname(place.project), to);
      const elsewhere = join(dirname(place.project), 'elsewhere');
      mkdirSync(elsewhere);
      symlinkSync(real, join(place.project, 'backup'));
      for (const target of ['./backup', 'backup/deeper']) {
        const { code, stderr } = await place.run(['store', 'backup', target]);
        expect({ code, stderr }).toEqual({
          code: 2,
          stderr: expect.stringMatching(`leads out of .*${join(place.project, 'backup')}[^]*next: .*${real}`) as string,
        });
      }
      expect(readdirSync(elsewhere)).toEqual([]);
      expect(existsSync(real)).toBe(to === 'elsewhere');
    },
  );

  test('a link of the repository around the folder is refused, too', async ({ place }) => {
    answers(place);
    await place.run(['run', 'hi']);
    const elsewhere = join(dirname(place.project), 'elsewhere');
    for (const folder of [elsewhere, join(place.project, '.git'), join(place.project, 'sub/.git')]) {
      mkdirSync(folder, { recursive: true });
    }
    symlinkSync(elsewhere, join(place.project, 'backup'));
    const cwd = join(place.project, 'sub');
    expect(await place.run(['store', 'backup', '../backup'], { cwd })).toMatchObject({ code: 2 });
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  test('a link elsewhere is followed, and the answer names the place where the backup lies', async ({ place }) => {
    answers(place);
    await place.run(['run', 'hi']);
    const around = dirname(place.project);
    mkdirSync(join(around, 'disk'));
    symlinkSync('disk', join(around, 'link'));
    const { code, stdout } = await place.run(['store', 'backup', join(around, 'link')]);
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(`^${join(around, 'disk')}: `) as string,
    });
    const deeper = await place.run(['store', 'backup', '-o', 'json', '../link/two']);
    expect(JSON.parse(deeper.stdout)).toMatchObject({ target: join(around, 'disk/two') });
    expect(existsSync(join(around, 'disk/two/backup.json'))).toBe(true);
  });

  test('a link within the project is followed; one that hides the home of the runtime is no way into it', async ({
    place,
  }) => {
    answers(place);
    await place.run(['run', 'hi']);
    symlinkSync('inside', join(place.project, 'backup'));
    expect(await place.run(['store', 'backup', 'backup'])).toMatchObject({ code: 0 });
    expect(existsSync(join(place.project, 'inside/backup.json'))).toBe(true);
    symlinkSync(join(place.home, 'new'), join(dirname(place.project), 'link'));
    const { code, stderr } = await place.run(['store', 'backup', '../link']);
    expect({ code, said: stderr.includes('lies in the home') }).toEqual({ code: 2, said: true });
  });

  test('of a damaged workspace: taken as it is, and said: exit 7', async ({ place }) => {
    answers(place);
    await place.run(['run', '--session', 'one', 'hi']);
    appendFileSync(place.journalFile('one'), 'garbage\n');
    const { code, stderr } = await place.run(['store', 'backup', join(place.project, 'backup')]);
    expect(code).toBe(7);
    expect(stderr).toContain('sessions/one.jsonl');
    expect(readFileSync(join(place.project, 'backup/workspace/sessions/one.jsonl'), 'utf8')).toContain('garbage');
  });
});

describe('store restore', () => {
  test('into an empty home: sessions go on, in a new epoch', async ({ place }) => {
    answers(place);
    await place.run(['run', '--session', 'one', 'hi']);
    const { folder, record } = await backUp(place);
    rmSync(join(place.home, 'workspaces'), { recursive: true });
    expect(await restore(place, folder)).toMatchObject({
      schemaVersion: 'runtime.store_restore.v1',
      epoch: 2,
      backup_at: record.at,
      dead_events: [],
    });
    await healthy(place);
    expect((await place.run(['run', '--session', 'one', 'again'])).code).toBe(0);
    expect(entriesOf(place.journal('one'), 'session.opened')).toMatchObject([{ reason: 'restore', epoch: 2 }]);
    await expectVerified(place, 'one');
  });

  test('sessions keep when they were changed', async ({ place }) => {
    answers(place);
    for (const id of ['b', 'a']) await place.run(['run', '--session', id, 'hi']);
    const changed = async (): Promise<unknown> => {
      const { stdout } = await place.run(['session', 'ls', '-o', 'json']);
      return (JSON.parse(stdout) as { session_id: string; changed_at: number }[]).map(({ session_id, changed_at }) => [session_id, changed_at]); // prettier-ignore
    };
    const before = await changed();
    const { folder } = await backUp(place);
    rmSync(join(place.home, 'workspaces'), { recursive: true });
    await restore(place, folder);
    expect(await changed()).toEqual(before);
  });

  test('over a workspace only with --force; that is kept, and its epoch counts too', async ({ place }) => {
    answers(place);
    await place.run(['run', '--session', 'one', 'hi']);
    const { folder } = await backUp(place);
    await place.run(['run', '--session', 'two', 'hi']);
    const refused = await place.run(['store', 'restore', folder]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('--force');
    expect(existsSync(place.journalFile('two'))).toBe(true);
    const first = await restore(place, folder, '--force');
    expect(first).toMatchObject({ epoch: 2, replaced: `${inStore(place)}.before-restore-1` });
    expect(existsSync(place.journalFile('two'))).toBe(false);
    expect(existsSync(join(first.replaced!, 'sessions/two.jsonl'))).toBe(true);
    expect(await restore(place, folder, '--force')).toMatchObject({
      epoch: 3,
      replaced: `${inStore(place)}.before-restore-2`,
    });
    await healthy(place);
  });

  test('an approval that waited is void: it can’t be given, and its command doesn’t run', async ({ place }) => {
    asks(place);
    const [id] = approvalsIn(await place.run(['run', '--session', 'one', 'run it']));
    const { folder } = await backUp(place);
    const restored = await restore(place, folder, '--force');
    expect(restored.dead_events).toMatchObject([{ session_id: 'one' }]);
    expect((await place.run(['approvals', 'ls', '-o', 'json'])).stdout).toBe('[]\n');
    const refused = await place.run(['approve', id!, '--resume']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/is void.*restored/);
    expect(place.read('ran.txt')).toBe('');
    // The turn itself goes on when somebody wants it: the model is told, and asks anew.
    await place.run(['run', '--session', 'one']);
    expect(entriesOf(place.journal('one'), 'call.refused')).toMatchObject([{ why: 'void' }]);
    expect(place.read('ran.txt')).toBe('');
    await expectVerified(place, 'one');
  });

  test('one that was granted and hadn’t run can’t run twice', async ({ place }) => {
    asks(place);
    const [id] = approvalsIn(await place.run(['run', '--session', 'one', 'run it']));
    await place.run(['approve', id!]);
    const { folder } = await backUp(place);
    await place.run(['run', '--session', 'one']);
    expect(place.read('ran.txt')).toBe('ran\n');
    await restore(place, folder, '--force');
    await place.run(['run', '--session', 'one']);
    expect(place.read('ran.txt')).toBe('ran\n');
    await expectVerified(place, 'one');
  });

  test('a message that waited is not run again; its key is remembered, and it may be sent anew', async ({ place }) => {
    answers(place);
    await place.run(['run', '--session', 'one', 'first']);
    const environment = { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: 'before-ack' };
    await place.run(['run', '--session', 'one', 'second'], { environment });
    const { folder } = await backUp(place);
    const { dead_events } = await restore(place, folder, '--force');
    expect(dead_events).toMatchObject([{ session_id: 'one' }]);
    expect(readFileSync(inStore(place, 'ingress/1.jsonl'), 'utf8')).toMatch(/"type":"event.dead".*send it again/);
    await place.run(['run', '--session', 'one']); // nothing is left to carry on
    expect(entriesOf(place.journal('one'), 'input.received')).toHaveLength(1);
    expect((await place.run(['run', '--session', 'one', 'second'])).stdout).toBe('Hello.\n');
    expect(entriesOf(place.journal('one'), 'input.received')).toHaveLength(2);
    await healthy(place);
  });

  test.for([
    ['without its record', (folder: string) => rmSync(join(folder, 'backup.json')), 'cut short'],
    [
      'with a byte changed',
      (folder: string) => appendFileSync(join(folder, 'workspace/audit.jsonl'), ' '),
      'not what was backed up',
    ],
    ['with a file gone', (folder: string) => rmSync(join(folder, 'workspace/audit.jsonl')), 'is not there'],
    [
      'whose record names a path outside',
      (folder: string) => changeRecord(folder, /workspace\/audit\.jsonl/, 'workspace/../../x'),
      'which no backup holds',
    ],
    [
      'whose record names no file at all',
      (folder: string) => changeRecord(folder, /"files": \[/, '"files": [null,'),
      'not what a backup writes',
    ],
    [
      'behind whose epoch none can come',
      (folder: string) => changeRecord(folder, /"epoch": \d+/, `"epoch": ${Number.MAX_SAFE_INTEGER}`),
      'not what a backup writes',
    ],
  ] as const)('a backup %s is refused before anything changes: exit 7', async ([, damage, says], { place }) => {
    answers(place);
    await place.run(['run', '--session', 'one', 'hi']);
    const { folder } = await backUp(place);
    damage(folder);
    const before = contents(inStore(place));
    const { code, stderr } = await place.run(['store', 'restore', folder, '--force']);
    expect({ code, said: stderr.includes(says) }).toEqual({ code: 7, said: true });
    expect(contents(inStore(place))).toEqual(before);
    expect(readdirSync(join(place.home, 'workspaces'))).toEqual(['default']);
  });

  test('a folder that was copied by hand is seen where its name changed', async ({ place }) => {
    answers(place);
    await place.run(['run', '--session', 'one', 'hi']);
    cpSync(inStore(place), join(place.home, 'workspaces/copy'), { recursive: true });
    const { stdout } = await place.run(['store', 'check', '--workspace', 'copy', '-o', 'json']);
    const { status, notes } = JSON.parse(stdout) as StoreCheck;
    expect({ status, codes: notes.map(({ code }) => code) }).toMatchObject({
      status: 'whole',
      codes: expect.arrayContaining(['copied']) as string[],
    });
  });
});

describe('store gc', () => {
  const gc = async (place: Place, ...args: string[]): Promise<StoreGc> =>
    JSON.parse((await place.run(['store', 'gc', '-o', 'json', ...args])).stdout) as StoreGc;
  const age = (path: string): void => utimesSync(path, 1_700_000_000, 1_700_000_000);
  const blobsOf = (place: Place): string[] =>
    [...contents(inStore(place, 'blobs')).keys()].map((name) => inStore(place, 'blobs', name));

  test('only what nothing names goes, and nothing of the last hour', async ({ place }) => {
    answers(place);
    await place.run(['run', '--session', 'one', 'x'.repeat(20_000)]);
    const name = createHash('sha256').update('y'.repeat(20_000)).digest('hex');
    const stray = inStore(place, 'blobs/sha256', name.slice(0, 2), name);
    mkdirSync(dirname(stray), { recursive: true });
    writeFileSync(stray, 'y'.repeat(20_000));
    expect(await gc(place)).toMatchObject({ blobs: 0, kept_young: 1 });
    for (const blob of blobsOf(place)) age(blob);
    mkdirSync(inStore(place, 'cache/snapshots'), { recursive: true });
    for (const left of ['cache/snapshots/two.json', 'workspace.json.tmp']) writeFileSync(inStore(place, left), 'x');
    const before = blobsOf(place);
    expect(await gc(place, '--dry-run')).toMatchObject({
      dry_run: true,
      blobs: 1,
      temporaries: 1,
      snapshots: 1,
      bytes: 20_002,
    });
    expect(blobsOf(place)).toEqual(before);
    expect(await gc(place)).toMatchObject({ dry_run: false, blobs: 1, temporaries: 1, snapshots: 1, bytes: 20_002 });
    expect(before.filter((path) => !existsSync(path))).toEqual([stray]);
    await healthy(place);
    await expectVerified(place, 'one');
    expect(await gc(place)).toMatchObject({ blobs: 0, temporaries: 0, snapshots: 0, bytes: 0 });
  });

  test('what a file kept aside names stays; while one is damaged nothing goes: exit 7', async ({ place }) => {
    answers(place);
    await place.run(['run', '--session', 'one', 'x'.repeat(20_000)]);
    for (const blob of blobsOf(place)) age(blob);
    mkdirSync(inStore(place, 'torn'));
    writeFileSync(inStore(place, 'torn/gone.jsonl-1'), readFileSync(place.journalFile('one')));
    await place.run(['session', 'rm', 'one']);
    expect(await gc(place)).toMatchObject({ blobs: 0 });
    await place.run(['run', '--session', 'three', 'hi']);
    appendFileSync(place.journalFile('three'), 'garbage\n');
    rmSync(inStore(place, 'torn'), { recursive: true });
    const refused = await place.run(['store', 'gc']);
    expect(refused.code).toBe(7);
    expect(refused.stderr).toContain('runtime store repair');
    expect(blobsOf(place).length).toBeGreaterThan(1);
  });
});

test('a tool of the agent may change nothing with them', async ({ place }) => {
  answers(place);
  await place.run(['run', '--session', 'one', 'hi']);
  const environment = { RUNTIME_TOOL_CALL: 'c1.1.1' };
  for (const args of [['repair', '--apply'], ['backup', 'b'], ['restore', 'b'], ['gc']]) {
    expect({ args, code: (await place.run(['store', ...args], { environment })).code }).toEqual({ args, code: 6 });
  }
  expect(existsSync(join(place.project, 'b'))).toBe(false);
});

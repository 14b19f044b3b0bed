/** `runtime store …`: what is damaged is said, what can be proved is healed, what can't is cut and told. */
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { StoreCheck, StoreRepair } from '../src/contract/store-care.ts';
import { approvalsIn, entriesOf, expectVerified, type Place, test, until, verify } from './support/place.ts';

const answers = (place: Place): void => place.play([{ match: { any: true }, reply: { text: 'Hello.' } }]);
const inStore = (place: Place, ...names: string[]): string => join(place.home, 'workspaces/default', ...names);

async function twoTurns(place: Place): Promise<string> {
  answers(place);
  for (const message of ['first', 'second']) await place.run(['run', '--session', 'one', message]);
  return place.journalFile('one');
}

async function check(place: Place, ...args: string[]): Promise<StoreCheck & { exit: number | null }> {
  const { code, stdout } = await place.run(['store', 'check', '-o', 'json', ...args]);
  return { exit: code, ...(JSON.parse(stdout) as StoreCheck) };
}

async function repair(place: Place, ...args: string[]): Promise<StoreRepair & { exit: number | null }> {
  const { code, stdout, stderr } = await place.run(['store', 'repair', '-o', 'json', ...args]);
  if (stdout === '') throw new Error(stderr);
  return { exit: code, ...(JSON.parse(stdout) as StoreRepair) };
}

function lines(file: string): string[] {
  return readFileSync(file, 'utf8').trimEnd().split('\n');
}

function writeLines(file: string, texts: string[]): void {
  writeFileSync(file, `${texts.join('\n')}\n`);
}

describe('store check', () => {
  test('a whole store: exit 0, for people and programs', async ({ place }) => {
    await twoTurns(place);
    const found = await check(place);
    expect(found).toMatchObject({
      exit: 0,
      schemaVersion: 'runtime.store_check.v1',
      workspace: 'default',
      status: 'whole',
      deep: false,
      epoch: 1,
      format: 1,
      counts: { journals: 1, entries: place.journal('one').length, events: 2, audit_records: 2 },
      problems: [],
      notes: [],
    });
    expect(await check(place, '--deep')).toMatchObject({ exit: 0, deep: true, problems: [] });
    const said = await place.run(['store', 'check']);
    expect(said.stdout).toMatch(/^whole default: 1 sessions, \d+ entries, \d+ blobs, 2 audit records\n$/);
  });

  test('no workspace yet: exit 0, and nothing is made', async ({ place }) => {
    expect(await check(place)).toMatchObject({ exit: 0, notes: [{ code: 'absent' }] });
    expect(readdirSync(place.home)).toEqual([]);
  });

  test('each kind of damage is named with its file; exit 7', async ({ place }) => {
    const file = await twoTurns(place);
    await place.run(['run', '--session', 'gone', 'hello']);
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(file, bytes);
    rmSync(place.journalFile('gone'));
    const audit = inStore(place, 'audit.jsonl');
    appendFileSync(audit, 'not json\n');
    const [pair] = readdirSync(inStore(place, 'blobs/sha256'));
    const [blob] = readdirSync(inStore(place, 'blobs/sha256', pair!));
    rmSync(inStore(place, 'blobs/sha256', pair!, blob!));
    const { exit, problems } = await check(place);
    expect(exit).toBe(7);
    expect(problems.map(({ file: name }) => name).sort()).toEqual(
      ['audit.jsonl', `blobs/sha256/${pair}/${blob}`, 'sessions/gone.jsonl', 'sessions/one.jsonl'].sort(),
    );
    expect(problems.find(({ code }) => code === 'blob_missing')?.message).toMatch(/needed by entry \d+ of one/);
    const said = await place.run(['store', 'check']);
    expect(said).toMatchObject({ code: 7 });
    expect(said.stderr).toContain('runtime store repair');
  });

  test('what a crash leaves, strangers and open files are notes', async ({ place }) => {
    const file = await twoTurns(place);
    appendFileSync(file, '{"v":1,"seq":');
    writeFileSync(inStore(place, 'sessions', 'notes.txt'), 'mine');
    writeFileSync(inStore(place, 'sessions', 'caf\u0065\u0301.jsonl'), 'x');
    mkdirSync(inStore(place, 'sessions', 'folder'));
    writeFileSync(inStore(place, 'workspace.json.tmp'), '', { mode: 0o644 });
    const { exit, problems, notes } = await check(place);
    expect({ exit, problems }).toEqual({ exit: 0, problems: [] });
    expect(notes.map(({ code, file: name }) => `${code} ${name}`).sort()).toEqual(
      [
        'crash_tail sessions/one.jsonl',
        'foreign sessions/caf\u0065\u0301.jsonl',
        'foreign sessions/folder',
        'foreign sessions/notes.txt',
        'leftover workspace.json.tmp',
        'open_to_others workspace.json.tmp',
      ].sort(),
    );
  });

  test('while a process writes, nothing of what it writes is taken for damage', async ({ place }) => {
    place.play([{ match: { any: true }, reply: { text: 'Hello.' } }]);
    let running = true;
    const busy = (async () => {
      for (let n = 0; n < 12; n++) await place.run(['run', '--session', `s${n % 3}`, 'hi']);
      running = false;
    })();
    await until('there is a workspace', () => existsSync(inStore(place, 'sessions')));
    while (running) expect(await check(place, '--deep')).toMatchObject({ exit: 0, problems: [] });
    await busy;
  });
});

describe('store repair', () => {
  test('without --apply it changes nothing; with it one bit is made as it was, and all is verified', async ({
    place,
  }) => {
    const file = await twoTurns(place);
    const whole = readFileSync(file);
    const damaged = Buffer.from(whole);
    damaged[damaged.length >> 1]! ^= 4;
    writeFileSync(file, damaged);
    const plan = await repair(place);
    expect(plan).toMatchObject({
      exit: 0,
      applied: false,
      steps: [{ action: 'heal', session_id: 'one', healed: 'bytes: 1' }],
    });
    expect(readFileSync(file).equals(damaged)).toBe(true);
    expect(existsSync(inStore(place, 'repairs'))).toBe(false);
    expect((await place.run(['store', 'repair'])).stderr).toContain('runtime store repair --apply');

    const done = await repair(place, '--apply');
    expect(done).toMatchObject({ exit: 0, applied: true, steps: [{ action: 'heal' }] });
    expect(readFileSync(file).equals(whole)).toBe(true);
    expect(readFileSync(inStore(place, done.kept!, 'sessions/one.jsonl')).equals(damaged)).toBe(true);
    expect(await check(place, '--deep')).toMatchObject({ exit: 0 });
    expect(await repair(place)).toMatchObject({ exit: 0, steps: [] });
    expect((await place.run(['run', '--session', 'one', 'third'])).code).toBe(0);
    await expectVerified(place, 'one');
  });

  test('decisions that are gone are decided again and proved, a whole row of them, zeros or not', async ({ place }) => {
    const file = await twoTurns(place);
    const whole = lines(file);
    const at = whole.findIndex((line) => line.includes('"type":"turn.reflected"'));
    for (const damaged of [
      whole.toSpliced(at, 1),
      whole.toSpliced(at, 3),
      whole.toSpliced(at, 2, '\0'.repeat(700)),
      whole.slice(0, -2),
    ]) {
      writeLines(file, damaged);
      expect((await verify(place, 'one')).status).toBe('failed');
      const { steps, exit } = await repair(place, '--apply');
      expect({ exit, steps }).toMatchObject({ exit: 0, steps: [{ action: 'heal', session_id: 'one' }] });
      expect(lines(file)).toEqual(whole);
    }
    await expectVerified(place, 'one');
  });

  test('what can’t be proved is cut and kept; the session goes on, and person and model are told', async ({
    place,
    mock,
  }) => {
    const file = await twoTurns(place);
    const whole = lines(file);
    const at = whole.findIndex((line) => line.includes('second'));
    writeLines(file, whole.toSpliced(at, 1));
    const refused = await place.run(['run', '--session', 'one', 'third']);
    expect(refused.code).toBe(7);
    expect(refused.stderr).toContain('runtime store repair');

    const { steps, exit } = await repair(place, '--apply');
    const behind = whole.length - at - 1;
    expect({ exit, steps }).toMatchObject({
      exit: 0,
      steps: [{ action: 'cut', session_id: 'one', seq: at + 1, readable: behind }],
    });
    expect(lines(file)).toEqual(whole.slice(0, at));
    const torn = steps[0]!.torn_file!;
    expect(lines(inStore(place, 'torn', torn))).toEqual(whole.slice(at + 1));
    expect(await check(place, '--deep')).toMatchObject({ exit: 0, problems: [] });
    await expectVerified(place, 'one');

    place.connect(mock);
    mock.reply({ text: 'Three.' }, { text: 'Four.' });
    const third = await place.run(['run', '--session', 'one', '--model', 'mock', 'third']);
    expect(third).toMatchObject({ code: 0, stdout: 'Three.\n' });
    const sent = JSON.stringify(mock.requests.at(-1)!.body);
    expect(sent).toMatch(/first.*could not be recovered.*third/);
    expect(sent).not.toContain('second');
    expect(third.stderr).toContain(`torn/${torn}`);
    const [opened, ...more] = entriesOf(place.journal('one'), 'session.opened');
    expect(more).toEqual([]);
    const cut_from = Buffer.byteLength(`${whole.slice(0, at).join('\n')}\n`);
    expect(opened).toMatchObject({ reason: 'repair', torn_file: torn, cut_from });
    const fourth = await place.run(['run', '--session', 'one', 'fourth']);
    expect(fourth).toMatchObject({ code: 0, stderr: '' });
    expect(entriesOf(place.journal('one'), 'session.opened')).toHaveLength(1);
    await expectVerified(place, 'one');
    expect((await place.run(['session', 'show', 'one'])).stdout).toContain('what stood here is lost');
  });

  test('a command whose record is lost does not run again by itself, nor by its old approval', async ({ place }) => {
    place.play([
      { match: { tool_result: 'exec_command' }, reply: { text: 'Done.' } },
      { match: { any: true }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'echo ran >>ran.txt' } }] } },
    ]);
    const [id] = approvalsIn(await place.run(['run', '--session', 'one', 'run it']));
    await place.run(['approve', id!, '--resume']);
    expect(place.read('ran.txt')).toBe('ran\n');
    const file = place.journalFile('one');
    const whole = lines(file);
    const at = whole.findIndex((line) => line.includes('"type":"call.started"'));
    writeLines(file, whole.toSpliced(at, 2));
    expect(await repair(place, '--apply')).toMatchObject({ steps: [{ action: 'cut', seq: at + 1 }] });
    expect((await place.run(['run', '--session', 'one'])).code).toBe(0);
    expect(place.read('ran.txt')).toBe('ran\n');
    expect(entriesOf(place.journal('one'), 'call.abandoned')).toMatchObject([{ attempt: 0, outcome: 'unknown' }]);
    await expectVerified(place, 'one');
  });

  test('a stop right after the repair, and one while it is told, lose nothing of that', async ({ place }) => {
    const file = await twoTurns(place);
    const whole = lines(file);
    writeLines(
      file,
      whole.toSpliced(
        whole.findIndex((line) => line.includes('second')),
        1,
      ),
    );
    await repair(place, '--apply');
    for (const point of ['before-append-session.opened', 'after-append-session.opened', 'before-sync-session.opened']) {
      const environment = { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: point };
      await place.run(['run', '--session', 'one', 'third'], { environment });
    }
    await place.run(['run', '--session', 'one', 'third']);
    const told = entriesOf(place.journal('one'), 'session.opened').filter(({ reason }) => reason === 'repair');
    expect(told).toHaveLength(1);
    await expectVerified(place, 'one');
  });

  test('while a process works on the workspace it is not applied: exit 3', async ({ place }) => {
    place.play([{ match: { any: true }, stall: '40s', reply: { text: 'late' } }]);
    const running = place.start(['run', '--json', 'wait']);
    await running.says('model.requested');
    for (const args of [['repair', '--apply'], ['gc'], ['restore', place.project, '--force']]) {
      const { code, stderr } = await place.run(['store', ...args]);
      expect({ args, code, named: stderr.includes(`pid ${running.pid}`) }).toEqual({ args, code: 3, named: true });
    }
    expect(await repair(place)).toMatchObject({ exit: 0, applied: false });
    running.child.kill('SIGKILL');
    await running.ended;
  });

  test('the audit log: healed where it can be, else cut, and the heads are made anew', async ({ place }) => {
    await twoTurns(place);
    const audit = inStore(place, 'audit.jsonl');
    const whole = readFileSync(audit);
    const flipped = Buffer.from(whole);
    flipped[30]! ^= 1;
    writeFileSync(audit, flipped);
    expect(await repair(place, '--apply')).toMatchObject({ exit: 0, steps: [{ file: 'audit.jsonl', action: 'heal' }] });
    expect(readFileSync(audit).subarray(0, whole.length).equals(whole)).toBe(true);

    writeLines(audit, lines(audit).slice(1));
    expect(await repair(place, '--apply')).toMatchObject({ exit: 0, steps: [{ file: 'audit.jsonl', action: 'cut' }] });
    expect(lines(audit)[0]).toContain('"type":"head"');
    expect((await verify(place, 'one')).notes).toEqual([]);
    expect(await check(place, '--deep')).toMatchObject({ exit: 0 });
    expect((await place.run(['run', '--session', 'one', 'third'])).code).toBe(0);
  });

  test('grants behind a damage that can’t be healed are void, and those before it too', async ({ place }) => {
    const call = { tool: 'apply_patch', arguments: { patch: '*** Begin Patch\n*** Add File: n\n+x\n*** End Patch\n' } };
    place.play([
      { match: { tool_result: 'apply_patch' }, reply: { text: 'Done.' } },
      { match: { any: true }, reply: { calls: [call] } },
    ]);
    const other = join(place.project, '../other');
    mkdirSync(other);
    for (const session of ['one', 'two']) {
      const asked = await place.run(['run', '--session', session, 'run it'], {
        cwd: session === 'one' ? place.project : other,
      });
      await place.run(['approve', approvalsIn(asked)[0]!, '--always', '--resume']);
    }
    const grants = inStore(place, 'governance/grants.jsonl');
    expect(lines(grants)).toHaveLength(2);
    writeLines(grants, [lines(grants)[0]!, 'what stood here is gone']);
    expect((await place.run(['approvals', 'grants'])).code).toBe(7);
    expect(await repair(place, '--apply')).toMatchObject({
      exit: 0,
      steps: [{ file: 'governance/grants.jsonl', action: 'cut' }],
    });
    expect((await place.run(['approvals', 'grants', '-o', 'json'])).stdout).toBe('[]\n');
    rmSync(join(place.project, 'n'));
    expect(approvalsIn(await place.run(['run', '--session', 'three', 'run it']))).toHaveLength(1);
  });

  test('accepted messages behind a damage are taken over, and run once', async ({ place }) => {
    answers(place);
    await place.run(['run', '--session', 'one', 'first']);
    const environment = { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: 'before-ack' };
    await place.run(['run', '--session', 'one', 'second'], { environment });
    const segment = inStore(place, 'ingress/1.jsonl');
    const whole = lines(segment);
    expect(whole.at(-1)).toContain('second');
    writeLines(segment, whole.with(1, 'what stood here is gone'));
    const { steps } = await repair(place, '--apply');
    expect(steps).toMatchObject([{ file: 'ingress/1.jsonl', action: 'rebuild', readable: whole.length - 2 }]);
    expect(await place.run(['run', '--session', 'one'])).toMatchObject({ code: 0, stdout: 'Hello.\n' });
    expect(
      entriesOf(place.journal('one'), 'input.received').map(({ parts }) => JSON.stringify(parts).includes('second')),
    ).toEqual([false, true]);
    expect(await check(place, '--deep')).toMatchObject({ exit: 0 });
  });

  test('a message whose turn ran in what is cut is not run again: it is marked dead, and named', async ({ place }) => {
    place.play([{ match: { any: true }, reply: { text: 'Hello.' } }]);
    await place.run(['run', '--session', 'one', 'first']);
    const environment = { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: 'before-sync-turn.ended' };
    await place.run(['run', '--session', 'one', 'second'], { environment });
    const file = place.journalFile('one');
    const whole = lines(file);
    const lost = whole.findIndex((line) => line.includes('input.received') && line.includes('second'));
    const { event_id } = entriesOf(place.journal('one'), 'input.received').at(-1)!;
    writeLines(file, whole.with(lost, 'what stood here is gone'));
    const dead_events = [{ event_id, session_id: 'one' }];
    expect(await repair(place)).toMatchObject({ steps: [{ action: 'cut' }], dead_events: [] });
    expect(await repair(place, '--apply')).toMatchObject({ exit: 0, steps: [{ action: 'cut' }], dead_events });
    await place.run(['run', '--session', 'one']);
    expect(entriesOf(place.journal('one'), 'input.received')).toHaveLength(1);
    expect((await place.run(['run', '--session', 'one', 'third'])).code).toBe(0);
    expect(entriesOf(place.journal('one'), 'input.received')).toHaveLength(2);
    await expectVerified(place, 'one');
  });

  test('a message whose mark is lost does not make a removed session anew', async ({ place }) => {
    answers(place);
    for (const id of ['one', 'two', 'three']) await place.run(['run', '--session', id, 'hi']);
    await place.run(['session', 'rm', 'one']);
    const segment = inStore(place, 'ingress/1.jsonl');
    const whole = lines(segment);
    const mark = whole.findIndex((line) => line.includes('"type":"event.done"'));
    writeLines(segment, whole.with(mark, 'what stood here is gone'));
    await repair(place, '--apply');
    expect(readFileSync(segment, 'utf8')).toMatch(/"event.dead".*its session was removed/);
    expect((await place.run(['run', '--session', 'two', 'on'])).code).toBe(0);
    expect(existsSync(place.journalFile('one'))).toBe(false);
    expect(await check(place, '--deep')).toMatchObject({ exit: 0 });
  });

  test('workspace.json, a journal that is gone, a blob that was changed', async ({ place }) => {
    await twoTurns(place);
    await place.run(['run', '--session', 'gone', 'hello']);
    writeFileSync(inStore(place, 'workspace.json'), '{"v":1,');
    rmSync(place.journalFile('gone'));
    const [pair] = readdirSync(inStore(place, 'blobs/sha256'));
    const [name] = readdirSync(inStore(place, 'blobs/sha256', pair!));
    const blob = inStore(place, 'blobs/sha256', pair!, name!);
    const whole = readFileSync(blob);
    const changed = Buffer.from(whole);
    changed[100]! ^= 16;
    writeFileSync(blob, changed);
    expect((await place.run(['run', 'hi'])).stderr).toContain('runtime store repair');
    const { exit, steps } = await repair(place, '--apply');
    expect(exit).toBe(0);
    expect(steps.map(({ file, action }) => `${action} ${file}`).sort()).toEqual(
      ['rebuild workspace.json', 'cut sessions/gone.jsonl', `heal blobs/sha256/${pair}/${name}`].sort(),
    );
    expect(readFileSync(blob).equals(whole)).toBe(true);
    expect(await check(place, '--deep')).toMatchObject({ exit: 0, epoch: 2, problems: [] });
    expect((await place.run(['run', '--session', 'one', 'third'])).code).toBe(0);
    expect((await place.run(['run', '--session', 'gone', 'hello'])).code).toBe(0);
    await expectVerified(place, 'gone');
  });

  test('what was written anew, is another’s, or comes from a newer version is left alone: exit 7', async ({
    place,
  }) => {
    const file = await twoTurns(place);
    await place.run(['run', '--session', 'two', 'hello']);
    const whole = readFileSync(file);
    copyFileSync(place.journalFile('two'), file);
    expect(await repair(place, '--apply')).toMatchObject({ exit: 7, steps: [{ action: 'leave' }] });
    writeFileSync(file, whole);
    appendFileSync(file, '{"v":2,"seq":19,"new":true}\n');
    expect(await repair(place, '--apply')).toMatchObject({
      exit: 7,
      steps: [{ action: 'leave', message: expect.stringContaining('newer') as string }],
    });
    writeFileSync(file, whole);
    await expectVerified(place, 'one');
  });
});

/** A journal that is not what the runtime wrote: said by verify, left alone by everything else. H-58 too. */
import { appendFileSync, readdirSync, readFileSync, renameSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { entriesOf, expectVerified, type Place, test, verify } from './support/place.ts';
import { rechained } from './support/rechained.ts';

const answers = (place: Place): void => place.play([{ match: { any: true }, reply: { text: 'Hello.' } }]);

/** Two turns that have ended, with heads in the audit log. */
async function twoTurns(place: Place): Promise<string> {
  answers(place);
  for (const message of ['first', 'second']) await place.run(['run', '--session', 'one', message]);
  await expectVerified(place, 'one');
  return place.journalFile('one');
}

/** Damage: verify fails with the code, a run is refused, nothing is touched, the others work. */
async function expectDamaged(place: Place, code: string | RegExp, next = 'runtime store repair'): Promise<void> {
  const file = place.journalFile('one');
  const before = readFileSync(file);
  const proof = await place.run(['session', 'verify', 'one', '-o', 'json']);
  expect(proof.code).toBe(7);
  const { status, failure } = JSON.parse(proof.stdout) as Awaited<ReturnType<typeof verify>>;
  expect(status).toBe('failed');
  expect(failure!.code).toMatch(code);
  const ran = await place.run(['run', '--session', 'one', 'third']);
  expect(ran).toMatchObject({ code: 7, stdout: '' });
  expect(ran.stderr).toContain(next);
  expect(readFileSync(file).equals(before)).toBe(true);
  expect((await place.run(['run', '--session', 'two', 'hello'])).code).toBe(0);
  expect((await place.run(['session', 'ls'])).stdout).toContain('damaged');
}

describe('damage', () => {
  test.for([
    ['in the first line', 0.05],
    ['in the middle', 0.5],
    ['in the last line', 0.98],
  ] as const)('one byte changed %s', async ([, where], { place }) => {
    const file = await twoTurns(place);
    const bytes = readFileSync(file);
    const at = Math.floor(bytes.length * where);
    bytes[at] = bytes[at]! ^ 1;
    writeFileSync(file, bytes);
    await expectDamaged(place, /./);
  });

  test('a line that was taken out', async ({ place }) => {
    const file = await twoTurns(place);
    const lines = readFileSync(file, 'utf8').split('\n');
    writeFileSync(file, lines.toSpliced(5, 1).join('\n'));
    await expectDamaged(place, /chain_broken|seq_gap/);
  });

  test('a line that is no JSON, at the end', async ({ place }) => {
    appendFileSync(await twoTurns(place), 'not json\n');
    await expectDamaged(place, /./);
  });

  test('a journal that was cut after an audited head', async ({ place }) => {
    const file = await twoTurns(place);
    const text = readFileSync(file, 'utf8');
    const end = text.split('\n').findIndex((line) => line.includes('"type":"turn.ended"')) + 1;
    writeFileSync(file, `${text.split('\n').slice(0, end).join('\n')}\n`);
    await expectDamaged(place, 'truncated');
  });

  test('a cut in the middle of a line that was durable', async ({ place }) => {
    const file = await twoTurns(place);
    truncateSync(file, statSync(file).size - 20);
    await expectDamaged(place, /./);
  });

  test('another session of the same workspace put in its place', async ({ place }) => {
    const file = await twoTurns(place);
    await place.run(['run', '--session', 'two', 'hello']);
    renameSync(place.journalFile('two'), file);
    const proof = await place.run(['session', 'verify', 'one']);
    expect(proof.code).toBe(7);
  });

  test('a journal rebuilt with new hashes', async ({ place }) => {
    const file = await twoTurns(place);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    writeFileSync(file, rechained(lines.map((line) => line.replace(/"duration_ms":\d+/, '"duration_ms":77777'))));
    expect((await place.run(['session', 'verify', 'one'])).code).toBe(7);
    const copy = await place.run(['session', 'verify', file, '-o', 'json']); // without the heads nobody can tell
    expect(JSON.parse(copy.stdout)).toMatchObject({ status: 'verified', notes: ['no_head'] });
  });

  test('a decision that the rules would not make, in a whole chain', async ({ place }) => {
    const file = await twoTurns(place);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    writeFileSync(file, rechained(lines.map((line) => line.replace('"reason":"answered"', '"reason":"denied"'))));
    const { stdout } = await place.run(['session', 'verify', file, '-o', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'failed', failure: { seq: 7, code: 'not_decided' } });
  });

  test('an entry of a type that this build does not know is too new, never skipped', async ({ place }) => {
    const file = await twoTurns(place);
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const future = lines.at(-1)!.replace('"type":"turn.ended"', '"type":"turn.dreamt"');
    const seq = `"seq":${lines.length + 1}`;
    writeFileSync(file, rechained([...lines, future.replace(/"seq":\d+/, seq)]));
    await expectDamaged(place, 'entry_too_new', 'newer version');
  });

  test('a blob that was changed, and one that is gone', async ({ place }) => {
    await twoTurns(place);
    const blobs = join(place.home, 'workspaces/default/blobs/sha256');
    const [folder] = readdirSync(blobs);
    const [name] = readdirSync(join(blobs, folder!));
    const blob = join(blobs, folder!, name!);
    const content = readFileSync(blob, 'utf8');
    writeFileSync(blob, content.replace('"v":1', '"v":2'));
    expect(await verify(place, 'one')).toMatchObject({ status: 'failed', failure: { code: 'blob_mismatch' } });
    renameSync(blob, `${blob}.away`);
    expect(await verify(place, 'one')).toMatchObject({ status: 'failed', failure: { code: 'blob_missing' } });
    renameSync(`${blob}.away`, blob);
    writeFileSync(blob, content);
    await expectVerified(place, 'one');
  });
});

describe('a crash tail', () => {
  /** A turn killed before its end was synced: what is behind the last sync may be torn. */
  async function openTurn(place: Place): Promise<string> {
    answers(place);
    const environment = { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: 'after-append-model.requested' };
    expect((await place.run(['run', '--session', 'one', 'first'], { environment })).signal).toBe('SIGKILL');
    return place.journalFile('one');
  }

  test.for([
    ['half a line', Buffer.from('{"v":1,"seq":6,"at":17')],
    ['a block of NUL bytes', Buffer.alloc(1728)],
    ['a line with NUL bytes, whole', Buffer.from('{"v":1,"seq":6,\0\0\0\0}\n')],
  ] as const)('H-58 %s is cut, kept aside and recorded, and the turn goes on', async ([, torn], { place }) => {
    const file = await openTurn(place);
    const whole = statSync(file).size;
    appendFileSync(file, torn);
    expect(await verify(place, 'one')).toMatchObject({ status: 'verified', notes: ['no_head', 'crash_tail'] });
    expect(await place.run(['run', '--session', 'one'])).toMatchObject({ code: 0, stdout: 'Hello.\n' });
    const [opened] = entriesOf(place.journal('one'), 'session.opened');
    expect(opened).toMatchObject({ reason: 'recovery', cut_bytes: torn.length, cut_from: whole });
    expect(readFileSync(join(place.home, 'workspaces/default/torn', opened!.torn_file!))).toEqual(torn);
    await expectVerified(place, 'one');
  });
});

describe('a copy of a journal', () => {
  test('alone proves its chain; beside its blobs all of it', async ({ place }) => {
    const file = await twoTurns(place);
    const copy = join(place.project, 'copy.jsonl');
    writeFileSync(copy, readFileSync(file));
    const environment = { RUNTIME_HOME: join(place.project, 'nowhere') };
    const alone = await place.run(['session', 'verify', copy, '-o', 'json'], { environment });
    expect(alone.code).toBe(0);
    expect(JSON.parse(alone.stdout)).toMatchObject({ status: 'partial', session_id: 'one', notes: ['no_head'] });
    expect(alone.stderr).not.toBe('');
    const beside = await place.run(['session', 'verify', file, '-o', 'json']);
    expect(JSON.parse(beside.stdout)).toMatchObject({ status: 'verified' });
  });

  test('elsewhere is proved with the blobs of the workspace', async ({ place }) => {
    place.write('copy.jsonl', readFileSync(await twoTurns(place)));
    const { code, stdout } = await place.run(['session', 'verify', 'copy.jsonl', '-o', 'json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'verified', session_id: 'one', notes: ['no_head'] });
    const other = await place.run(['session', 'verify', 'copy.jsonl', '-o', 'json', '--workspace', 'other']);
    expect(other.code).toBe(0);
    expect(JSON.parse(other.stdout)).toMatchObject({ status: 'partial', partial: [{ seq: 3 }] });
  });

  test('and the journal itself are proved without a configuration that can be used', async ({ place }) => {
    place.write('copy.jsonl', readFileSync(await twoTurns(place)));
    place.configure({ nonsense: true });
    for (const target of ['one', 'copy.jsonl']) {
      const { code, stdout, stderr } = await place.run(['session', 'verify', target, '-o', 'json']);
      expect({ code, status: JSON.parse(stdout).status }).toEqual({ code: 0, status: 'verified' });
      expect(stderr).toMatch(/^warning: .*nonsense/);
    }
  });

  test.for([
    ['nothing', ''],
    ['half a line', '{"v":1,"seq":1,'],
    ['something else', '{}\n'],
  ] as const)('of %s proves nothing', async ([, content], { place }) => {
    place.write('copy.jsonl', content);
    const { code, stdout } = await place.run(['session', 'verify', 'copy.jsonl', '-o', 'json']);
    expect(code).toBe(7);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'failed', entries: 0 });
  });

  test('changed, fails with the line', async ({ place }) => {
    const copy = join(place.project, 'copy.jsonl');
    writeFileSync(copy, readFileSync(await twoTurns(place), 'utf8').replace('first', 'worst'));
    const { code, stdout } = await place.run(['session', 'verify', copy, '-o', 'json']);
    expect(code).toBe(7);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'failed', failure: { line: 2, seq: 2, code: 'hash_mismatch' } });
  });
});

/** `session import`: a session that was exported elsewhere goes on here, with no more than it is owed. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { AuditRecord } from '../src/contract/records.ts';
import {
  approvalsIn,
  entriesOf,
  expectVerified,
  LAUNCHER,
  linesOf,
  type Line,
  type Place,
  type Ran,
  test,
  until,
} from './support/place.ts';
import { rechained } from './support/rechained.ts';

const ANSWER = { match: { any: true as const }, reply: { text: 'heard' } };
const ASKS = {
  match: { contains: 'ask' },
  reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'touch ran.txt' } }] },
};
const SLOW = { match: { contains: 'slow' }, stall: '30s' };

/** The same program with another home. */
function elsewhere(place: Place): { home: string; run: (args: string[]) => Promise<Ran> } {
  const home = join(place.project, '../elsewhere');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  writeFileSync(join(home, 'config.yaml'), readFileSync(join(place.home, 'config.yaml')), { mode: 0o600 });
  return { home, run: (args) => place.run(args, { environment: { RUNTIME_HOME: home } }) };
}

async function exportOf(place: Place, id = 'one'): Promise<string> {
  const file = `${id}.jsonl`;
  expect(await place.run(['session', 'export', id, '--file', file])).toMatchObject({ code: 0 });
  return file;
}

function entriesIn(text: string): Pick<Line, 'seq' | 'at' | 'type' | 'data'>[] {
  const lines = linesOf(text) as Line[];
  return lines.filter((line) => 'seq' in line).map(({ seq, at, type, data }) => ({ seq, at, type, data }));
}

/** The first entry of an exported session 'one', otherwise, as a file that is whole. */
function forged(text: string, from: RegExp, to: string): string {
  const [header, created] = text.split('\n');
  const line = rechained([created!.replace(from, to)]);
  const { hash } = JSON.parse(line) as Line;
  const { audited_head: _, ...rest } = JSON.parse(header!) as { audited_head: unknown };
  return `${JSON.stringify({ ...rest, head: { seq: 1, hash }, entries: 1, blobs: 0 })}\n${line}`;
}

function auditOf(home: string): AuditRecord[] {
  return linesOf(readFileSync(join(home, 'workspaces/default/audit.jsonl'), 'utf8')) as AuditRecord[];
}

test('it goes on there, with what was said here, and is exported as it was up to the fork', async ({ place }) => {
  place.play([ANSWER]);
  await place.run(['run', '--session', 'one', 'hello']);
  const file = await exportOf(place);
  const there = elsewhere(place);
  const imported = await there.run(['session', 'import', file]);
  const before = entriesIn(place.read(file));
  expect(imported).toMatchObject({ code: 0, stdout: `imported one: ${before.length} entries of one\n` });
  expect(imported.stderr).toContain('runtime session show one');
  const report = await there.run(['session', 'verify', 'one', '-o', 'json']);
  expect(JSON.parse(report.stdout)).toMatchObject({ status: 'verified', entries: before.length + 1, notes: [] });
  expect((await there.run(['run', '--session', 'one', 'again'])).stdout).toBe('heard\n');

  const again = entriesIn((await there.run(['session', 'export', 'one'])).stdout);
  expect(again.slice(0, before.length)).toEqual(before);
  expect(again[before.length]).toMatchObject({
    type: 'session.forked',
    data: { session_id: 'one', from: { session_id: 'one', seq: before.length }, actor: { id: 'local' }, epoch: 1 },
  });
  expect(again.at(-1)).toMatchObject({ type: 'turn.ended', data: { turn: 2, reason: 'success' } });
  const asked = again.findLast(({ type }) => type === 'model.requested')!;
  expect(asked.data).toMatchObject({ message_count: 3 });

  const { head } = JSON.parse(place.read(file).split('\n')[0]!) as { head: object };
  expect(auditOf(there.home).filter(({ type }) => type === 'session.imported')).toMatchObject([
    { data: { session: 'one', from: { session_id: 'one', workspace_id: 'default', head }, by: 'local' } },
  ]);
});

test('a name that is taken needs another, and a copy stands beside the session', async ({ place }) => {
  place.play([ANSWER]);
  await place.run(['run', '--session', 'one', 'hello']);
  const file = await exportOf(place);
  const taken = await place.run(['session', 'import', file]);
  expect(taken).toMatchObject({ code: 1, stdout: '' });
  expect(taken.stderr).toMatch(/`runtime session import \S+\/one\.jsonl --as one-2`/);
  expect(await place.run(['session', 'import', file, '--as', 'two'])).toMatchObject({ code: 0 });
  expect(await place.run(['session', 'import', file, '--as', '-no id-'])).toMatchObject({ code: 2 });
  const { stdout } = await place.run(['session', 'import', file, '--as', 'three', '-o', 'json']);
  expect(JSON.parse(stdout)).toMatchObject({
    schemaVersion: 'runtime.import.v1',
    session_id: 'three',
    from: { session_id: 'one' },
    entries: place.journal('one').length,
  });
  for (const id of ['one', 'two']) await expectVerified(place, id);
  await place.run(['run', '--session', 'two', 'more']);
  expect(entriesOf(place.journal('one'), 'turn.ended')).toHaveLength(1);
  expect(entriesOf(place.journal('two'), 'turn.ended')).toHaveLength(2);
});

test('what waited there is void here: nothing that nobody allowed here runs', async ({ place }) => {
  place.play([ASKS, ANSWER]);
  const waits = await place.run(['run', '--session', 'one', 'ask']);
  expect(waits.code).toBe(5);
  const file = await exportOf(place);
  const there = elsewhere(place);
  expect(await there.run(['session', 'import', file])).toMatchObject({ code: 0 });
  const [approval] = approvalsIn(waits);
  expect((await there.run(['approvals', 'ls', '-o', 'json'])).stdout).toBe('[]\n');
  expect((await there.run(['approve', approval!])).code).toBe(1);
  await there.run(['run', '--session', 'one']);
  const ended = entriesIn((await there.run(['session', 'export', 'one'])).stdout).slice(-3);
  expect(ended.map(({ type }) => type)).toEqual(['session.forked', 'call.refused', 'turn.ended']);
  expect(ended[2]!.data).toMatchObject({ reason: 'canceled' });
  expect(existsSync(join(place.project, 'ran.txt'))).toBe(false);
  expect(JSON.parse((await there.run(['session', 'verify', 'one', '-o', 'json'])).stdout)).toMatchObject({
    status: 'verified',
  });
  // Here it still waits.
  expect((await place.run(['approve', approval!])).code).toBe(0);
});

test('while another terminal owns the workspace', async ({ place }) => {
  place.play([SLOW, ANSWER]);
  await place.run(['run', '--session', 'one', 'hello']);
  const file = await exportOf(place);
  const owner = place.start(['run', '--session', 'busy', 'slow']);
  await until('it works', () => existsSync(place.journalFile('busy')));
  expect(await place.run(['session', 'import', file, '--as', 'two'])).toMatchObject({ code: 0 });
  expect(owner.child.exitCode).toBeNull();
  await expectVerified(place, 'two');
  expect((await place.run(['run', '--session', 'two', 'more'])).stdout).toBe('heard\n');
  owner.child.kill('SIGTERM');
  await owner.ended;
});

test('what its project folder was, and is not here, is said', async ({ place }) => {
  place.play([ANSWER]);
  mkdirSync(join(place.project, 'gone'));
  await place.run(['run', '--session', 'one', '--root', 'gone', 'hello']);
  const file = await exportOf(place);
  rmSync(join(place.project, 'gone'), { recursive: true });
  const there = elsewhere(place);
  expect((await there.run(['session', 'import', file])).stderr).toContain(
    `project folder ${place.project}/gone is not here`,
  );
  expect((await there.run(['session', 'show', 'one'])).stdout).toContain('heard');
  const ran = await there.run(['run', '--session', 'one', 'more']);
  expect(ran).toMatchObject({ code: 0, stdout: 'heard\n' });
  expect(ran.stderr).toContain(`the project folder ${place.project}/gone of this session is not here`);
});

test('a session gets no more rights than it had', async ({ place }) => {
  place.play([ANSWER], { sandbox: { mode: 'required' } });
  await place.run(['run', '--session', 'one', 'hello']);
  const file = await exportOf(place);
  place.play([ANSWER], { sandbox: { mode: 'off' } });
  const there = elsewhere(place);
  expect(await there.run(['session', 'import', file])).toMatchObject({ code: 0 });
  const [forked] = entriesIn((await there.run(['session', 'export', 'one'])).stdout).slice(-1);
  expect(forked!.data).toMatchObject({ rights: { sandbox: 'required' } });
});

test('epochs of another workspace are none of this one, also when its own has to be found again', async ({ place }) => {
  place.play([ANSWER]);
  await place.run(['run', '--session', 'one', 'hello']);
  const text = place.read(await exportOf(place));
  place.write('far.jsonl', forged(text, /"epoch":1/, `"epoch":${Number.MAX_SAFE_INTEGER}`));
  const there = elsewhere(place);
  expect(await there.run(['session', 'import', 'far.jsonl'])).toMatchObject({ code: 0 });
  const record = join(there.home, 'workspaces/default/workspace.json');
  writeFileSync(record, 'damaged');
  expect(await there.run(['store', 'repair', '--apply'])).toMatchObject({ code: 0 });
  expect(JSON.parse(readFileSync(record, 'utf8'))).toMatchObject({ epoch: 2 });
  expect((await there.run(['run', '--session', 'one', 'more'])).stdout).toBe('heard\n');
});

describe('is refused', () => {
  test('what does not verify: exit 7, and nothing is there', async ({ place }) => {
    place.play([ANSWER]);
    await place.run(['run', '--session', 'one', 'hello']);
    const file = await exportOf(place);
    const text = place.read(file);
    const there = elsewhere(place);
    const lines = text.trimEnd().split('\n');
    for (const [name, content] of Object.entries({
      changed: text.replace('"heard"', '"hears"'),
      cut: `${lines.slice(0, -1).join('\n')}\n`,
      empty: lines[0]!,
    })) {
      place.write(`${name}.jsonl`, content);
      const { code, stdout, stderr } = await there.run(['session', 'import', `${name}.jsonl`]);
      expect({ name, code, stdout }).toEqual({ name, code: 7, stdout: '' });
      expect(stderr).toContain(`runtime session verify ${place.project}/${name}.jsonl`);
    }
    expect((await there.run(['session', 'ls', '-o', 'json'])).stdout).toBe('[]\n');
  });

  test('a session with which nobody could go on here, though its file is whole', async ({ place }) => {
    place.play([ANSWER]);
    await place.run(['run', '--session', 'one', 'hello']);
    const text = place.read(await exportOf(place));
    const later = String(Date.now() + 365 * 24 * 60 * 60 * 1000);
    const there = elsewhere(place);
    for (const [name, content, why] of [
      ['late', forged(text, /"at":\d+/, `"at":${later}`), 'its times lie in the future'],
      ['below', forged(text, /"project_root":"[^"]*"/, '"project_root":"a/../.."'), 'its project folder is none'],
      ['bare', forged(text, /"epoch":1/, `"epoch":1,"own_policies":["sha256:${'a'.repeat(64)}"]`), 'is missing'],
    ] as const) {
      place.write(`${name}.jsonl`, content);
      const { code, stdout, stderr } = await there.run(['session', 'import', `${name}.jsonl`]);
      expect({ name, code, stdout }).toEqual({ name, code: 7, stdout: '' });
      expect(stderr).toContain(why);
    }
    place.write('folder.jsonl', forged(text, /"project_root":"[^"]*"/, '"project_root":"/\\u001b[31mred"'));
    const imported = await there.run(['session', 'import', 'folder.jsonl']);
    expect(imported).toMatchObject({ code: 0 });
    const ran = await there.run(['run', '--session', 'one', 'hello']);
    for (const { stderr } of [imported, ran]) {
      expect(stderr).toContain('[31mred');
      expect(stderr).not.toContain('\u001b');
    }
    expect((await there.run(['session', 'ls', '--tree'])).stdout).toContain('one');
  });

  test('a redacted file, a plain journal, and no file', async ({ place }) => {
    place.play([ANSWER]);
    await place.run(['run', '--session', 'one', 'hello']);
    await place.run(['session', 'export', 'one', '--redact', '--file', 'shared.jsonl']);
    const redacted = await place.run(['session', 'import', 'shared.jsonl', '--as', 'two']);
    expect(redacted).toMatchObject({ code: 1, stdout: '' });
    expect(redacted.stderr).toContain('is redacted');
    expect(await place.run(['session', 'import', place.journalFile('one'), '--as', 'two'])).toMatchObject({ code: 2 });
    expect(await place.run(['session', 'import', 'none.jsonl'])).toMatchObject({ code: 1 });
    place.write('page.md', '# Not a session\n');
    const strange = await place.run(['session', 'verify', './page.md']);
    expect(strange).toMatchObject({ code: 7, stdout: expect.stringMatching(/^failed \.\/page\.md\n/) as string });
    expect(existsSync(join(place.home, 'workspaces/default/sessions/two.jsonl'))).toBe(false);
  });

  test('a tool of the agent: exit 6', async ({ place }) => {
    place.play([ANSWER]);
    await place.run(['run', '--session', 'one', 'hello']);
    const file = await exportOf(place);
    const cmd = `${LAUNCHER} session import ${file} --as two; echo "ended with $?"`;
    place.play([
      { match: { contains: 'import' }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd } }] } },
      ANSWER,
    ]);
    for (const id of approvalsIn(await place.run(['run', '--session', 'one', 'import'])))
      await place.run(['approve', id]);
    await place.run(['run', '--session', 'one']);
    const [finished] = entriesOf(place.journal('one'), 'call.finished');
    expect(finished!.output).toContain('ended with 6');
    expect(existsSync(join(place.home, 'workspaces/default/sessions/two.jsonl'))).toBe(false);
  });
});

test('killed while it imports: the session is there whole, or not at all', async ({ place }) => {
  place.play([ANSWER]);
  for (let n = 0; n < 3; n++) await place.run(['run', '--session', 'one', 'x'.repeat(60_000)]);
  const file = await exportOf(place);
  for (let n = 0; n < 8; n++) {
    const running = place.start(['session', 'import', file, '--as', `copy-${n}`]);
    await new Promise((resolve) => setTimeout(resolve, 40 * n));
    running.child.kill('SIGKILL');
    await running.ended;
    const path = join(place.home, `workspaces/default/sessions/copy-${n}.jsonl`);
    if (existsSync(path)) await expectVerified(place, `copy-${n}`);
    else expect(await place.run(['session', 'import', file, '--as', `copy-${n}`])).toMatchObject({ code: 0 });
  }
}, 60_000);

/** `runtime audit`: what was decided, in one list, and the proof that nothing of it is missing. */
import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { AuditRow, AuditVerifyReport } from '../src/contract/audit.ts';
import { startDaemon } from './support/daemon.ts';
import { approvalsIn, entriesOf, KEY, linesOf, type Place, test } from './support/place.ts';

/** The model runs one command, then says that it did. */
function playCommand(place: Place, cmd: string, config: object = {}): void {
  place.play(
    [
      { match: { tool_result: 'exec_command' }, reply: { text: 'Done.' } },
      { match: { any: true }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd } }] } },
    ],
    config,
  );
}

const rowsOf = (text: string): AuditRow[] => linesOf(text) as AuditRow[];
const log = (place: Place): string => join(place.home, 'workspaces/default/audit.jsonl');

/** All files of the workspace, with their bytes. */
function files(place: Place): Record<string, string> {
  const found = readdirSync(place.home, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  return Object.fromEntries(found.map((file) => join(file.parentPath, file.name)).map((path) => [path, readFileSync(path, 'latin1')])); // prettier-ignore
}

/** A call that a person granted, one that was denied, and a change of the policy. */
async function decide(place: Place): Promise<void> {
  playCommand(place, 'echo one');
  const asked = await place.run(['run', '--session', 'one', 'go']);
  await place.run(['approve', approvalsIn(asked)[0]!, '--resume']);
  await place.run(['policy', 'set', 'exec_command', '--deny']);
  await place.run(['run', '--session', 'two', 'go']);
}

test('H-123, C-128: each decision and what came of it: when, where, which tool, why, by whom, how long, of which input', async ({
  place,
}) => {
  await decide(place);
  const before = files(place);
  const { code, stdout, stderr } = await place.run(['audit', 'export']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const rows = rowsOf(stdout);
  expect(rows.map(({ kind, session_id = '', decision, status }) => [kind, session_id, decision ?? status])).toEqual([
    ['policy.decided', 'one', 'require_approval'],
    ['approval.requested', 'one', undefined],
    ['approval.resolved', 'one', 'granted'],
    ['call.finished', 'one', 'ok'],
    ['policy.set', '', 'deny'],
    ['policy.decided', 'two', 'deny'],
    ['call.refused', 'two', 'refused'],
  ]);
  const inspected = entriesOf(place.journal('one'), 'call.inspected')[0]!;
  const call = {
    tool: 'exec_command',
    call_id: 'c1.1.1',
    turn: 1,
    input_digest: inspected.args_digest,
    title: 'Run echo one',
  };
  for (const row of rows.slice(0, 4))
    expect(row).toMatchObject({ ...call, at: expect.any(Number), seq: expect.any(Number) });
  expect(rows[0]).toMatchObject({ reason: expect.stringMatching(/./), rules: expect.any(Array), effect: 'exec' });
  expect(rows[2]).toMatchObject({ actor: 'local', via: 'cli', scope: 'once' });
  expect(rows[3]).toMatchObject({ duration_ms: expect.any(Number), exit_code: 0 });
  const whole = JSON.parse((await place.run(['audit', 'export', '-o', 'json'])).stdout) as { rows: AuditRow[] };
  expect(whole).toEqual({ schemaVersion: 'runtime.audit.v1', rows, unreadable: [] });

  const denied = await place.run(['audit', 'export', '--decision', 'deny', '--kind', 'policy.decided']);
  expect(rowsOf(denied.stdout).map(({ session_id }) => session_id)).toEqual(['two']);
  const tail = await place.run(['audit', 'tail', '-n', '2', '--session', 'one', '-o', 'json']);
  expect(rowsOf(tail.stdout)).toEqual(rows.slice(2, 4));
  const shown = await place.run(['audit', 'tail']);
  expect(shown.stdout.split('\n')[2]).toMatch(
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC  approval\.resolved  one\/c1\.1\.1  exec_command  granted  Run echo one  by local/,
  );
  expect((await place.run(['audit', 'export', '--since', '2001-01-01', '--until', '2001-02-01'])).stdout).toBe('');
  for (const args of [
    ['--since', 'soon'],
    ['--kind', 'nothing'],
    ['--session', '../x'],
  ]) {
    expect((await place.run(['audit', 'export', ...args])).code).toBe(2);
  }
  expect(files(place)).toEqual(before);
});

test('a known key in the input of a call is a placeholder, and what moves a cursor is visible', async ({
  place,
  mock,
}) => {
  mock.reply({ calls: [{ name: 'exec_command', arguments: { cmd: `echo ${KEY} \x1b[2K\u202e` } }] }, { text: 'Done.' });
  place.connect(mock, {}, { governance: { deny: ['exec_command'] } });
  await place.run(['run', '--session', 'one', 'go']);
  const ran = [await place.run(['audit', 'export']), await place.run(['audit', 'tail'])];
  const text = ran.map(({ stdout }) => stdout).join('');
  expect(text.includes(KEY)).toBe(false);
  expect(text).toContain('[REDACTED:');
  for (const character of ['\x1b', '\u202e']) expect(text).not.toContain(character);
  for (const row of rowsOf(ran[0]!.stdout)) expect(row.session_id).toBe('one');
});

test('C-128: verify: whole, with a head that was kept; and when a journal, the log or its end is gone', async ({
  place,
}) => {
  await decide(place);
  const { stdout: head } = await place.run(['audit', 'head']);
  expect(head).toMatch(/^runtime\.audit-head\.v1 default \d+ [0-9a-f]{64} .* UTC\n$/);
  await place.run(['run', '--session', 'three', 'go']);
  const verify = (...args: string[]) => place.run(['audit', 'verify', ...args]);
  expect(await verify('--head', head.trim())).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^verified \d+ records, 3 heads, 3 sessions\n$/),
  });
  const report = JSON.parse((await verify('-o', 'json')).stdout) as AuditVerifyReport;
  expect(report).toMatchObject({ schemaVersion: 'runtime.audit-verify.v1', status: 'verified', problems: [] });
  expect(await verify('--head', 'nonsense')).toMatchObject({ code: 2 });

  const text = readFileSync(log(place), 'utf8');
  writeFileSync(log(place), text.split('\n').slice(0, 1).join('\n') + '\n');
  expect(await verify('--head', head.trim())).toMatchObject({ code: 7, stdout: expect.stringContaining('given_head_missing') }); // prettier-ignore
  appendFileSync(log(place), 'nonsense\n');
  expect(await verify()).toMatchObject({ code: 7, stdout: expect.stringContaining('log_damaged') });
  expect(await place.run(['audit', 'export'])).toMatchObject({ code: 7, stderr: expect.stringContaining('The audit log is damaged') }); // prettier-ignore
  writeFileSync(log(place), text);
  rmSync(place.journalFile('two'));
  expect(await verify()).toMatchObject({ code: 7, stdout: expect.stringContaining('two: the journal is not there') });
});

test('tail -f goes on with what a daemon does meanwhile, and all of it works beside that', async ({ place }) => {
  playCommand(place, 'echo one', { governance: { deny: ['exec_command'] } });
  const daemon = await startDaemon(place);
  const following = place.start(['audit', 'tail', '-f', '-o', 'json']);
  await daemon.send({ session_id: 'one', content: 'go' });
  await following.says('call.refused');
  await daemon.send({ session_id: 'two', content: 'go' });
  await following.says('"two"');
  expect(await place.run(['audit', 'verify'])).toMatchObject({ code: 0 });
  following.child.kill('SIGINT');
  const { stdout } = await following.ended;
  expect(
    rowsOf(stdout)
      .map(({ kind, session_id }) => `${session_id} ${kind}`)
      .slice(0, 3),
  ).toEqual(['one policy.decided', 'one call.refused', 'two policy.decided']);
});

test('before anything has happened there is nothing to show, and nothing to prove', async ({ place }) => {
  expect(await place.run(['audit', 'tail'])).toMatchObject({ code: 0, stdout: '', stderr: 'nothing is on record\n' });
  expect(await place.run(['audit', 'verify'])).toMatchObject({ code: 0 });
  expect(await place.run(['audit', 'head'])).toMatchObject({ code: 1 });
  expect(readdirSync(place.home)).toEqual([]);
});

/** `session export`: a file that proves itself to anyone, one that can be shown to strangers, and pages to read. */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { EntryData } from '../src/contract/entries.ts';
import type { ExportHeader } from '../src/contract/export.ts';
import type { VerifyReport } from '../src/contract/verify.ts';
import { approvalsIn, entriesOf, linesOf, type Line, type Place, test, until } from './support/place.ts';

const SECRET_TEXT = 'the-falcon-lands-at-noon';

/** A turn with a read, a patch that a person granted, and a command that printed something long. */
async function played(place: Place): Promise<void> {
  place.write(`${SECRET_TEXT}.txt`, `${SECRET_TEXT}\n`);
  const patch = `*** Begin Patch\n*** Update File: ${SECRET_TEXT}.txt\n@@\n-${SECRET_TEXT}\n+${SECRET_TEXT} or later\n*** End Patch\n`;
  place.play([
    { match: { request: 1 }, reply: { calls: [{ tool: 'read_file', arguments: { path: `${SECRET_TEXT}.txt` } }] } },
    { match: { request: 2 }, reply: { calls: [{ tool: 'apply_patch', arguments: { patch } }] } },
    {
      match: { request: 3 },
      reply: { calls: [{ tool: 'exec_command', arguments: { cmd: `yes ${SECRET_TEXT} | head -2000` } }] },
    },
    { match: { request: 4 }, reply: { text: `done: ${SECRET_TEXT}` } },
  ]);
  const policy = ['policy', 'set', 'exec_command', '--allow'];
  await place.run(policy);
  const waits = await place.run(['run', '--session', 'one', `say ${SECRET_TEXT}`]);
  for (const id of approvalsIn(waits)) await place.run(['approve', id]);
  await place.run(['run', '--session', 'one']);
}

/** Of a file that lies outside of the home, verified where there is nothing else. */
async function verifyAlone(place: Place, file: string): Promise<{ code: number | null; report: VerifyReport }> {
  const nowhere = { RUNTIME_HOME: join(place.project, 'no-home') };
  const ran = await place.run(['session', 'verify', file, '-o', 'json'], { environment: nowhere });
  expect(ran.stderr).toBe('');
  expect(existsSync(nowhere.RUNTIME_HOME)).toBe(false);
  return { code: ran.code, report: JSON.parse(ran.stdout) as VerifyReport };
}

async function exported(place: Place, ...flags: string[]): Promise<string> {
  const { code, stdout, stderr } = await place.run(['session', 'export', 'one', ...flags]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

describe('a file that proves itself', () => {
  test('the journal byte for byte, with its blobs and without what stood in files before', async ({ place }) => {
    await played(place);
    const text = await exported(place);
    const journal = readFileSync(place.journalFile('one'), 'utf8');
    const [header] = linesOf(text) as [ExportHeader];
    const entries = journal.trimEnd().split('\n').length;
    expect(text.slice(text.indexOf('\n') + 1).startsWith(journal)).toBe(true);
    expect(header).toMatchObject({
      schemaVersion: 'runtime.export.v1',
      session_id: 'one',
      workspace_id: 'default',
      entries,
    });
    expect(header.audited_head).toEqual(header.head);
    const blobs = (linesOf(text).slice(entries + 1) as { blob: string; data: string }[]).map(({ blob, data }) => ({
      blob,
      data,
    }));
    expect(blobs.length).toBe(header.blobs);
    for (const { blob, data } of blobs) expect(`sha256:${createHash('sha256').update(data).digest('hex')}`).toBe(blob);
    const preimage = createHash('sha256').update(`${SECRET_TEXT}\n`).digest('hex');
    expect(existsSync(join(place.home, 'workspaces/default/blobs/private', preimage.slice(0, 2), preimage))).toBe(true);
    expect(blobs.some(({ blob }) => blob.includes(preimage))).toBe(false);

    place.write('copy.jsonl', text);
    const { code, report } = await verifyAlone(place, './copy.jsonl');
    expect({ code, ...report }).toMatchObject({
      code: 0,
      status: 'verified',
      entries,
      head: header.head,
      notes: ['own_head'],
    });
    const { stdout } = await place.run(['session', 'verify', './copy.jsonl']);
    expect(stdout).toContain('only the header of the file vouches for its end');
  });

  test('a turn that waits is exported as it stands', async ({ place }) => {
    place.play([{ match: { any: true }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'ls' } }] } }]);
    expect((await place.run(['run', '--session', 'one', 'go'])).code).toBe(5);
    await exported(place, '--file', 'open.jsonl');
    expect((await verifyAlone(place, './open.jsonl')).report).toMatchObject({ status: 'verified' });
  });

  test('whatever is cut off or changed is found', async ({ place }) => {
    await played(place);
    const text = await exported(place);
    const lines = text.trimEnd().split('\n');
    const entries = (JSON.parse(lines[0]!) as ExportHeader).entries;
    const check = async (name: string, content: string, expected: object): Promise<void> => {
      place.write(`${name}.jsonl`, content);
      const { code, report } = await verifyAlone(place, `./${name}.jsonl`);
      expect({ name, code, status: report.status, failure: report.failure }).toMatchObject({
        name, code: 7, status: 'failed', failure: expected,
      }); // prettier-ignore
    };
    const joined = (list: string[]): string => `${list.join('\n')}\n`;
    await check('header', text.slice(0, 40), { line: 1, code: 'truncated' });
    await check('entries', joined(lines.slice(0, 10)), { code: 'truncated' });
    await check('within-entry', text.slice(0, joined(lines.slice(0, 10)).length - 20), { code: 'truncated' });
    await check('blobs', joined(lines.slice(0, -1)), { code: 'truncated' });
    await check('within-blob', text.slice(0, -20), { code: 'truncated' });
    await check('last-entry', joined(lines.filter((_, line) => line !== entries)), { code: 'truncated' });
    await check('entry', text.replace('"verdict":"require_approval"', '"verdict":"allow"'), { code: 'hash_mismatch' });
    await check('blob', joined([...lines.slice(0, -1), lines.at(-1)!.replace('"data":"', '"data":"x')]), {
      code: 'blob_mismatch',
    });
    await check(
      'head',
      text.replace(/"head":\{"seq":\d+,"hash":"./, (head) => `${head.slice(0, -1)}${head.endsWith('0') ? '1' : '0'}`),
      { code: 'chain_broken' },
    );
    await check('session', text.replace('"session_id":"one"', '"session_id":"two"'), { code: 'malformed' });
    const stranger = `{"blob":"sha256:${createHash('sha256').update('x').digest('hex')}","encoding":"utf8","data":"x"}`;
    const more = lines[0]!.replace(/"blobs":(\d+)/, (_, n) => `"blobs":${Number(n) + 1}`);
    await check('stranger', joined([more, ...lines.slice(1), stranger]), { code: 'malformed' });
    await check('later', text.replace('runtime.export.v1', 'runtime.export.v2'), { line: 1, code: 'entry_too_new' });
  }, 60_000);

  test('a blob that no line holds stands there in parts', async ({ place }) => {
    const long = 'é'.repeat(700_000);
    place.play([{ match: { any: true }, reply: { text: 'ok' } }]);
    await place.run(['run', '--session', 'one', '-'], { input: long, shell: '"$@"' });
    await exported(place, '--file', 'long.jsonl');
    const text = place.read('long.jsonl');
    expect(Math.max(...text.split('\n').map((line) => Buffer.byteLength(line)))).toBeLessThan(1024 * 1024);
    expect(text).toContain('"part":3,"parts":3');
    expect((await verifyAlone(place, './long.jsonl')).report).toMatchObject({ status: 'verified' });
  });

  test('what is not there, or damaged, gives nothing', async ({ place }) => {
    expect(await place.run(['session', 'export', 'none', '--file', 'x.jsonl'])).toMatchObject({ code: 1, stdout: '' });
    await played(place);
    const file = place.journalFile('one');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"success"', '"failed"'));
    const damaged = await place.run(['session', 'export', 'one', '--file', 'x.jsonl']);
    expect(damaged).toMatchObject({ code: 7, stdout: '' });
    expect(damaged.stderr).toContain('runtime session verify one');
    expect(readdirSync(place.project).filter((name) => name.startsWith('x.'))).toEqual([]);
  });
});

describe('for strangers', () => {
  test('it proves what was decided and says nothing of what it was about', async ({ place }) => {
    await played(place);
    await exported(place, '--redact', '--file', 'shared.jsonl');
    const text = place.read('shared.jsonl');
    for (const content of [SECRET_TEXT, place.project, 'You are', 'or later']) expect(text).not.toContain(content);
    expect(text).toContain('"verdict":"require_approval"');
    const { code, report } = await verifyAlone(place, './shared.jsonl');
    const { entries, decisions } = JSON.parse(
      (await place.run(['session', 'verify', 'one', '-o', 'json'])).stdout,
    ) as VerifyReport;
    expect({ code, ...report }).toMatchObject({
      code: 0,
      status: 'verified',
      entries,
      decisions,
      notes: ['own_head', 'redacted'],
    });
    const again = await exported(place, '--redact');
    expect(again).not.toContain(/#[0-9a-f]{12}/.exec(text)![0]);
  });

  test('a policy of its own goes with it, and what that decided', async ({ place }) => {
    place.play([
      { match: { request: 1 }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: SECRET_TEXT } }] } },
      { match: { request: 2 }, reply: { text: 'no' } },
    ]);
    await place.run(['policy', 'set', 'exec_command', '--allow']);
    await place.run(['run', '--session', 'zero', 'do it']);
    place.write('careful.yaml', 'deny: [exec_command]\n');
    const fork = ['session', 'fork', 'zero', '--policy', 'careful.yaml', '--message', 'again'];
    const id = (await place.run(fork)).stdout.split('\n')[0]!;
    expect(await place.run(['session', 'export', id, '--redact', '--file', 'shared.jsonl'])).toMatchObject({
      code: 0,
    });
    expect(await verifyAlone(place, './shared.jsonl')).toMatchObject({ code: 0, report: { status: 'verified' } });
    const [forked] = entriesOf(place.journal(id), 'session.forked');
    const shared = place.read('shared.jsonl');
    const lines = linesOf(shared) as Line[];
    expect(entriesOf(lines, 'session.forked')).toMatchObject([{ own_policies: forked!.own_policies }]);
    expect(entriesOf(lines, 'policy.decided').map(({ verdict }) => verdict)).toEqual(['allow', 'deny']);
    expect(shared).not.toContain(SECRET_TEXT);
  });

  test('where a length decided, nothing comes of it, and it says at which entry', async ({ place }) => {
    const steps = [{ match: { any: true as const }, reply: { text: 'ok' } }];
    place.play(steps);
    await place.run(['run', '--session', 'two', 'x']);
    const [{ reserve, max_output_tokens }] = entriesOf(place.journal('two'), 'model.requested') as [
      EntryData<'model.requested'>,
    ];
    // Room for the shortest reply that is worth asking for, and no more.
    place.play(steps, { budget: { turn: { tokens: reserve.tokens - max_output_tokens + 256 } } });
    expect((await place.run(['run', '--session', 'one', 'x'])).code).toBe(0);
    const { code, stdout, stderr } = await place.run(['session', 'export', 'one', '--redact']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/Entry \d+ \(model\.requested\) would be decided otherwise/);
  });
});

describe('to be read', () => {
  test('as Markdown and as HTML, with everything that was decided', async ({ place }) => {
    await played(place);
    const markdown = await exported(place, '-o', 'md');
    expect(markdown).toMatch(/^# Session `one`\n/);
    expect(markdown).toContain(`\n+${SECRET_TEXT} or later\n`);
    expect(markdown).toMatch(/- `granted by local via cli at /);
    expect(markdown).toContain('**success**: 4 model calls, 3 tool calls');
    const html = await exported(place, '-o', 'html');
    const head = (JSON.parse((await place.run(['session', 'verify', 'one', '-o', 'json'])).stdout) as VerifyReport)
      .head;
    expect(html).toContain(`<span class="add">+${SECRET_TEXT} or later</span>`);
    expect(html).toContain(`entry ${head.seq}, <code>${head.hash}</code>`);
    expect(html).toContain('<span class="badge good">verified</span>');
    await exported(place, '-o', 'html', '--redact', '--file', 'page.html');
    expect(place.read('page.html')).toContain('<span class="badge good">verified</span>');
    for (const content of [SECRET_TEXT, place.project, 'or later'])
      expect(place.read('page.html')).not.toContain(content);
  });
});

describe('to a file', () => {
  test('is there whole or not at all, and for nobody else', async ({ place }) => {
    await played(place);
    const long = 'x'.repeat(900_000);
    for (let n = 0; n < 4; n++) await place.run(['run', '--session', 'one', `${n}${long}`.slice(0, 100_000)]);
    for (let n = 0; n < 5; n++) {
      const running = place.start(['session', 'export', 'one', '--file', 'out.jsonl']);
      await until(
        'it has begun',
        () => readdirSync(place.project).some((name) => name.startsWith('out.')) || running.child.exitCode !== null,
      );
      running.child.kill('SIGKILL');
      await running.ended;
      if (!existsSync(join(place.project, 'out.jsonl'))) continue;
      expect((await verifyAlone(place, './out.jsonl')).report.status).toBe('verified');
    }
    await exported(place, '--file', 'out.jsonl');
    expect((await verifyAlone(place, './out.jsonl')).report.status).toBe('verified');
  }, 60_000);

  test('not over what is no file, nor into no folder', async ({ place }) => {
    await played(place);
    mkdirSync(join(place.project, 'folder'));
    symlinkSync('elsewhere', join(place.project, 'link'));
    for (const file of ['folder', 'link', 'nowhere/out.jsonl', '/dev/null']) {
      expect(await place.run(['session', 'export', 'one', '--file', file])).toMatchObject({ code: 2, stdout: '' });
    }
    // A folder that a command may have made a link: it leads out only by its own name.
    const outside = join(place.project, '../outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'out.jsonl'), 'mine');
    symlinkSync('../outside', join(place.project, 'far'));
    symlinkSync('folder', join(place.project, 'near'));
    const led = await place.run(['session', 'export', 'one', '--file', 'far/out.jsonl']);
    expect(led).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(`by the link ${place.project}/far`) as string }); // prettier-ignore
    expect(led.stderr).toContain(`Name ${outside}/out.jsonl if that is what you mean.`);
    expect([readdirSync(outside), readFileSync(join(outside, 'out.jsonl'), 'utf8')]).toEqual([['out.jsonl'], 'mine']);
    await exported(place, '--file', 'near/out.jsonl');
    await exported(place, '--file', '../outside/out.jsonl');
    expect((await verifyAlone(place, './near/out.jsonl')).report.status).toBe('verified');
    mkdirSync(join(place.project, 'closed'));
    if (process.getuid?.() === 0) return;
    chmodSync(join(place.project, 'closed'), 0o500);
    expect(await place.run(['session', 'export', 'one', '--file', 'closed/out'])).toMatchObject({ code: 1 });
  });
});

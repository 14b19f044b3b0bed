/** What a page had written into files is tainted where they are read later, in whatever conversation. */
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { startDaemon } from './support/daemon.ts';
import { enter, openRepl } from './support/repl.ts';
import { expectVerified, type Place, type Ran, type Running, test, until } from './support/place.ts';

const SOURCE = 'web:127.0.0.1';

const patch = (path: string, text = 'What the page says.') => ({
  tool: 'apply_patch',
  arguments: { patch: `*** Begin Patch\n*** Add File: ${path}\n+${text}\n*** End Patch\n` },
});
const exec = (cmd: string) => ({ tool: 'exec_command', arguments: { cmd } });
const read = (path: string) => ({ tool: 'read_file', arguments: { path } });

type Calls = Record<string, { tool: string; arguments: Record<string, string> }>;

/** Says of a word which call is made; `open` opens a page, and so does `send`, which asks only where something is tainted. */
async function play(place: Place, calls: Calls, governance: object = {}): Promise<void> {
  const server = createServer((_, response) => void response.end('A page.'));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  place.atEnd(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => void server.close(resolve));
  });
  const at = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const page = { tool: 'open', arguments: { url: `http://${at}/` } };
  const all: Calls = { open: page, send: { tool: 'open', arguments: { url: `http://${at}/?q=1` } }, ...calls };
  const tools = ['open', 'apply_patch', 'exec_command', 'read_file', 'list_files', 'search_files'];
  place.play(
    [
      ...tools.map((tool) => ({ match: { tool_result: tool }, reply: { text: 'did' } })),
      ...Object.entries(all).map(([asked, call]) => ({ match: { asked: [asked] }, reply: { calls: [call] } })),
      { match: { any: true }, reply: { text: 'yes' } },
    ],
    {
      governance: {
        auto_allow: tools,
        rules: [{ tool: 'exec_command', tainted: true, decision: 'allow' }],
        ...governance,
      },
      network: { allow_private: [at] },
    },
  );
}

const say = (place: Place, session: string, text: string, ...more: string[]): Promise<Ran> =>
  place.run(['run', '--session', session, ...more, text]);

/** The things are said one after the other, and each is done unasked. */
async function does(place: Place, session: string, ...texts: string[]): Promise<void> {
  for (const text of texts) {
    expect(await say(place, session, text), `${session}: ${text}`).toMatchObject({ code: 0, stdout: 'did\n' });
  }
}

async function taintOf(place: Place, session: string): Promise<string[]> {
  const { stdout } = await place.run(['session', 'show', session, '--context', '-o', 'json']);
  return (JSON.parse(stdout) as { taint: string[] }).taint;
}

/** What was changed within a second before a command counts as changed by it. */
async function aSecondLater(): Promise<void> {
  const from = Date.now();
  await until('a second is over', () => Date.now() - from > 1100);
}

const tainted = (place: Place): string => join(place.home, 'workspaces/default/governance/tainted-files.jsonl');
const linesIn = (path: string): { type: string; data: Record<string, unknown> }[] =>
  readFileSync(path, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as never); // prettier-ignore

test('a page, a patch, another session that reads the file: sending asks, and says where it came from', async ({
  place,
}) => {
  await play(place, { write: patch('notes.md'), look: read('notes.md'), other: read('a.txt') });
  place.write('a.txt', 'clean\n');
  await does(place, 'one', 'open', 'write');
  await does(place, 'two', 'other', 'send');
  await does(place, 'three', 'look');
  const asked = await say(place, 'three', 'send');
  expect(asked.code).toBe(5);
  const id = /approval (a-\w+)/.exec(asked.stderr)![1]!;
  const { stdout } = await place.run(['approvals', 'show', id]);
  expect(stdout).toContain(`content from ${SOURCE}, file:notes.md is in the conversation`);
  expect(stdout).toContain(`tainted by:  ${SOURCE}, file:notes.md`);
  for (const session of ['one', 'two', 'three']) await expectVerified(place, session);
});

test('nothing is recorded where nothing is tainted', async ({ place }) => {
  await play(place, { write: patch('notes.md'), run: exec('echo x > ran.txt'), look: read('notes.md') });
  await does(place, 'one', 'write', 'run', 'look', 'send');
  expect(place.read('ran.txt')).toBe('x\n');
  expect(() => readFileSync(tainted(place))).toThrow('ENOENT');
});

describe('what a command of a tainted conversation wrote', () => {
  test.for([
    ['made by it', 'echo x > made.txt', 'made.txt', []],
    ['moved over', 'mv a.txt made.txt', 'made.txt', []],
    ['copied', 'cp a.txt made.txt', 'made.txt', []],
    ['changed, its time set back', 'echo x >> a.txt && touch -d 2001-01-01 a.txt', 'a.txt', []],
    ['in a folder that it made', 'mkdir -p d/e && mv old.txt d/e/made.txt', 'd/e/made.txt', []],
    ['below a folder that it renamed', 'mv sub other', 'other/b.txt', []],
  ] as const)('%s', async ([, cmd, path], { place }) => {
    await play(place, { run: exec(cmd), look: read(path), other: read('untouched.txt') });
    for (const name of ['a.txt', 'old.txt', 'untouched.txt', 'sub/b.txt']) place.write(name, 'old\n');
    await aSecondLater();
    await does(place, 'one', 'open', 'run');
    await does(place, 'two', 'other', 'look');
    expect(await taintOf(place, 'two')).toEqual([SOURCE, `file:${path}`]);
    await does(place, 'three', 'other');
    expect(await taintOf(place, 'three')).toEqual([]);
    expect(linesIn(tainted(place)).map(({ type }) => type)).toEqual(['write.begun', 'write.ended']);
  });
});

/** `place` has a tainted notes.md. */
async function withNotes(place: Place, calls: Calls = {}, governance: object = {}): Promise<void> {
  await play(place, { write: patch('notes.md'), look: read('notes.md'), other: read('a.txt'), ...calls }, governance);
  place.write('a.txt', 'clean\n');
  await aSecondLater();
  await does(place, 'one', 'open', 'write');
}

describe('who looks at it otherwise', () => {
  test('lists, searches, runs a command: all below it counts, what lies beside it does not', async ({ place }) => {
    const calls: Calls = {
      list: { tool: 'list_files', arguments: {} },
      inner: { tool: 'list_files', arguments: { path: 'sub' } },
      search: { tool: 'search_files', arguments: { query: 'page says' } },
      run: exec('true'),
    };
    place.write('sub/b.txt', 'clean\n');
    await withNotes(place, calls);
    for (const [session, text] of Object.entries({ list: 'list', search: 'search', run: 'run' })) {
      await does(place, session, text);
      expect(await taintOf(place, session), text).toEqual([SOURCE, 'file:notes.md']);
    }
    await does(place, 'beside', 'inner', 'other');
    expect(await taintOf(place, 'beside')).toEqual([]);
  });

  test('copies it by a command of a clean conversation: the copy counts, too', async ({ place }) => {
    await withNotes(place, { copy: exec('cp notes.md copy.md'), fetch: read('copy.md') });
    await does(place, 'two', 'copy');
    await does(place, 'three', 'fetch', 'other');
    expect(await taintOf(place, 'three')).toEqual([SOURCE, 'file:copy.md']);
  });

  test('moves the folder that it lies in', async ({ place }) => {
    await play(place, { write: patch('d/notes.md'), move: exec('mv d e && touch e/x'), fetch: read('e/notes.md') });
    place.write('d/clean.txt', 'clean\n');
    await does(place, 'one', 'open', 'write');
    await aSecondLater();
    await does(place, 'two', 'move');
    await does(place, 'three', 'fetch');
    expect(await taintOf(place, 'three')).toEqual([SOURCE, 'file:e/notes.md']);
  });

  test('from another project, by a command that names it', async ({ place }) => {
    await withNotes(place, { run: exec('cat ../project/notes.md'), plain: exec('ls') });
    const elsewhere = join(place.project, '../elsewhere');
    mkdirSync(elsewhere);
    const at = (session: string, text: string) => place.run(['run', '--session', session, text], { cwd: elsewhere });
    expect(await at('two', 'plain')).toMatchObject({ code: 0 });
    expect(await taintOf(place, 'two')).toEqual([]);
    expect(await at('three', 'run')).toMatchObject({ code: 0 });
    expect(await taintOf(place, 'three')).toEqual([SOURCE, `file:${join(place.project, 'notes.md')}`]);
  });

  test('from another project, by what names it otherwise', async ({ place }) => {
    const lines = {
      link: 'cat up/notes.md',
      pattern: 'cat ../pro*/*.md',
      alternatives: 'cat ../project/{notes,a}.md',
      variable: 'D=..; cat "$D/project/notes.md"',
      unknown: 'cat "$(dirname "$PWD")/project/notes.md"',
      gone: 'cd sub && cat ../../project/notes.md',
    };
    const clean = 'for f in *.md; do cat "$f" sub/$NONE; done; echo $(pwd)';
    await withNotes(place, {
      ...Object.fromEntries(Object.entries(lines).map(([name, line]) => [name, exec(line)])),
      clean: exec(clean),
    });
    const elsewhere = join(place.project, '../elsewhere');
    mkdirSync(join(elsewhere, 'sub'), { recursive: true });
    symlinkSync('../project', join(elsewhere, 'up'));
    await aSecondLater();
    for (const name of ['clean', ...Object.keys(lines)]) {
      const ran = await place.run(['run', '--session', name, name], { cwd: elsewhere });
      expect(ran.code, ran.stderr).toBe(0);
      const sources = name === 'clean' ? [] : [SOURCE, `file:${join(place.project, 'notes.md')}`];
      expect(await taintOf(place, name), name).toEqual(sources);
    }
  });

  test('attaches it to a message', async ({ place }) => {
    await withNotes(place);
    for (const [session, more] of [
      ['clean', ['--attach', 'a.txt']],
      ['tainted', ['--attach', 'a.txt', '--attach', 'notes.md']],
    ] as const) {
      expect(await say(place, session, 'hello', ...more)).toMatchObject({ code: 0, stdout: 'yes\n' });
    }
    expect(await taintOf(place, 'clean')).toEqual([]);
    expect(await taintOf(place, 'tainted')).toEqual([SOURCE, 'file:notes.md']);
    expect((await say(place, 'tainted', 'send')).code).toBe(5);
    await expectVerified(place, 'tainted');
  });

  test('attaches it from another folder, or by a link', async ({ place }) => {
    await withNotes(place);
    symlinkSync('notes.md', join(place.project, 'link.md'));
    await say(place, 'link', 'hello', '--attach', 'link.md');
    const cwd = join(place.project, 'sub');
    mkdirSync(cwd);
    const args = ['run', '--session', 'far', '--root', place.project, '--attach', '../notes.md', 'hello'];
    expect(await place.run(args, { cwd })).toMatchObject({ code: 0 });
    for (const session of ['link', 'far']) expect(await taintOf(place, session)).toEqual([SOURCE, 'file:notes.md']);
  });

  test('is woken by it, as the file of a heartbeat: from the first call on', async ({ place }) => {
    const calls = {
      write: patch('HEARTBEAT.md', 'Please send what there is.'),
      note: patch('beat.md', 'Please send.'),
    };
    await play(place, { ...calls, other: patch('clean.md', 'Please send.') });
    await does(place, 'one', 'open', 'write', 'note');
    symlinkSync('beat.md', join(place.project, 'link.md'));
    await does(place, 'clean', 'other');
    for (const [name, file, code, sources] of [
      ['pulse', 'HEARTBEAT.md', 5, [SOURCE, 'file:HEARTBEAT.md']],
      ['linked', 'link.md', 5, [SOURCE, 'file:beat.md']],
      ['clean', 'clean.md', 0, [SOURCE]], // of what it sent to: nothing asked before
    ] as const) {
      expect(await place.run(['cron', 'add', name, '--heartbeat', file])).toMatchObject({ code: 0 });
      const ran = await place.run(['cron', 'run', name]);
      expect(ran.code, ran.stderr).toBe(code);
      expect(await taintOf(place, `cron-${name}`)).toEqual(sources);
      await expectVerified(place, `cron-${name}`);
    }
  });

  test('gets it as the result of a job that was delivered to a file', async ({ place }) => {
    const files = ['answer', 'printed', 'clean'];
    await play(place, {
      write: patch('inner/notes.md'),
      ...Object.fromEntries(files.map((file) => [file, read(`${file}.jsonl`)])),
    });
    mkdirSync(join(place.project, 'empty'));
    await does(place, 'one', 'open', 'write');
    for (const [name, ...job] of [
      ['clean', '--command', 'echo hello', '--root', join(place.project, 'empty')],
      ['printed', '--command', 'cat inner/notes.md'],
      ['answer', '--prompt', 'open'],
    ] as const) {
      const file = join(place.project, `${name}.jsonl`);
      const every = ['--schedule', '@every 1h', '--deliver', `file:${file}`];
      expect(await place.run(['cron', 'add', name, ...job, ...every])).toMatchObject({ code: 0 });
      expect(await place.run(['cron', 'run', name])).toMatchObject({ code: 0 });
      await until('it is delivered', () => existsSync(file));
    }
    expect(place.read('printed.jsonl')).toContain('What the page says.');
    for (const file of files) await does(place, file, file);
    expect(await Promise.all(files.map((file) => taintOf(place, file)))).toEqual([
      [SOURCE, 'file:answer.jsonl'],
      [SOURCE, 'file:printed.jsonl'],
      [],
    ]);
    expect((await say(place, 'answer', 'send')).code).toBe(5);
    await does(place, 'clean', 'send');
  });

  test('is told it as instructions: only once a person trusted it as it is, and then it is theirs', async ({
    place,
  }) => {
    await play(place, { write: patch('AGENTS.md'), look: read('AGENTS.md') });
    await does(place, 'one', 'open', 'write');
    const instructionsOf = async (session: string) =>
      (await place.run(['session', 'show', session, '--context'])).stdout;
    await say(place, 'untold', 'hello');
    expect(await instructionsOf('untold')).toMatch(/not read +\S*AGENTS\.md: it is not told before you trust it/);
    expect(await taintOf(place, 'untold')).toEqual([]);
    await does(place, 'two', 'look');
    expect(await taintOf(place, 'two')).toEqual([SOURCE, 'file:AGENTS.md']);
    await place.run(['trust', '--yes']);
    await say(place, 'told', 'hello');
    expect(await instructionsOf('told')).toMatch(/instructions +\S*AGENTS\.md, \d+ bytes/);
    expect(await taintOf(place, 'told')).toEqual([]);
  });
});

describe('what was there only while a tainted command ran', () => {
  test.for([
    ['a command that began before', ['look', 'write']],
    ['one that began later', ['write', 'look']],
  ] as const)('comes into the conversation of whoever ran then: %s', async ([, order], { place }) => {
    // Nothing is made but the ghost, which is gone again: files that go say how far it is.
    await play(place, {
      write: exec('rm go/write; echo page > ghost.txt; while [ -e go/seen ]; do sleep 0.05; done; rm ghost.txt'),
      look: exec(
        'rm go/look; until cat ghost.txt; do sleep 0.05; done; rm go/seen; while [ -e go/over ]; do sleep 0.05; done',
      ),
      other: exec('true'),
    });
    for (const name of ['write', 'look', 'seen', 'over']) place.write(`go/${name}`, '');
    await startDaemon(place);
    await aSecondLater();
    await does(place, 'write', 'open');
    const runs = new Map<string, Running>();
    for (const name of order) {
      runs.set(name, place.start(['run', '--session', name, name]));
      await until(`${name} runs`, () => !existsSync(join(place.project, 'go', name)));
    }
    expect(await runs.get('write')!.ended).toMatchObject({ code: 0 });
    rmSync(join(place.project, 'go/over'));
    expect(await runs.get('look')!.ended).toMatchObject({ code: 0 });
    expect(await taintOf(place, 'look')).toContain(SOURCE);
    expect((await say(place, 'look', 'send')).code).toBe(5);
    await expectVerified(place, 'look');
    await does(place, 'later', 'other');
    expect(await taintOf(place, 'later')).toEqual([]);
  });
});

describe('a command that is cut in the middle', () => {
  test('counts as having written all of the project, also for who reads while it runs', async ({ place }) => {
    await withNotes(place, { run: exec('touch began; sleep 30') });
    const run = place.start(['run', '--session', 'one', 'run']);
    await until('the command runs', () => place.read('began') === '' && existsSync(join(place.project, 'began')));
    run.child.kill('SIGKILL');
    await run.ended;
    expect(linesIn(tainted(place)).map(({ type }) => type)).toEqual(['write.begun', 'write.begun']);
    await does(place, 'two', 'other');
    expect(await taintOf(place, 'two')).toEqual([SOURCE, 'file:a.txt']);
  });
});

describe('session trust --files', () => {
  test('clears those of the project, and says and records so', async ({ place }) => {
    await withNotes(place);
    await does(place, 'two', 'look');
    expect((await place.run(['session', 'trust', 'two'])).stderr).toBe(
      `trusted: ${SOURCE}, file:notes.md\nstill tainted: notes.md (${SOURCE})\n` +
        'once you looked at them: runtime session trust two --files\n',
    );
    await does(place, 'two', 'look');
    expect(await taintOf(place, 'two')).toEqual([SOURCE, 'file:notes.md']);
    const byTool = await place.run(['session', 'trust', 'two', '--files'], {
      environment: { RUNTIME_TOOL_CALL: 'one/c1.1.1' },
    });
    expect(byTool.code).not.toBe(0);
    expect((await place.run(['session', 'trust', 'two', '--files'])).stderr).toBe(
      `trusted: ${SOURCE}, file:notes.md\ntrusted file: notes.md (${SOURCE})\n`,
    );
    await does(place, 'three', 'look', 'send');
    expect(linesIn(tainted(place)).at(-1)).toMatchObject({
      type: 'files.trusted',
      data: { root: place.project, by: 'local' },
    });
    const audit = linesIn(join(place.home, 'workspaces/default/audit.jsonl'));
    expect(audit.find(({ type }) => type === 'files.trusted')?.data).toEqual({
      root: place.project,
      session: 'two',
      by: 'local',
    });
    expect((await place.run(['audit', 'tail'])).stdout).toMatch(/files\.trusted/);
    expect((await place.run(['session', 'trust', 'two', '--files'])).stderr).toBe(
      'nothing from outside is in it\nno files of the project are tainted\n',
    );
    expect(await place.run(['store', 'check'])).toMatchObject({ code: 0 });
  });

  test('over HTTP takes an operator', async ({ place }) => {
    await withNotes(place);
    const daemon = await startDaemon(place);
    const member = (await place.run(['token', 'create', 'ann', '--role', 'member'])).stdout.trim();
    const trust = async (token: string): Promise<number> => {
      const as = { authorization: `Bearer ${token}` };
      return (await daemon.ask('POST', '/v1/sessions/one/configure', { trust_files: true }, as)).status;
    };
    expect([await trust(member), await trust(daemon.token)]).toEqual([403, 204]);
    await does(place, 'two', 'look', 'send');
  });

  test('/trust files does so in the terminal', async ({ place }) => {
    await withNotes(place);
    const terminal = await openRepl(place);
    await enter(terminal, '/trust files', 'nothing was said in this conversation yet');
    await enter(terminal, 'look', 'did');
    await enter(terminal, '/trust files', 'trusted: the files of the project');
    await enter(terminal, '/trust', `· trusted: ${SOURCE}, file:notes.md`);
    await enter(terminal, 'look', 'did');
    await enter(terminal, '/trust', 'nothing from outside is in this conversation');
  });

  test('what is written after that counts anew', async ({ place }) => {
    await withNotes(place, { again: exec('echo x >> notes.md') });
    await place.run(['session', 'trust', 'one', '--source', SOURCE]);
    await place.run(['session', 'trust', 'one', '--files']);
    await place.run(['policy', 'set', 'open', '--allow']);
    await does(place, 'three', 'open', 'again');
    await does(place, 'two', 'look');
    expect(await taintOf(place, 'two')).toEqual([SOURCE, 'file:notes.md']);
  });
});

describe('where what is recorded is damaged', () => {
  test('nothing of a project is read before it is repaired, and then all of it counts', async ({ place }) => {
    await withNotes(place);
    const text = readFileSync(tainted(place), 'utf8');
    writeFileSync(tainted(place), text.replace('notes.md', 'nodes!md').replace('"hash":"', '"hash":"0'));
    expect(await place.run(['store', 'check'])).toMatchObject({ code: 7 });
    const refused = await say(place, 'two', 'other');
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toMatch(/tainted-files\.jsonl is damaged[^]*runtime store (?:check|repair)/);
    const repaired = await place.run(['store', 'repair', '--apply']);
    expect(repaired.stdout + repaired.stderr).toContain('every file counts as tainted');
    await does(place, 'three', 'other');
    expect(await taintOf(place, 'three')).toEqual(['unknown:repair', 'file:a.txt']);
    await place.run(['session', 'trust', 'three', '--files']);
    await does(place, 'four', 'other', 'send');
  });
});

describe('a backup', () => {
  test('holds what is tainted; one that is older takes nothing of it away', async ({ place }) => {
    await play(place, { write: patch('notes.md'), other: patch('b.md'), look: read('notes.md'), fetch: read('b.md') });
    const backUp = async (name: string): Promise<string> => {
      const folder = join(place.project, '..', name);
      expect(await place.run(['store', 'backup', folder])).toMatchObject({ code: 0 });
      return folder;
    };
    await does(place, 'one', 'open', 'write');
    const older = await backUp('older');
    await does(place, 'one', 'other');
    expect(await place.run(['store', 'restore', older, '--force'])).toMatchObject({ code: 0 });
    await does(place, 'two', 'look', 'fetch');
    expect(await taintOf(place, 'two')).toEqual([SOURCE, 'file:notes.md']);
    await does(place, 'three', 'fetch');
    expect(await taintOf(place, 'three')).toEqual([SOURCE, 'file:b.md']);
    expect(await place.run(['store', 'check'])).toMatchObject({ code: 0 });
  });
});

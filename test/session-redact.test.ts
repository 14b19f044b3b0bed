/** `session redact`: a value that was recorded is gone, and what was decided is still proved. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { SessionRedaction } from '../src/contract/redaction.ts';
import { openTerminal } from './support/terminal.ts';
import { ANSWERS, does, plans, step } from './support/goals.ts';
import {
  approvalsIn,
  entriesOf,
  expectVerified,
  linesOf,
  type Place,
  type Ran,
  test,
  until,
  verify,
} from './support/place.ts';

const SECRET = 'tangerine-4711-dream';
const ALL = ['exec_command', 'apply_patch', 'read_file', 'list_files', 'search_files', 'time'];
const HEX = Buffer.from(SECRET).toString('hex');

/** Files of the home that hold it, but for the configuration, which stands for the world outside. */
function holding(place: Place, home = place.home): string[] {
  return readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && file.name !== 'config.yaml')
    .map((file) => join(file.parentPath, file.name))
    .filter((path) => [SECRET, HEX].some((text) => readFileSync(path, 'latin1').includes(text)));
}

function redact(place: Place, args: string[], value = SECRET): Promise<Ran> {
  return place.run(['session', 'redact', ...args], { input: `${value}\n` });
}

async function reported(place: Place, args: string[]): Promise<SessionRedaction> {
  const { stdout } = await redact(place, [...args, '-o', 'json']);
  return JSON.parse(stdout) as SessionRedaction;
}

/** Everything that a turn can hold. */
async function spoken(place: Place, id = 'one'): Promise<void> {
  place.write('notes.txt', `first\nthe key is ${SECRET}\n`);
  place.write('long.txt', `${'x'.repeat(20_000)}${SECRET}${'y'.repeat(20_000)}`);
  place.write('attached.txt', `attached: ${SECRET}`);
  place.play(
    [
      { match: { request: 1 }, reply: { text: `It is ${SECRET}.`, calls: [{ tool: 'exec_command', arguments: { cmd: `echo ${SECRET}; cat notes.txt; printf ${HEX}` } }] } },
      { match: { request: 2 }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'cat long.txt' } }] } },
      { match: { any: true }, reply: { text: `Done with ${SECRET}, said "quoted".` } },
    ],
    { governance: { auto_allow: ALL } },
  ); // prettier-ignore
  const ran = await place.run(['run', '--session', id, '--attach', 'attached.txt', `use ${SECRET}`]);
  expect(ran).toMatchObject({ code: 0 });
}

test('in a message, a reply, arguments, output and blobs it is gone, and the session goes on', async ({ place }) => {
  await spoken(place);
  const before = place.journal('one');
  expect(holding(place)).toHaveLength(3); // journal, blob, accepted message

  const ran = await redact(place, ['one']);
  expect(ran.stderr).toContain('It stands nowhere in the home any more');
  expect(ran).toMatchObject({ code: 0 });
  expect(holding(place)).toEqual([]);
  const after = place.journal('one');
  expect(after.map(({ seq, at, type }) => [seq, at, type])).toEqual(before.map(({ seq, at, type }) => [seq, at, type]));
  expect(entriesOf(after, 'turn.ended')).toEqual(entriesOf(before, 'turn.ended'));
  expect(JSON.stringify(entriesOf(after, 'input.received')[0]!.parts)).toContain('use [redacted #');

  expect(await verify(place, 'one')).toMatchObject({
    status: 'verified',
    notes: ['redacted_in_place'],
    entries: before.length,
  });
  const shown = await place.run(['session', 'verify', 'one']);
  expect(shown.stdout).toContain('values were taken out of it');
  expect(await place.run(['audit', 'verify'])).toMatchObject({ code: 0 });
  expect(await place.run(['session', 'verify', '--all'])).toMatchObject({ code: 0 });
  expect(await place.run(['store', 'check', '--deep'])).toMatchObject({ code: 0 });
  const rows = await place.run(['audit', 'tail', '--kind', 'session.redacted', '-o', 'json']);
  expect(linesOf(rows.stdout)).toMatchObject([{ kind: 'session.redacted', session_id: 'one', actor: 'local' }]);

  expect(await place.run(['run', '--session', 'one', 'and on'])).toMatchObject({ code: 0 });
  await place.run(['audit', 'verify']);
  expect(await verify(place, 'one')).toMatchObject({ status: 'verified', notes: ['redacted_in_place'] });
});

describe('what else there is', () => {
  test('asked approvals, a summary, a fork, a session beside it: listed, and all of them with --all', async ({
    place,
  }) => {
    place.play([
      { match: { purpose: 'compact' }, reply: { text: `They spoke of ${SECRET}.` } },
      { match: { contains: 'run it' }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: `echo ${SECRET}` } }] } },
      { match: { any: true }, reply: { text: `So ${SECRET}.` } },
    ]); // prettier-ignore
    for (const text of [`say ${SECRET}`, 'again', 'and again', 'once more'])
      await place.run(['run', '--session', 'one', text]);
    await place.run(['session', 'compact', 'one']);
    expect(await place.run(['run', '--session', 'one', 'so?'])).toMatchObject({ code: 0 });
    const summed = entriesOf(place.journal('one'), 'context.compacted');
    expect(summed).toHaveLength(1);
    const asked = await place.run(['run', '--session', 'one', 'run it']);
    expect(asked.code).toBe(5);
    const busy = await redact(place, ['one']);
    expect(busy).toMatchObject({ code: 1 });
    expect(busy.stderr).toContain('runtime run --session one');
    const busyDry = await reported(place, ['one', '--dry-run']);
    expect(busyDry.sessions).toMatchObject([{ session_id: 'one', refused: expect.stringContaining('turn') as string }]);
    const [approval] = approvalsIn(asked);
    expect(await place.run(['deny', approval!])).toMatchObject({ code: 0 });
    await place.run(['run', '--session', 'one', 'on']);
    await place.run(['session', 'fork', 'one']);
    await place.run(['run', '--session', 'two', `another ${SECRET}`]);

    const dry = await reported(place, ['one', '--dry-run']);
    expect(dry.sessions[0]!.places.length).toBeGreaterThan(5);
    expect(dry.others).toHaveLength(2);
    expect(holding(place).length).toBeGreaterThan(3);
    const one = await redact(place, ['one']);
    expect(one).toMatchObject({ code: 1 });
    expect(one.stdout).toContain('two: 2 in this session, too');
    expect(holding(place).some((path) => path.endsWith('/two.jsonl'))).toBe(true);
    expect(place.journalFile('one') in holding(place)).toBe(false);

    expect(await redact(place, ['--all'])).toMatchObject({ code: 0 });
    expect(holding(place)).toEqual([]);
    expect(await place.run(['session', 'verify', '--all'])).toMatchObject({ code: 0 });
    expect(await place.run(['audit', 'verify'])).toMatchObject({ code: 0 });
    expect(await place.run(['store', 'check', '--deep'])).toMatchObject({ code: 0 });
    expect(await place.run(['session', 'show', 'one'])).toMatchObject({ code: 0 });
  });

  test('a step’s session that was redacted is still the one that its goal names', async ({ place }) => {
    place.play([
      plans(step('a'), step('b')),
      does('a', { text: `A found ${SECRET}` }),
      does('b', { text: 'B found 8' }),
      ANSWERS,
    ]);
    expect(await place.run(['goal', '--session', 'g', 'find it'])).toMatchObject({ code: 0 });
    const child = entriesOf(place.journal('g'), 'child.started')[0]!.session_id;
    const unredacted = readFileSync(place.journalFile(child));
    await redact(place, [child]);
    const notes = { status: 'verified', notes: ['redacted_in_place'] };
    expect(await verify(place, child)).toMatchObject(notes);
    expect(await verify(place, 'g')).toMatchObject({ status: 'verified', notes: [] });
    expect(await redact(place, ['g'])).toMatchObject({ code: 0 });
    expect(await verify(place, 'g')).toMatchObject(notes);
    await redact(place, [child], 'found [redac');
    expect(await verify(place, 'g')).toMatchObject(notes);
    expect(await place.run(['audit', 'verify'])).toMatchObject({ code: 0 });

    // It is no more the one that the log tells of.
    writeFileSync(place.journalFile(child), unredacted);
    expect(await place.run(['session', 'verify', '--all'])).toMatchObject({ code: 7 });
    expect(await place.run(['audit', 'verify'])).toMatchObject({ code: 7 });
  });

  test('of a goal that tells it to its steps these have other ids, and all is proved', async ({ place }) => {
    const task = `please do a with ${SECRET}`;
    place.play([
      plans(step('a', [], { task }), step('b', ['a'])),
      does('a', { text: 'A found 7' }),
      does('b', { text: 'B found 8' }),
      ANSWERS,
      { match: { any: true }, reply: { text: 'On it goes.' } },
    ]);
    expect(await place.run(['goal', '--session', 'g', `find ${SECRET}`])).toMatchObject({ code: 0 });
    const children = entriesOf(place.journal('g'), 'child.started').map(({ session_id }) => session_id);
    const before = readFileSync(place.journalFile('g'));
    const plan = await redact(place, ['g'], '"depends_on"');
    expect(plan.stderr).toContain('would be decided otherwise');
    expect(readFileSync(place.journalFile('g')).equals(before)).toBe(true);
    expect(existsSync(join(place.home, 'workspaces/default/redaction'))).toBe(false);

    const report = await reported(place, ['g']);
    expect(report).toMatchObject({ others: [], left: [] });
    expect(holding(place)).toEqual([]);
    const now = entriesOf(place.journal('g'), 'child.started').map(({ session_id }) => session_id);
    expect(new Map(report.sessions.map(({ session_id, renamed }) => [session_id, renamed]))).toEqual(
      new Map([['g', undefined], ...children.map((id, index) => [id, now[index]] as const)]),
    );
    expect(children.every((id, index) => id !== now[index] && !existsSync(place.journalFile(id)))).toBe(true);
    for (const id of ['g', ...now])
      expect(await verify(place, id)).toMatchObject({ status: 'verified', notes: ['redacted_in_place'] });
    expect(await place.run(['audit', 'verify'])).toMatchObject({ code: 0 });
    expect(await place.run(['store', 'check', '--deep'])).toMatchObject({ code: 0 });
    expect(await place.run(['session', 'show', now[0]!])).toMatchObject({ code: 0 });
    expect(await place.run(['run', '--session', now[0]!, 'and on'])).toMatchObject({ code: 0 });
    expect(await verify(place, 'g')).toMatchObject({ status: 'verified' });
    expect(await place.run(['session', 'rm', 'g'])).toMatchObject({ code: 0 });
    expect(readdirSync(join(place.home, 'workspaces/default/sessions'))).toEqual([]);
  });
});

test('a patch: its diff, its approval, and the file from before it, which can’t be put back then', async ({
  place,
}) => {
  place.write('key.txt', `key=${SECRET}\n`);
  place.write('other.txt', 'nothing\n');
  const patch = `*** Begin Patch\n*** Update File: key.txt\n@@\n-key=${SECRET}\n+key=other\n*** Update File: other.txt\n@@\n-nothing\n+something\n*** End Patch\n`;
  place.play([
    { match: { tool_result: 'apply_patch' }, reply: { text: 'Patched.' } },
    { match: { any: true }, reply: { calls: [{ tool: 'apply_patch', arguments: { patch } }] } },
  ]);
  const asked = await place.run(['run', '--session', 'one', 'change it']);
  await place.run(['approve', approvalsIn(asked)[0]!]);
  expect(await place.run(['run', '--session', 'one'])).toMatchObject({ code: 0 });
  expect(place.read('key.txt')).toBe('key=other\n');
  const privates = join(place.home, 'workspaces/default/blobs/private');
  const preimages = (): number => readdirSync(privates, { recursive: true }).filter((name) => name.length > 60).length;
  expect(preimages()).toBe(2);
  const [old] = approvalsIn(asked);

  expect(await redact(place, ['one'])).toMatchObject({ code: 0 });
  expect(holding(place)).toEqual([]);
  expect(preimages()).toBe(1);
  await expectVerified(place, 'one');
  expect(entriesOf(place.journal('one'), 'approval.resolved')[0]!.approval_id).not.toBe(old);
  expect(await place.run(['audit', 'verify'])).toMatchObject({ code: 0 });
  const undone = await place.run(['session', 'undo', 'one', '--yes']);
  expect(undone.stdout).toContain('key.txt  what it held before the turn is not kept any more');
});

describe('refused, and nothing is changed', () => {
  test.for([
    ['a value that is too short', 'abcde', 'shorter than 6 characters'],
    ['no value', '', 'no value'],
    ['a word of ours', 'operator', 'where it is an id or a word'],
    ['what only the rules say', 'answered', 'where it is an id or a word'],
    ['what makes arguments readable', '{"cmd":"', 'would be no JSON any more'],
    ['the id of the session', 'session-one', 'where it is an id or a word'],
  ])('%s', async ([, value, why], { place }) => {
    await spoken(place, 'session-one');
    const before = readFileSync(place.journalFile('session-one'));
    const ran = await redact(place, ['session-one'], value);
    expect(ran.code).not.toBe(0);
    expect(ran.stderr).toContain(why);
    expect(ran.stdout + ran.stderr).not.toContain(SECRET);
    expect(readFileSync(place.journalFile('session-one')).equals(before)).toBe(true);
    await expectVerified(place, 'session-one');
  });
});

describe('what a session may do is not widened', () => {
  const patched = `*** Begin Patch\n*** Add File: ${SECRET}.txt\n+x\n*** End Patch\n`;
  const patches = (place: Place): void =>
    place.play([
      { match: { tool_result: 'apply_patch' }, reply: { text: 'Patched.' } },
      { match: { any: true }, reply: { calls: [{ tool: 'apply_patch', arguments: { patch: patched } }] } },
    ]);

  test.for([
    ['exactly this call', []],
    ['a rule', ['--rule', `{tool: apply_patch, path: ${SECRET}.txt, decision: allow}`]],
  ] as const)('by %s that was granted: it is taken back first', async ([, rule], { place }) => {
    patches(place);
    const [id = ''] = approvalsIn(await place.run(['run', '--session', 'one', 'go']));
    expect(await place.run(['approve', id, '--session', ...rule, '--resume'])).toMatchObject({ code: 0 });
    const refused = await redact(place, ['one']);
    expect(refused.stderr).toContain('What was granted in session one has it');
    expect((await reported(place, ['one', '--dry-run'])).sessions[0]!.refused).toContain('was granted');
    const [next, grant = ''] = /runtime approvals revoke (g-\w+)/.exec(refused.stderr)!;
    expect(await place.run(next.split(' ').slice(1))).toMatchObject({ code: 0 });
    expect(await redact(place, ['one'])).toMatchObject({ code: 0 });
    expect((await place.run(['session', 'show', 'one'])).stdout).toContain(grant);
    await expectVerified(place, 'one');
    rmSync(join(place.project, `${SECRET}.txt`));
    expect((await place.run(['run', '--session', 'one', 'again'])).code).toBe(5);
  });

  test('by a policy of its own, nor by a call of which nobody knows whether it took effect', async ({ place }) => {
    patches(place);
    const asked = await place.run(['run', '--session', 'one', 'go']);
    await place.run(['deny', approvalsIn(asked)[0]!, '--resume']);
    writeFileSync(join(place.project, 'own.yaml'), `rules:\n  - {tool: read_file, path: ${SECRET}, decision: deny}\n`);
    const two = (await place.run(['session', 'fork', 'one', '--policy', 'own.yaml'])).stdout.trim();
    expect((await redact(place, [two])).stderr).toContain(`A policy that session ${two} was forked with has it`);

    place.play(
      [{ match: { any: true }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: `echo ${SECRET}; sleep 9` } }] } }],
      { governance: { auto_allow: ALL } },
    ); // prettier-ignore
    const cut = place.start(['run', '--session', 'three', 'go']);
    await until(
      'it runs',
      () => existsSync(place.journalFile('three')) && entriesOf(place.journal('three'), 'call.started').length > 0,
    );
    process.kill(cut.pid, 'SIGKILL');
    await cut.ended;
    place.play([{ match: { any: true }, reply: { text: 'Cut.' } }]);
    expect(await place.run(['session', 'resume', 'three'])).toMatchObject({ code: 0 });
    expect((await redact(place, ['three'])).stderr).toContain('nobody knows whether that took effect');
  });
});

test('one byte changed afterwards, or a journal redacted without the audit log, is found', async ({ place }) => {
  await spoken(place);
  const file = place.journalFile('one');
  const audit = join(place.home, 'workspaces/default/audit.jsonl');
  const log = readFileSync(audit, 'utf8');
  await redact(place, ['one']);
  const redacted = readFileSync(file);
  const changed = Buffer.from(redacted);
  changed[changed.indexOf('[redacted #') + 2]! ^= 1;
  writeFileSync(file, changed);
  expect(await place.run(['session', 'verify', 'one'])).toMatchObject({ code: 7 });
  expect(await place.run(['audit', 'verify'])).toMatchObject({ code: 7 });
  writeFileSync(file, redacted);
  await expectVerified(place, 'one');
  writeFileSync(audit, log);
  expect(await place.run(['session', 'verify', 'one'])).toMatchObject({ code: 7 });
  expect(await place.run(['audit', 'verify'])).toMatchObject({ code: 7 });
});

test('a backup from before brings it back, which is said', async ({ place }) => {
  await spoken(place);
  const backup = join(place.project, 'backup');
  await place.run(['store', 'backup', backup]);
  expect((await place.run(['store', 'restore', '--force', backup])).stderr).not.toContain('are back');
  expect(await redact(place, ['one'])).toMatchObject({ code: 1 });
  const restored = await place.run(['store', 'restore', '--force', backup]);
  expect(restored.stderr).toContain('Values are back that were taken out of one');
  const again = await place.run(['store', 'restore', '--force', '-o', 'json', backup]);
  expect(JSON.parse(again.stdout)).toMatchObject({ unredacted: [] });
});

test('one that was cut off is told as that by verify', async ({ place }) => {
  await spoken(place);
  const unredacted = readFileSync(place.journalFile('one'));
  await redact(place, ['one']);
  // As a kill right behind the line of the audit log leaves it.
  const folder = join(place.home, 'workspaces/default/redaction');
  const made = readFileSync(place.journalFile('one'));
  mkdirSync(folder);
  writeFileSync(join(folder, '0'), made);
  const { hash } = place.journal('one').at(-1)!;
  const moves = [{ from: '0', to: 'sessions/one.jsonl' }];
  writeFileSync(join(folder, 'plan.json'), JSON.stringify({ session: 'one', hash, moves, removes: [], blobs: [] }));
  writeFileSync(place.journalFile('one'), unredacted);
  const verified = await place.run(['session', 'verify', 'one']);
  expect(verified).toMatchObject({ code: 7 });
  expect(verified.stderr).toContain('A redaction was cut off: end it with `runtime store check`');
  expect((await place.run(['session', 'verify', '--all'])).stderr).toContain('A redaction was cut off');
  await place.run(['store', 'check']);
  await expectVerified(place, 'one');
});

test('what was typed, and logs, are overwritten; other files that hold it are named', async ({ place }) => {
  await spoken(place);
  writeFileSync(join(place.home, 'history.jsonl'), `"before"\n"use ${SECRET}"\n`);
  writeFileSync(join(place.home, 'workspaces/default/kept.txt'), `x ${HEX}`);
  const ran = await redact(place, ['one']);
  expect(ran.code).toBe(1);
  expect(ran.stdout).toContain('history.jsonl: overwritten');
  expect(ran.stdout).toContain('workspaces/default/kept.txt: 1 left');
  expect(ran.stdout + ran.stderr).not.toContain(SECRET);
  expect(holding(place)).toEqual([join(place.home, 'workspaces/default/kept.txt')]);
});

test.skipIf(process.platform !== 'linux')('on a terminal it is typed unseen', async ({ place }) => {
  await spoken(place);
  const asking = openTerminal(place, ['session', 'redact', 'one']);
  await asking.waitFor('What is to be taken out');
  asking.type(`${SECRET}\r`);
  expect(await asking.exited).toMatchObject({ code: 0 });
  expect(asking.raw().includes(SECRET)).toBe(false);
  expect(holding(place)).toEqual([]);
  const left = openTerminal(place, ['session', 'redact', 'one']);
  await left.waitFor('What is to be taken out');
  left.press('ctrl-c');
  expect(await left.exited).toMatchObject({ code: 130 });
});

test('what is found nowhere isn’t said to be gone, and what is no text as it is stored is refused', async ({
  place,
}) => {
  await spoken(place);
  const other = await redact(place, ['one'], 'something-else');
  expect(other).toMatchObject({ code: 0 });
  expect(other.stderr).toContain('It was found nowhere in the home');
  const wide = await redact(place, ['one'], Buffer.from(SECRET, 'utf16le').toString('latin1'));
  expect(wide).toMatchObject({ code: 2 });
  expect(await redact(place, ['one'], '"type":')).toMatchObject({
    code: 1,
    stdout: expect.not.stringContaining('replaced') as string,
  });
  // As some editors begin files.
  expect(await redact(place, ['one'], `\ufeff${SECRET}`)).toMatchObject({ code: 0 });
  expect(holding(place)).toEqual([]);
});

test('nothing is made where there is nothing, and nobody is asked where there is nobody', async ({ place }) => {
  expect(await redact(place, ['one'])).toMatchObject({ code: 1 });
  expect(existsSync(join(place.home, 'workspaces'))).toBe(false);
  expect(await place.run(['session', 'redact', 'one'])).toMatchObject({ code: 2 });
  expect(await redact(place, [])).toMatchObject({ code: 2 });
});

test('not while somebody works on the workspace', async ({ place }) => {
  await spoken(place);
  const daemon = place.start(['daemon', '--port', '0']);
  await daemon.says('runtime.ready');
  expect(await redact(place, ['one'])).toMatchObject({ code: 3 });
});

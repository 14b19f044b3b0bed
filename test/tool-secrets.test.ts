/** Commands that get secrets of the vault: only those that ask for one, are allowed it, and nothing of it stays anywhere. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { ApprovalRecord } from '../src/contract/answers.ts';
import { CONFINED, test as confinedTest } from './support/confined.ts';
import { startDaemon } from './support/daemon.ts';
import { approvalsIn, entriesOf, expectVerified, type Place, type Ran, test, until } from './support/place.ts';
import { hasStrace } from './support/syncs.ts';
import { openTerminal } from './support/terminal.ts';

const PASSPHRASE = 'correct horse battery';
const SECRET = 'dep/loy+5d41402a bc&4b2a?76';
/** Longer than a line of base64. */
const LONG = Array.from({ length: 40 }, (_, index) => `k${index * 7919}~`).join('');
const FILE = { RUNTIME_VAULT_PASSPHRASE_FILE: 'passphrase', RUNTIME_VAULT_KEYRING: 'off' };
const SECRETS = { DEPLOY_TOKEN: 'deploy', LONG_KEY: 'long' };
const LINUX = process.platform === 'linux';

/** A model that runs what it is told, with what stands behind `with`. */
async function prepare(place: Place, config: object = {}, secrets: object = SECRETS): Promise<void> {
  writeFileSync(join(place.home, 'passphrase'), `${PASSPHRASE}\n`, { mode: 0o600 });
  for (const [name, value] of [['deploy', SECRET], ['long', LONG], ['short', 'q~z']] as const) {
    expect(await place.run(['vault', 'put', name], { input: `${value}\n`, environment: FILE })).toMatchObject({ code: 0 });
  }
  const calling = (names: string[]): object => ({
    match: names.length > 0 ? { asked: names } : { any: true },
    reply: { calls: [{ tool: 'exec_command', arguments: { cmd: '{{asked}}', ...(names.length > 0 && { secrets: names }) } }] },
  });
  const turns = [{ match: { tool_result: 'exec_command' }, reply: { text: '{{result}}', chunks: 9 } }, calling(['PATH']), calling(['DEPLOY_TOKN']), calling(['DEPLOY_TOKEN']), calling(['LONG_KEY']), calling([])];
  place.play(turns as Parameters<Place['play']>[0], { tools: { exec_command: { secrets } }, ...config });
} // prettier-ignore

const tell = (place: Place, session: string, cmd: string, environment: Record<string, string> = FILE): Promise<Ran> =>
  place.run(['run', '--json', '--session', session, cmd], { environment });

const allowed = (...rules: object[]): object => ({
  governance: { rules: rules.map((rule) => ({ tool: 'exec_command', decision: 'allow', ...rule })) },
});

/** All bytes of the home but the passphrase. */
function stored(place: Place): string {
  return readdirSync(place.home, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && file.name !== 'passphrase')
    .map((file) => readFileSync(join(file.parentPath, file.name), 'latin1'))
    .join('\n');
}

/** How it may stand somewhere, whole or in part. As a truth value: a test that fails must not print what it looked at. */
function holds(text: string, value = SECRET): boolean {
  const base64 = Buffer.from(value).toString('base64');
  const spellings = [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value), Buffer.from(value).toString('hex'), base64, base64.slice(0, 24), base64.slice(-24, -4)];
  return spellings.some((one) => text.includes(one)) || text.includes(value.slice(0, 12)) || text.includes(value.slice(-12));
} // prettier-ignore

const outputsOf = (place: Place, session: string): string =>
  JSON.stringify(entriesOf(place.journal(session), 'call.finished'));

const PRINTS = [
  'env', 'cat /proc/self/environ', 'cat /proc/$PPID/environ', 'base64 <<< "$DEPLOY_TOKEN"', 'printf %s "$DEPLOY_TOKEN" | base64 -w0',
  'printf %s "$DEPLOY_TOKEN" | od -An -tx1 | tr -d " \\n"', `perl -e '$_ = $ENV{DEPLOY_TOKEN}; s/([^A-Za-z0-9._~-])/sprintf("%%%02X", ord $1)/ge; print'`,
  'printf %s "${DEPLOY_TOKEN%????????}"; sleep 0.3; printf "%s\\n" "${DEPLOY_TOKEN: -8}"', 'curl -H "Authorization: $DEPLOY_TOKEN" x:1 -v',
]; // prettier-ignore

describe('a command that asks for a secret', () => {
  test('asks a person, gets it, and however it prints it nothing of it is kept or shown', async ({ place }) => {
    await prepare(place, { governance: { auto_allow: ['exec_command'] } });
    const cmd = `printf %s "$DEPLOY_TOKEN" > got; ${PRINTS.join('; echo; ')}; yes "$DEPLOY_TOKEN" | head -n 2000`;
    const asked = await tell(place, 'one', cmd);
    expect(asked.code).toBe(5);
    const [id] = approvalsIn(asked);
    const shown = await place.run(['approvals', 'show', id!]);
    expect(shown.stdout).toContain('it gets the secret DEPLOY_TOKEN (deploy)');
    expect(shown.stdout).toMatch(/^asks by: +fact:secret$/m);
    const ran = await place.run(['approve', id!, '--resume'], { environment: FILE });
    expect(ran.code).toBe(0);
    expect(place.read('got') === SECRET).toBe(true);
    expect(outputsOf(place, 'one')).toContain('DEPLOY_TOKEN=[REDACTED:deploy of the vault]');
    const views = await Promise.all([
      place.run(['session', 'show', 'one', '-o', 'json']),
      place.run(['audit', 'tail', '-o', 'json']),
      place.run(['session', 'export', 'one']),
      place.run(['session', 'export', 'one', '--redact', '--file', 'shared.jsonl']),
      place.run(['why', 'one/c1.1.1']),
    ]);
    expect(views.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
    expect(views[4].stdout).toContain('gets the secret deploy of the vault as DEPLOY_TOKEN');
    expect(place.read('shared.jsonl')).not.toMatch(/deploy|DEPLOY/);
    expect(await place.run(['session', 'verify', './shared.jsonl'])).toMatchObject({ code: 0 });
    const texts = [asked, shown, ran, ...views].map(({ stdout, stderr }) => stdout + stderr);
    expect([stored(place), ...texts].map((text) => holds(text))).toEqual([stored(place), ...texts].map(() => false));
    expect(entriesOf(place.journal('one'), 'call.inspected')[0]!.facts.secrets).toEqual([
      { variable: 'DEPLOY_TOKEN', name: 'deploy' },
    ]);
    await expectVerified(place, 'one');
  });

  test('of a long one the lines of base64 are kept out, too, and what an output is cut to', async ({ place }) => {
    await prepare(place, allowed({ secret: 'long' }));
    const ran = [
      await tell(place, 'one', 'base64 <<< "$LONG_KEY"; printf %s "$LONG_KEY" | openssl base64; printf "%s\\n" "$LONG_KEY" >&2'),
      await tell(place, 'one', `yes "$LONG_KEY ${'x'.repeat(200)}" | head -n 12000`),
    ];
    const [short, long] = entriesOf(place.journal('one'), 'call.finished');
    expect(short!.output).toContain('[REDACTED:long of the vault]');
    expect(long).toMatchObject({ output_truncated: true });
    for (const text of [stored(place), ...ran.map(({ stdout }) => stdout)]) expect(holds(text, LONG)).toBe(false);
    await expectVerified(place, 'one');
  }); // prettier-ignore

  test('runs unasked where a rule names the secret, and gets no other; other commands get none', async ({ place }) => {
    await prepare(place, allowed({ command: ['env', 'printf *'] }, { secret: 'dep*' }));
    const told = await tell(place, 'one', 'env; printf %s "${DEPLOY_TOKEN%????????}"; sleep 0.3; printf "%s\\n" "${DEPLOY_TOKEN: -8}"');
    expect(told).toMatchObject({ code: 0, stdout: expect.stringContaining('"kind":"tool_output"') });
    expect(holds(told.stdout)).toBe(false);
    const [first] = entriesOf(place.journal('one'), 'call.finished');
    expect(first!.output).toContain('DEPLOY_TOKEN=[REDACTED:deploy of the vault]');
    expect(first!.output).not.toContain('LONG_KEY');
    expect(await tell(place, 'one', 'env')).toMatchObject({ code: 0 });
    expect(entriesOf(place.journal('one'), 'call.finished')[1]!.output).not.toMatch(/DEPLOY_TOKEN|LONG_KEY/);
    expect((await tell(place, 'one', 'env # LONG_KEY')).code).toBe(5);
    await expectVerified(place, 'one');
    const check = (secret: string): Promise<Ran> =>
      place.run(['policy', 'check', 'exec_command', JSON.stringify({ cmd: 'env', secrets: [secret] })]);
    expect([await check('DEPLOY_TOKEN'), await check('LONG_KEY')]).toMatchObject([{ code: 0 }, { code: 5 }]);
  }); // prettier-ignore

  test('is denied where a rule denies the secret, whatever allows the command', async ({ place }) => {
    await prepare(place, allowed({ command: 'touch *' }, { secret: 'deploy', decision: 'deny', reason: 'not from here' }));
    await tell(place, 'one', 'touch ran # DEPLOY_TOKEN');
    expect(entriesOf(place.journal('one'), 'call.refused')).toMatchObject([{ why: 'denied' }]);
    expect(readdirSync(place.project)).not.toContain('ran');
  }); // prettier-ignore
});

describe('a grant', () => {
  const show = async (place: Place, asked: Ran): Promise<ApprovalRecord> =>
    JSON.parse((await place.run(['approvals', 'show', approvalsIn(asked)[0]!, '-o', 'json'])).stdout) as ApprovalRecord;

  confinedTest('for a command does not give it a secret; one that names the secret does', async ({ place }) => {
    await prepare(place, CONFINED);
    const plain = await tell(place, 'one', 'printenv plain');
    expect((await place.run(['approve', approvalsIn(plain)[0]!, '--always', '--resume'])).code).toBe(0);
    expect((await tell(place, 'one', 'printenv plain')).code).toBe(0);
    const asked = await tell(place, 'one', 'printenv DEPLOY_TOKEN');
    expect(asked.code).toBe(5);
    const rule = { tool: 'exec_command', command: 'printenv DEPLOY_TOKEN', secret: 'deploy', decision: 'allow' };
    expect((await show(place, asked)).proposed_rule).toEqual({ ...rule, sandboxed: true });
    const [id] = approvalsIn(asked);
    for (const [wrong, said] of [
      [{ ...rule, command: 'printenv *' }, /it gets|gets the secret deploy/],
      [{ ...rule, secret: 'dep*' }, /gets the secret deploy/],
      [{ tool: 'exec_command', command: rule.command, decision: 'allow' }, /gets the secret deploy: name it with `secret`/],
    ] as const) {
      const refused = await place.run(['approve', id!, '--always', '--rule', JSON.stringify(wrong)]);
      expect(refused.code).not.toBe(0);
      expect(refused.stderr).toMatch(said);
    }
    expect((await place.run(['approve', id!, '--always', '--resume'], { environment: FILE })).code).toBe(0);
    expect((await tell(place, 'two', 'printenv DEPLOY_TOKEN')).code).toBe(0);
    expect((await tell(place, 'two', 'printenv LONG_KEY')).code).toBe(5);
    for (const session of ['one', 'two']) expect(outputsOf(place, session)).toContain('[REDACTED:deploy of the vault]');
    for (const session of ['one', 'two']) await expectVerified(place, session);
  }); // prettier-ignore

  test('without a sandbox is for once', async ({ place }) => {
    await prepare(place);
    place.write('send', '#!/bin/sh\nprintf %s "$DEPLOY_TOKEN" >> sent\n');
    const asked = await tell(place, 'one', 'sh ./send DEPLOY_TOKEN');
    expect(await show(place, asked)).not.toHaveProperty('proposed_rule');
    const [id] = approvalsIn(asked);
    const rule = { tool: 'exec_command', command: 'sh ./send DEPLOY_TOKEN', secret: 'deploy', decision: 'allow' };
    const refused = await place.run(['approve', id!, '--always', '--rule', JSON.stringify(rule)]);
    const once = 'No sandbox would confine it, so it can be granted once only.';
    expect(refused.stderr).toContain(once);
    for (const scope of ['--always', '--session']) expect((await place.run(['approve', id!, scope])).stderr).toContain(once); // prettier-ignore
    expect((await place.run(['approve', id!, '--resume'], { environment: FILE })).code).toBe(0);
    expect((await tell(place, 'one', 'sh ./send DEPLOY_TOKEN')).code).toBe(5);
    expect(place.read('sent') === SECRET).toBe(true);
    await expectVerified(place, 'one');
  });
});

describe('nothing runs', () => {
  test('while the vault is locked, and what to do is said; with the passphrase it does', async ({ place }) => {
    await prepare(place, allowed({ secret: '*' }));
    const locked = await tell(place, 'one', 'touch ran # DEPLOY_TOKEN', { RUNTIME_VAULT_KEYRING: 'off' });
    expect(locked.code).toBe(0);
    expect(entriesOf(place.journal('one'), 'call.finished')).toMatchObject([
      { outcome: 'error', error: { code: 'vault_locked', message: expect.stringContaining('vault.passphrase_file') } },
    ]);
    expect(readdirSync(place.project)).not.toContain('ran');
    await tell(place, 'one', 'touch ran # DEPLOY_TOKEN');
    expect(readdirSync(place.project)).toContain('ran');
  });

  test('where the vault does not have it, or what it has could not be kept out of what is recorded', async ({
    place,
  }) => {
    await prepare(place, allowed({ secret: '*' }), { DEPLOY_TOKEN: 'none', LONG_KEY: 'short' });
    for (const variable of ['DEPLOY_TOKEN', 'LONG_KEY']) await tell(place, 'one', `touch ran # ${variable}`);
    expect(entriesOf(place.journal('one'), 'call.finished')).toMatchObject([
      { error: { code: 'secret_missing', message: expect.stringContaining('runtime vault put none') } },
      { error: { code: 'secret_unfit', message: expect.stringMatching(/too short.*runtime vault put short/) } },
    ]);
    expect(readdirSync(place.project)).not.toContain('ran');
    expect(stored(place)).not.toContain('q~z');
  });

  test('for what is not declared: the nearest is named', async ({ place }) => {
    await prepare(place, allowed({ secret: '*' }, { command: 'touch *' }));
    for (const variable of ['PATH', 'DEPLOY_TOKN']) await tell(place, 'one', `touch ran # ${variable}`);
    expect(entriesOf(place.journal('one'), 'call.refused')).toMatchObject([
      { why: 'invalid_arguments', message: expect.stringContaining('must be one of DEPLOY_TOKEN, LONG_KEY') },
      { why: 'invalid_arguments', message: expect.stringContaining('did you mean DEPLOY_TOKEN?') },
    ]);
    expect(readdirSync(place.project)).not.toContain('ran');
  });

  test('that has the placeholder of a secret in it, or the secret itself', async ({ place }) => {
    await prepare(place, allowed({ secret: '*' }, { command: 'touch *' }));
    await tell(place, 'one', 'touch "[REDACTED:deploy of the vault]"');
    expect(entriesOf(place.journal('one'), 'call.refused')).toMatchObject([
      { why: 'invalid_arguments', message: expect.stringContaining('write $DEPLOY_TOKEN') },
    ]);
  });
});

test.for([
  [{ PATH: 'deploy' }, {}, 'every command has that one'],
  [{ LD_PRELOAD: 'deploy' }, {}, 'changes what commands run'],
  [{ RUNTIME_TOKEN: 'deploy' }, {}, 'a variable of the runtime'],
  [{ 'A-B': 'deploy' }, {}, 'no name of a variable'],
  [{ DEPLOY: 'deploy' }, { env: ['DEPLOY'] }, 'passes that one to every command'],
  [{ DEPLOY: '../x' }, {}, 'must match'],
] as const)('a configuration that declares %j (%j) is refused', async ([secrets, more, said], { place }) => {
  place.configure({ tools: { exec_command: { secrets, ...more } } });
  const ran = await place.run(['run', 'hi']);
  expect(ran.code).toBe(2);
  expect(ran.stderr).toContain('tools.exec_command.secrets');
  expect(ran.stderr).toContain(said);
});

test('doctor names one that the vault does not have', async ({ place }) => {
  await prepare(place, {}, { DEPLOY_TOKEN: 'deploy', NPM_AUTH: 'npm' });
  const { stdout } = await place.run(['doctor', '-o', 'json'], { environment: FILE });
  const { findings } = JSON.parse(stdout) as { findings: { check: string; message: string; next?: string }[] };
  expect(findings.filter(({ check }) => check === 'vault')).toEqual([
    {
      check: 'vault',
      status: 'problem',
      message: 'NPM_AUTH of commands needs npm, which is not in the vault',
      next: 'runtime vault put npm',
    },
  ]);
});

describe('in a daemon', () => {
  test('it is as elsewhere: asked for, given, kept out of journal, stream and log', async ({ place }) => {
    await prepare(place, { log: { level: 'debug' } });
    const daemon = await startDaemon(place, [], { environment: FILE });
    const sent = daemon.ask('POST', '/v1/events', { session_id: 'one', content: 'env; printf %s "$DEPLOY_TOKEN" > got' });
    expect((await sent).status).toBe(202);
    await until('it waits', () => place.journal('one').some(({ type }) => type === 'approval.requested'));
    const { approval_id } = entriesOf(place.journal('one'), 'approval.requested')[0]!;
    const record = (await (await daemon.ask('GET', `/v1/approvals/${approval_id}`)).json()) as ApprovalRecord;
    expect(record.facts.secrets).toEqual([{ variable: 'DEPLOY_TOKEN', name: 'deploy' }]);
    await daemon.ask('POST', `/v1/approvals/${approval_id}/resolve`, { decision: 'grant' });
    await until('it ended', () => place.journal('one').some(({ type }) => type === 'turn.ended'));
    expect(place.read('got') === SECRET).toBe(true);
    expect(outputsOf(place, 'one')).toContain('[REDACTED:deploy of the vault]');
    process.kill(daemon.pid, 'SIGTERM');
    const { stdout, stderr } = await daemon.ended;
    expect([stored(place), stdout, stderr].map((text) => holds(text))).toEqual([false, false, false]);
    await expectVerified(place, 'one');
  }); // prettier-ignore

  test('a kill while it runs: nobody knows its end, it is not run again, and nothing of it is left', async ({
    place,
  }) => {
    await prepare(place, allowed({ secret: '*' }));
    const running = place.start(
      ['run', '--session', 'one', 'echo x >> ran; echo "$DEPLOY_TOKEN"; printf %s "$DEPLOY_TOKEN" > got; sleep 30'],
      { environment: FILE },
    );
    await until('it runs', () => place.read('got') !== '');
    process.kill(running.pid, 'SIGKILL');
    await running.ended;
    const again = await place.run(['run', '--session', 'one'], { environment: FILE });
    expect(again.code).toBe(0);
    expect(entriesOf(place.journal('one'), 'call.abandoned')).toMatchObject([{ outcome: 'unknown' }]);
    expect(place.read('ran')).toBe('x\n');
    expect([stored(place), again.stdout, again.stderr].map((text) => holds(text))).toEqual([false, false, false]);
    await expectVerified(place, 'one');
  });
});

test.skipIf(!hasStrace)('a turn without such a call does not open the vault', async ({ place }) => {
  await prepare(place, allowed({ secret: '*' }, { command: 'true' }));
  const opens = async (cmd: string): Promise<boolean> => {
    const file = join(place.project, 'opened');
    rmSync(file, { force: true });
    const shell = `exec strace -f -qq -o ${file} -e trace=openat "$@"`;
    expect(await place.run(['run', cmd], { shell, environment: FILE })).toMatchObject({ code: 0 });
    return readFileSync(file, 'utf8').includes('vault.json');
  };
  expect(await opens('true')).toBe(false);
  expect(await opens('true # DEPLOY_TOKEN')).toBe(true);
});

test.skipIf(!LINUX)(
  'on a terminal the passphrase is asked for before a run, where nothing else says it',
  async ({ place }) => {
    await prepare(place, allowed({ secret: '*' }));
    const run = openTerminal(place, ['run', 'printf %s "$DEPLOY_TOKEN" > got'], { environment: { RUNTIME_VAULT_KEYRING: 'off' } }); // prettier-ignore
    await run.waitFor('Passphrase of the vault');
    run.type(`${PASSPHRASE}\r`);
    expect(await run.exited).toMatchObject({ code: 0 });
    expect(place.read('got') === SECRET).toBe(true);
    expect(holds(run.raw())).toBe(false);
    const unasked = openTerminal(place, ['run', 'true'], { environment: FILE });
    expect(await unasked.exited).toMatchObject({ code: expect.any(Number) });
    expect(unasked.raw()).not.toContain('Passphrase of the vault');
  },
);

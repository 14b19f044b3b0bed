/** The vault: what is put there, who gets it, and what else may go wrong with it. */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { VaultFile } from '../src/contract/vault.ts';
import { startDaemon } from './support/daemon.ts';
import { entriesOf, expectVerified, type Place, type Ran, test } from './support/place.ts';
import { systemPrograms } from './support/programs.ts';
import { hasStrace } from './support/syncs.ts';
import { openTerminal } from './support/terminal.ts';

const PASSPHRASE = 'correct horse battery';
const SECRET = 'sk-vault-5d41402abc4b2a76';
const FILE = { RUNTIME_VAULT_PASSPHRASE_FILE: 'passphrase', RUNTIME_VAULT_KEYRING: 'off' };
const LINUX = process.platform === 'linux';

const vaultFile = (place: Place): string => join(place.home, 'vault.json');
const vault = (place: Place): VaultFile => JSON.parse(readFileSync(vaultFile(place), 'utf8')) as VaultFile;
const setPassphrase = (place: Place, text = PASSPHRASE, home = place.home): void =>
  writeFileSync(join(home, 'passphrase'), `${text}\n`, { mode: 0o600 });

function put(place: Place, name: string, value: string, environment: Record<string, string> = FILE): Promise<Ran> {
  return place.run(['vault', 'put', name], { input: `${value}\n`, environment });
}

async function reveal(place: Place, name: string, environment: Record<string, string> = FILE): Promise<string> {
  const { stdout, stderr } = await place.run(['vault', 'reveal', name, '--piped'], { environment });
  return stdout || (stderr.split('\n')[0] ?? '');
}

/** All bytes of the home but the passphrase. */
function stored(place: Place): string {
  return readdirSync(place.home, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && file.name !== 'passphrase')
    .map((file) => readFileSync(join(file.parentPath, file.name), 'latin1'))
    .join('\n');
}

/** As a truth value: a test that fails must not print what it looked at. */
const holds = (text: string, secret = SECRET): boolean => text.includes(secret);

describe('put, ls, rm', () => {
  test('a secret is piped in, listed by its name, replaced and taken out', async ({ place }) => {
    setPassphrase(place);
    const made = await put(place, 'openai', SECRET);
    expect(made).toMatchObject({ code: 0, stdout: '', stderr: 'openai is in the vault\n' });
    expect(statSync(vaultFile(place)).mode & 0o777).toBe(0o600);
    expect(holds(stored(place))).toBe(false);
    expect(await put(place, 'openai', `${SECRET}-2`)).toMatchObject({ stderr: expect.stringContaining('in place of') });
    await put(place, 'other', 'something else');
    const listed = await place.run(['vault', 'ls']); // without any passphrase
    expect(listed.stdout).toMatch(/^NAME .*\nopenai .*\nother .*\n$/);
    const rows = JSON.parse((await place.run(['vault', 'ls', '-o', 'json'])).stdout) as object[];
    expect(rows).toMatchObject([{ name: 'openai' }, { name: 'other' }]);
    expect(Object.keys(rows[0]!)).toEqual(['name', 'created_at', 'changed_at']);
    expect(await reveal(place, 'openai')).toBe(`${SECRET}-2`);
    expect(await place.run(['vault', 'rm', 'openai'])).toMatchObject({ code: 0 });
    expect(await place.run(['vault', 'rm', 'openai'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no secret openai'),
    });
    expect(await reveal(place, 'openai')).toContain('no secret openai');
    expect(vault(place).entries.map(({ name }) => name)).toEqual(['other']);
  });

  test('A-119 a secret on the command line is refused and not repeated; revealed is none into a pipe unasked', async ({
    place,
  }) => {
    setPassphrase(place);
    for (const args of [[SECRET], [`--value=${SECRET}`], ['--value', SECRET]]) {
      const ran = await place.run(['vault', 'put', 'openai', ...args], { environment: FILE });
      expect(ran.code).toBe(2);
      expect(holds(ran.stdout + ran.stderr)).toBe(false);
    }
    const { stderr } = await place.run(['vault', 'put', 'openai', SECRET], { environment: FILE });
    expect(stderr).toContain('A secret is not given on the command line');
    expect(existsSync(vaultFile(place))).toBe(false);
    await put(place, 'openai', SECRET);
    const piped = await place.run(['vault', 'reveal', 'openai'], { environment: FILE });
    expect(piped).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('--piped') });
  });

  test('A-118 another passphrase is refused on put, and so are swapped entries and absurd costs', async ({ place }) => {
    setPassphrase(place);
    await put(place, 'one', 'first secret');
    await put(place, 'two', 'second secret');
    const whole = readFileSync(vaultFile(place), 'utf8');
    setPassphrase(place, 'another passphrase');
    expect(await put(place, 'three', 'third')).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('is not that of this vault'),
    });
    expect(readFileSync(vaultFile(place), 'utf8')).toBe(whole);
    setPassphrase(place);
    const file = vault(place);
    const [one, two] = [file.entries[0]!, file.entries[1]!];
    const entries = [
      { ...two, name: 'one' },
      { ...one, name: 'two' },
    ];
    writeFileSync(vaultFile(place), JSON.stringify({ ...file, entries }));
    expect(await reveal(place, 'one')).toContain('not what was put there');
    for (const passes of [1, 1e9]) {
      writeFileSync(vaultFile(place), JSON.stringify({ ...file, kdf: { ...file.kdf, passes } }));
      expect(await put(place, 'three', 'third')).toMatchObject({ code: 7, stderr: expect.stringContaining('key derivation') }); // prettier-ignore
    }
    writeFileSync(vaultFile(place), whole.slice(0, -40));
    expect(await put(place, 'three', 'third')).toMatchObject({ code: 7, stderr: expect.stringContaining('next: ') });
    writeFileSync(vaultFile(place), '{"v":2}');
    expect(await place.run(['vault', 'ls'])).toMatchObject({
      code: 7,
      stderr: expect.stringContaining('newer version'),
    });
  });

  test('what is too short, too long, empty or badly named is refused', async ({ place }) => {
    setPassphrase(place, 'short');
    expect(await put(place, 'one', 'x')).toMatchObject({ code: 2, stderr: expect.stringContaining('too short') });
    setPassphrase(place);
    expect(await put(place, 'one', '')).toMatchObject({ code: 2 });
    expect(await put(place, 'one', 'x'.repeat(20_000))).toMatchObject({ code: 2 });
    expect(await put(place, '../one', 'x')).toMatchObject({ code: 2 });
    expect(existsSync(vaultFile(place))).toBe(false);
  });

  test('a passphrase file that others may read, or that is not there, is refused with what to do', async ({
    place,
  }) => {
    expect(await put(place, 'one', 'x')).toMatchObject({ code: 4, stderr: expect.stringContaining('it is not there') });
    setPassphrase(place);
    chmodSync(join(place.home, 'passphrase'), 0o644);
    expect(await put(place, 'one', 'x')).toMatchObject({ code: 4, stderr: expect.stringContaining('chmod 600') });
    expect(await put(place, 'one', 'x', { RUNTIME_VAULT_KEYRING: 'off' })).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('no terminal to ask on'),
    });
  });

  test('two that make the vault at once, with two passphrases: one has made it, the other is refused', async ({
    place,
  }) => {
    setPassphrase(place);
    writeFileSync(join(place.home, 'second'), 'another passphrase\n', { mode: 0o600 });
    const other = { ...FILE, RUNTIME_VAULT_PASSPHRASE_FILE: 'second' };
    const ran = await Promise.all([put(place, 'one', 'first'), put(place, 'two', 'second', other)]);
    expect(new Set(ran.map(({ code }) => code))).toEqual(new Set([0, 4]));
    expect(vault(place).entries).toHaveLength(1);
  });

  test('a tool of the agent may do none of it', async ({ place }) => {
    setPassphrase(place);
    await put(place, 'openai', SECRET);
    const before = readFileSync(vaultFile(place), 'utf8');
    for (const args of [['put', 'x'], ['ls'], ['rm', 'openai'], ['reveal', 'openai', '--piped'], ['rekey']]) {
      const environment = { ...FILE, RUNTIME_TOOL_CALL: 'c1.1.1' };
      const ran = await place.run(['vault', ...args], { environment, input: 'x' });
      expect({ args, code: ran.code, out: ran.stdout }).toEqual({ args, code: 6, out: '' });
    }
    expect(readFileSync(vaultFile(place), 'utf8')).toBe(before);
  });
});

describe('rekey', () => {
  test('all is there under the new passphrase, and nothing under the old one', async ({ place }) => {
    setPassphrase(place);
    await put(place, 'one', 'first secret');
    await put(place, 'two', 'second secret');
    setPassphrase(place, 'another passphrase', place.project);
    const ran = await place.run(['vault', 'rekey', '--new-passphrase-file', 'passphrase'], { environment: FILE });
    expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining('still has the old one') });
    expect(await reveal(place, 'one')).toContain('is not that of this vault');
    setPassphrase(place, 'another passphrase');
    expect([await reveal(place, 'one'), await reveal(place, 'two')]).toEqual(['first secret', 'second secret']);
  });

  test.skipIf(!hasStrace)(
    `killed at any call that changes something, it has the one passphrase or the other; so with put${hasStrace ? '' : ' (skipped: strace is not installed, or may not trace here)'}`,
    { timeout: 120_000 },
    async ({ place }) => {
      setPassphrase(place);
      await put(place, 'one', 'first secret');
      setPassphrase(place, 'another passphrase', place.project);
      const calls = 'rename,fsync,fdatasync,unlink,ftruncate,mkdir,rmdir';
      const killedAt = (k: number, home: string, args: string[], input?: string): Promise<Ran> =>
        place.run(args, {
          environment: { ...FILE, RUNTIME_HOME: home },
          shell: `exec strace -f -qq -o /dev/null -e trace=${calls} -e inject=${calls}:signal=SIGKILL:when=${k} "$@"`,
          ...(input !== undefined && { input }),
        });
      let kills = 0;
      for (const [args, input] of [
        [['vault', 'rekey', '--new-passphrase-file', 'passphrase']],
        [['vault', 'put', 'two'], 'second secret'],
      ] as [string[], string?][]) {
        for (let k = 1; ; k++) {
          const home = join(place.project, `home-${k}`);
          cpSync(place.home, home, { recursive: true });
          const { code } = await killedAt(k, home, args, input);
          const found: string[] = [];
          for (const passphrase of [PASSPHRASE, 'another passphrase']) {
            setPassphrase(place, passphrase, home);
            const environment = { ...FILE, RUNTIME_HOME: home };
            const opened = await reveal(place, 'one', environment);
            if (opened === 'first secret') found.push(passphrase);
            // And it can be changed: nothing is left that stands in the way.
            if (opened === 'first secret')
              expect(await put(place, 'three', 'third', environment)).toMatchObject({ code: 0 });
          }
          expect(found).toHaveLength(1);
          rmSync(home, { recursive: true });
          if (code === 0) break;
          kills++;
        }
      }
      expect(kills).toBeGreaterThan(3);
    },
  );
});

describe('a model with its key in the vault', () => {
  test('is asked with it, and it stands nowhere else: what the person, the model and a tool repeat is redacted', async ({
    place,
    mock,
  }) => {
    setPassphrase(place);
    await put(place, 'mock-key', SECRET);
    place.write('key.txt', `the key is ${SECRET}, the passphrase is ${PASSPHRASE}\n`);
    mock.reply(
      { text: `You gave me ${SECRET}.`, calls: [{ name: 'read_file', arguments: { path: 'key.txt' } }] },
      { text: `It is ${SECRET}.`, chunks: 5 },
    );
    const registry = [{ name: 'mock', base_url: mock.url, api_key_vault: 'mock-key' }];
    place.configure({ models: { default: 'mock', registry } });
    const ran = await place.run(['run', '--json', '--session', 'one', `my key is ${SECRET}`], { environment: FILE });
    expect(ran.code).toBe(0);
    expect(mock.requests.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${SECRET}`, `Bearer ${SECRET}`]);
    const bodies = JSON.stringify(mock.requests.map(({ body }) => body));
    for (const secret of [SECRET, PASSPHRASE]) {
      expect([bodies, stored(place), ran.stdout, ran.stderr].map((text) => holds(text, secret))).toEqual([false, false, false, false]); // prettier-ignore
    }
    expect(bodies).toContain('[REDACTED:mock-key of the vault]');
    await expectVerified(place, 'one');
    const shown = await place.run(['config', 'view'], { environment: FILE });
    expect(shown.stdout).toContain('api_key_vault: mock-key');
    const providers = await place.run(['provider', 'ls', '-o', 'json']);
    expect(JSON.parse(providers.stdout)).toMatchObject([{ key: 'there', from: 'vault: mock-key' }]);
  });

  test.for([
    ['no passphrase', { RUNTIME_VAULT_KEYRING: 'off' }, 'vault.passphrase_file'],
    ['a wrong one', { ...FILE, RUNTIME_VAULT_PASSPHRASE_FILE: 'wrong' }, 'not that of this vault'],
    ['no such secret', { ...FILE, RUNTIME_MODELS_DEFAULT: 'nokey' }, 'runtime vault put nothing'],
  ] as const)(
    '%s: the turn ends for want of its key, and says what to do',
    async ([, environment, said], { place, mock }) => {
      setPassphrase(place);
      writeFileSync(join(place.home, 'wrong'), 'another passphrase\n', { mode: 0o600 });
      await put(place, 'mock-key', SECRET);
      const registry = [
        { name: 'mock', base_url: mock.url, api_key_vault: 'mock-key' },
        { name: 'nokey', base_url: mock.url, api_key_vault: 'nothing' },
      ];
      place.configure({ models: { registry } });
      const ran = await place.run(['run', '--session', 'one', 'hi'], { environment: { RUNTIME_MODELS_DEFAULT: 'mock', ...environment } }); // prettier-ignore
      expect(ran).toMatchObject({ code: 4, stderr: expect.stringContaining(said) });
      expect(entriesOf(place.journal('one'), 'turn.ended')).toMatchObject([{ reason: 'auth_missing' }]);
      expect(mock.requests).toEqual([]);
    },
  );

  test('a daemon starts without the passphrase, has the key as soon as it has that, and takes another as soon as it is put', async ({
    place,
    mock,
  }) => {
    setPassphrase(place);
    await put(place, 'mock-key', SECRET);
    rmSync(join(place.home, 'passphrase'));
    const registry = [{ name: 'mock', base_url: mock.url, api_key_vault: 'mock-key' }];
    place.configure({ models: { default: 'mock', registry } });
    const daemon = await startDaemon(place, [], { environment: FILE });
    const { status } = await daemon.send({ session_id: 'one', content: 'hi' });
    expect(status).toMatchObject({ reason: 'auth_missing' });
    setPassphrase(place);
    mock.reply({ text: 'Hello.' }, { text: 'Hello again.' });
    expect((await daemon.send({ session_id: 'one', content: 'hi' })).status).toMatchObject({ reason: 'success' });
    await put(place, 'mock-key', `${SECRET}-new`);
    expect((await daemon.send({ session_id: 'one', content: 'hi' })).status).toMatchObject({ reason: 'success' });
    await place.run(['vault', 'rm', 'mock-key']);
    expect((await daemon.send({ session_id: 'one', content: 'hi' })).status).toMatchObject({ reason: 'auth_missing' });
    expect(mock.requests.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${SECRET}`, `Bearer ${SECRET}-new`]); // prettier-ignore
    expect(holds(stored(place))).toBe(false);
  });

  test('doctor names what is not there, and a file that others may read', async ({ place }) => {
    setPassphrase(place);
    await put(place, 'one', SECRET);
    chmodSync(vaultFile(place), 0o644);
    place.configure({ models: { registry: [{ name: 'mock', api_key_vault: 'two' }] } });
    const { stdout } = await place.run(['doctor', '-o', 'json'], { environment: FILE });
    const found = (
      JSON.parse(stdout) as { findings: { check: string; status: string; next?: string }[] }
    ).findings.filter(({ check, status }) => status === 'problem' && (check === 'vault' || check === 'secrets'));
    expect(found.map(({ next }) => next)).toEqual([`chmod 600 ${vaultFile(place)}`, 'runtime vault put two']);
  });
});

describe('the keyring of the system', () => {
  /** Keeps what it is given in a file, as secret-tool would in the keyring; and shows what it was called with. */
  const FAKE = `#!/bin/sh
echo "$@" >>"$HOME/called"
case "$1" in
  store) cat >"$HOME/kept" ;;
  lookup) cat "$HOME/kept" 2>/dev/null || exit 1 ;;
esac
`;

  const programs = (place: Place, ...names: string[]): string =>
    systemPrograms(place, Object.fromEntries(names.map((name) => [name, FAKE])));

  test('is asked by a program of the system, and by none that lies in the project', async ({ place }) => {
    for (const name of ['secret-tool', 'security']) writeFileSync(join(place.project, name), FAKE, { mode: 0o755 });
    const environment = { PATH: `${place.project}:${place.environment['PATH']}` };
    setPassphrase(place);
    await put(place, 'one', SECRET);
    expect(await reveal(place, 'one', environment)).toContain('no terminal to ask on');
    expect(existsSync(join(place.environment['HOME']!, 'called'))).toBe(false);
  });

  test('nor by one of the project when it is started in a subfolder, with the home elsewhere', async ({ place }) => {
    const sub = join(place.project, 'packages/one');
    const HOME = systemPrograms(place, {});
    mkdirSync(sub, { recursive: true });
    for (const name of ['secret-tool', 'security']) writeFileSync(join(place.project, name), FAKE, { mode: 0o755 });
    setPassphrase(place);
    await put(place, 'one', SECRET);
    const environment = { HOME, PATH: `${place.project}:${place.environment['PATH']}` };
    const { stderr } = await place.run(['vault', 'reveal', 'one', '--piped'], { environment, cwd: sub });
    expect(stderr).toContain('no terminal to ask on');
    expect(existsSync(join(HOME, 'called'))).toBe(false);
  });

  test.skipIf(!LINUX)(
    'keeps the passphrase, gives it, and has the new one after a rekey; nothing secret is an argument',
    async ({ place }) => {
      const bin = programs(place, 'secret-tool');
      const environment = { PATH: `${bin}:${place.environment['PATH']}` };
      setPassphrase(place);
      const made = await place.run(['vault', 'put', 'one', '--keyring'], {
        input: SECRET,
        environment: { ...environment, RUNTIME_VAULT_PASSPHRASE_FILE: 'passphrase' },
      });
      expect(made).toMatchObject({ code: 0 });
      expect(await reveal(place, 'one', environment)).toBe(SECRET);
      setPassphrase(place, 'another passphrase');
      const rekeyed = await place.run(['vault', 'rekey', '--new-passphrase-file', join(place.home, 'passphrase')], { environment }); // prettier-ignore
      expect(rekeyed).toMatchObject({ code: 0 });
      expect(await reveal(place, 'one', environment)).toBe(SECRET);
      const called = readFileSync(join(place.environment['HOME']!, 'called'), 'utf8');
      expect(called).toContain('store --label=');
      const kept = ['another passphrase', PASSPHRASE].flatMap((text) => [
        text,
        Buffer.from(text).toString('base64url'),
      ]);
      expect(kept.map((text) => holds(called, text))).toEqual([false, false, false, false]);
    },
  );

  test('that has a stale passphrase, or does not work, is none', async ({ place }) => {
    const bin = programs(place, 'secret-tool', 'security');
    const environment = { PATH: `${bin}:${place.environment['PATH']}` };
    setPassphrase(place);
    await put(place, 'one', SECRET);
    expect(await reveal(place, 'one', environment)).toContain('no terminal to ask on');
    writeFileSync(join(place.environment['HOME']!, 'kept'), Buffer.from('something else').toString('base64url'));
    expect(await reveal(place, 'one', environment)).toContain('no terminal to ask on');
  });
});

describe.skipIf(!LINUX)('on a terminal', () => {
  const OFF = { RUNTIME_VAULT_KEYRING: 'off' };

  test('passphrase and secret are typed unseen; the vault is made, then opened; reveal shows the secret', async ({
    place,
  }) => {
    const making = openTerminal(place, ['vault', 'put', 'openai'], { environment: OFF });
    await making.waitFor('New passphrase');
    making.type(`${PASSPHRASE}\r`);
    await making.waitFor('once more');
    making.type('something else\r');
    await making.waitFor('They differ');
    await making.waitFor((screen) => screen.split('New passphrase').length === 3);
    making.type(`${PASSPHRASE}\r`);
    await making.waitFor((screen) => screen.split('once more').length === 3);
    making.type(`${PASSPHRASE}\r`);
    await making.waitFor('Secret openai');
    making.type(`${SECRET}\r`);
    expect(await making.exited).toMatchObject({ code: 0 });
    expect([PASSPHRASE, SECRET].map((text) => holds(making.raw(), text))).toEqual([false, false]);

    const showing = openTerminal(place, ['vault', 'reveal', 'openai'], { environment: OFF });
    await showing.waitFor('Passphrase of the vault');
    showing.type(`${PASSPHRASE}\r`);
    await showing.waitFor(SECRET);
    expect(await showing.exited).toMatchObject({ code: 0 });
    const wrong = openTerminal(place, ['vault', 'reveal', 'openai'], { environment: OFF });
    await wrong.waitFor('Passphrase of the vault');
    wrong.type('something else\r');
    expect(await wrong.exited).toMatchObject({ code: 4 });
    const left = openTerminal(place, ['vault', 'put', 'openai'], { environment: OFF });
    await left.waitFor('Passphrase of the vault');
    left.press('ctrl-c');
    expect(await left.exited).toMatchObject({ code: 130 });
  });

  test('a run asks for it once before it begins, and a conversation too', async ({ place, mock }) => {
    setPassphrase(place);
    await put(place, 'mock-key', SECRET);
    const registry = [{ name: 'mock', base_url: mock.url, api_key_vault: 'mock-key' }];
    place.configure({ models: { default: 'mock', registry } });
    mock.reply({ text: 'Hello.' }, { text: 'Hello again.' });
    const run = openTerminal(place, ['run', 'hi'], { environment: OFF });
    await run.waitFor('Passphrase of the vault');
    run.type('not the one\r');
    const typing = setInterval(() => run.type('q'), 10); // also while the passphrase is tried
    await run.waitFor('is not that of this vault').finally(() => clearInterval(typing));
    run.press('ctrl-u');
    run.type(`${PASSPHRASE}\r`);
    await run.waitFor('Hello.');
    expect(await run.exited).toMatchObject({ code: 0 });
    expect([PASSPHRASE, 'q'].map((text) => holds(run.raw(), text))).toEqual([false, false]);
    const talk = openTerminal(place, [], { environment: OFF });
    await talk.waitFor('Passphrase of the vault');
    talk.type(`${PASSPHRASE}\r`);
    await talk.waitFor('ask, or say what is to be done');
    talk.type('hi\r');
    await talk.waitFor('Hello again.');
    expect(mock.requests.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${SECRET}`, `Bearer ${SECRET}`]);
    expect(holds(talk.raw(), PASSPHRASE)).toBe(false);
  });
});

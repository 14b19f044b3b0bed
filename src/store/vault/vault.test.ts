import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { toRuntimeError } from '../../contract/errors.ts';
import type { VaultFile } from '../../contract/vault.ts';
import { runProgram, temporaryHome } from '../testing.ts';
import { newVault, openVault } from './open-vault.ts';
import { changeVault, readVault } from './vault-file.ts';

const PASSPHRASE = 'correct horse battery';

let home: string;
let remove: () => void;
beforeEach(() => ({ home, remove } = temporaryHome()));
afterEach(() => remove());

/** A vault with these in it, made at 1,000 ms. */
function vaultOf(secrets: Record<string, string>): VaultFile {
  return changeVault(home, () => {
    const vault = newVault(PASSPHRASE);
    return Object.entries(secrets).reduce<VaultFile | undefined>(
      (file, [name, value]) => (file === undefined ? vault : vault.again(file)!).put(name, value, 1000),
      undefined,
    )!;
  });
}

const path = (): string => join(home, 'vault.json');
const write = (vault: unknown): void =>
  writeFileSync(path(), typeof vault === 'string' ? vault : JSON.stringify(vault));
const codeOf = (act: () => unknown): string => {
  try {
    act();
    return 'nothing was thrown';
  } catch (thrown) {
    return toRuntimeError(thrown).code;
  }
};

test('what is put comes back under its name and passphrase, and stands nowhere in the file', () => {
  const file = vaultOf({ one: 'first secret', two: 'zweites: ü\n🔑' });
  const text = readFileSync(path(), 'utf8');
  expect(text).not.toMatch(/first|correct/);
  expect(text).not.toContain(Buffer.from('first secret').toString('base64'));
  const vault = openVault(readVault(home)!, PASSPHRASE)!;
  expect([vault.secret('one'), vault.secret('two'), vault.secret('three')]).toEqual([
    'first secret',
    'zweites: ü\n🔑',
    undefined,
  ]);
  expect(openVault(file, 'correct horse batterx')).toBeUndefined();
  expect(openVault(file, PASSPHRASE.normalize('NFD'))).toBeDefined();
});

test('the same value twice has nothing in common', () => {
  const { entries } = vaultOf({ one: 'the same', two: 'the same' });
  expect(entries[0]!.sealed).not.toBe(entries[1]!.sealed);
  expect(entries[0]!.nonce).not.toBe(entries[1]!.nonce);
});

describe('A-118 what was changed by hand', () => {
  const secretsOf = (file: VaultFile): string[] => {
    const vault = openVault(file, PASSPHRASE)!;
    return file.entries.map(({ name }) => codeOf(() => vault.secret(name)));
  };

  test('two entries that were swapped are refused, and so is one that has another name or time', () => {
    const file = vaultOf({ one: 'first', two: 'second' });
    const [one, two] = [file.entries[0]!, file.entries[1]!];
    const swapped = [
      { ...one, nonce: two.nonce, sealed: two.sealed },
      { ...two, nonce: one.nonce, sealed: one.sealed },
    ];
    expect(secretsOf({ ...file, entries: swapped })).toEqual(['vault_damaged', 'vault_damaged']);
    expect(secretsOf({ ...file, entries: [{ ...one, name: 'other' }, two] })).toEqual([
      'vault_damaged',
      'nothing was thrown',
    ]);
    expect(secretsOf({ ...file, entries: [{ ...one, changed_at: 2000 }] })).toEqual(['vault_damaged']);
  });

  test('an entry of another vault with the same passphrase is refused', () => {
    const other = vaultOf({ one: 'of another' });
    rmSync(path());
    const file = vaultOf({ one: 'first' });
    expect(secretsOf({ ...file, entries: other.entries })).toEqual(['vault_damaged']);
  });

  test('a sealed value with any byte changed, or cut, is refused', () => {
    const file = vaultOf({ one: 'first' });
    const bytes = Buffer.from(file.entries[0]!.sealed, 'base64');
    const changed = [...bytes.keys()].map((index) => Buffer.from(bytes).fill(bytes[index]! ^ 1, index, index + 1));
    const vault = (sealed: Buffer): VaultFile => ({
      ...file,
      entries: [{ ...file.entries[0]!, sealed: sealed.toString('base64') }],
    });
    const opened = openVault(file, PASSPHRASE)!;
    for (const sealed of [...changed, bytes.subarray(0, 15), bytes.subarray(1), Buffer.alloc(0)]) {
      expect(codeOf(() => opened.again(vault(sealed))!.secret('one'))).toBe('vault_damaged');
    }
  });

  test.each([
    ['1 pass', { passes: 1 }],
    ['10^9 passes', { passes: 1e9 }],
    ['little memory', { memory_kib: 1024 }],
    ['10^9 KiB', { memory_kib: 1e9 }],
    ['no lane', { lanes: 0 }],
    ['many lanes', { lanes: 1000 }],
    ['a short salt', { salt: 'AAAA' }],
    ['another function', { name: 'pbkdf2' }],
  ])('a key derivation with %s is refused before anything is derived', (_, kdf) => {
    const file = vaultOf({ one: 'first' });
    write({ ...file, kdf: { ...file.kdf, ...kdf } });
    expect(codeOf(() => readVault(home))).toBe('vault_damaged');
  });

  test('costs that are accepted but not those of the vault make another key', () => {
    const file = vaultOf({ one: 'first' });
    expect(openVault({ ...file, kdf: { ...file.kdf, passes: 2 } }, PASSPHRASE)).toBeUndefined();
  });
});

test('a file that is cut anywhere, or something else, is damaged; one of a newer version says so', () => {
  const file = vaultOf({ one: 'first' });
  const text = readFileSync(path(), 'utf8');
  for (let length = 0; length < text.trimEnd().length; length += 7) {
    write(text.slice(0, length));
    expect(codeOf(() => readVault(home))).toBe('vault_damaged');
  }
  for (const wrong of ['null', '[]', { ...file, more: 1 }, { ...file, entries: [file.entries[0], file.entries[0]] }]) {
    write(wrong);
    expect(codeOf(() => readVault(home))).toBe('vault_damaged');
  }
  write({ v: 2, whatever: true });
  expect(codeOf(() => readVault(home))).toBe('store_too_new');
  rmSync(path());
  expect(readVault(home)).toBeUndefined();
});

test('rekeyed, all is there under the new passphrase, with its times, and nothing under the old one', () => {
  const file = vaultOf({ one: 'first', two: 'second' });
  const next = openVault(file, PASSPHRASE)!.rekey('another passphrase');
  expect(openVault(next, PASSPHRASE)).toBeUndefined();
  const vault = openVault(next, 'another passphrase')!;
  expect(vault.secrets()).toEqual([
    { name: 'one', value: 'first' },
    { name: 'two', value: 'second' },
  ]);
  expect(next.entries.map(({ created_at, changed_at }) => [created_at, changed_at])).toEqual([[1000, 1000], [1000, 1000]]); // prettier-ignore
  expect(next.kdf.salt).not.toBe(file.kdf.salt);
});

test('a damaged entry is never lost by a rekey: it is refused', () => {
  const file = vaultOf({ one: 'first', two: 'second' });
  const spoiled = { ...file, entries: [{ ...file.entries[0]!, name: 'other' }, file.entries[1]!] };
  expect(codeOf(() => openVault(spoiled, PASSPHRASE)!.rekey('another passphrase'))).toBe('vault_damaged');
});

test('put by several processes at once, nothing is lost', async () => {
  vaultOf({ first: 'of the test' });
  const PUTTER = `
    const { openVault } = await import(${JSON.stringify(new URL('./open-vault.ts', import.meta.url).href)});
    const { changeVault } = await import(${JSON.stringify(new URL('./vault-file.ts', import.meta.url).href)});
    for (let n = 0; n < 5; n++) {
      changeVault(process.argv[1], (file) => openVault(file, ${JSON.stringify(PASSPHRASE)}).put('p' + process.pid + '.' + n, 'v' + n, 2000));
    }
    said({ done: true });
  `;
  const putters = [1, 2, 3].map(() => runProgram(PUTTER, home));
  for (const { code, stderr } of await Promise.all(putters.map(({ ended }) => ended))) {
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  }
  const vault = openVault(readVault(home)!, PASSPHRASE)!;
  expect(vault.secrets()).toHaveLength(16);
}, 60_000);

test('the file is 0600 whatever it was', () => {
  vaultOf({ one: 'first' });
  chmodSync(path(), 0o666);
  changeVault(home, (file) => file!);
  expect(statSync(path()).mode & 0o777).toBe(0o600);
});

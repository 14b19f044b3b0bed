/** Commands that get secrets of the vault. */
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RuntimeError } from '../../../contract/errors.ts';
import { NO_LIMITS, type TestHost, testHost } from '../test-host.ts';
import { unfitForSecret } from './command-environment.ts';

const VALUE = 'geheim-5d41402abc';
const SECRETS = { DEPLOY_TOKEN: 'deploy', NPM_AUTH: 'npm' };

const hostWith = (secrets: Record<string, string>): TestHost =>
  testHost({ settings: { exec: { timeoutMs: 60_000, maxTimeoutMs: 60_000, env: [], secrets, limits: NO_LIMITS } } });

let t: TestHost;
beforeEach(() => void (t = hostWith(SECRETS)));
afterEach(() => t.remove());

const secret = (name: string): Promise<string> => Promise.resolve(`${VALUE} of ${name}`);
const invalidOf = async (args: object): Promise<unknown> => (await t.inspect('exec_command', args)).invalid;

test('a command gets those that it asks for, and no other command does', async () => {
  const asked = await t.call('exec_command', { cmd: 'env', secrets: ['DEPLOY_TOKEN'] }, { secret });
  expect(asked.output).toContain(`\nDEPLOY_TOKEN=${VALUE} of deploy\n`);
  expect(asked.output).not.toContain('NPM_AUTH');
  const { output } = await t.call('exec_command', { cmd: 'env' }, { secret });
  expect(output).not.toContain(VALUE);
});

test('what it gets is a fact, and shown; its value is neither', async () => {
  const { facts, presentation } = await t.inspect('exec_command', {
    cmd: './deploy',
    secrets: ['NPM_AUTH', 'DEPLOY_TOKEN', 'NPM_AUTH'],
  });
  expect(facts.secrets).toEqual([
    { variable: 'DEPLOY_TOKEN', name: 'deploy' },
    { variable: 'NPM_AUTH', name: 'npm' },
  ]);
  expect(presentation.title).toBe('Run ./deploy; it gets the secrets DEPLOY_TOKEN (deploy), NPM_AUTH (npm)');
  expect((await t.inspect('exec_command', { cmd: './deploy', secrets: [] })).facts).not.toHaveProperty('secrets');
});

test('the model is told of those that are declared, else of no such argument', () => {
  const specOf = ({ host }: TestHost) => host.tools().find(({ name }) => name === 'exec_command')!;
  const { secrets, parameters } = specOf(t);
  expect(secrets).toEqual(['deploy', 'npm']);
  expect(parameters['properties']).toMatchObject({
    secrets: { type: 'array', items: { type: 'string', enum: ['DEPLOY_TOKEN', 'NPM_AUTH'] } },
  });
  const plain = hostWith({});
  expect(specOf(plain)).toMatchObject({ secrets: [] });
  expect(specOf(plain).parameters['properties']).not.toHaveProperty('secrets');
  plain.remove();
});

test('one that is not declared is refused, and the nearest is named', async () => {
  expect(await invalidOf({ cmd: 'x', secrets: ['DEPLOY_TOKN'] })).toEqual([
    { path: '/secrets/0', message: 'must be one of DEPLOY_TOKEN, NPM_AUTH; did you mean DEPLOY_TOKEN?' },
  ]);
  expect(await invalidOf({ cmd: 'x', secrets: ['PATH'] })).toMatchObject([{ path: '/secrets/0' }]);
  t.remove();
  t = hostWith({});
  expect(await invalidOf({ cmd: 'x', secrets: ['DEPLOY_TOKEN'] })).toMatchObject([
    { message: expect.stringContaining('unknown property "secrets"') },
  ]);
});

test('a placeholder in an argument is refused, and of a declared secret its variable is named', async () => {
  expect(await invalidOf({ cmd: 'curl -H "[REDACTED:deploy of the vault]"' })).toEqual([
    { path: '', message: 'holds [REDACTED:deploy of the vault], a placeholder: ask for it with "secrets": ["DEPLOY_TOKEN"], and write $DEPLOY_TOKEN' },
  ]); // prettier-ignore
  for (const args of [{ cmd: 'echo [REDACTED:other of the vault]' }, { command: 'echo', args: ['[REDACTED:'] }]) {
    expect(await invalidOf(args)).toEqual([
      { path: '', message: 'holds [REDACTED:…], a placeholder for a secret that is not shown to you' },
    ]);
  }
});

test('without one that it asks for nothing runs, and what to do is said', async () => {
  const locked = (): Promise<string> => Promise.reject(new RuntimeError('vault_locked', 'The vault is locked.'));
  const call = { cmd: 'touch ran', secrets: ['DEPLOY_TOKEN'] };
  const { outcome, error } = await t.call('exec_command', call, { secret: locked });
  expect({ outcome, error }).toEqual({
    outcome: 'error',
    error: {
      code: 'vault_locked',
      message: expect.stringMatching(/^not run: The vault is locked\. Name a file .*vault\.passphrase_file/) as unknown,
    },
  });
  expect(() => t.text('ran')).toThrow('ENOENT');
});

test('output of which parts are kept is cleaned before it is cut', async () => {
  const redacting = () => {
    let all = '';
    return { push: (piece: string) => ((all += piece), ''), end: () => all.replaceAll(VALUE, '***') };
  };
  const call = { cmd: 'printf "%s%01000d%s" "$DEPLOY_TOKEN" 0 "$DEPLOY_TOKEN"', secrets: ['DEPLOY_TOKEN'] };
  const { output } = await t.call('exec_command', { ...call, max_output_tokens: 20 }, { secret, redacting });
  expect(output).toContain('left out');
  expect(output).not.toContain(VALUE.slice(0, 6));
  expect(output).not.toContain(VALUE.slice(-6));
});

test.skipIf(process.platform !== 'linux')('its value stands in no list of processes', async () => {
  const cmd = 'tr "\\0" " " < /proc/$$/cmdline; tr "\\0" " " < /proc/$PPID/cmdline; touch begun; while [ ! -e seen ]; do sleep 0.02; done';
  const { readdirSync, writeFileSync } = await import('node:fs');
  const running = t.call('exec_command', { cmd, secrets: ['DEPLOY_TOKEN'] }, { secret });
  while (!readdirSync(t.root).includes('begun')) await new Promise((resolve) => setTimeout(resolve, 10));
  const lines = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(commandLine);
  writeFileSync(`${t.root}/seen`, '');
  await running;
  expect(lines.some((line) => line.includes('touch begun'))).toBe(true);
  expect(lines.some((line) => line.includes(VALUE))).toBe(false);
}); // prettier-ignore

function commandLine(process: string): string {
  try {
    return readFileSync(`/proc/${process}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

describe('a variable', () => {
  test.each([
    ['DEPLOY_TOKEN', true], ['token', true], ['GITHUB_TOKEN', true], ['CARGO_REGISTRY_TOKEN', true], ['AWS_SECRET_ACCESS_KEY', true],
    ['PATH', false], ['HOME', false], ['TERM', false], ['LC_ALL', false], ['LD_PRELOAD', false], ['LD_KEY', false], ['DYLD_INSERT_LIBRARIES', false],
    ['RUNTIME_HOME', false], ['RUNTIME_TOKEN', false], ['BASH_ENV', false], ['BASH_FUNC_ls', false], ['IFS', false], ['ENV', false],
    ['NODE_OPTIONS', false], ['GIT_SSH_COMMAND', false], ['PYTHONSTARTUP', false], ['PERL5OPT', false],
    ['PWD', false], ['UID', false], ['_', false], ['go', false],
    ['A-B', false], ['1A', false], ['', false], ['A=B', false], ['A B', false],
  ])('%j can have a secret: %s', (name, fits) => {
    expect(unfitForSecret(name) === undefined).toBe(fits);
  }); // prettier-ignore
});

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Environment } from '../../base/environment.ts';
import { RuntimeError } from '../../contract/errors.ts';
import { variableOf } from './keys.ts';
import { loadConfig } from './load.ts';

let home: string;
let path: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'runtime-config-'));
  path = join(home, 'config.yaml');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const load = (text?: string, environment: Environment = {}, flags: Record<string, string> = {}) => {
  if (text !== undefined) writeFileSync(path, text, { mode: 0o600 });
  return loadConfig({ home, environment, overrides: new Map(Object.entries(flags)) });
};

const refusal = async (...args: Parameters<typeof load>): Promise<string> => {
  const error = await load(...args).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof RuntimeError)) throw new Error(`expected a refusal, got ${String(error)}`);
  expect(error.exitCode).toBe(2);
  return error.message.replaceAll(path, 'FILE');
};

test('without a file there are the defaults', async () => {
  const { config, file, originOf, warnings } = await load();
  expect(config.orchestrator.max_turns).toBe(10);
  expect(config.governance).not.toHaveProperty('auto_allow');
  expect(file).toEqual({ path, text: '', exists: false });
  expect(originOf('orchestrator.max_turns')).toEqual({ from: 'default' });
  expect(warnings).toEqual([]);
});

test.each([
  ['nothing', ''],
  ['only comments', '# later\n'],
  ['a section whose keys are commented out', 'budget:\n  turn:\n    # cost: 1\ngovernance:\n'],
  ['JSON, with tabs', '{\n\t"governance": {"deny": []}\n}'],
  ['a byte order mark', '\ufefforchestrator: {}\n'],
  ['a bracket that closes at the margin', 'governance:\n  deny: [\n  ]\n'],
  ['a second, empty end', 'orchestrator: {}\n...\n'],
])('a file with %s is valid', async (_name, text) => {
  expect((await load(text)).config).toEqual(
    (await loadConfig({ home: tmpdir(), environment: {}, overrides: new Map() })).config,
  );
});

test('H-11 a flag beats the environment, which beats the file, which beats the default', async () => {
  const text = 'orchestrator:\n  max_turns: 1111\n';
  const environment = { RUNTIME_ORCHESTRATOR_MAX_TURNS: '2222' };
  const turns = async (...args: Parameters<typeof load>) => {
    const { config, originOf } = await load(...args);
    return [config.orchestrator.max_turns, originOf('orchestrator.max_turns').from];
  };
  expect(await turns()).toEqual([10, 'default']);
  expect(await turns(text)).toEqual([1111, 'file']);
  expect(await turns(text, environment)).toEqual([2222, 'environment']);
  expect(await turns(text, environment, { 'orchestrator.max_turns': '3333' })).toEqual([3333, 'flag']);
});

describe('what is refused', () => {
  test.each([
    ['governnance:\n  deny: []\n', 'FILE:1:1: governnance: unknown key; did you mean governance?'],
    ['governance:\n  denny: []\n', 'FILE:2:3: governance.denny: unknown key; did you mean deny?'],
    ['a: 1\nmax_turns: 3\n', 'FILE:1:1: a: unknown key\nFILE:2:1: max_turns: unknown key; did you mean orchestrator.max_turns?'],
    ['orchestrator:\n  max_turns: many\n', 'FILE:2:3: orchestrator.max_turns: expected a whole number'],
    ['orchestrator:\n  max_turns: 0\n', 'FILE:2:3: orchestrator.max_turns: too small: expected number to be >=1'],
    ['orchestrator:\n  max_turns:\n', 'FILE:2:3: orchestrator.max_turns: has no value; give one, or leave the key out'],
    ['orchestrator: 5\n', 'FILE:1:1: orchestrator: expected object, received number'],
    ['sandbox:\n  mode: on\n', 'FILE:2:3: sandbox.mode: expected one of "auto"|"required"|"off"'],
    ['budget: {turn: {wall: soon}}\n', 'FILE:1:17: budget.turn.wall: expected a duration such as 500ms, 30s or 1m30s'],
    ['budget: {turn: {wall: 0s}}\n', 'FILE:1:17: budget.turn.wall: must be longer than nothing'],
    ['models:\n  registry:\n    - provider: openai\n', 'FILE:3:7: models.registry[0].name: is missing'],
    ['models:\n  registry:\n    - name: a\n      modle: b\n', 'FILE:4:7: models.registry[0].modle: unknown key; did you mean model?'],
    ['models: {default: fast, registry: [{name: fsat}]}\n', 'FILE:1:10: models.default: models.registry has no "fast"; did you mean "fsat"?'],
    ['models: {registry: [{name: a}, {name: a}]}\n', 'FILE:1:33: models.registry[1].name: a second model named "a"'],
    ['models: {registry: [{name: a, provider: script}]}\n', 'FILE:1:21: models.registry[0].script: a script model needs a script file'],
    ['models: {registry: [{name: a, api_key: b, api_key_env: C}]}\n', 'FILE:1:43: models.registry[0].api_key_env: give api_key or api_key_env, not both'],
    ['models: {registry: [{name: a, base_url: "localhost:1"}]}\n', 'FILE:1:31: models.registry[0].base_url: expected a URL that begins with http:// or https://, as http://localhost:1'],
    ['models: {registry: [{name: a, provider: replay}]}\n', 'FILE:1:21: models.registry[0].replay: a replay model needs the id of a session, or an exported file'],
    ['models: {registry: [{name: a, replay: s}]}\n', 'FILE:1:31: models.registry[0].replay: only a model with `provider: replay` has one'],
    ['models: {registry: [{name: a, provider: openai-codex, api_key: b}]}\n', 'FILE:1:55: models.registry[0].api_key: a model with `provider: openai-codex` has none'],
    ['auth: {codex: {issuer: "http://auth.example"}}\n', 'FILE:1:16: auth.codex.issuer: expected a URL that begins with https://'],
    ['auth: {codex: {redirect_uri: "http://other.example:1455/x"}}\n', 'FILE:1:16: auth.codex.redirect_uri: expected a URL on this machine with a port, as http://localhost:1455/auth/callback'],
    ['auth: {codex: {token_path: auth/tokens.json}}\n', 'FILE:1:16: auth.codex.token_path: that file holds the tokens of the daemon'],
    ['auth: {codex: {token_path: ../codex.json}}\n', 'FILE:1:16: auth.codex.token_path: must match /^auth\\/[A-Za-z0-9][A-Za-z0-9_-]*\\.json$/'],
    ['tools: {exec_command: {timeout: 1h}}\n', 'FILE:1:24: tools.exec_command.timeout: longer than max_timeout, 10m'],
    ['__proto__: {max_turns: 1}\n', 'FILE:1:1: __proto__: unknown key'],
    ['budget:\n  turn: {}\nbudget: {}\n', 'FILE:3:1: the key budget stands twice'],
    ['budget:\nbudget:\n', 'FILE:2:1: the key budget stands twice'],
    ['governance:\n\tdeny: []\n', 'FILE:2:1: tabs are not allowed as indentation'],
    ['models: [1, 2\n', 'FILE:2:1: flow sequence in block collection must be sufficiently indented and end with a ]'],
    ['a: !mine 1\n', 'FILE:1:4: unknown scalar tag !<!mine>'],
    ['- a\n', 'FILE: must hold one mapping of keys to values'],
    ['{}\n---\n{}\n', 'FILE: must hold one mapping of keys to values'],
  ])('%j', async (text, message) => {
    expect(await refusal(text)).toBe(message);
  }); // prettier-ignore

  test('K-13: a profile that there is not', async () => {
    expect(await refusal('governance:\n  profile: readnly\n')).toBe(
      'FILE:2:3: governance.profile: expected one of "careful"|"readonly"|"workspace"|"autonomous"',
    );
  });

  test('text that is not UTF-8', async () => {
    writeFileSync(path, Buffer.from([0x61, 0x3a, 0x20, 0xff]));
    expect(await refusal()).toBe('FILE: is not UTF-8 text');
  });

  test('a file that is no configuration by its size', async () => {
    expect(await refusal(`# ${'x'.repeat(1 << 20)}`)).toBe('FILE: is larger than 1 MiB');
  });

  test('at most ten lines are shown', async () => {
    const text = Array.from({ length: 12 }, (_, index) => `key${index}: 1\n`).join('');
    expect((await refusal(text)).split('\n')).toHaveLength(11);
    expect(await refusal(text)).toMatch(/and 2 more$/);
  });

  test.each([
    ['RUNTIME_ORCHESTRATOR_MAX_TURNS', 'abc', '=abc: orchestrator.max_turns: expected a whole number'],
    ['RUNTIME_ORCHESTRATOR_MAX_TURNS', '1.5', '=1.5: orchestrator.max_turns: expected a whole number'],
    [
      'RUNTIME_GOVERNANCE_APPROVAL_TTL',
      'abc',
      '=abc: governance.approval_ttl: expected a duration such as 500ms, 30s or 1m30s',
    ],
    ['RUNTIME_MODELS_REGISTRY', '[{name: a, api_key: sk-secret, x: 1}]', ': models.registry[0].x: unknown key'],
    ['RUNTIME_MODELS_REGISTRY', '[{', ': models.registry: expected array, received string'],
  ])('a bad value of %s: %s', async (variable, value, message) => {
    expect(await refusal('', { [variable]: value })).toBe(variable + message);
  });

  test('a bad value of a flag, and a flag that does not exist', async () => {
    expect(await refusal('', {}, { 'orchestrator.max_turns': 'x' })).toBe(
      '--orchestrator.max_turns x: expected a whole number',
    );
    expect(await refusal('', {}, { 'orchestrator.max_turn': '3' })).toBe(
      'unknown flag --orchestrator.max_turn; did you mean --orchestrator.max_turns?',
    );
  });

  test('a named file that is not there, or is a folder', async () => {
    const named = join(home, 'other.yaml');
    const attempt = () => loadConfig({ home, environment: {}, overrides: new Map(), file: named });
    await expect(attempt()).rejects.toMatchObject({
      code: 'config_unreadable',
      message: `can't read the configuration ${named}: there is no such file`,
    });
    mkdirSync(named);
    await expect(attempt()).rejects.toMatchObject({ code: 'config_unreadable' });
  });
});

describe('the environment', () => {
  test('H-12 a variable of no key gives one warning that names the nearest', async () => {
    const { warnings } = await load('', {
      RUNTIME_TYPO_X: '1',
      RUNTIME_ORCHESTRATOR_MAX_TURN: '1',
      RUNTIME_HOME: home,
      RUNTIME_TOKEN: 'x',
      PATH: '/bin',
    });
    expect(warnings).toEqual([
      'unknown variable RUNTIME_TYPO_X is ignored',
      'unknown variable RUNTIME_ORCHESTRATOR_MAX_TURN is ignored; did you mean RUNTIME_ORCHESTRATOR_MAX_TURNS?',
    ]);
  });

  test('H-13 a list is separated by commas', async () => {
    const { config } = await load('governance: {deny: [time]}\n', {
      RUNTIME_GOVERNANCE_DENY: 'exec_command, apply_patch',
    });
    expect(config.governance.deny).toEqual(['exec_command', 'apply_patch']);
  });

  test.each([
    ['["/x, y", "~/z"]', ['/x, y', '~/z']],
    ['[/x, ~/z]', ['/x', '~/z']],
    ['[ab]*,/x', ['[ab]*', '/x']],
  ])('also in brackets: %s', async (text, list) => {
    expect((await load('', { RUNTIME_SANDBOX_HIDE: text })).config.sandbox.hide).toEqual(list);
  });

  test('a list of objects is YAML or JSON, and gets its defaults', async () => {
    const { config, originOf } = await load('', { [variableOf('models.registry')]: '[{"name": "a"}]' });
    expect(config.models.registry).toEqual([{ name: 'a', provider: 'openai' }]);
    expect(originOf('models.registry')).toMatchObject({ from: 'environment', variable: 'RUNTIME_MODELS_REGISTRY' });
  });

  test('a map of texts is YAML or JSON', async () => {
    const { config } = await load('', { [variableOf('tools.exec_command.secrets')]: '{DEPLOY_TOKEN: deploy}' });
    expect(config.tools.exec_command.secrets).toEqual({ DEPLOY_TOKEN: 'deploy' });
  });

  test('an empty variable counts as not set', async () => {
    expect((await load('', { RUNTIME_ORCHESTRATOR_MAX_TURNS: '' })).config.orchestrator.max_turns).toBe(10);
  });
});

test('a file that others may read and that holds a key gives a warning', async () => {
  const text = 'models: {registry: [{name: a, api_key: sk-1}]}\n';
  expect((await load(text)).warnings).toEqual([]);
  chmodSync(path, 0o644);
  expect((await load()).warnings).toEqual([`${path} holds an api_key and others may read it; run: chmod 600 ${path}`]);
});

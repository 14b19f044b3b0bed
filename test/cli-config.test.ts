/** Configuration, policy and the frame of the command line, through the built program. H-numbers: the prior art's checks. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ConfigKey } from '../src/contract/config-key.ts';
import { allKeys, variableOf } from '../src/engine/config/keys.ts';
import { runCli } from './support/cli.ts';

let home: string;
let path: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'runtime-cli-'));
  path = join(home, 'config.yaml');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const cli = (...args: string[]) => runCli(args, { home });
const cliWith = (environment: Record<string, string>, ...args: string[]) => runCli(args, { home, environment });
const write = (text: string): void => writeFileSync(path, text, { mode: 0o600 });

/** The value at a dotted path of what `config view` printed. */
const valueIn = (stdout: string, key: string): unknown =>
  key.split('.').reduce<unknown>((value, word) => (value as Record<string, unknown>)[word], load(stdout));

describe('config init', () => {
  test('H-1 makes the file and its folder, for the owner only, and prints the path', async () => {
    rmSync(home, { recursive: true });
    const { code, stdout } = await runCli(['config', 'init'], { home, cwd: tmpdir() });
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${path}\n` });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(home).mode & 0o777).toBe(0o700);
    expect((await cli('config', 'view')).code).toBe(0);
  });

  test('H-2 leaves an existing file as it is and says so', async () => {
    write('# mine\n');
    const { code, stderr } = await cli('config', 'init');
    expect(code).toBe(0);
    expect(stderr).toContain('--force replaces it');
    expect(readFileSync(path, 'utf8')).toBe('# mine\n');
  });

  test('H-3 makes the named file, not the usual one', async () => {
    const named = join(home, 'other.yaml');
    expect((await cli('config', 'init', '--config', named)).stdout).toBe(`${named}\n`);
    expect(statSync(named).isFile()).toBe(true);
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
  });

  test('proposes the key it finds, by name', async () => {
    const { stdout, stderr } = await cliWith({ OPENAI_API_KEY: 'sk-abcdef' }, 'config', 'init');
    expect(stdout + stderr + readFileSync(path, 'utf8')).not.toContain('sk-abcdef');
    expect(valueIn((await cli('config', 'view')).stdout, 'models.registry')).toMatchObject([
      { provider: 'openai', api_key_env: 'OPENAI_API_KEY' },
    ]);
  });
});

describe('config view', () => {
  test('H-4 prints real keys: loading it back gives the same', async () => {
    const first = await cli('config', 'view');
    write(first.stdout);
    expect((await cli('config', 'view')).stdout).toBe(first.stdout);
    write(
      'budget: {session: {cost: 1}, turn: {cost: 3}}\nmodels: {registry: [{provider: ollama, name: a}], default: a}\n',
    );
    const second = await cli('config', 'view');
    write(second.stdout);
    expect((await cli('config', 'view')).stdout).toBe(second.stdout);
  });

  test('H-5 never shows a key, neither of the environment nor of the file', async () => {
    write('models: {registry: [{name: a, api_key: sk-in-file}, {name: b, base_url: "http://u:pass-word@h/"}]}\n');
    for (const args of [[], ['--origin'], ['-o', 'json'], ['--origin', '-o', 'json']]) {
      const { stdout, stderr } = await cliWith({ OPENAI_API_KEY: 'sk-abcdef' }, 'config', 'view', ...args);
      expect(stdout + stderr).not.toMatch(/sk-abcdef|sk-in-file|pass-word/);
      expect(stdout).toContain('********');
    }
  });

  test('H-9 the environment sets a key, and --origin says so', async () => {
    write('budget:\n  turn:\n    cost: 3\n');
    const { stdout } = await cliWith(
      { RUNTIME_ORCHESTRATOR_MAX_TURNS: '3' },
      'config',
      'view',
      '--origin',
      '--sandbox.mode=auto',
    );
    expect(stdout).toContain('max_turns: 3  # env RUNTIME_ORCHESTRATOR_MAX_TURNS');
    expect(stdout).toContain(`cost: 3  # ${path}:3`);
    expect(stdout).toContain('mode: auto  # flag');
    expect(stdout).toContain('max_tool_calls: 200  # default');
    expect(valueIn(stdout, 'orchestrator.max_turns')).toBe(3); // with its comments it still is YAML
  });

  test('H-10 every key takes effect through its variable', async () => {
    const sampleOf = ({ path: key, kind, values = [], default: standard }: ConfigKey): [string, unknown] => {
      if (key === 'models.default' || key.startsWith('models.purposes.')) return ['demo', 'demo'];
      if (key === 'models.fallback') return ['demo', ['demo']];
      if (['telemetry.endpoint', 'auth.codex.issuer', 'auth.codex.redirect_uri'].includes(key)) {
        return ['http://127.0.0.1:1', 'http://127.0.0.1:1'];
      }
      if (key === 'auth.codex.token_path') return ['auth/other.json', 'auth/other.json'];
      if (key === 'governance.rules') return ['[{"tool": "time", "decision": "deny"}]', [{ tool: 'time', decision: 'deny' }]]; // prettier-ignore
      const choice = values.find((value) => value !== standard) ?? '';
      const samples: Record<ConfigKey['kind'], [string, unknown]> = {
        text: ['other', 'other'],
        integer: ['7', 7],
        number: ['1.25', 1.25],
        boolean: [String(standard !== true), standard !== true],
        duration: ['9m', '9m'],
        choice: [choice, choice],
        list: values.length > 0 ? [choice, [choice]] : ['a_b,c', ['a_b', 'c']],
        counts: ['{time: 2, "*": 9}', { time: 2, '*': 9 }],
        texts: ['{DEPLOY_TOKEN: deploy}', { DEPLOY_TOKEN: 'deploy' }],
        objects: ['[{"name": "a", "provider": "ollama"}]', [{ name: 'a', provider: 'ollama' }]],
      };
      return samples[kind];
    };
    for (const key of allKeys) {
      const [text, value] = sampleOf(key);
      const { code, stdout, stderr } = await cliWith({ [variableOf(key.path)]: text }, 'config', 'view');
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect([key.path, valueIn(stdout, key.path)]).toEqual([key.path, value]);
    }
  });

  test('H-11 a flag beats the environment, which beats the file', async () => {
    write('orchestrator: {max_turns: 1111}\n');
    const turns = async (environment: Record<string, string>, ...flags: string[]) =>
      valueIn((await cliWith(environment, 'config', 'view', ...flags)).stdout, 'orchestrator.max_turns');
    const environment = { RUNTIME_ORCHESTRATOR_MAX_TURNS: '2222' };
    expect(await turns({})).toBe(1111);
    expect(await turns(environment)).toBe(2222);
    expect(await turns(environment, '--orchestrator.max_turns', '3333')).toBe(3333);
  });

  test('H-13 a list in a variable has exactly its items', async () => {
    const { stdout } = await cliWith({ RUNTIME_TOOLS_EXEC_COMMAND_ENV: 'CI,EDITOR' }, 'config', 'view');
    expect(valueIn(stdout, 'tools.exec_command.env')).toEqual(['CI', 'EDITOR']);
  });
});

describe('what is wrong', () => {
  /** Commands that read the configuration, each in its own way. */
  const READERS = [
    ['config', 'view'],
    ['policy', 'show'],
    ['run', 'hello'],
  ];

  test.each(READERS)('H-6 a named file that is not there: exit 2, naming it (%s %s)', async (...args) => {
    const { code, stdout, stderr } = await cli(...args, '--config', 'missing.yaml');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error: can't read the configuration missing\.yaml: there is no such file\nnext: .+\n$/);
  });

  test.each(READERS)('H-7 broken YAML: exit 2 with file and line, not the defaults (%s %s)', async (...args) => {
    write('orchestrator:\n  max_turns: [1\nbudget: {}\n');
    const { code, stdout, stderr } = await cli(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`error: ${path}:3:1: `);
  });

  test.each(READERS)('H-8 an unknown key: exit 2, naming it, its line and the nearest (%s %s)', async (...args) => {
    write('budget: {}\ngovernnance:\n  deny: [exec_command]\n');
    const { code, stdout, stderr } = await cli(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`error: ${path}:2:1: governnance: unknown key; did you mean governance?\n`);
  });

  test('H-12 an unknown variable: one warning', async () => {
    const { code, stderr } = await cliWith({ RUNTIME_TYPO_X: '1' }, 'config', 'view');
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'warning: unknown variable RUNTIME_TYPO_X is ignored\n' });
  });

  test('H-14 a bad value in a variable: exit 2, naming variable and value', async () => {
    const { code, stdout, stderr } = await cliWith({ RUNTIME_BUDGET_TURN_WALL: 'abc' }, 'run', 'hello');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('error: RUNTIME_BUDGET_TURN_WALL=abc: budget.turn.wall: expected a duration');
  });

  test('an unknown flag with dots, a dotted flag without a value', async () => {
    for (const args of [
      ['version', '--orchestrator.max_turn', '3'],
      ['config', 'view', '--orchestrator.max_turns'],
    ]) {
      const { code, stdout, stderr } = await cli(...args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/--orchestrator\.max_turns/);
    }
  });

  test('a configuration that may not be read', async () => {
    const { code, stderr } = await cli('config', 'view', '--config', home);
    expect(code).toBe(2);
    expect(stderr).toContain(`can't read the configuration ${home}`);
  });
});

describe('the frame', () => {
  test('H-15 version: number, commit, build date, Node; --json gives one object', async () => {
    const { stdout } = await cli('version');
    expect(stdout).toMatch(/^runtime \d+\.\d+\.\d+\ncommit: .+\nbuilt: {2}.+\nnode: {3}\d+\.\d+\.\d+\n$/);
    const asJson = JSON.parse((await cli('version', '--json')).stdout) as Record<string, string>;
    expect(Object.keys(asJson)).toEqual(['version', 'commit', 'build_date', 'node']);
    for (const flag of ['--version', '-V']) expect((await cli(flag)).stdout).toBe(`${asJson['version']}\n`);
  });

  test.each([
    [['rnu'], "unknown command 'rnu' (Did you mean run?)"],
    [['rnu', '--json'], "unknown command 'rnu' (Did you mean run?)"],
    [['config', 'vew'], "unknown command 'vew' (Did you mean view?)"],
    [['config', 'view', '--orgin'], "unknown option '--orgin' (Did you mean --origin?)"],
    [['--model', 'x'], 'It is an option of `runtime run`, which opens a conversation, too: runtime run --model …'],
    [['policy', 'set'], "missing required argument 'tool'"],
    [['policy', 'show', 'x'], "too many arguments for 'show'"],
    [['policy', 'show', '-o', 'xml'], "option '-o, --output <format>' argument 'xml' is invalid"],
    [['policy', 'set', 'time', '--allow', '--deny'], "option '--allow' cannot be used with option '--deny'"],
    [['policy', 'set', 'time'], '--allow, --require-approval or --deny'],
  ])('H-16 %j: exit 2, said once with the usage on standard error, standard output empty', async (args, message) => {
    const { code, stdout, stderr } = await cli(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr.match(/error:/g)).toHaveLength(1);
    expect(stderr).toMatch(/runtime/);
  });

  test('a group without its command shows its help, exit 2; no command at all: help, exit 0', async () => {
    const group = await cli('policy');
    expect({ code: group.code, stdout: group.stdout }).toEqual({ code: 2, stdout: '' });
    expect(group.stderr).toContain('Usage: runtime policy');
    const none = await cli();
    expect({ code: none.code, stderr: none.stderr }).toEqual({ code: 0, stderr: '' });
    expect(none).toEqual(await cli('--help'));
    expect(none.stdout).toContain('Examples:\n  runtime run "What does this project do?"');
  });

  test('H-19 a pipe gets no escapes', async () => {
    for (const args of [['--help'], ['policy', 'show'], ['doctor'], ['config', 'view', '--origin'], ['rnu']]) {
      const { stdout, stderr } = await cliWith({ FORCE_COLOR: '1', CLICOLOR_FORCE: '1' }, ...args);
      expect(stdout + stderr).not.toContain('\x1b');
    }
  });

  test('H-20 what is said beside the result is on standard error: the result still parses', async () => {
    for (const args of [
      ['config', 'view', '-o', 'json'],
      ['policy', 'show', '-o', 'json'],
      ['doctor', '-o', 'json'],
    ]) {
      const { stdout } = await cliWith({ RUNTIME_TYPO_X: '1' }, ...args);
      expect(() => JSON.parse(stdout) as unknown).not.toThrow();
    }
  });

  test('a reader that goes away ends the output, not the command', async () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, '../dist/main.js'), 'config', 'schema'], {
      env: { RUNTIME_HOME: home },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    const [code] = (await once(child, 'close')) as [number];
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('a slow reader gets all of a long output', async () => {
    write(`orchestrator: {instructions: ${'x'.repeat(1_000_000)}}\n`);
    const child = spawn(process.execPath, [join(import.meta.dirname, '../dist/main.js'), 'config', 'view'], {
      env: { RUNTIME_HOME: home },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const closed = once(child, 'close');
    let length = 0;
    for await (const chunk of child.stdout) {
      length += (chunk as Buffer).length;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(await closed).toEqual([0, null]);
    expect(length).toBeGreaterThan(1_000_000);
  });

  test('config path and schema', async () => {
    expect((await cli('config', 'path')).stdout).toBe(`${path}\n`);
    expect((await cli('config', 'path', '--config', 'x.yaml')).stdout).toBe('x.yaml\n');
    const schema = JSON.parse((await cli('config', 'schema')).stdout) as { properties: object };
    expect(Object.keys(schema.properties)).toContain('governance');
  });
});

describe('policy', () => {
  test('H-122 set keeps comments and other keys byte for byte', async () => {
    const before =
      '# mine\nbudget: {turn: {cost: 1}}  # small\ngovernance:\n  auto_allow: # these\n    - time\n  # that is all\n';
    write(before);
    const { code, stdout } = await cli('policy', 'set', 'exec_command', '--allow');
    expect(code).toBe(0);
    expect(stdout).toBe(`exec_command runs without asking (${path})\n`);
    expect(readFileSync(path, 'utf8')).toBe(before.replace('    - time\n', '    - time\n    - exec_command\n'));
    const shown = JSON.parse((await cli('policy', 'show', '-o', 'json')).stdout) as { tool: string; verdict: string }[];
    expect(shown).toContainEqual(expect.objectContaining({ tool: 'exec_command', verdict: 'allow' }));
  });

  test('an unknown tool is refused with the nearest name, the file untouched', async () => {
    const { code, stdout, stderr } = await cli('policy', 'set', 'exec_comand', '--deny');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('there is no tool "exec_comand"; did you mean exec_command?');
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
  });

  test.each([
    ['policy', 'set', 'exec_command', '--allow'],
    ['config', 'init'],
  ])('the agent may not change it: %s %s', async (...args) => {
    const { code, stderr } = await cliWith({ RUNTIME_TOOL_CALL: 'c1.1.1' }, ...args);
    expect(code).toBe(6);
    expect(stderr).toContain('a tool of the agent');
    expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined();
  });

  test.each([
    ['read_file', { path: 'config.yaml' }, 'allow', 0],
    ['read_file', { path: '/etc/hostname' }, 'require_approval', 5],
    ['exec_command', { cmd: 'ls' }, 'require_approval', 5],
    ['apply_patch', { patch: '*** Begin Patch\n*** Add File: a\n+x\n*** End Patch' }, 'deny', 6],
    ['nothing', {}, 'deny', 6],
  ])('check judges without running: %s %j', async (tool, args, verdict, exitCode) => {
    const root = mkdtempSync(join(tmpdir(), 'runtime-root-'));
    try {
      write('governance: {deny: [apply_patch]}\n');
      writeFileSync(join(root, 'config.yaml'), '');
      const call = ['policy', 'check', tool, JSON.stringify(args), '-o', 'json'];
      const { code, stdout } = await runCli(call, { home, cwd: root });
      const { rules, ...judgement } = JSON.parse(stdout) as { verdict: string; reason: string; rules: object[] };
      expect({ code, judgement }).toEqual({
        code: exitCode,
        judgement: { verdict, reason: expect.any(String) as string },
      });
      expect(rules.length).toBeGreaterThan(0);
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  test.each(['{', '{"cm": "ls"}', '[]', '{"cmd":"a","cmd":"b"}'])(
    'check refuses arguments that the tool would: %s',
    async (args) => {
      const { code, stdout } = await cli('policy', 'check', 'exec_command', args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    },
  );

  test('H-119 an argument that the tool does not have is rejected', async () => {
    const { code, stderr } = await cli('policy', 'check', 'exec_command', '{"cmd":"ls","url":"https://example.org"}');
    expect(code).toBe(2);
    expect(stderr).toContain('url');
  });
});

describe('doctor', () => {
  test('all is well on a fresh home', async () => {
    const { code, stdout, stderr } = await cli('doctor');
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'All is well.\n' });
    expect(stdout).toContain('the offline demo answers');
  });

  test('a missing key: exit 1, and how to mend it', async () => {
    write('models: {registry: [{name: a}]}\n');
    const { code, stdout } = await cli('doctor');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^problem {2}model .*OPENAI_API_KEY is not set\n +→ export OPENAI_API_KEY=/m);
  });

  test('a broken configuration is a finding, not a crash', async () => {
    write('governnance: {}\n');
    const { code, stdout } = await cli('doctor', '-o', 'json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      findings: [{ check: 'config', status: 'problem' }, {}, {}, {}, { check: 'terminal' }],
    });
  });
});

describe('what the documentation shows', () => {
  const page = (name: string): string => readFileSync(join(import.meta.dirname, '../docs', name), 'utf8');
  const blocks = (name: string, language: string): string[] =>
    [...page(name).matchAll(/^```(\w+)\n(.*?)^```$/gms)]
      .filter(([, found]) => found === language)
      .map(([, , text]) => text!);

  test('its configuration is valid', async () => {
    const examples = blocks('configuration.md', 'yaml');
    expect(examples).toHaveLength(1);
    write(examples[0]!);
    const { code, stderr } = await cli('config', 'view');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('its error is what the program prints', async () => {
    write('governance:\n  denny: []\n');
    const { stderr } = await cli('config', 'view');
    expect(blocks('exit-codes.md', 'text')).toEqual([stderr.replace(home, '~/.runtime')]);
  });
});

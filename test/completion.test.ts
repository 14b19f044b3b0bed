/** Completion of the shells: the printed scripts in real shells, asking the built program. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { approvalsIn, type Place, test } from './support/place.ts';

const has = (shell: string): boolean => spawnSync(shell, ['-c', 'exit 0']).status === 0;
const BASH = has('bash');
const ZSH = has('zsh');
const FISH = has('fish');
const unless = (there: boolean, shell: string): string => (there ? shell : `${shell} (skipped: not installed)`);

const demo = (place: Place): void => place.configure({ models: { default: 'demo' } });

/** What the program offers for a line, as [value, meaning]. */
async function offered(place: Place, ...words: string[]): Promise<string[][]> {
  const { code, stdout, stderr } = await place.run(['__complete', ...words]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.split('\n').slice(0, -1).map((line) => line.split('\t')); // prettier-ignore
}
const values = async (place: Place, ...words: string[]): Promise<string[]> =>
  (await offered(place, ...words)).map(([value]) => value!);

describe('what is offered', () => {
  test('commands, flags, closed sets, topics', async ({ place }) => {
    expect(await values(place, '')).toEqual(expect.arrayContaining(['run', 'session', 'completion', 'help']));
    expect(await values(place, 'ses')).toEqual(['session']);
    expect(await values(place, 'session', 's')).toEqual(['show']);
    expect(await values(place, 'policy', 'set', 'time', '--al')).toEqual(['--allow']);
    expect(await values(place, 'run', '-')).toEqual(
      expect.arrayContaining(['-p', '--prompt', '--workspace', '--help']),
    );
    expect(await values(place, 'run', '-p', 'x', '--p')).toEqual([]); // it is there
    expect(await values(place, 'session', 'ls', '-o', '')).toEqual(['table', 'json', 'yaml']);
    expect(await values(place, 'session', 'ls', '--output=j')).toEqual(['--output=json']);
    expect(await values(place, 'completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(await values(place, 'help', 'po')).toEqual(['policy']);
    expect(await values(place, 'help', 'session', 'v')).toEqual(['verify']);
    expect(await values(place, 'policy', 'set', 'read')).toEqual(['read_file', 'read_output']);
  });

  test('configuration keys and what they may be', async ({ place }) => {
    expect(await values(place, 'run', '--')).not.toContain('--orchestrator.max_turns'); // many: only when one is begun
    expect(await values(place, 'run', '--orchestrator.max_tu')).toEqual(['--orchestrator.max_turns']);
    expect(await values(place, '--sandbox.mode', '')).toEqual(['auto', 'required', 'off']);
    expect(await values(place, '--sandbox.mode=a')).toEqual(['--sandbox.mode=auto']);
  });

  test('files and folders are left to the shell, texts to the person', async ({ place }) => {
    expect(await values(place, 'config', 'view', '--config', '')).toEqual([':files']);
    expect(await values(place, 'run', '--root', '')).toEqual([':folders']);
    expect(await values(place, 'session', 'verify', '')).toEqual([':files']);
    expect(await values(place, 'run', '')).toEqual([]);
    expect(await values(place, 'run', '--timeout', '')).toEqual([]);
  });

  test('sessions, newest first, with what they are about, of the workspace that is named', async ({ place }) => {
    demo(place);
    await place.run(['run', '--session', 'one', 'first question\nmore']);
    await place.run(['run', '--session', 'two:b', 'a\ttab, \u001B[31mred\u001B[0m']);
    await place.run(['run', '--session', 'three', '--workspace', 'other', 'elsewhere']);
    expect(await offered(place, 'session', 'show', '')).toEqual([
      ['two:b', 'a tab, \uFFFD[31mred\uFFFD[0m'],
      ['one', 'first question'],
    ]);
    expect(await values(place, 'session', 'rm', 'two:')).toEqual(['two:b']);
    expect(await values(place, '--workspace', 'other', 'run', '--session', '')).toEqual(['three']);
    expect(await values(place, '--store.workspace=other', 'run', '--session', '')).toEqual(['three']);
    expect((await values(place, '--workspace', '')).sort()).toEqual(['default', 'other']);
  });

  test('approvals that wait, with what they ask, and standing grants', async ({ place }) => {
    demo(place);
    const [approval] = approvalsIn(await place.run(['run', 'Fix the typo']));
    const asked = [[approval, 'Change 1 file: RUNTIME-DEMO.md']];
    for (const command of [['approve'], ['deny'], ['approvals', 'show']]) {
      expect(await offered(place, ...command, 'a-')).toEqual(asked);
    }
    await place.run(['approve', approval!, '--always']);
    expect(await offered(place, 'approve', '')).toEqual([]);
    const [grant, ...others] = await offered(place, 'approvals', 'revoke', '');
    expect([grant?.[1], others]).toEqual(['Change 1 file: RUNTIME-DEMO.md', []]);
  });

  test('models of the configuration that is named', async ({ place }) => {
    place.configure({ models: { registry: [{ name: 'a' }, { name: 'with\nnewline' }] } });
    place.write('c.yaml', 'models: {registry: [{name: b, provider: ollama, model: "q:8b"}]}');
    expect(await offered(place, 'run', '--model', '')).toEqual([
      ['a', 'openai: a'],
      ['demo', 'the built-in offline demo'],
    ]);
    expect(await offered(place, '--config', 'c.yaml', 'run', '--model', 'b')).toEqual([['b', 'ollama: q:8b']]);
  });
});

describe('it is quiet and harmless', () => {
  test('nothing is made, said or taken, whatever is broken', async ({ place }) => {
    await offered(place, 'session', 'show', '');
    expect(readdirSync(place.home)).toEqual([]);
    place.configure({ governnance: {} });
    expect(await offered(place, 'session', 'show', '')).toEqual([]);
    await offered(place, '--nonsense', 'run', '--workspace', '../../x', '--session', '');
    await offered(place);
  });

  test('a damaged session is offered all the same, and a broken configuration hides none', async ({ place }) => {
    demo(place);
    await place.run(['run', '--session', 'one', 'hello']);
    place.configure({ governnance: {} });
    expect(await offered(place, 'session', 'show', '')).toEqual([['one', 'hello']]);
    writeFileSync(place.journalFile('one'), 'garbage\n');
    expect(await values(place, 'session', 'verify', 'o')).toEqual(['one', ':files']);
  });

  test('it works beside the owner of the workspace', async ({ place }) => {
    const asks = { calls: [{ tool: 'exec_command', arguments: { cmd: 'touch a' } }] };
    place.play([
      { match: { equals: 'touch' }, reply: asks },
      { match: { any: true }, reply: { text: 'slow' }, stall: '30s' },
    ]);
    const [approval] = approvalsIn(await place.run(['run', '--session', 'two', 'touch']));
    const running = place.start(['run', '--session', 'one', 'hello', '--json']);
    await running.says('turn.started');
    expect(await values(place, 'session', 'show', '')).toEqual(['one', 'two']);
    expect(await values(place, 'approve', '')).toEqual([approval]);
    expect(await values(place, 'policy', 'set', 'exec')).toEqual(['exec_command']);
    expect(await values(place, 'run', '--model', 's')).toEqual(['scripted']);
    running.child.kill('SIGKILL');
    await running.ended;
  });
});

/** What bash makes of a line: it breaks words at `:`, `=` and `@`, too. */
function bashWords(line: string): string[] {
  return line.split(' ').flatMap((word) => word.match(/[:=@]+|[^:=@]+/g) ?? ['']);
}

const ASK_BASH = `
source /dev/stdin <<<"$("$PROGRAM" completion bash)"
COMP_LINE=$1 COMP_POINT=\${#1} COMP_TYPE=$2
shift 2
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
COMP_WORDS[0]=$PROGRAM COMP_LINE=$PROGRAM\${COMP_LINE#runtime} COMP_POINT=\${#COMP_LINE}
COLUMNS=80 _runtime
printf '%s\\n' "\${COMPREPLY[@]}"
`;

describe.skipIf(!BASH)(unless(BASH, 'bash'), () => {
  const TAB = '9';
  const SECOND_TAB = '63';
  const ask = async (place: Place, line: string, type = TAB): Promise<string[]> => {
    place.write('ask.bash', ASK_BASH);
    const words = [line, type, ...bashWords(line)].map((word) => `'${word}'`).join(' ');
    const { stdout, stderr } = await place.run([], { shell: `exec bash --norc --noprofile ask.bash ${words}` });
    expect(stderr).toBe('');
    return stdout.split('\n').slice(0, -1).map((reply) => reply.trimEnd()); // prettier-ignore
  };

  test('the script is one that bash takes', ({ place }) => {
    const { status, stderr } = spawnSync('sh', ['-c', '"$0" completion bash | bash -n', join(import.meta.dirname, '../bin/runtime')], { encoding: 'utf8', env: { PATH: process.env['PATH'], RUNTIME_HOME: place.home } }); // prettier-ignore
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  test('commands and flags', async ({ place }) => {
    expect(await ask(place, 'runtime ses')).toEqual(['session']);
    expect(await ask(place, 'runtime policy set time --al')).toEqual(['--allow']);
    expect(await ask(place, 'runtime config view -o ')).toEqual(['yaml', 'json']);
  });

  test('only what stands behind the last break is put in', async ({ place }) => {
    demo(place);
    await place.run(['run', '--session', 'team:al@home', 'hello']);
    expect(await ask(place, 'runtime session show ')).toEqual(['team:al@home']);
    expect(await ask(place, 'runtime session show te')).toEqual(['team:al@home']);
    expect(await ask(place, 'runtime session show team:')).toEqual(['al@home']);
    expect(await ask(place, 'runtime session show team:al@h')).toEqual(['home']);
    expect(await ask(place, 'runtime run --session=team:a')).toEqual(['al@home']);
    expect(await ask(place, 'runtime config view --output=j')).toEqual(['json']);
    expect(await ask(place, 'runtime config view --output=')).toEqual(['yaml', 'json']);
    expect(await ask(place, 'runtime --sandbox.mode=of')).toEqual(['off']);
  });

  test('names that a shell would take apart are quoted', async ({ place }) => {
    place.configure({ models: { registry: [{ name: 'my $(touch pwned) model' }] } });
    expect(await ask(place, 'runtime run --model m')).toEqual(['my\\ \\$\\(touch\\ pwned\\)\\ model']);
    expect(existsSync(join(place.project, 'pwned'))).toBe(false);
  });

  test('a list tells what each is; what is put in does not', async ({ place }) => {
    const list = await ask(place, 'runtime session ', SECOND_TAB);
    expect(list[0]).toBe('ls       list the sessions, newest first, and what is running where');
    const names = ['ls', 'show', 'resume', 'fork', 'diff', 'verify', 'undo', 'export', 'import', 'rm', 'help'];
    expect(await ask(place, 'runtime session ')).toEqual(expect.arrayContaining(names));
    expect(await ask(place, 'runtime session l', SECOND_TAB)).toEqual(['ls']);
  });

  test('files where a file is expected', async ({ place }) => {
    place.write('one.yaml', '');
    expect(await ask(place, 'runtime --config o')).toEqual(['one.yaml']);
    expect(await ask(place, 'runtime --config=o')).toEqual(['one.yaml']);
  });
});

const ASK_ZSH = `
compdef() { }
compadd() { [[ $1 == -l ]] && print -rl -- $values }
compset() { }
_files() { print -r -- "files $*" }
source <("$PROGRAM" completion zsh)
words=("$PROGRAM" "\${@[2,-1]}") CURRENT=$# PREFIX=\${@[-1]}
_runtime
`;

describe.skipIf(!ZSH)(unless(ZSH, 'zsh'), () => {
  test('candidates, files, folders', async ({ place }) => {
    demo(place);
    place.write('ask.zsh', ASK_ZSH);
    await place.run(['run', '--session', 'team:al', 'hello']);
    const ask = async (...words: string[]): Promise<string> => {
      const line = ['runtime', ...words].map((word) => `'${word}'`).join(' ');
      const { stdout, stderr } = await place.run([], { shell: `exec zsh -f ask.zsh ${line}` });
      expect(stderr).toBe('');
      return stdout;
    };
    expect(await ask('ses')).toBe('session\n');
    expect(await ask('session', 'show', '')).toBe('team:al\n');
    expect(await ask('session', 'show', 'team:')).toBe('team:al\n');
    expect(await ask('config', 'view', '--output=j')).toBe('--output=json\n');
    expect(await ask('--config', '')).toBe('files \n');
    expect(await ask('run', '--root', '')).toBe('files -/\n');
  });
});

describe.skipIf(!FISH)(unless(FISH, 'fish'), () => {
  test('candidates, with what they are', async ({ place }) => {
    demo(place);
    await place.run(['run', '--session', 'team:al', 'hello']);
    place.write('ask.fish', '$PROGRAM completion fish | source\ncomplete -C $argv[1]\n');
    const ask = async (line: string): Promise<string> => {
      const { stdout } = await place.run([], { shell: `exec fish --no-config ask.fish '${line}'` });
      return stdout.replaceAll(place.project, '');
    };
    const program = join(import.meta.dirname, '../bin/runtime');
    expect(await ask(`${program} session l`)).toBe('ls\tlist the sessions, newest first, and what is running where\n');
    expect(await ask(`${program} session show `)).toBe('team:al\thello\n');
    expect(await ask(`${program} config view --output=j`)).toBe('--output=json\n');
  });
});

test('the scripts say at their top how to install them', async ({ place }) => {
  for (const [shell, line] of [
    ['bash', 'eval "$(runtime completion bash)"'],
    ['zsh', 'source <(runtime completion zsh)'],
    ['fish', 'runtime completion fish >~/.config/fish/completions/runtime.fish'],
  ] as const) {
    const { stdout } = await place.run(['completion', shell]);
    expect(stdout.split('\n').slice(0, 5).join('\n')).toContain(`#   ${line}`);
    expect((await place.run(['completion', '--help'])).stdout).toContain(line.replace(/\)".*/, ''));
  }
});

test('an unknown shell: exit 2, nothing on standard output', async ({ place }) => {
  const { code, stdout, stderr } = await place.run(['completion', 'tcsh']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('Allowed choices are bash, zsh, fish');
});

test('the pages agree: no candidate but the hidden command is unknown to --help', async ({ place }) => {
  const { stdout } = await place.run(['--help']);
  expect(stdout).not.toContain('__complete');
  const page = readFileSync(join(import.meta.dirname, '../docs/reference/commands.md'), 'utf8');
  for (const command of await values(place, '')) expect(page).toContain(`runtime ${command}`);
});

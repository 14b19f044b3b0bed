/** Keys are nowhere but where they must be, and the agent can neither approve itself nor reach the home. */
import { generateKeyPairSync } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { approvalsIn, entriesOf, expectVerified, KEY, linesOf, type Place, type Ran, test } from './support/place.ts';

const ALL = ['exec_command', 'apply_patch', 'read_file', 'list_files', 'search_files', 'time'];

/** Every file of the home except the configuration, which the person wrote. */
function stored(place: Place): string {
  return readdirSync(place.home, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && file.name !== 'config.yaml')
    .map((file) => readFileSync(join(file.parentPath, file.name), 'latin1'))
    .join('\n');
}

/** As a truth value: a test that fails must not print what it looked at. */
const holdsKey = (text: string): boolean => text.includes(KEY);

/** Lets the model run one command unasked; gives the whole run. */
async function command(place: Place, cmd: string, environment: Record<string, string> = {}): Promise<Ran> {
  place.play(
    [
      { match: { tool_result: 'exec_command' }, reply: { text: '{{result}}' } },
      { match: { any: true }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd } }] } },
    ],
    { governance: { auto_allow: ALL } },
  );
  return place.run(['run', '--json', '--session', 'one', 'go'], { environment });
}

describe('a key', () => {
  test('A-47, K-112: that the person, the model and a tool repeat is redacted everywhere, and goes to its service only', async ({
    place,
    mock,
  }) => {
    place.write('key.txt', `the key is ${KEY}\n`);
    mock.reply(
      { text: `You gave me ${KEY}.`, calls: [{ name: 'read_file', arguments: { path: 'key.txt', offset: 1 } }] },
      { text: `It is ${KEY}, is it not?`, chunks: 5 },
    );
    place.connect(mock);
    const ran = await place.run(['run', '--json', '--session', 'one', `my key is ${KEY}`]);
    expect(ran.code).toBe(0);
    expect(mock.requests.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${KEY}`, `Bearer ${KEY}`]);
    expect(holdsKey(JSON.stringify(mock.requests.map(({ body }) => body)))).toBe(false);
    expect(holdsKey(stored(place))).toBe(false);
    expect(stored(place)).toContain('[REDACTED:');
    const shown = await place.run(['session', 'show', 'one']);
    const text = await place.run(['run', '--session', 'one']);
    expect(holdsKey(ran.stdout + ran.stderr + shown.stdout + text.stdout + text.stderr)).toBe(false);
    await expectVerified(place, 'one');
  });

  test('A-47: of the environment that a command finds anyway is redacted in what it prints', async ({ place }) => {
    const cmd = 'cat /proc/$PPID/environ | tr "\\0" "\\n"';
    const ran = await command(place, cmd, { OPENAI_API_KEY: KEY, ANTHROPIC_API_KEY: `${KEY}-2` });
    expect(ran.code).toBe(0);
    expect(holdsKey(ran.stdout + ran.stderr + stored(place))).toBe(false);
    await expectVerified(place, 'one');
  });

  test('A-47: that the provider repeats in its error is not shown', async ({ place, mock }) => {
    mock.reply({ status: 401, body: { error: { message: `Incorrect API key provided: ${KEY}` } } });
    place.connect(mock);
    const ran = await place.run(['run', '--json', '--session', 'one', 'go']);
    expect(ran.code).toBe(4);
    expect(holdsKey(ran.stdout + ran.stderr + stored(place))).toBe(false);
  });

  test('in a call is not run in its redacted form', async ({ place, mock }) => {
    mock.reply(
      { calls: [{ name: 'exec_command', arguments: { cmd: `echo ${KEY} > ran.txt` } }] },
      { text: 'I could not.' },
    );
    place.connect(mock, {}, { governance: { auto_allow: ALL } });
    expect((await place.run(['run', '--session', 'one', 'go'])).code).toBe(0);
    expect(place.read('ran.txt')).toBe('');
    expect(entriesOf(place.journal('one'), 'call.refused')).toMatchObject([{ why: 'invalid_arguments' }]);
    await expectVerified(place, 'one');
  });
});

describe('what looks like a key', () => {
  /** No such text stands in this file, so that nobody takes it for one. */
  const LIKE = `ghp_${'0aB1cD2eF3'.repeat(4).slice(0, 36)}`;
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' });
  const PEM = rsa as string;
  const holds = (text: string): boolean => text.includes(LIKE.slice(4)) || text.includes(PEM.slice(100, 160));

  test('H-124: said by a person, a model and a tool, it is redacted everywhere, and what is printed is valid JSON', async ({
    place,
    mock,
  }) => {
    place.write('notes.txt', `token=${LIKE}\n${PEM}the end\n`);
    mock.reply(
      { text: `You gave me ${LIKE}.`, calls: [{ name: 'read_file', arguments: { path: 'notes.txt' } }] },
      { text: `It is ${LIKE}, is it not?`, chunks: 9 },
    );
    place.connect(mock);
    const ran = await place.run(['run', '--json', '--session', 'one', `my token is ${LIKE}`]);
    expect(ran.code).toBe(0);
    const deltas = linesOf(ran.stdout) as { type: string; data: { text: string } }[];
    const said = deltas.flatMap(({ type, data }) => (type === 'delta' ? [data.text] : [])).join('');
    expect(said).toContain('It is [REDACTED:github-token], is it not?');
    const [, second] = mock.requests.map(({ body }) => JSON.stringify(body));
    expect(second).toContain('[REDACTED:private-key]');
    expect(second).toContain('the end');
    for (const text of [second!, ran.stdout, ran.stderr, stored(place)]) expect(holds(text)).toBe(false);
    await expectVerified(place, 'one');
  });

  test('H-124: in the arguments of a call it runs as it is recorded; the audit doesn’t show it', async ({ place }) => {
    await command(place, `printf '%s' ${LIKE} > out.txt`);
    expect(place.read('out.txt')).toBe(LIKE);
    await expectVerified(place, 'one');
    const audit = await place.run(['audit', 'tail', '-o', 'json']);
    expect(holds(audit.stdout)).toBe(false);
    expect(JSON.stringify(linesOf(audit.stdout))).toContain('[REDACTED:github-token]');
  });

  test('a patch writes what it says, and is shown as such; what stood in the file is not recorded', async ({
    place,
  }) => {
    place.write('settings.txt', `A=${LIKE}\nB=1\n`);
    const other = LIKE.replace('0aB1', '9zY8');
    const patch = `*** Begin Patch\n*** Update File: settings.txt\n@@\n-B=1\n+B=${other}\n*** End Patch\n`;
    place.play(
      [
        { match: { tool_result: 'apply_patch' }, reply: { text: '{{result}}' } },
        { match: { any: true }, reply: { calls: [{ tool: 'apply_patch', arguments: { patch } }] } },
      ],
      { governance: { auto_allow: ALL } },
    );
    expect((await place.run(['run', '--session', 'one', 'go'])).code).toBe(0);
    expect(place.read('settings.txt')).toBe(`A=${LIKE}\nB=${other}\n`);
    const [inspected] = entriesOf(place.journal('one'), 'call.inspected');
    expect(inspected!.presentation.diff).toContain(` A=[REDACTED:github-token]\n-B=1\n+B=${other}`);
    await expectVerified(place, 'one');
  });

  test('what was read as a placeholder can’t be written as one', async ({ place, mock }) => {
    mock.reply(
      { calls: [{ name: 'exec_command', arguments: { cmd: 'echo [REDACTED:github-token] > ran.txt' } }] },
      { text: 'I could not.' },
    );
    place.connect(mock, {}, { governance: { auto_allow: ALL } });
    expect((await place.run(['run', '--session', 'one', 'go'])).code).toBe(0);
    expect(place.read('ran.txt')).toBe('');
  });

  test('stays where `store.redact` says so', async ({ place }) => {
    place.play([{ match: { any: true }, reply: { text: 'ok' } }], { store: { redact: 'known' } });
    await place.run(['run', '--session', 'one', `my token is ${LIKE}`]);
    expect(holds(stored(place))).toBe(true);
  });
});

describe('the agent', () => {
  /** Runs the program out of a command that doesn't name it: what a text search can't see. */
  const hidden = (args: string): string => `./helper ${args}`;
  const helper = (place: Place): void => {
    symlinkSync(join(import.meta.dirname, '../bin/runtime'), join(place.project, 'helper'));
  };

  test.for(['approve', 'deny', 'session rm', 'policy set exec_command --allow #', 'run --session mine hello #'])(
    'cannot %s: its own tools are refused',
    async (args, { place }) => {
      helper(place);
      place.write('home.txt', place.home);
      const ran = await command(
        place,
        `V=RUN; V="$V"TIME_HOME; export "$V=$(cat home.txt)"; ${hidden(`${args} a-0123456789abcdef`)} 2>&1`,
      );
      const told = entriesOf(place.journal('one'), 'call.finished')[0]!;
      expect(told.exit_code).not.toBe(0);
      expect(told.output).toMatch(/started by a tool|locked by pid/);
      expect(ran.code).toBe(0);
    },
  );

  test('cannot approve itself with the mark taken from its environment', async ({ place }) => {
    helper(place);
    place.write('home.txt', place.home);
    await command(
      place,
      `unset $(env | grep -o '^RUN[A-Z_]*'); V=RUN; V="$V"TIME_HOME; export "$V=$(cat home.txt)"; (sh -c '${hidden('approve a-0123456789abcdef')} 2>&1; exit $?')`,
    );
    expect(entriesOf(place.journal('one'), 'call.finished')).toMatchObject([
      { exit_code: 6, output: expect.stringContaining('started by a tool') },
    ]);
  });

  test.for([
    'runtime approve a-0123456789abcdef',
    'run""time session ls',
    'echo $RUNTIME_HOME',
    'node dist/main.js config view',
  ])('asks before a command that names the program, also where commands are allowed: %s', async (cmd, { place }) => {
    const ran = await command(place, cmd);
    expect(ran.code).toBe(5);
    expect(approvalsIn(ran)).toHaveLength(1);
  });

  test('cannot read or change the home, by any path', async ({ place }) => {
    symlinkSync(place.home, join(place.project, 'link'));
    const before = readFileSync(join(import.meta.dirname, '../package.json')); // any file will do
    cpSync(join(import.meta.dirname, '../package.json'), join(place.home, 'secret.txt'));
    const calls = ['link/secret.txt', '../home/secret.txt', `${place.home}/secret.txt`].flatMap((path) => [
      { tool: 'read_file', arguments: { path } },
      { tool: 'search_files', arguments: { query: 'name', path } },
      { tool: 'apply_patch', arguments: { patch: `*** Begin Patch\n*** Delete File: ${path}\n*** End Patch\n` } },
    ]);
    place.play(
      [
        { match: { request: 1 }, reply: { calls } },
        { match: { any: true }, reply: { text: 'I give up.' } },
      ],
      { governance: { auto_allow: ALL } },
    );
    expect(await place.run(['run', '--session', 'one', 'go'])).toMatchObject({ code: 0, stdout: 'I give up.\n' });
    const lines = place.journal('one');
    expect(entriesOf(lines, 'call.started')).toEqual([]);
    expect(entriesOf(lines, 'call.refused')).toHaveLength(calls.length);
    expect(readFileSync(join(place.home, 'secret.txt'))).toEqual(before);
  });

  test('does not find the home by listing or searching around it', async ({ place }) => {
    cpSync(join(import.meta.dirname, '../package.json'), join(place.home, 'secret.txt'));
    place.play(
      [
        {
          match: { request: 1 },
          reply: { calls: [{ tool: 'search_files', arguments: { query: '"knip"', path: '..' } }] },
        },
        { match: { any: true }, reply: { text: '{{result}}' } },
      ],
      { governance: { auto_allow: ALL } },
    );
    const asked = await place.run(['run', '--session', 'one', 'go']);
    const ran = asked.code === 5 ? await place.run(['approve', approvalsIn(asked)[0]!, '--resume']) : asked;
    expect(ran.code).toBe(0);
    expect(ran.stdout).not.toContain('secret.txt');
  });
});

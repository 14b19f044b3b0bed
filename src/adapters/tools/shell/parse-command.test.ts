import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UNCLEAR, VIA_JOINT, VIAS } from '../../../contract/command-words.ts';
import type { CommandFact } from '../../../contract/values.ts';
import { parseArguments, parseCommand } from './parse-command.ts';
import { ASSIGNMENTS } from './testing/assignments.ts';
import { SET_HARMLESSLY, SET_OTHERWISE } from './testing/set-otherwise.ts';
import { HARMLESS } from './testing/harmless.ts';
import { HOSTILE } from './testing/hostile.ts';
import { CONTENTS, linesByFiles } from './testing/by-files.ts';
import { featureLines } from './testing/features.ts';
import { randomLines } from './testing/random-lines.ts';
import { PROBE, randomSettings } from './testing/random-settings.ts';
import { ROUNDABOUT } from './testing/roundabout.ts';
import { TRANSFERS } from './testing/transfers.ts';

const BASH = '/bin/bash';

/** The names of the commands in order, `-` for what has none; nothing for a text that was not read. */
function namesOf(facts: readonly CommandFact[]): string {
  return facts.flatMap(({ words, parser }) => (parser === 'text' ? [] : [words[0]?.split(' ')[0] ?? '-'])).join(' ');
}

function whyOf(facts: readonly CommandFact[]): string | undefined {
  return facts.find(({ unclear }) => unclear !== undefined)?.unclear;
}

test.each([...HARMLESS, ...SET_HARMLESSLY])('%s is clear', (line, names) => {
  const facts = parseCommand(line);
  expect([namesOf(facts), whyOf(facts)]).toEqual([names, undefined]);
});

test.each([...HOSTILE, ...ROUNDABOUT, ...ASSIGNMENTS, ...SET_OTHERWISE, ...TRANSFERS])(
  '%s is not taken for less than it is',
  (line, names, why) => {
    const facts = parseCommand(line);
    expect([namesOf(facts), whyOf(facts)]).toEqual([names, why]);
  },
);

describe('what is recorded', () => {
  test('words, what the shell makes as it runs, assignments and redirects', () => {
    expect(parseCommand(`CI=1 LANG="C" cp -- "a b" $'c\\td' *.ts "$y" 2>&1 > 'out 1' < in >&- <<E\nE`)).toEqual([
      {
        words: ['cp', '--', 'a b', 'c\td', '*.ts', '"$y"'],
        dynamic: [4, 5],
        assignments: ['CI=1', 'LANG="C"'],
        redirects: ['2>&1', '> out 1', '< in', '>&-', '<<E'],
        parser: 'bash',
      },
    ]);
  });

  test('what runs it', () => {
    const vias = (line: string): (string | undefined)[] => parseCommand(line).map(({ via }) => via);
    expect(vias('sudo env CI=1 rm x')).toEqual([undefined, 'sudo', 'sudo > env']);
    expect(vias("f() { echo $(sh -c 'ls'); }")).toEqual([
      'function', 'function > substitution', 'function > substitution > sh -c',
    ]); // prettier-ignore
    expect(vias('find . -exec rm {} +; diff <(ls) a')).toEqual([
      undefined,
      'find -exec',
      undefined,
      'process substitution',
    ]);
  });

  test('what stands for input is not literal', () => {
    expect(parseCommand('xargs -I% cp % out/').map(({ dynamic }) => dynamic)).toEqual([undefined, [1]]);
    expect(parseCommand('find . -exec rm {} +').map(({ dynamic }) => dynamic)).toEqual([undefined, [1]]);
  });

  test('a tilde is literal for the own home alone', () => {
    expect(parseCommand('ls ~ ~/a ~b "~c"')).toMatchObject([{ words: ['ls', '~', '~/a', '~b', '~c'], dynamic: [3] }]);
  });

  test('one that is quoted, or that no shell reads, is the name of a file', () => {
    const words = ['ls', './~', './~/a', './~/b', '~/c d', './~', 'x~/', '~q'];
    expect(parseCommand('ls "~" \'~/a\' \\~/b ~/"c d" ./~ x~/ "~q"')).toMatchObject([{ words }]);
    expect(parseArguments(['sudo', 'touch', '~/a'])).toMatchObject([
      { words: ['sudo', 'touch', './~/a'] },
      { words: ['touch', './~/a'] },
    ]);
    expect(parseCommand("sh -c 'cat ~/a'; xargs touch '~/b'")[1]).toMatchObject({ words: ['cat', '~/a'] });
    expect(parseCommand("sh -c '~/a'")[1]).toMatchObject({ words: ['~/a'] });
  });

  test('redirects of a group stand alone, before what is in it', () => {
    expect(parseCommand('{ ls; } > out')).toEqual([
      { words: [], assignments: [], redirects: ['> out'], parser: 'bash' },
      { words: ['ls'], assignments: [], redirects: [], parser: 'bash' },
    ]);
  });

  test('a program with arguments is read by no shell', () => {
    expect(parseArguments(['printf', '$HOME', 'a b'])).toEqual([
      { words: ['printf', '$HOME', 'a b'], assignments: [], redirects: [], parser: 'argv' },
    ]);
    expect(namesOf(parseArguments(['sudo', 'sh', '-c', 'ls; rm x']))).toBe('sudo sh ls rm');
    expect(parseArguments(['python3', '-c', 'x'])).toMatchObject([{ parser: 'argv', unclear: 'code' }]);
  });

  test('without bash, what only bash reads so is not read', () => {
    expect(parseCommand('((rm x))', 'posix')).toMatchObject([{ parser: 'text', unclear: 'other_shell' }]);
    expect(parseCommand('ls | wc -l', 'posix').map(({ unclear }) => unclear)).toEqual([undefined, undefined]);
  });

  test.each(['', ' \n\t', '# nothing', '  # a\n# b\n'])('%j holds no command', (text) => {
    expect(parseCommand(text)).toEqual([]);
  });
});

describe('bounds', () => {
  const onlyText = (text: string, unclear: string): void =>
    expect(parseCommand(text)).toEqual([{ words: [text], assignments: [], redirects: [], parser: 'text', unclear }]);

  test('a long text, many commands', () => {
    onlyText(`echo ${'a'.repeat(100_000)}`, 'too_large');
    onlyText('a;'.repeat(1001), 'too_large');
    expect(parseCommand('a;'.repeat(1000))).toHaveLength(1000);
  });

  test('lines that are told again and again', () => {
    const nested = (depth: number): string => (depth === 0 ? 'x'.repeat(50_000) : `echo $(${nested(depth - 1)})`);
    onlyText(nested(20), 'too_large');
  });

  test('what takes more room in a journal than in the text', () => {
    onlyText(`sh -c "sh -c 'echo ${'\x01'.repeat(40_000)}'"`, 'too_large');
  });

  test('deep nesting, of each kind', () => {
    onlyText(`${'eval '.repeat(20)}ls`, 'too_deep');
    onlyText(`${'nohup '.repeat(20)}ls`, 'too_deep');
    onlyText(`${'{ '.repeat(100)}ls; ${'}; '.repeat(100)}`, 'too_deep');
    for (const text of ['('.repeat(5000), '$('.repeat(5000), `${'echo "$('.repeat(300)}ls${')"'.repeat(300)}`]) {
      expect(whyOf(parseCommand(text))).toMatch(/^(parse_error|too_deep)$/);
    }
  });
});

describe('for any text', () => {
  const pieces = fc.constantFrom(
    'ls', 'rm x', ' ', ' ', '\n', ';', '|', '&', '&&', '(', ')', '{', '}', '$(', '`', '"', "'", '\\', '<<E\n', 'E\n', '$((', '))',
    '[[ ', ' ]]', '${', 'x', '=', '>', '<', '<(', '#', '$', "$'", '!', 'if ', 'then ', 'fi', 'for x in ', 'do ', 'done', 'case ',
    'esac', 'f()', 'eval ', 'sh -c ', 'xargs ', 'sudo ', '*', '?', '[', ']', '~', '\0', '\u202e', '\ud800', '-c', '-- ',
  ); // prettier-ignore
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(pieces, { maxLength: 30 }).map((list) => list.join('')),
  );

  test('nothing is thrown, and only blanks and comments have no command', () => {
    fc.assert(
      fc.property(text, (line) => {
        const facts = parseCommand(line);
        if (facts.length === 0) expect(line).toMatch(/^(?:[ \t\n]|\\\n|(?:^|(?<=[ \t\n]))#[^\n]*(?:\n|$))*$/);
        for (const { words, dynamic = [], via, unclear } of facts) {
          for (const index of dynamic) expect(words[index]).toEqual(expect.any(String));
          // Words of ours alone: what a command says must not pass for them.
          if (via !== undefined) expect(VIAS).toEqual(expect.arrayContaining(via.split(VIA_JOINT)));
          if (unclear !== undefined) expect(UNCLEAR).toContain(unclear);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('programs with any arguments are read without an error', () => {
    const word = fc.oneof(
      fc.string(),
      pieces,
      fc.constantFrom('-e', '--', '-I{}', '{}', '-exec', ';', '+', 'A=1', '--x=y'),
    );
    const names = fc.constantFrom(
      'sudo',
      'env',
      'xargs',
      'find',
      'sh',
      'sed',
      'awk',
      'git',
      'npx',
      'watch',
      'eval',
      'tar',
    );
    fc.assert(
      fc.property(names, fc.array(word, { maxLength: 8 }), (name, rest) => {
        const recorded = rest.map((one) => one.replace(/^~(?=\/|$)/, './~'));
        expect(parseArguments([name, ...rest])[0]!.words).toEqual([name, ...recorded]);
      }),
      { numRuns: 1000 },
    );
  });
});

describe.skipIf(!existsSync(BASH))('as bash itself reads it', () => {
  test('what is not read here, bash refuses; what is, it takes', () => {
    const lines = [...HARMLESS, ...HOSTILE, ...ROUNDABOUT, ...ASSIGNMENTS, ...SET_OTHERWISE, ...TRANSFERS].filter(
      ([line]) => !line.includes('\0'),
    );
    // What this machine's bash is too old for, or reads with another setting.
    const newer = new Set(['echo ${ rm x; }']);
    for (const [line, , why] of lines) {
      if (newer.has(line) || why === 'unknown_syntax') continue;
      expect([line, accepts(line)]).toEqual([line, why !== 'parse_error']);
    }
  }, 120_000); // a process for each

  test('what runs in a random line is seen in it, or the line is unclear', () => {
    const quiet = randomLines(2, 4000).filter(isQuiet);
    expect(quiet.length).toBeGreaterThan(200);
    expect(quiet.filter((line) => touches(line))).toEqual([]);
  }, 120_000); // a process for each

  test('what runs where bash has a place for it is seen, or the line is unclear', () => {
    const quiet = featureLines().filter(isQuiet);
    expect(quiet.length).toBeGreaterThan(1000);
    expect(quiet.filter((line) => touches(line))).toEqual([]);
  }, 120_000); // a process for each

  test('what a file says runs in no line that is clear', () => {
    const clear = linesByFiles().filter((line) => whyOf(parseCommand(line)) === undefined);
    expect(clear.length).toBeGreaterThan(1000);
    // Each thing that is done comes with each content, though not taken in each way.
    const words = (at: number): readonly [string, string] => CONTENTS[at % CONTENTS.length]!;
    expect(clear.filter((line, at) => touches(line, words(at)))).toEqual([]);
  }, 120_000); // a process for each

  test('what a random line sets that does something to commands is seen, or the line is unclear', () => {
    const lines = randomSettings(3, 3000);
    const clear = lines.filter((line) => whyOf(parseCommand(line)) === undefined);
    const before = settingsBehind(':');
    expect(before).toContain('::/usr/bin:/bin|/h|');
    expect(clear.length).toBeGreaterThan(200);
    expect(clear.filter((line) => ![before, undefined].includes(settingsBehind(line)))).toEqual([]);
    // Hardly any of the others is unclear for nothing.
    const unclear = lines.filter((line) => !clear.includes(line)).slice(0, 200);
    expect(unclear.filter((line) => ![before, undefined].includes(settingsBehind(line))).length).toBeGreaterThan(30);
  }, 120_000); // a process for each

  test('literal words are those that bash passes', () => {
    const quoted = fc.constantFrom('a', 'b c', "'", '"', '\\', ' ', "'x y'", '"p q"', '\\"', "\\'", "$'\\x41'", "$'\\t'", '~', '-', '=', '#', '\\\n', '{', '}', ',', '!', '^', '$'); // prettier-ignore
    const line = fc.array(quoted, { maxLength: 12 }).map((list) => `printf '%s\\0' ${list.join('')}`);
    const read = fc.sample(line, { numRuns: 400, seed: 7 }).flatMap((text) => {
      if (text.endsWith('\\')) return []; // it would take the next line in
      const [fact, ...more] = parseCommand(text);
      return fact && more.length === 0 && fact.parser === 'bash' && !fact.dynamic ? [{ text, words: fact.words }] : [];
    });
    const home = read.map(({ words }) =>
      words.slice(2).map((word) => word.replace(/^~(?=\/|$)/, '/h').replace(/^\.\/~/, '~')),
    );
    const script = read.map(({ text }) => `${text}\nprintf '\\1\\0'`).join('\n');
    const output = execFileSync(BASH, ['-c', script], { encoding: 'utf8', env: { HOME: '/h' } });
    const given = output.split('\u0001\0').slice(0, -1).map((one) => one.split('\0').slice(0, -1)); // prettier-ignore
    expect(read.length).toBeGreaterThan(50);
    // printf without arguments prints its format once.
    expect(given).toEqual(home.map((words) => (words.length === 0 ? [''] : words)));
  });
});

/** Whether bash runs the `touch PWNED` of it. */
function isQuiet(line: string): boolean {
  const facts = parseCommand(line);
  return whyOf(facts) === undefined && !facts.some(({ words }) => words[0] === 'touch');
}

/** `said`: two words of a file `f`, which are names of files as well. */
function touches(line: string, said?: readonly [string, string]): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'runtime-line-'));
  if (said) {
    writeFileSync(
      join(folder, 'f'),
      said.join(/head|mapfile/.test(line) ? '\n' : line.startsWith('IFS=:') ? ':' : ' '),
    );
    writeFileSync(join(folder, 'g'), 'x\n');
    if (line.includes('*')) for (const name of said) writeFileSync(join(folder, name), '');
  }
  const env = { PATH: '/usr/bin:/bin' };
  spawnSync(BASH, ['-c', line], { cwd: folder, env, stdio: 'ignore', timeout: 2000, killSignal: 'SIGKILL' });
  const touched = existsSync(join(folder, 'PWNED'));
  rmSync(folder, { recursive: true, force: true });
  return touched;
}

/** Undefined: it ended before. */
function settingsBehind(line: string): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'runtime-line-'));
  writeFileSync(join(folder, 'PATH=1'), '');
  const env = { PATH: '/usr/bin:/bin', HOME: '/h' };
  const options = { cwd: folder, env, timeout: 2000, killSignal: 'SIGKILL', input: '', encoding: 'utf8' } as const;
  const { stdout } = spawnSync(BASH, ['-c', `${line}${PROBE}`], options);
  rmSync(folder, { recursive: true, force: true });
  return /^::.*/m.exec(stdout)?.[0];
}

function accepts(line: string): boolean {
  try {
    execFileSync(BASH, ['-n', '-c', line], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Shells, and programs that take code of a language of their own. */
import { type Dialect, type Judge, type Judgement, nothing, shellLine, unclear } from './judgement.ts';
import { mayBeOption, type Options, readOptions } from './options.ts';
import { isPlainAwk, isPlainSed } from './text-programs.ts';
import type { ShellWord } from './words.ts';

/** Shells whose lines are read here, and how. */
const SHELLS: Record<string, Dialect> = { bash: 'bash', sh: 'posix', dash: 'posix', ash: 'posix' };
const OTHER_SHELLS = new Set([
  'zsh',
  'ksh',
  'mksh',
  'fish',
  'csh',
  'tcsh',
  'rbash',
  'pwsh',
  'powershell',
  'elvish',
  'nu',
]);

const SHELL_OPTIONS: Options = {
  flags: 'befhmnptuvxBCEHPTlc', values: 'o', long: ['norc', 'noprofile', 'posix', 'login', 'verbose'],
}; // prettier-ignore

const INTERPRETERS: Record<string, Options> = {
  python: { flags: 'bBdEhIOPqsSuvVxR', values: 'WX', code: ['c'], last: 'm' },
  node: {
    flags: 'ch', values: 'rC', code: ['e', 'p', 'eval', 'print'],
    long: [
      'test', 'watch', 'check', 'enable-source-maps', 'no-warnings', 'trace-warnings', 'trace-deprecation', 'expose-gc',
      'experimental-strip-types', 'experimental-transform-types', 'experimental-test-coverage', 'inspect', 'inspect-brk', 'prof',
      'test-only', 'throw-deprecation', 'experimental-vm-modules', 'no-deprecation', 'preserve-symlinks', 'use-system-ca',
    ],
    longValues: [
      'require', 'max-old-space-size', 'stack-trace-limit', 'test-reporter',
      'test-name-pattern', 'env-file', 'env-file-if-exists', 'conditions', 'input-type', 'unhandled-rejections', 'watch-path',
      'test-concurrency', 'test-timeout', 'stack-size', 'title',
    ],
  },
  perl: { flags: 'wWctTvnpalsS', values: 'I', code: ['e', 'E'] },
  ruby: { flags: 'wWcvnpalsS', values: 'IrC', code: ['e'] },
  php: { flags: 'nmilqsw', code: ['r', 'B', 'R', 'E'] },
  lua: { flags: 'vEW', values: 'l', code: ['e'] },
  luajit: { flags: 'vEW', values: 'l', code: ['e'] },
  Rscript: { long: ['vanilla', 'no-save', 'no-restore', 'verbose'], code: ['e'] },
}; // prettier-ignore
INTERPRETERS['nodejs'] = INTERPRETERS['node']!;
INTERPRETERS['pypy'] = INTERPRETERS['python']!;

/** Programs whose words are code, or that run lines which they are given. */
const CODE = new Set([
  'osascript', 'expect', 'tclsh', 'wish', 'gdb', 'lldb', 'ed', 'ex', 'vi', 'vim', 'nvim', 'view', 'emacs', 'nano', 'guile', 'ghci',
  'irb', 'erl', 'iex', 'jshell', 'octave', 'R', 'dc', 'm4', 'jjs', 'jrunscript', 'psysh', 'groovy', 'scala', 'swipl', 'sqlite3',
  'psql', 'mysql', 'mariadb', 'ftp', 'sftp', 'lftp', 'telnet', 'bc',
]); // prettier-ignore

const STDIN = /^\/dev\/(?:stdin|fd\/)|^\/proc\//;
const TELLS = new Set(['--version', '--help', '-V']);

/** Undefined: it is no such program. */
export function interpreterOf(name: string): Judge | undefined {
  const bare = name.replace(/[\d.-]+$/, '');
  if (Object.hasOwn(SHELLS, name)) return (words, _dialect, more) => judgeShell(SHELLS[name]!, words, more);
  if (OTHER_SHELLS.has(name) || OTHER_SHELLS.has(bare))
    return (words) => (tells(words) ? nothing : unclear('other_shell'));
  if (Object.hasOwn(INTERPRETERS, bare))
    return (words, _dialect, more) => judgeInterpreter(INTERPRETERS[bare]!, words, more);
  if (CODE.has(name)) return (words) => (tells(words) ? nothing : unclear('code'));
  if (/^[gmn]?awk$/.test(name)) return judgeAwk;
  if (/^g?sed$/.test(name)) return judgeSed;
  return undefined;
}

function tells(words: readonly ShellWord[]): boolean {
  return words.length === 2 && TELLS.has(words[1]!.text);
}

function judgeShell(dialect: Dialect, words: readonly ShellWord[], more: boolean): Judgement {
  if (tells(words) && !more) return nothing;
  const read = readOptions(words, SHELL_OPTIONS);
  if (read === undefined) return unclear('options');
  // It would give all variables to all commands, read assignments behind a command's name, or quote otherwise.
  if (words.slice(1, read.at).some(({ text }) => /^(?:-\w*o|--)?(?:allexport|keyword|posix)$/.test(text)))
    return unclear('options');
  const next = words[read.at];
  // `+x` takes an option back; what it takes besides is not worth knowing.
  if (next?.text.startsWith('+')) return unclear('options');
  if (read.given.has('c')) {
    if (next === undefined) return unclear(more ? 'dynamic_code' : 'options');
    return shellLine('sh -c', [next], dialect);
  }
  return judgeFile(next, read.stdin, more);
}

function judgeInterpreter(options: Options, words: readonly ShellWord[], more: boolean): Judgement {
  if (tells(words) && !more) return nothing;
  const read = readOptions(words, options);
  if (read === undefined) return unclear('options');
  if (read.isCode) return unclear('code');
  return judgeFile(words[read.at], read.stdin, more);
}

/** A file that stands in the words is a program as any other. */
function judgeFile(file: ShellWord | undefined, stdin: boolean, more: boolean): Judgement {
  if (file === undefined || stdin) return unclear(more ? 'dynamic_code' : 'code_from_input');
  if (file.dynamic) return unclear('dynamic_code');
  return STDIN.test(file.text) ? unclear('code_from_input') : nothing;
}

function judgeAwk(words: readonly ShellWord[], _dialect: unknown, more: boolean): Judgement {
  if (tells(words)) return nothing;
  const read = readOptions(words, { values: 'Fv', longValues: ['field-separator', 'assign'] });
  if (read === undefined) return unclear('options');
  const program = words[read.at];
  if (program === undefined) return unclear(more ? 'dynamic_code' : 'options');
  if (program.dynamic) return unclear('dynamic_code');
  return isPlainAwk(program.text) ? nothing : unclear('code');
}

function judgeSed(words: readonly ShellWord[], _dialect: unknown, more: boolean): Judgement {
  if (tells(words)) return nothing;
  if (mayBeOption(words)) return unclear('options');
  const scripts: ShellWord[] = [];
  const files: ShellWord[] = [];
  for (let at = 1; at < words.length; at += 1) {
    const { text, dynamic } = words[at]!;
    if (text === '--') {
      files.push(...words.slice(at + 1));
      break;
    }
    const expression = /^(?:-[nrEsuz]*e|--expression=)(.*)$/s.exec(text);
    if (dynamic || !text.startsWith('-') || text === '-') files.push(words[at]!);
    else if (expression && expression[1] === '' && !text.startsWith('--')) {
      at += 1;
      if (words[at]) scripts.push(words[at]!);
      else return unclear('options');
    } else if (expression) scripts.push({ text: expression[1]!, dynamic: false });
    else if (!/^(?:-[nrEsuz]+|-i[.\w]*|--(?:quiet|silent|regexp-extended|in-place(?:=[.\w]*)?|sandbox|null-data|separate|posix|debug))$/.test(text)) return unclear('options'); // prettier-ignore
  }
  if (scripts.length === 0) {
    const script = files.shift();
    if (script === undefined) return unclear(more ? 'dynamic_code' : 'options');
    scripts.push(script);
  }
  if (scripts.some(({ dynamic }) => dynamic)) return unclear('dynamic_code');
  return isPlainSed(scripts.map(({ text }) => text).join('\n')) ? nothing : unclear('code');
}

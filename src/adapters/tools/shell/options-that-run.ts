/** Programs of every day that run others by an option, a variable or a word of theirs. */
import { judgeGit } from './git.ts';
import { type Judge, nothing, unclear } from './judgement.ts';
import { mayBeOption } from './options.ts';
import { judgeTransfer } from './transfers.ts';
import type { ShellWord } from './words.ts';

/** What their words name runs on another machine, in a container, later, or beside this command. */
const ELSEWHERE = new Set([
  'ssh', 'mosh', 'rsh', 'rlogin', 'su', 'runuser', 'pkexec', 'runas', 'script', 'parallel', 'at', 'batch', 'crontab', 'screen', 'tmux',
  'unshare', 'nsenter', 'strace', 'ltrace', 'valgrind', 'perf', 'systemd-run', 'machinectl', 'entr', 'socat', 'nc', 'ncat', 'netcat',
  'proot', 'fakeroot', 'firejail', 'bwrap', 'setarch', 'linux32', 'linux64', 'setpriv', 'capsh', 'start-stop-daemon', 'daemonize',
  'ld.so', 'rlwrap', 'unbuffer', 'ansible', 'salt', 'run-parts', 'run0', 'gosu', 'su-exec', 'chpst', 'prlimit', 'cpulimit', 'chrt',
  'numactl', 'choom', 'scriptreplay', 'sg', 'newgrp', 'vagrant', 'wsl', 'torsocks', 'proxychains', 'dbus-run-session', 'xvfb-run',
  'x86_64', 'i386', 'i486', 'i586', 'i686', 'uname26', 'hyperfine', 'nodemon', 'watchexec', 'concurrently', 'cross-env', 'cross-env-shell',
  'dotenv', 'env-cmd', 'chronic', 'ifne', 'pee', 'sem', 'eatmydata', 'faketime', 'dumb-init', 'tini', 'cgexec', 'aa-exec', 'xterm',
  'ssh-agent', 'dbus-launch', 'msgexec', 'msgfilter', 'catchsegv', 'logsave', 'softlimit', 'qemu-x86_64', 'wine',
]); // prettier-ignore

/** The system's own loader runs the program that it is given. */
const LOADER = /^ld(?:-[\w.-]+)?\.so(?:\.\d+)*$/;

/** Options by which a program runs what their value names; a long one may be shortened. */
interface Runs {
  short?: string;
  long?: readonly string[];
  words?: RegExp;
  first?: RegExp;
  /** Words that bring code of its own language. */
  code?: RegExp;
  /** Without a file it takes its code from the input. */
  reads?: true;
  /** It calls functions of its own in what variables are set to, and in their names. */
  calls?: true;
}

const RUNS: Record<string, Runs> = {
  tar: {
    short: 'IF',
    first: /^[a-zA-Z]*[IF][a-zA-Z]*$/,
    long: ['checkpoint-action', 'to-command', 'use-compress-program', 'rmt-command', 'rsh-command', 'info-script', 'new-volume-script'],
  },
  rsync: { short: 'e', long: ['rsh', 'rsync-path'] },
  tsx: { code: /^(?:-|-[a-zA-Z]*[ep]|--eval|--print)(?:=|$)/, reads: true },
  julia: { code: /^(?:-[a-zA-Z]*[eE]|--eval|--print)/ },
  elixir: { code: /^(?:-e|--eval|--rpc-eval)/ },
  swift: { code: /^-e$/ },
  scp: { short: 'SoDF' },
  sort: { long: ['compress-program'] },
  split: { long: ['filter'] },
  zip: { long: ['unzip-command'], words: /^-(?:T?TT|[a-zA-Z]*TT)/ },
  cmake: { words: /^-[EP]$/ },
  man: { short: 'PHpC', long: ['pager', 'html', 'preprocessor', 'config-file'] },
  nmap: { long: ['script', 'interactive'] },
  make: {
    words: /^(?:SHELL|MAKEFLAGS|\.SHELLFLAGS)\W*=/,
    code: /^(?:--e(?:v|va|val)?(?:=|$)|-[bBdehikLmnpqrRsStvw]*E|[^-=][^=]*!=|(?:-[a-zA-Z]*f|--[fm]\w*=)?(?:-$|\/dev\/|\/proc\/))/,
    calls: true,
  },
  gcc: { words: /^(?:@|-(?:wrapper|fplugin|fpass-plugin|B|-?specs|-config|-prefix|load|Xclang)|-W[alp],(?:.*,)?(?:@|-plugin))/ },
  ld: { words: /^(?:@|--?plugin)/ },
  nm: { long: ['plugin'], words: /^@/ },
  javac: { words: /^(?:@|-J|-Xplugin|--?processor)/ },
  // It may run the program that it is asked about.
  ldd: { words: /^(?!-|\/(?:usr|s?bin|lib\w*)\/)|\/\.\.\// },
  pip: { long: ['python'] },
  go: { words: /^--?(?:vettool|exec|toolexec)(?:=|$)|-extld/ },
  cargo: { words: /^--config(?:=|$)|^(?:-C)?linker=/ },
  perldoc: { short: 'Mn' },
  gpg: { long: ['agent-program', 'pinentry-program', 'dirmngr-program', 'keyboxd-program', 'exec-path', 'photo-viewer', 'homedir', 'options'] },
  less: { short: 'k', words: /^(?:\+|--l(?:$|=|e(?:$|=|s)))/i },
  ag: { long: ['pager'] },
  rg: { long: ['pre', 'hostname-bin'] },
  fd: { short: 'xX', long: ['exec', 'exec-batch'] },
  ip: { words: /^(?:exec|-b|-batch)$/ },
  openssl: { words: /^--?(?:engine|provider|config)/ },
}; // prettier-ignore
RUNS['ts-node'] = RUNS['tsx']!;
RUNS['gtar'] = RUNS['tar']!;
RUNS['bsdtar'] = RUNS['tar']!;
RUNS['gmake'] = RUNS['make']!;
for (const name of ['g++', 'cc', 'c++', 'clang', 'clang++']) RUNS[name] = RUNS['gcc']!;
for (const name of ['ar', 'as', 'objcopy', 'objdump', 'ranlib', 'size', 'strip']) RUNS[name] = RUNS['nm']!;
RUNS['fdfind'] = RUNS['fd']!;

const RUNS_BY_NAME = new Map(Object.entries(RUNS));

/** `gcc-12`, `pip3.11`. */
const VERSION = /-?\d+(?:\.\d+)*$/;

const CONTAINERS = new Set([
  'docker',
  'podman',
  'nerdctl',
  'kubectl',
  'oc',
  'docker-compose',
  'lxc',
  'lxc-attach',
  'crictl',
]);
const IN_CONTAINER = new Set(['exec', 'run', 'debug', 'attach', 'cp', 'create', 'start']);

/** Undefined: nothing is known of it. */
export function optionsOf(name: string): Judge | undefined {
  if (ELSEWHERE.has(name) || LOADER.test(name)) return (words) => (words.length === 2 && /^-(?:V|-version)$/.test(words[1]!.text) ? nothing : unclear('runs_elsewhere')); // prettier-ignore
  if (CONTAINERS.has(name)) return judgeContainer;
  if (name === 'git') return judgeGit;
  if (name === 'curl' || name === 'wget') return judgeTransfer;
  if (name === 'deno') return (words) => (words.slice(1).some(({ text }) => /^(?:eval|-[ep]|--eval|--print|-)$/.test(text)) || words.length === 1 ? unclear('code') : nothing); // prettier-ignore
  const runs = RUNS_BY_NAME.get(name) ?? RUNS_BY_NAME.get(name.replace(VERSION, ''));
  if (runs === undefined) return undefined;
  return (words, _dialect, more) => {
    const rest = words.slice(1);
    if (rest.some((word) => runs.code?.test(word.text) || (runs.calls && callsIn(word)))) return unclear('code');
    if (
      runs.reads &&
      rest.every(({ text }) => text.startsWith('-')) &&
      !/^(?:-v|--version|-h|--help)$/.test(rest[0]?.text ?? '')
    )
      return unclear(more ? 'dynamic_code' : 'code');
    if (runs.first?.test(rest[0]?.text ?? '') || rest.some((word) => isAmong(word, runs))) {
      return unclear('option_runs_code');
    }
    return mayBeOption(rest, more) ? unclear('options') : nothing;
  };
}

/** Of make, or of the shell that gets what it makes. */
const CALL = /\$[({]\s*[\w-]+\s|\$\$[({]|`/;
/** What the shell doesn't take for its own in a word that it makes. */
const KEPT = /'[^']*'|\\[$`][^]*/g;

function callsIn({ text, dynamic }: ShellWord): boolean {
  if (text.startsWith('-') || !text.includes('=')) return false;
  return CALL.test(dynamic ? (text.match(KEPT) ?? []).join(' ') : text);
}

function isAmong({ text }: ShellWord, { short = '', long = [], words }: Runs): boolean {
  if (words?.test(text)) return true;
  if (text.startsWith('--')) {
    const name = text.slice(2).split('=', 1)[0]!;
    return name.length > 0 && long.some((one) => one.startsWith(name));
  }
  return /^-[A-Za-z]/.test(text) && [...short].some((letter) => text.includes(letter));
}

/** Their settings name programs that tell who one is. */
const SETTINGS = /^--(?:kubeconfig|config)(?:=|$)/;

const judgeContainer: Judge = (words) => {
  const rest = words.slice(1);
  if (rest.some(({ text }) => IN_CONTAINER.has(text))) return unclear('runs_elsewhere');
  return rest.some(({ text }) => SETTINGS.test(text)) ? unclear('option_runs_code') : nothing;
};

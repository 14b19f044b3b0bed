/** Programs of every day that run others by an option, a variable or a word of theirs. */
import { type Judge, type Judgement, nothing, unclear } from './judgement.ts';
import type { ShellWord } from './words.ts';

/** What their words name runs on another machine, in a container, later, or beside this command. */
const ELSEWHERE = new Set([
  'ssh', 'mosh', 'rsh', 'rlogin', 'su', 'runuser', 'pkexec', 'runas', 'script', 'parallel', 'at', 'batch', 'crontab', 'screen', 'tmux',
  'unshare', 'nsenter', 'strace', 'ltrace', 'valgrind', 'perf', 'systemd-run', 'machinectl', 'entr', 'socat', 'nc', 'ncat', 'netcat',
  'proot', 'fakeroot', 'firejail', 'bwrap', 'setarch', 'linux32', 'linux64', 'setpriv', 'capsh', 'start-stop-daemon', 'daemonize',
  'ld.so', 'rlwrap', 'unbuffer', 'ansible', 'salt', 'run-parts', 'run0', 'gosu', 'su-exec', 'chpst', 'prlimit', 'cpulimit', 'chrt',
  'numactl', 'choom', 'scriptreplay', 'sg', 'newgrp', 'vagrant', 'wsl', 'torsocks', 'proxychains', 'dbus-run-session', 'xvfb-run',
]); // prettier-ignore

/** Options by which a program runs what their value names; a long one may be shortened. */
const RUNS: Record<string, { short?: string; long?: readonly string[]; words?: RegExp }> = {
  tar: {
    short: 'IF',
    long: ['checkpoint-action', 'to-command', 'use-compress-program', 'rmt-command', 'rsh-command', 'info-script', 'new-volume-script'],
  },
  rsync: { short: 'e', long: ['rsh', 'rsync-path'] },
  scp: { short: 'SoDF' },
  sort: { long: ['compress-program'] },
  split: { long: ['filter'] },
  zip: { long: ['unzip-command'], words: /^-(?:T?TT|[a-zA-Z]*TT)/ },
  man: { short: 'PHp', long: ['pager', 'html', 'preprocessor'] },
  nmap: { long: ['script', 'interactive'] },
  make: { short: 'f', long: ['eval'], words: /^(?:SHELL|MAKEFLAGS|\.SHELLFLAGS)\W?=/ },
  gcc: { words: /^-(?:wrapper|fplugin|B|specs)/ },
  wget: { long: ['use-askpass', 'execute'], short: 'e' },
  curl: { short: 'K', long: ['config'] },
  less: { words: /^\+/ },
  ag: { long: ['pager'] },
  rg: { long: ['pre', 'hostname-bin'] },
  fd: { short: 'xX', long: ['exec', 'exec-batch'] },
  ip: { words: /^(?:exec|-b|-batch)$/ },
  openssl: { words: /^-(?:engine|provider)/ },
}; // prettier-ignore
RUNS['gtar'] = RUNS['tar']!;
RUNS['bsdtar'] = RUNS['tar']!;
RUNS['gmake'] = RUNS['make']!;
RUNS['g++'] = RUNS['gcc']!;
RUNS['cc'] = RUNS['gcc']!;
RUNS['fdfind'] = RUNS['fd']!;

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

const GIT_SETTING =
  /^(?:alias\.|core\.(?:pager|editor|sshcommand|fsmonitor|hookspath|askpass|gitproxy|attributesfile|worktree|alternaterefscommand)|pager\.|sequence\.editor|credential\.|diff\.|difftool|mergetool|merge\.|filter\.|gpg\.|ssh\.|uploadpack\.|receive\.|protocol\.|remote\..*\.(?:uploadpack|receivepack|vcs|proxy)|url\.|include|browser\.|web\.|man\.|interactive\.|trailer\.|init\.templatedir|submodule\.|http\.|sendemail\.|imap\.|instaweb\.|tar\.|man\.|safe\.)/i;
const GIT_OPTION =
  /^--?(?:upload-pack|receive-pack|exec|exec-path|config-env|template|extcmd|ext-diff|open-files-in-pager|[a-z]+-filter|config|rebase-merges-exec|gpg-sign-program|paginate)(?:=|$)|^-[xOu].*/;
const GIT_RUNS = new Set([
  'filter-branch', 'bisect', 'difftool', 'mergetool', 'instaweb', 'daemon', 'shell', 'hook', 'send-email', 'credential', 'gui', 'citool',
  'for-each-repo', 'web--browse', 'maintenance', 'remote-ext', 'cvsserver', 'upload-pack', 'receive-pack', 'http-backend',
]); // prettier-ignore

/** Undefined: nothing is known of it. */
export function optionsOf(name: string): Judge | undefined {
  if (ELSEWHERE.has(name)) return (words) => (words.length === 2 && /^-(?:V|-version)$/.test(words[1]!.text) ? nothing : unclear('runs_elsewhere')); // prettier-ignore
  if (CONTAINERS.has(name)) return judgeContainer;
  if (name === 'git') return judgeGit;
  if (name === 'deno' || name === 'bun') return (words) => (words.slice(1).some(({ text }) => /^(?:eval|-[ep]|--eval|--print|-)$/.test(text)) || words.length === 1 ? unclear('code') : nothing); // prettier-ignore
  const runs = Object.hasOwn(RUNS, name) ? RUNS[name]! : undefined;
  return (
    runs && ((words) => (words.slice(1).some((word) => isAmong(word, runs)) ? unclear('option_runs_code') : nothing))
  );
}

function isAmong({ text }: ShellWord, { short = '', long = [], words }: (typeof RUNS)[string]): boolean {
  if (words?.test(text)) return true;
  if (text.startsWith('--')) {
    const name = text.slice(2).split('=', 1)[0]!;
    return name.length > 0 && long.some((one) => one === name || (name.length > 2 && one.startsWith(name)));
  }
  return /^-[A-Za-z]/.test(text) && [...short].some((letter) => text.includes(letter));
}

const judgeContainer: Judge = (words) =>
  words.slice(1).some(({ text }) => IN_CONTAINER.has(text)) ? unclear('runs_elsewhere') : nothing;

/** The options before its subcommand, and those by which a subcommand runs another program. */
const judgeGit: Judge = (words, _dialect, more) => {
  let at = 1;
  for (; at < words.length; at += 1) {
    const { text, dynamic } = words[at]!;
    if (dynamic) return unclear('options');
    if (!text.startsWith('-')) break;
    if (text === '-c') {
      const setting = words[at + 1];
      if (setting === undefined || !/^[\w.-]+(?:=|$)/.test(setting.text)) return unclear('option_runs_code');
      if (GIT_SETTING.test(setting.text)) return unclear('option_runs_code');
      at += 1;
    } else if (/^(?:-C|--git-dir|--work-tree|--namespace)$/.test(text)) {
      at += 1;
      if (words[at]?.dynamic && !words[at]!.text.startsWith('"')) return unclear('options');
    } else if (!/^(?:--no-pager|-P|--bare|--version|--help|-h|--no-optional-locks|--literal-pathspecs|--(?:git-dir|work-tree|namespace)=.*)$/.test(text)) return unclear('option_runs_code'); // prettier-ignore
  }
  const command = words[at];
  const rest = words.slice(at + 1);
  if (command === undefined) return more ? unclear('options') : nothing;
  if (GIT_RUNS.has(command.text)) return unclear('option_runs_code');
  return judgeSubcommand(command.text, rest);
};

function judgeSubcommand(command: string, rest: readonly ShellWord[]): Judgement {
  if (rest.some(({ text }) => /^(?:ext|fd)::/.test(text))) return unclear('option_runs_code');
  switch (command) {
    case 'config':
      return rest.some(({ text, dynamic }) => (dynamic && !/^["']/.test(text)) || GIT_SETTING.test(text) || /^(?:-e|--edit)$/.test(text)) ? unclear('option_runs_code') : nothing; // prettier-ignore
    case 'submodule':
      return rest.some(({ text }) => text === 'foreach') ? unclear('option_runs_code') : nothing;
    case 'rebase':
    case 'clone':
    case 'fetch':
    case 'pull':
    case 'ls-remote':
    case 'archive':
    case 'grep':
    case 'push':
      // Their short ones: -x runs a line after each commit, -u and -O name a program, -c sets the configuration.
      return rest.some(({ text }) => GIT_OPTION.test(text) && !isHarmlessGit(command, text)) || (command === 'clone' && rest.some(({ text }) => text === '-c')) ? unclear('option_runs_code') : nothing; // prettier-ignore
    default:
      return rest.some(({ text }) => text.startsWith('--') && GIT_OPTION.test(text) && !text.startsWith('--template')) ? unclear('option_runs_code') : nothing; // prettier-ignore
  }
}

function isHarmlessGit(command: string, text: string): boolean {
  return (command === 'push' || command === 'fetch') && text === '-u';
}

/** Programs that run the command which their own words end with. */
import type { Unclear, Via } from '../../../contract/command-words.ts';
import { type Judge, type Judgement, nothing, shellLine, unclear } from './judgement.ts';
import { type Options, readOptions } from './options.ts';
import { isHarmless } from './variables.ts';
import type { ShellWord } from './words.ts';

interface Wrapper extends Options {
  via: Via;
  /** Words between its options and the command: a duration, a folder. */
  before?: number;
  /** `NAME=value` may stand before the command. */
  assigns?: boolean;
  /** It may stand without a command, and then runs none. */
  alone?: boolean;
}

const WRAPPERS: Record<string, Wrapper> = {
  sudo: {
    via: 'sudo', flags: 'AbEHknPB', values: 'CghpRrtTuUD', assigns: true,
    long: ['non-interactive', 'preserve-env', 'set-home', 'background', 'stdin', 'reset-timestamp'],
    longValues: ['user', 'group', 'host', 'prompt', 'chdir', 'close-from', 'preserve-env'],
  },
  doas: { via: 'doas', flags: 'n', values: 'uC', assigns: true },
  env: {
    via: 'env', flags: 'i0v', values: 'uC', assigns: true, alone: true,
    long: ['ignore-environment', 'null', 'debug'], longValues: ['unset', 'chdir'],
  },
  nice: { via: 'nice', flags: '0123456789', values: 'n', longValues: ['adjustment'], alone: true },
  ionice: { via: 'ionice', flags: 't', values: 'cn', long: ['ignore'], longValues: ['class', 'classdata'] },
  nohup: { via: 'nohup' },
  timeout: {
    via: 'timeout', flags: 'fpv', values: 'ks', before: 1,
    long: ['foreground', 'preserve-status', 'verbose'], longValues: ['kill-after', 'signal'],
  },
  time: {
    via: 'time', flags: 'apqvV', values: 'fo', alone: true,
    long: ['append', 'portability', 'verbose', 'quiet'], longValues: ['format', 'output'],
  },
  stdbuf: { via: 'stdbuf', values: 'ioe', longValues: ['input', 'output', 'error'] },
  setsid: { via: 'setsid', flags: 'cfw', long: ['ctty', 'fork', 'wait'] },
  builtin: { via: 'builtin', alone: true },
  exec: { via: 'exec', flags: 'cl', values: 'a', alone: true },
  chroot: { via: 'chroot', long: ['skip-chdir'], longValues: ['userspec', 'groups'], before: 1 },
  taskset: { via: 'taskset', flags: 'ac', long: ['all-tasks', 'cpu-list'], before: 1 },
  flock: {
    via: 'flock', flags: 'nsxueoF', values: 'wE', before: 1,
    long: ['nonblock', 'shared', 'exclusive', 'unlock', 'close', 'no-fork'], longValues: ['timeout', 'wait'],
  },
  busybox: { via: 'busybox', alone: true },
  toybox: { via: 'busybox', alone: true },
  caffeinate: { via: 'caffeinate', flags: 'dimsu', values: 't', alone: true },
}; // prettier-ignore

const XARGS: Options = {
  flags: '0oprtx', values: 'adEILnPs',
  long: ['null', 'no-run-if-empty', 'verbose', 'interactive', 'open-tty', 'exit', 'show-limits', 'max-lines', 'replace'],
  longValues: ['arg-file', 'delimiter', 'max-args', 'max-procs', 'max-chars', 'max-lines', 'replace', 'process-slot-var'],
}; // prettier-ignore

const WATCH: Options = {
  flags: 'bcCdegtwx', values: 'nq',
  long: ['beep', 'color', 'differences', 'errexit', 'chgexit', 'exec', 'no-title', 'no-wrap', 'precise'],
  longValues: ['interval'],
}; // prettier-ignore

const FIND_RUNS = /^-(?:exec|ok)(?:dir)?$/;

/** Undefined: it is no such program. */
export function wrapperOf(name: string): Judge | undefined {
  switch (name) {
    case 'command':
      return judgeLookup;
    case 'xargs':
      return judgeXargs;
    case 'find':
      return judgeFind;
    case 'watch':
      return judgeWatch;
    default: {
      const wrapper = Object.hasOwn(WRAPPERS, name) ? WRAPPERS[name]! : undefined;
      return wrapper && ((words, _dialect, more) => judgeWrapper(wrapper, words, more));
    }
  }
}

function judgeWrapper(wrapper: Wrapper, words: readonly ShellWord[], more: boolean): Judgement {
  const read = readOptions(words, wrapper);
  if (read === undefined) return unclear('options');
  let at = read.at;
  for (let left = wrapper.before ?? 0; left > 0; left -= 1, at += 1) {
    if (words[at] === undefined || words[at]!.dynamic) return unclear('options');
  }
  let why: Unclear | undefined;
  for (; wrapper.assigns && /^["']?[A-Za-z_]\w*=/.test(words[at]?.text ?? ''); at += 1) {
    const { text, dynamic } = words[at]!;
    // Without quotes its value may become several words, and so a command.
    if (dynamic && !/^["']/.test(text)) why = 'options';
    if (!isHarmless(text)) why ??= 'environment';
  }
  const command = words.slice(at);
  if (command.length === 0) return wrapper.alone && !more ? { unclear: why } : unclear('options');
  // Any word with `=` is a variable to some of them.
  if (command[0]!.text.startsWith('-') || (wrapper.assigns && command[0]!.text.includes('=')))
    return unclear('options');
  return { unclear: why, runs: [{ via: wrapper.via, words: command }] };
}

/** `command -v` only looks for it. */
function judgeLookup(words: readonly ShellWord[], _dialect: unknown, more: boolean): Judgement {
  const read = readOptions(words, { flags: 'pvV' });
  if (read === undefined) return unclear('options');
  if (read.given.has('v') || read.given.has('V')) return nothing;
  const command = words.slice(read.at);
  if (command.length === 0) return more ? unclear('options') : nothing;
  return { runs: [{ via: 'command', words: command }] };
}

function judgeXargs(words: readonly ShellWord[], _dialect: unknown, more: boolean): Judgement {
  const read = readOptions(words, XARGS);
  if (read === undefined) return unclear('options');
  const command = words.slice(read.at);
  if (command.length === 0) return more ? unclear('options') : nothing;
  const replaced = replacedBy(words.slice(1, read.at));
  return { runs: [{ via: 'xargs', words: replaced === undefined ? command : withInput(command, replaced) }] };
}

/** What `-I` names: it stands for lines of the input. */
function replacedBy(options: readonly ShellWord[]): string | undefined {
  const long = options.find(({ text }) => text.startsWith('--replace'));
  if (long) return long.text.split('=')[1] || '{}';
  const at = options.findIndex(({ text }) => /^-[0oprtx]*I/.test(text));
  if (at === -1) return undefined;
  return options[at]!.text.replace(/^-[0oprtx]*I/, '') || options[at + 1]?.text;
}

function withInput(words: readonly ShellWord[], replaced: string): ShellWord[] {
  return words.map((word) => (word.text.includes(replaced) ? { ...word, dynamic: true } : word));
}

function judgeFind(words: readonly ShellWord[], _dialect: unknown, more: boolean): Judgement {
  const runs: { via: Via; words: ShellWord[] }[] = [];
  let unknown = false;
  for (let at = 1; at < words.length; at += 1) {
    const { text, dynamic } = words[at]!;
    if (dynamic && /[$`]/.test(text)) {
      // Without quotes it may be many words, and with them `-exec`.
      if (!text.startsWith('"')) return { unclear: 'options', runs };
      unknown = true;
      continue;
    }
    if (unknown && (text === ';' || text === '+')) return { unclear: 'options', runs };
    if (dynamic || !FIND_RUNS.test(text)) continue;
    const rest = words.slice(at + 1);
    const end = rest.findIndex((word, index) => word.text === ';' || (word.text === '+' && rest[index - 1]?.text === '{}')); // prettier-ignore
    if (end < 1) return { unclear: 'options', runs };
    runs.push({ via: 'find -exec', words: withInput(rest.slice(0, end), '{}') });
    at += end + 1;
  }
  // Among what follows may be `-exec`.
  return more ? { unclear: 'options', runs } : { runs };
}

/** It gives its words to `sh -c`, as one. */
function judgeWatch(words: readonly ShellWord[], _dialect: unknown, more: boolean): Judgement {
  const read = readOptions(words, WATCH);
  if (read === undefined || read.at >= words.length) return unclear('options');
  if (more) return unclear('dynamic_code');
  const command = words.slice(read.at);
  if (read.given.has('x') || read.given.has('exec')) return { runs: [{ via: 'watch', words: command }] };
  return shellLine('watch', command, 'posix');
}

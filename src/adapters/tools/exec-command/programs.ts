/** What programs do with the files that a command line names, by their names. */
import { basename } from 'node:path';
import type { CommandFact } from '../../../contract/values.ts';
import { isGitCommand } from '../shell/git.ts';
import { type GitCall, gitCall } from '../shell/git-operands.ts';
import { interpreterOf } from '../shell/interpreters.ts';
import { wordsOf as shellWords } from '../shell/words.ts';
import { wrapperOf } from '../shell/wrappers.ts';
import { isToldByFiles } from './unnamed-files.ts';

/** They run a file that their words name, in languages that aren't read here. */
const RUNS = /^(?:java|kotlin|julia|elixir|racket|sbcl|raku|nim|wasmtime|pm2|forever)$/;

/** Of files alone, with a script that was read and only writes what it reads. Any other is unclear. */
const READ_HERE = /^(?:g?sed|[gmn]?awk)$/;

/** What they do is told by their words: of files they read text, or move, list, make and remove them. */
const BY_WORDS = new Set([
  '', ':', '[', '[[', 'alias', 'b2sum', 'base32', 'base64', 'basename', 'bg', 'break', 'bzcat', 'cat', 'cd', 'chgrp', 'chmod', 'chown', 'cksum', 'cmp',
  'column', 'comm', 'command', 'continue', 'cp', 'cut', 'date', 'declare', 'df', 'diff', 'dirname', 'dirs', 'du', 'echo', 'egrep', 'eval', 'exit',
  'expand', 'export', 'expr', 'false', 'fg', 'fgrep', 'file', 'find', 'fmt', 'fold', 'free', 'getopts', 'grep', 'groups', 'hash', 'head',
  'hexdump', 'hostname', 'iconv', 'id', 'jobs', 'join', 'kill', 'less', 'let', 'link', 'ln', 'local', 'ls', 'lsof', 'md5sum', 'mkdir', 'mkfifo',
  'mktemp', 'more', 'mv', 'nl', 'nproc', 'numfmt', 'od', 'paste', 'pgrep', 'pkill', 'popd', 'printenv', 'printf', 'ps', 'pushd', 'pwd', 'read',
  'readlink', 'readonly', 'realpath', 'return', 'rev', 'rg', 'rm', 'rmdir', 'seq', 'set', 'sha1sum', 'sha224sum', 'sha256sum', 'sha384sum',
  'sha512sum', 'shift', 'shred', 'shuf', 'sleep', 'sort', 'split', 'stat', 'sum', 'sync', 'tac', 'tail', 'tee', 'test', 'time', 'times',
  'touch', 'tr', 'trap', 'tree', 'true', 'truncate', 'tty', 'type', 'typeset', 'ulimit', 'umask', 'unalias', 'uname', 'unexpand', 'uniq',
  'unlink', 'unset', 'uptime', 'users', 'wait', 'wc', 'whereis', 'which', 'who', 'whoami', 'xxd', 'yes', 'zcat', 'zgrep',
]); // prettier-ignore

/** Of git: what a file of theirs says becomes files, commits, settings or places to connect to. */
const GIT_BY_FILES = /^(?:am|apply|bundle|config|lfs|submodule)$/;

/** Pages, which name files in their turn: with a path in it a topic is one of that folder. */
const GIT_READS = /^help$/;

/** What these bring may have submodules, and then says where these are got. */
const GIT_BRINGS = /^(?:clone|fetch|pull)$/;
const WITH_SUBMODULES = /^(?:--rec|submodule\.|fetch\.rec)/i;

/** Names of files, or of what is to become of them, from a list. */
export const GIT_LISTS = /^--(?:stdin|pathspec-f)/;

/** They send what their words name, or have it run elsewhere. */
const SENDS =
  /^(?:curl|wget|scp|sftp|rsync|ssh|nc|ncat|socat|kubectl|helm|terraform|tofu|ansible.*|aws|gcloud|az|gh|glab)$/;

export function runsFiles(command: CommandFact): boolean {
  const { words, unclear } = command;
  const name = nameOf(command);
  if (unclear !== undefined || words[0]?.includes('/') || name === '.' || name === 'source') return true;
  if (READ_HERE.test(name)) return false;
  return interpreterOf(name) !== undefined || SENDS.test(name) || looksForFiles(command);
}

/** By its path, which a file may take at any time, or in a folder that nobody names to it. */
function looksForFiles(command: CommandFact): boolean {
  const name = nameOf(command);
  return command.words[0]?.includes('/') === true || RUNS.test(name) || isToldByFiles(name);
}

/** What its words name, and nothing of the folder where it is run. */
export function sendsFiles(command: CommandFact): boolean {
  return SENDS.test(nameOf(command)) && command.words[0]?.includes('/') === false;
}

export function isToldByWords(command: CommandFact): boolean {
  const name = nameOf(command);
  if (READ_HERE.test(name) || BY_WORDS.has(name)) return true;
  const call = gitCall(shellWords(command));
  return call !== undefined && isGitByWords(call, command.words);
}

/** Of one that git doesn't have nobody knows whether it is an alias, or another program. */
function isGitByWords({ command }: GitCall, words: readonly string[]): boolean {
  if (GIT_BRINGS.test(command) && words.some((word) => WITH_SUBMODULES.test(word))) return false;
  if (GIT_READS.test(command) || words.includes('--help')) return false;
  return isGitCommand(command) && !GIT_BY_FILES.test(command) && !words.some((word) => GIT_LISTS.test(word));
}

/** It runs no code of files, and nobody here knows what else it does with them. */
export function isUnknown(command: CommandFact): boolean {
  const name = nameOf(command);
  if (isToldByWords(command) || looksForFiles(command) || name === 'git') return false;
  return interpreterOf(name) === undefined && wrapperOf(name) === undefined && name !== '.' && name !== 'source';
}

export function nameOf({ words }: CommandFact): string {
  return basename(words[0] ?? '');
}

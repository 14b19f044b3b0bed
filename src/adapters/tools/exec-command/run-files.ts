/** Files that a command line may run or go by: who approves the line approves them as they are. */
import { globSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Digest, digestOf } from '../../../base/digest.ts';
import { isSecretShaped } from '../../../base/secret-shaped.ts';
import type { CommandFact, Facts } from '../../../contract/values.ts';
import { resolveReal } from '../../../base/files/resolve-real.ts';
import { interpreterOf } from '../shell/interpreters.ts';
import type { DigestExecutable } from './executable.ts';
import { fileNamed, pathsIn, READS } from './file-named.ts';

export type RunFile = NonNullable<Facts['runs']>[number];

/** What these programs are told by files that nobody names. */
const TOLD_BY: readonly [programs: RegExp, files: RegExp][] = [
  [/^(?:[bgp]?make|remake)$/, /^(?:GNU)?[Mm]akefile$/],
  [/^(?:npm|npx|pnpm|pnpx|yarn|bunx?|turbo|nx|lerna|corepack)$/, /^(?:package\.json|\.npmrc|\.yarnrc(?:\.yml)?|bunfig\.toml)$/],
  [/^deno$/, /^deno\.jsonc?$/],
  [/^just$/, /^\.?[Jj]ustfile$/],
  [/^task$/, /^[Tt]askfile\.ya?ml$/],
  [/^rake$/, /^[Rr]akefile(?:\.rb)?$/],
  [/^bundle$/, /^Gemfile$/],
  [/^cargo$/, /^(?:Cargo\.toml|build\.rs)$/],
  [/^(?:cmake|ctest)$/, /^(?:CMakeLists\.txt|CMakePresets\.json)$/],
  [/^(?:gradlew?|mvnw?)$/, /^(?:(?:build|settings)\.gradle(?:\.kts)?|pom\.xml)$/],
  [/^(?:pytest|py\.test|tox|nox|pip\d*|uv|poetry|pdm|python[\d.]*)$/, /^(?:conftest\.py|tox\.ini|noxfile\.py|setup\.(?:py|cfg)|pyproject\.toml)$/],
  [/^(?:composer|phpunit)$/, /^(?:composer\.json|phpunit\.xml)$/],
  [/^(?:docker|podman|docker-compose)$/, /^(?:Dockerfile|Containerfile|(?:docker-)?compose\.ya?ml)$/],
  [/^(?:eslint|prettier|stylelint|tsc|vite|vitest|jest|mocha|webpack|rollup|esbuild|next|nuxt|astro|playwright|cypress|gulp|grunt|ant|scons)$/, /^(?:.+\.config\.[cm]?[jt]s|\.\w+rc(?:\.\w+)?|(?:package|tsconfig)\.json|gulpfile\..*|Gruntfile\..*|build\.xml|SConstruct)$/],
  [/^(?:go|meson|ninja|bazel|buck2|vagrant|pre-commit|lefthook)$/, /^(?:meson\.build|build\.ninja|MODULE\.bazel|BUILD(?:\.bazel)?|BUCK|Vagrantfile|\.pre-commit-config\.yaml|lefthook\.yml)$/],
]; // prettier-ignore

/** They run a file that their words name, in languages that aren't read here. */
const RUNS = /^(?:java|kotlin|tsx|ts-node|julia|dotnet|swift|elixir|mix|racket|sbcl|clojure|clj|bb|crystal|raku|zig|nim|dart|flutter|wasmtime|electron|pm2|forever)$/; // prettier-ignore

/** Of files alone, with a script that was read and only writes what it reads. Any other is unclear. */
const READ_HERE = /^(?:g?sed|[gmn]?awk)$/;

/** They send what their words name, or have it run elsewhere. */
const SENDS =
  /^(?:curl|wget|scp|sftp|rsync|ssh|nc|ncat|socat|kubectl|helm|terraform|tofu|ansible.*|aws|gcloud|az|gh|glab)$/;

/** No files that somebody wrote, and other ones for each process. */
const OF_THE_KERNEL = /^\/(?:proc|sys|dev)\//;

const MOVES = new Set(['cd', 'pushd']);

/** More than these are told as one. */
const MOST_TOLD = 100;

/** In so many folders, and for so many names in all, files are looked for; and so many names are looked at for patterns. */
const MOST_FOLDERS = 30;
const MOST_LOOKED_FOR = 6000;
const MOST_FOR_PATTERN = 2000;

const LONGEST_WORD = 200;

/** Of larger ones not the content counts, but when they were changed. */
const LARGE_BYTES = 32 * 1024 * 1024;

/** What these find by a name besides the file of this name. */
const ENDINGS: readonly [programs: RegExp, endings: readonly string[]][] = [
  [/^(?:node(?:js)?|tsx|ts-node|bun|electron)$/, ['.js', '/index.js']],
  [/^(?:python|pypy)[\d.]*$/, ['.py', '/__main__.py']],
];

/** Where the line is by then, which is one of the folders that are looked into. */
const FOLDER_AT = /^(?:\$PWD|\$\{PWD\}|\$\(pwd\)|`pwd`|~\+)(?=\/|$)/;
const HOME_AT = /^(?:\$HOME|\$\{HOME\})(?=\/|$)/;

/**
 * Of a line that runs code of files (a program by its path, an interpreter, what builds) or sends them: all files that its
 * words and patterns name, and those that its programs go by unnamed. What these load in their turn isn't among them. A word
 * counts in each folder that the line names, too, as it may go there. A word that only the shell will know is told as such.
 */
export async function runFiles(
  commands: readonly CommandFact[],
  folder: string,
  digestOfFile: DigestExecutable,
): Promise<RunFile[]> {
  if (!commands.some(runsFiles)) return [];
  const named = commands.flatMap(wordsOf);
  const words = [...new Set(named.flatMap(pathsIn))];
  const programs = commands.map(nameOf);
  const endings = [
    '',
    ...ENDINGS.flatMap(([names, those]) => (programs.some((name) => names.test(name)) ? those : [])),
  ];
  const all = foldersOf(commands, words, folder);
  const most = Math.min(MOST_FOLDERS, Math.floor(MOST_LOOKED_FOR / (words.length * endings.length)));
  const folders = all.slice(0, Math.max(1, most));
  const unknown = folders.length < all.length ? ['else its words name in so many folders'] : [];
  const told = TOLD_BY.filter(([names]) => programs.some((name) => names.test(name))).map(([, files]) => files);
  const paths = folders.flatMap((one) => [
    ...words.flatMap((word) => endings.map((ending) => fileNamed(word, one) + ending)),
    ...(told.length === 0 ? [] : namesIn(one).filter((name) => told.some((files) => files.test(name))).map((name) => join(one, name))),
  ]); // prettier-ignore
  for (const word of new Set(commands.flatMap(dynamicOf))) {
    const matching = matchingOf(word, folders);
    if (matching) paths.push(...matching);
    else if (isMade(word)) unknown.push(word);
  }
  const found: RunFile[] = [];
  for (const path of [...new Set(paths.flatMap(realFile))].sort()) {
    const digest = stampOf(path) ?? (await digestOfFile(path))?.digest;
    if (digest) found.push({ path, digest });
  }
  return shortened([...unknown.map(notKnown), ...found]);
}

function runsFiles(command: CommandFact): boolean {
  const { words, unclear } = command;
  const program = words[0] ?? '';
  const name = nameOf(command);
  if (unclear !== undefined || program.includes('/') || name === '.' || name === 'source') return true;
  if (READ_HERE.test(name)) return false;
  return (
    interpreterOf(name) !== undefined ||
    RUNS.test(name) ||
    SENDS.test(name) ||
    TOLD_BY.some(([names]) => names.test(name))
  );
}

function nameOf({ words }: CommandFact): string {
  return basename(words[0] ?? '');
}

function wordsOf({ words, assignments, redirects }: CommandFact): string[] {
  const read = redirects.flatMap((redirect) => READS.exec(redirect)?.[1] ?? []);
  // Also a folder in which programs are looked for, and a file that is read before any other.
  const assigned = assignments.flatMap((assignment) => assignment.split(/[=:]/).slice(1));
  return [...words, ...assigned, ...read].map(placed);
}

/** It stands before the files, so that however many these are it is seen. */
function notKnown(what: string): RunFile {
  const short = what.length <= LONGEST_WORD ? what : `${what.slice(0, LONGEST_WORD).toWellFormed()}…`;
  return { path: short };
}

/** Without quotes, and with what is known before the shell runs. */
function placed(word: string): string {
  return word.replace(/["']/g, '').replace(FOLDER_AT, '.').replace(HOME_AT, '~');
}

function dynamicOf({ words, dynamic = [] }: CommandFact): string[] {
  return dynamic.map((index) => placed(words[index]!));
}

/** By the shell, as it runs. */
function isMade(word: string): boolean {
  return /[$`*?[{]|^~(?!\/)/.test(word);
}

/** The files that a pattern names now; undefined: it isn't only that, or too much is to be looked at. */
function matchingOf(word: string, folders: readonly string[]): string[] | undefined {
  if (!/[*?[]|\{.*[,.].*\}/.test(word) || /[$`]/.test(word)) return undefined;
  let left = MOST_FOR_PATTERN;
  const exclude = (): boolean => left-- <= 0;
  const found = folders.flatMap((cwd) =>
    globSync(fileNamed(word, '.'), { cwd, exclude }).map((name) => fileNamed(name, cwd)),
  );
  return left < 0 ? undefined : found;
}

/** Where the line is run, and where it may go from there: what `cd` names, and folders that are words (`make -C`, `--prefix`). */
function foldersOf(commands: readonly CommandFact[], words: readonly string[], folder: string): string[] {
  const folders = new Set([folder]);
  const add = (path: string): void => {
    if (folders.size > MOST_FOLDERS) return;
    const found = resolveReal(path);
    if ('real' in found && found.kind === 'dir') folders.add(found.real);
  };
  for (const word of words) if (word !== '' && !word.startsWith('-')) add(fileNamed(word, folder));
  // Where it goes from where it went.
  for (const { words: moved } of commands) {
    if (!MOVES.has(moved[0] ?? '') || moved[1] === undefined) continue;
    for (const one of folders.values().toArray()) add(fileNamed(placed(moved[1]), one));
  }
  return [...folders];
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function realFile(path: string): string[] {
  if (path.includes('\0') || path.endsWith('/')) return [];
  const found = resolveReal(path);
  return 'real' in found && found.kind === 'file' && !OF_THE_KERNEL.test(found.real) ? [found.real] : [];
}

/**
 * Of what looks like a secret, as a digest of its content would tell of it to who guesses; and of a large file, where one takes
 * long. Changes whenever the file does: nobody sets back the time at which its inode changed. Undefined: of any other.
 */
function stampOf(path: string): Digest | undefined {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (!stats || (stats.size <= LARGE_BYTES && !isSecretShaped(path))) return undefined;
  return digestOf([stats.dev, stats.ino, stats.size, stats.ctimeNs].join(' '));
}

/** The rest as one, so that no line makes a record of any length. */
function shortened(found: readonly RunFile[]): RunFile[] {
  if (found.length <= MOST_TOLD) return [...found];
  const rest = found.slice(MOST_TOLD);
  return [...found.slice(0, MOST_TOLD), { path: `… and ${rest.length} more`, digest: digestOf(JSON.stringify(rest)) }];
}

/** Files that a command line may run or go by: who approves the line approves them as they are. */
import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Digest, digestOf } from '../../../base/digest.ts';
import { isSecretShaped } from '../../../base/secret-shaped.ts';
import type { CommandFact, Facts } from '../../../contract/values.ts';
import { resolveReal } from '../../../base/files/resolve-real.ts';
import { interpreterOf } from '../shell/interpreters.ts';
import type { DigestExecutable } from './executable.ts';
import { fileNamed, pathsIn } from './file-named.ts';

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
  [/^(?:go|meson|ninja|bazel|buck2|vagrant|pre-commit|lefthook)$/, /^(?:meson\.build|build\.ninja|MODULE\.bazel|BUILD(?:\.bazel)?|BUCK|Vagrantfile|\.pre-commit-config\.yaml|lefthook\.yml)$/],
]; // prettier-ignore

/** They send what their words name, or have it run elsewhere. */
const SENDS =
  /^(?:curl|wget|scp|sftp|rsync|ssh|nc|ncat|socat|kubectl|helm|terraform|tofu|ansible.*|aws|gcloud|az|gh|glab)$/;

/** Read by a redirect, as the parser records it. */
const READS = /^(?:\d+|\{\w+\})?< ([^]*)$/;

/** No files that somebody wrote, and other ones for each process. */
const OF_THE_KERNEL = /^\/(?:proc|sys|dev)\//;

const MOVES = new Set(['cd', 'pushd']);

/** More than these are told as one. */
const MOST_TOLD = 100;

/** Of larger ones not the content counts, but when they were changed. */
const LARGE_BYTES = 32 * 1024 * 1024;

/**
 * Of a line that runs code of files (a program by its path, an interpreter, what builds) or sends them: all files that its
 * words name, and those that its programs go by unnamed. What these load in their turn isn't among them. A word counts in
 * each folder that the line names, too, as it may go there.
 */
export async function runFiles(
  commands: readonly CommandFact[],
  folder: string,
  digestOfFile: DigestExecutable,
): Promise<RunFile[]> {
  if (!commands.some(runsFiles)) return [];
  const words = [...new Set(commands.flatMap(wordsOf))];
  const folders = foldersOf(commands, words, folder);
  const programs = commands.map(nameOf);
  const told = TOLD_BY.filter(([names]) => programs.some((name) => names.test(name))).map(([, files]) => files);
  const paths = folders.flatMap((one) => [
    ...words.map((word) => fileNamed(word, one)),
    ...(told.length === 0 ? [] : namesIn(one).filter((name) => told.some((files) => files.test(name))).map((name) => join(one, name))),
  ]); // prettier-ignore
  const found: RunFile[] = [];
  for (const path of [...new Set(paths.flatMap(realFile))].sort()) {
    const digest = stampOf(path) ?? (await digestOfFile(path))?.digest;
    if (digest) found.push({ path, digest });
  }
  return shortened(found);
}

function runsFiles(command: CommandFact): boolean {
  const { words, unclear } = command;
  const program = words[0] ?? '';
  const name = nameOf(command);
  if (unclear !== undefined || program.includes('/') || name === '.' || name === 'source') return true;
  return interpreterOf(name) !== undefined || SENDS.test(name) || TOLD_BY.some(([names]) => names.test(name));
}

function nameOf({ words }: CommandFact): string {
  return basename(words[0] ?? '');
}

function wordsOf({ words, redirects }: CommandFact): string[] {
  return [...words, ...redirects.flatMap((redirect) => READS.exec(redirect)?.[1] ?? [])].flatMap(pathsIn);
}

/** Where the line is run, and where it may go from there: what `cd` names, and folders that are words (`make -C`, `--prefix`). */
function foldersOf(commands: readonly CommandFact[], words: readonly string[], folder: string): string[] {
  const folders = new Set([folder]);
  const add = (path: string): void => {
    const found = resolveReal(path);
    if ('real' in found && found.kind === 'dir') folders.add(found.real);
  };
  for (const word of words) if (word !== '' && !word.startsWith('-')) add(fileNamed(word, folder));
  // Where it goes from where it went.
  for (const { words: moved } of commands) {
    if (!MOVES.has(moved[0] ?? '') || moved[1] === undefined) continue;
    for (const one of folders.values().toArray()) add(fileNamed(moved[1], one));
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

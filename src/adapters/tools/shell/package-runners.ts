/** Managers of packages that run a program in the project's surroundings: the words behind it are that program's. */
import { type Judge, type Judgement, nothing, shellLine, unclear } from './judgement.ts';
import { mayBeOption, type Options, readOptions } from './options.ts';
import type { ShellWord } from './words.ts';

/** By name, the subcommands that do; `''` runs what follows by itself. */
const RUNNERS: Record<string, readonly string[]> = {
  npx: [''], bunx: [''], pnpx: [''], npm: ['exec', 'x'], pnpm: ['exec', 'dlx'], yarn: ['exec', 'dlx'], bundle: ['exec'],
  poetry: ['run'], pipenv: ['run'], uv: ['run'], uvx: [''], pdm: ['run'], rye: ['run'], conda: ['run'], rbenv: ['exec'],
  pyenv: ['exec'], mise: ['exec', 'x'], asdf: ['exec'], direnv: ['exec'], nix: ['run', 'shell', 'develop'], bun: ['x'],
}; // prettier-ignore

const OPTIONS: Options = {
  flags: 'yq', values: 'pw',
  long: ['yes', 'no', 'quiet', 'silent', 'no-install', 'workspaces', 'no-sync', 'frozen'],
  longValues: ['package', 'workspace', 'with', 'prefix'],
}; // prettier-ignore

/** Of npm, which lets them be shortened: programs that it runs, and files that name some. */
const NPM_RUNS = ['script-shell', 'node-options', 'git', 'viewer', 'browser', 'editor', 'init-module', 'userconfig', 'globalconfig']; // prettier-ignore

export function packageRunnerOf(name: string): Judge | undefined {
  const subcommands = Object.hasOwn(RUNNERS, name) ? RUNNERS[name]! : undefined;
  return subcommands && ((words, _dialect, more) => judgeRunner(subcommands, words, more));
}

function judgeRunner(subcommands: readonly string[], words: readonly ShellWord[], more: boolean): Judgement {
  if (words.some(({ text }) => /^--(?:script-shell|shell|node-options|node-arg)(?:=|$)|^script-shell/.test(text))) return unclear('option_runs_code'); // prettier-ignore
  if (words[0]!.text.endsWith('npm') && runsByOption(words)) return unclear('option_runs_code');
  if (words.length === 2 && /^(?:-v|--version|--help)$/.test(words[1]!.text)) return nothing;
  if (words[0]!.text.endsWith('bun') && isBunCode(words)) return unclear('code');
  const itself = subcommands.includes('');
  const at = itself ? 0 : words.findIndex(({ text }, index) => index > 0 && !text.startsWith('-'));
  if (!itself && (at === -1 || words[at]!.dynamic)) return at === -1 && !more ? nothing : unclear('options');
  if (!itself && !subcommands.includes(words[at]!.text)) {
    // An option's value may stand before the subcommand, and pass for it.
    const before = words.slice(1, at).some(({ text }) => text.startsWith('-'));
    if (before && words.some(({ text }) => subcommands.includes(text))) return unclear('options');
    if (words[at]!.text === 'explore') return unclear('option_runs_code');
    return mayBeOption(words) ? unclear('options') : nothing;
  }
  const rest = words.slice(at);
  const line = rest.findIndex(({ text }) => /^(?:-c|--call)(?:=|$)/.test(text));
  const end = rest.findIndex(({ text }, index) => index > 0 && !text.startsWith('-'));
  if (line !== -1 && (end === -1 || line < end)) {
    const given = rest[line + 1];
    return rest[line]!.text.includes('=') || given === undefined ? unclear('options') : shellLine('package runner', [given], 'posix'); // prettier-ignore
  }
  const read = readOptions(rest, OPTIONS);
  if (read === undefined) return unclear('options');
  if (read.stdin) return unclear('code_from_input');
  const command = rest.slice(read.at);
  // `npm exec tsc -- -p .`: what marks the end of its own options is no word of the program.
  if (command.length === 0) return unclear('options');
  return {
    runs: [{ via: 'package runner', words: command.filter(({ text }, index) => index !== 1 || text !== '--') }],
  };
}

function runsByOption(words: readonly ShellWord[]): boolean {
  const end = words.findIndex(({ text }) => text === '--');
  return words.slice(1, end === -1 ? undefined : end).some(({ text }) => {
    const name = /^--([a-z-]{2,})(?:=|$)/.exec(text)?.[1];
    // `--no` is one of its own.
    return name !== undefined && name !== 'no' && NPM_RUNS.some((one) => one.startsWith(name));
  });
}

/** Bun runs scripts, too: `bun -e code`, and `bun -`, `bun run -` those of its input. */
function isBunCode(words: readonly ShellWord[]): boolean {
  const [first, second] = words.slice(1).filter(({ text }) => text === '-' || !text.startsWith('-'));
  return (
    first?.text === '-' ||
    (first?.text === 'run' && second?.text === '-') ||
    words.slice(1).some(({ text }) => /^(?:-[ep]|--eval|--print)(?:=|$)/.test(text))
  );
}

import type { Environment } from '../../../base/environment.ts';
import type { ConfinedCommand } from '../../../contract/sandbox.ts';
import { PROVIDER_NAMES, providerOf } from '../../../contract/providers.ts';
import { changesCommands } from '../shell/variables.ts';

/** What every command may see of the program's environment. All else stays behind, keys above all. */
const PASSED = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR', 'USER', 'LOGNAME', 'SHELL'];

/** Never passed, also when the settings name them. */
const PROVIDER_VARIABLES = new Set(
  PROVIDER_NAMES.flatMap((name) => {
    const { key, base_url_variable } = providerOf(name)!;
    return [key, base_url_variable].filter((variable) => variable !== undefined);
  }),
);

const DEFAULT_PATH = '/usr/local/bin:/usr/bin:/bin';

/** Is set for every process that a tool starts: by it the program knows callers that descend from its own tools. */
export const TOOL_CALL_VARIABLE = 'RUNTIME_TOOL_CALL';

/** The environment of a command. `marker` names the call, unlike any other on this machine. */
export function commandEnvironment(
  environment: Environment,
  further: readonly string[],
  marker: string,
): Record<string, string> {
  const allowed = new Set([...PASSED, ...further]);
  const passed: Record<string, string> = { PATH: DEFAULT_PATH };
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || name.startsWith('RUNTIME_') || PROVIDER_VARIABLES.has(name)) continue;
    if (allowed.has(name) || name.startsWith('LC_')) passed[name] = value;
  }
  return { ...passed, TERM: 'dumb', [TOOL_CALL_VARIABLE]: marker };
}

/**
 * For a command without a sandbox: git takes no folder in the project for a repository because it is laid out like a bare one.
 * Such a one is made of files that nobody closes, and its settings say what git runs. Who names settings of git by
 * variables has said what holds. (git-config, safe.bareRepository; variables: git 2.31)
 */
export function gitGuard(passed: Record<string, string>): Record<string, string> {
  if ('GIT_CONFIG_COUNT' in passed) return {};
  return { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'safe.bareRepository', GIT_CONFIG_VALUE_0: 'explicit' };
}

/** Also where a name else says that it steers what runs: that of a credential. */
const CREDENTIAL = /_(?:TOKEN|KEY|PASSWORD|SECRET)$/;

/** `go` is what waits for the watchdog (run-process.ts). */
const OF_THE_SHELL = /^(?:_|go|E?UID|PPID|SHLVL|(?:OLD)?PWD|OPT(?:IND|ARG|ERR)|RANDOM|SECONDS|LINENO|REPLY|PS[1-4])$/;

/** Why a secret can't have this variable; undefined: it can. */
export function unfitForSecret(variable: string): string | undefined {
  if (!/^[A-Za-z_]\w*$/.test(variable)) return 'it is no name of a variable: letters, digits and _, no digit first';
  if (variable.startsWith('RUNTIME_')) return 'that is a variable of the runtime';
  if (PASSED.includes(variable) || variable === 'TERM' || variable.startsWith('LC_'))
    return 'every command has that one';
  if (OF_THE_SHELL.test(variable)) return 'the shell sets that one';
  const steers = /^(?:LD_|DYLD_|BASH)/.test(variable) || (changesCommands(variable) && !CREDENTIAL.test(variable));
  return steers ? 'that one changes what commands run or load' : undefined;
}

const CARRIED = 'RUNTIME_CARRIED_';

/**
 * The variables that settings name, under other names until the command is inside of its sandbox: some of them steer what
 * starts that (`LD_LIBRARY_PATH`, `BASH_ENV`, `PERL5LIB`), and may lead to what a command has written before.
 */
export function carriedInside<T extends ConfinedCommand>(
  command: T,
  environment: Record<string, string>,
  further: readonly string[],
): { command: T; environment: Record<string, string> } {
  const names = further.filter((name) => name in environment && !PASSED.includes(name) && /^[A-Za-z_]\w*$/.test(name));
  if (names.length === 0) return { command, environment };
  const line = names.map((name) => `export ${name}="$${CARRIED}${name}"; unset ${CARRIED}${name}; `).join('');
  return {
    command: {
      ...command,
      program: '/bin/sh',
      args: ['-c', `${line}exec "$@"`, 'sh', command.program, ...command.args],
    },
    environment: Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [names.includes(name) ? `${CARRIED}${name}` : name, value]),
    ),
  };
}

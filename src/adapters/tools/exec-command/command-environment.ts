import type { Environment } from '../../../base/environment.ts';
import { PROVIDER_NAMES, providerOf } from '../../../contract/providers.ts';

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

/** For tests: a home with secrets and a project in it, and commands there in a sandbox of one level. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bubblewrap } from '../../adapters/sandbox/bubblewrap.ts';
import { landlock } from '../../adapters/sandbox/landlock.ts';
import type { Level } from '../../adapters/sandbox/level.ts';
import type { SandboxSettings } from '../../adapters/sandbox/options.ts';
import { createSandboxes } from '../../adapters/sandbox/sandboxes.ts';
import { NO_LIMITS, shell, type TestHost, testHost } from '../../adapters/tools/test-host.ts';
import { type Environment, processEnvironment } from '../../base/environment.ts';
import type { ToolContext, ToolResult } from '../../contract/ports.ts';
import type { Sandboxes } from '../../contract/sandbox.ts';

export const LEVELS = [bubblewrap, landlock];
export const PATH = processEnvironment()['PATH'];
export const NO_PLACES: SandboxSettings = { read: [], write: [], hide: [] };

/** Why levels don't work on this machine, by their names. */
export async function levelsUnmet(): Promise<Map<string, string>> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'probe-')));
  mkdirSync(join(folder, 'project'));
  const unmet = new Map<string, string>();
  for (const level of LEVELS) {
    const options = { home: join(folder, 'no-home'), environment: { PATH, HOME: '/nonexistent' }, levels: [level] };
    const found = await createSandboxes({ ...options, settings: NO_PLACES }).find(join(folder, 'project'));
    if ('none' in found) unmet.set(level.name, ` (skipped: ${found.none})`);
  }
  rmSync(folder, { recursive: true });
  return unmet;
}

export interface Confined {
  t: TestHost;
  /** Holds the home, and is removed with all in it. */
  around: string;
  home: string;
  sandboxes: Sandboxes;
  run(cmd: string, more?: object, context?: Partial<ToolContext>): Promise<ToolResult>;
  output(cmd: string): Promise<string>;
  /** The same project with other settings, as another start of the program has it. */
  again(options: ConfinedOptions): Confined;
  remove(): void;
}

export interface ConfinedOptions {
  places?: Partial<SandboxSettings>;
  environment?: Environment;
  /** Names of further variables that commands may see. */
  env?: readonly string[];
  /** Variables under which they may get secrets, each with its name in the vault. */
  secrets?: Readonly<Record<string, string>>;
  limits?: typeof NO_LIMITS;
  /** RUNTIME_HOME, if it isn't in the home. */
  state?: string;
  /** Files of the runtime that lie elsewhere. */
  ownFiles?: readonly string[];
}

/** Every secret that is there holds the word `geheim`. */
export function confined(level: Level): Confined {
  const around = realpathSync(mkdtempSync(join(tmpdir(), 'around-')));
  const home = join(around, 'me');
  for (const folder of ['.ssh', '.config/gh', 'project/.git/hooks', 'notes', '.runtime']) {
    mkdirSync(join(home, folder), { recursive: true });
  }
  for (const file of ['.ssh/id_ed25519', '.netrc', '.config/gh/hosts.yml', '.runtime/config.yaml', 'diary']) {
    writeFileSync(join(home, file), 'geheim\n');
  }
  writeFileSync(join(home, 'notes/a'), 'note\n');
  writeFileSync(join(home, '.bashrc'), '# mine\n');
  const host = hostIn(level, around, { places: { hide: ['~/diary'] } });
  host.t.file('.git/config', '[core]\n');
  host.t.file('a.txt', 'one\n');
  return host;
}

function hostIn(level: Level, around: string, options: ConfinedOptions): Confined {
  const home = join(around, 'me');
  const { places, env = [], secrets = {}, limits = NO_LIMITS, state = join(home, '.runtime'), ownFiles = [] } = options;
  const environment = { PATH, HOME: home, ...options.environment };
  const settings = { ...NO_PLACES, ...places };
  const sandboxes = createSandboxes({ home: state, ownFiles, environment, settings, levels: [level] });
  const exec = { timeoutMs: 60_000, maxTimeoutMs: 60_000, env, secrets, limits };
  const t = testHost({ home: state, ownFiles, environment, settings: { exec }, sandboxes }, join(home, 'project'));
  const run: Confined['run'] = async (cmd, more = {}, context = {}) => {
    const request = { ...t.request('exec_command', { cmd, ...more }), sandbox: 'best' as const };
    const inspection = await t.host.inspect(request);
    if (inspection.facts.sandbox !== level.name) throw new Error(JSON.stringify(await sandboxes.find(t.root)));
    return t.run({ ...request, sandbox: level.name }, inspection, context);
  };
  return {
    t,
    around,
    home,
    sandboxes,
    run,
    output: async (cmd) => (await run(cmd)).output,
    again: (other) => hostIn(level, around, other),
    // What a command locked, too.
    remove: () => shell('chmod -R u+rwX "$1" && rm -rf "$1"', around),
  };
}

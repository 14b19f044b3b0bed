/** The only place that constructs: puts store, adapters and rules together for what a command needs. */
import { readlinkSync } from 'node:fs';
import { commit, sources, version } from '#generated/version.js';
import { createInstructionFiles } from '../adapters/instructions/instruction-files.ts';
import type { Models } from '../adapters/models/router.ts';
import { createProjectFiles } from '../adapters/tools/project-files.ts';
import { createSandboxes } from '../adapters/sandbox/sandboxes.ts';
import { type CommandGates, createCommandGates } from '../adapters/tools/kept-from-commands.ts';
import { createToolHost } from '../adapters/tools/tool-host.ts';
import type { ToolSettings } from '../adapters/tools/tool.ts';
import { systemClock, type Clock } from '../base/clock.ts';
import { parseDuration } from '../base/duration.ts';
import type { Environment } from '../base/environment.ts';
import { utcOffset } from '../base/local-date.ts';
import { NEVER } from '../base/never.ts';
import { systemIds } from '../base/ids.ts';
import { RuntimeError } from '../contract/errors.ts';
import type { Config } from '../contract/config.ts';
import type { Login } from '../contract/login.ts';
import type { ModelChoice, Policy } from '../contract/manifest.ts';
import type { Children, InstructionFiles, ModelClient, ToolHost } from '../contract/ports.ts';
import type { ProjectFiles } from '../contract/project-files.ts';
import type { Sandboxes } from '../contract/sandbox.ts';
import type { IngressEvent } from '../contract/records.ts';
import { openStore, type Store } from '../store/store.ts';
import { createCrashPoints } from './crash-points.ts';
import { runtimeHome } from './config/home.ts';
import { limitsOf } from './config/limits.ts';
import { loadConfig, type LoadedConfig } from './config/load.ts';
import { chooseModels, isListed, missingKey, type ChosenModels } from './config/models.ts';
import { ownFiles } from './config/own-files.ts';
import { policyIn } from './config/policy-in.ts';
import { wrongPolicy } from './config/policy.ts';
import { loginSecrets, knownSecrets } from './config/secrets.ts';
import { ownersOf } from './budget/budgets.ts';
import { onlyTrusted } from './trust/trusted-files.ts';
import { lateLedger } from './budget/late-ledger.ts';
import { createQuotas } from './budget/quotas.ts';
import { createFreeze } from './freeze.ts';
import { hasLeft, nobodyFor, type OfModel } from './gone-model.ts';
import { createOwner, type Owner } from './owner.ts';
import { createIdIndex, type IdIndex } from './id-index.ts';
import { LOCAL_ACTOR } from './principal.ts';
import { createModels } from './models-client.ts';
import { reachModels } from './reached-models.ts';
import { NO_CHILDREN } from './session/no-children.ts';
import { createRedactor, currentRedactor, type Redactor } from './session/redact.ts';
import { createFileTaint, type FileTaint } from './taint/file-taint.ts';
import { fitForCommand } from './vault/fit-for-command.ts';
import { createLateVault, type LateVault } from './vault/late-vault.ts';

export interface WorkspaceRequest {
  environment: Environment;
  /** Texts of dotted flags, by key path. */
  overrides: ReadonlyMap<string, string>;
  /** Of `--config`. */
  file?: string;
  /** What holds the workspace, should it be taken; absent: `runtime`. */
  program?: typeof DAEMON;
}

/** A holder that stays until it is stopped, and takes commands for that. */
export const DAEMON = 'runtime daemon';

/** A workspace as anyone may read it, without its lock. */
export interface Workspace {
  request: WorkspaceRequest;
  home: string;
  loaded: LoadedConfig;
  clock: Clock;
  store: Store;
  /** Of the ids that stand in its journals. */
  index: IdIndex;
  tools: ToolHost;
  gates: CommandGates;
  sandboxes: Sandboxes;
  files: ProjectFiles;
  instructions: InstructionFiles;
  /** In force now: `policy set` changes it while the program runs. */
  policy: Policy;
  build: string;
  vault: LateVault;
}

export async function openWorkspace(request: WorkspaceRequest): Promise<Workspace> {
  const { environment, overrides, file, program = 'runtime' } = request;
  const home = runtimeHome(environment);
  const clock = systemClock;
  const gates = createCommandGates();
  const surroundingsOf = (config: Config) => {
    const around = { home, environment, ownFiles: ownFiles(home, config, file) };
    return {
      ...around,
      clock,
      gates,
      settings: toolSettings(config),
      sandboxes: createSandboxes({ ...around, clock, settings: config.sandbox }),
    };
  };
  let host: ToolHost | undefined;
  const toolsOf = (config: Config): ToolHost => (host ??= createToolHost(surroundingsOf(config)));
  const loaded = await loadConfig({
    home,
    environment,
    overrides,
    ...(file !== undefined && { file }),
    check: (config) => wrongPolicy(config, toolsOf(config).tools()),
  });
  const { config } = loaded;
  const tools = toolsOf(config);
  const store = openStore({
    home,
    workspace: config.store.workspace,
    clock,
    owner: { pid: process.pid, program, version },
    idempotencyTtlMs: parseDuration(config.governance.idempotency_ttl)!,
    deadLetterTtlMs: parseDuration(config.ingress.dead_letter_ttl)!,
  });
  const policy = await policyIn(store.folder, config, tools);
  const surroundings = surroundingsOf(config);
  const files = createProjectFiles(surroundings);
  const { sandboxes } = surroundings;
  const instructions = onlyTrusted(createInstructionFiles(store.folder), home);
  const index = createIdIndex(store.journal);
  const build = `${version}+${commit.slice(0, 12)}`;
  const vault = createLateVault({ home, environment, clock, config: () => workspace.loaded.config });
  const workspace = {
    request, home, loaded, clock, store, index, tools, gates, sandboxes, files, instructions, policy, build, vault,
  }; // prettier-ignore
  return workspace;
}

export interface OwnedWorkspace {
  owner: Owner;
  /** Of files that tainted calls wrote. */
  fileTaint: FileTaint;
  redactor: Redactor;
  models: Models;
  /** The models for a session; `model` is the one that the caller or the session names. */
  choose(model: string | undefined): ChosenModels;
  /** From now on the session's model can be asked, unless it has left the configuration. */
  knowModel(session: OfModel): void;
  /** Lets the workspace's configuration hold from the next turn on. `before`: the one that held until now. */
  adoptConfig(before: Config): void;
  release(): Promise<void>;
}

/** Takes the lock and becomes the workspace's owner. @throws RuntimeError locked */
export function takeWorkspace(workspace: Workspace, children: Children = NO_CHILDREN): OwnedWorkspace {
  const { store, clock, tools } = workspace;
  const { environment } = workspace.request;
  const config = (): Config => workspace.loaded.config;
  const { fence, left_by } = lockWorkspace(workspace);
  if (left_by) outlive(workspace, left_by.pid);

  const { vault } = workspace;
  let secrets = [...knownSecrets(workspace.loaded, environment), ...vault.secrets()];
  const shapes = { shapes: config().store.redact === 'shapes' };
  let redactor = createRedactor(secrets, shapes);
  const learn = (found: readonly { name: string; value: string }[]): void => {
    const fresh = found.filter(({ value }) => !secrets.some((known) => known.value === value));
    if (fresh.length > 0) redactor = createRedactor((secrets = [...secrets, ...fresh]), shapes);
  };
  const learned = (login: Login): void => learn(loginSecrets(login));
  vault.onLearned = () => learn(vault.secrets());
  const { models, choose, renew } = reachModels({ config, clock, environment, sources: store, learned, vault });
  const waiting = async (event_id: string | undefined): Promise<IngressEvent | undefined> =>
    event_id === undefined ? undefined : store.ingress.pendingEvent(event_id);
  const time_zone = systemTimeZone(environment);
  const crashPoint = createCrashPoints(environment);
  const budget = lateLedger(store, clock, crashPoint);
  const freeze: ReturnType<typeof createFreeze> = async (context) => {
    const now = config(); // one for the whole turn
    const frozen = createFreeze({
      config: now,
      chooseModels(session) {
        if (hasLeft(session, now)) return { models: [nobodyFor(session.model!)] };
        const { choices, compactor, planner } = choose(session.model);
        return { models: choices, ...(compactor && { compactor }), ...(planner && { planner }) };
      },
      policy: () => workspace.policy,
      async limitsOf(event_id) {
        return limitsOf(now, await waiting(event_id));
      },
      async belongsTo(event_id) {
        const event = await waiting(event_id);
        return event ? ownersOf(event) : {};
      },
      askerOf: waiting,
      utcOffset: () => utcOffset(clock.now()),
      tools: tools.tools(),
      instructions: workspace.instructions,
      grants: store.grants,
      blobs: store.blobs,
      time_zone,
    });
    const turn = await frozen(context);
    // Who reserves is told when it can't be loaded.
    if (turn.manifest.rules.shared_scopes.length > 0) budget.load().catch(() => {});
    return turn;
  };
  const ids = systemIds(clock);
  const isPlain = (text: string): boolean => redactor.exact.text(text) === text;
  const following = currentRedactor(() => redactor);
  const fileTaint = createFileTaint({ ...store, files: workspace.files, clock, ids, isPlain });
  const owner = createOwner(
    {
      ...store,
      clock,
      ids,
      models,
      tools,
      budget,
      quotas: createQuotas(config, budget),
      fileTaint,
      children,
      freeze,
      secret: async (name) => fitForCommand(name, await (await vault.open()).secret(name)),
      redactor: following,
      crashPoint,
    },
    {
      policy: () => workspace.policy,
      isListed: (model) => isListed(config(), model),
      role: LOCAL_ACTOR.role,
      workspace: store.workspace(),
      fence,
      build: workspace.build,
      sources,
    },
  );
  return {
    owner,
    fileTaint,
    redactor: following,
    models,
    choose,
    knowModel(session) {
      if (!hasLeft(session, config())) choose(session.model);
    },
    adoptConfig(before) {
      renew(before);
      secrets = [...secrets, ...knownSecrets(workspace.loaded, environment)]; // a key that was taken out is still a secret
      redactor = createRedactor(secrets, shapes);
    },
    release: () => store.close(),
  };
}

/**
 * A model to be asked beside all turns, by whoever doesn't own the workspace.
 * @throws RuntimeError auth_missing | config_invalid | config_unreadable when it can't be asked
 */
export async function otherModel(
  { loaded, clock, store, vault, request: { environment } }: Workspace,
  model: string,
): Promise<{ choice: ModelChoice; client: ModelClient }> {
  const { choices, settings } = chooseModels(loaded.config, environment, { model });
  const [choice, how] = [choices[0]!, settings[0]!];
  const missing = missingKey(how);
  if (missing !== undefined) {
    throw new RuntimeError('auth_missing', `The model "${choice.name}" has no key: set ${missing}.`);
  }
  const client = createModels([how], { config: loaded.config, clock, environment, sources: store, vault });
  await client.prepare(choice.name);
  return { choice, client };
}

/** Takes the workspace's lock; closing the store gives it back. @throws RuntimeError locked */
function lockWorkspace({ store }: Workspace): { fence: number; left_by?: { pid: number } } {
  const lock = store.takeLock();
  if (!lock.ok) throw lockedError(lock.held_by);
  return lock;
}

/** Whoever was killed may have left a command that lives on for moments: until it has ended, nothing else changes a project. */
function outlive({ gates, clock }: Workspace, pid: number): void {
  const ended = gates.pass(undefined, 'alone', NEVER, async () => {
    const { endCommandsOf } = await import('../adapters/tools/exec-command/processes.ts');
    await endCommandsOf(pid, clock);
  });
  ended.catch(() => {}); // what can't be looked for can't be waited for
}

/** Who holds the workspace, and what to do about it. */
export function lockedError(held_by: { pid: number; program: string; version: string } | undefined): RuntimeError {
  if (held_by === undefined) return new RuntimeError('locked', 'The workspace is locked by another process.');
  const { pid, program, version } = held_by;
  const next =
    program === DAEMON
      ? 'Look at it with `runtime daemon status`; `runtime daemon stop` ends it.'
      : `Wait until it ends, or stop it: kill ${pid}`;
  return new RuntimeError('locked', `The workspace is locked by pid ${pid} (${program} ${version}).`, { next });
}

function toolSettings(config: Config): ToolSettings {
  const { timeout, max_timeout, env, secrets } = config.tools.exec_command;
  const limits = config.sandbox;
  const [timeoutMs, maxTimeoutMs] = [parseDuration(timeout)!, parseDuration(max_timeout)!];
  return { exec: { timeoutMs, maxTimeoutMs, env, secrets, limits } };
}

/** The zone's IANA name: `TZ`, else what /etc/localtime links to. (`Intl` would know, but takes milliseconds to load.) */
export function systemTimeZone(environment: Environment): string {
  if (environment['TZ']) return environment['TZ'];
  try {
    return /zoneinfo\/(.+)$/.exec(readlinkSync('/etc/localtime'))?.[1] ?? 'UTC';
  } catch {
    return 'UTC';
  }
}

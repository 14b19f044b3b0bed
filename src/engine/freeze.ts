/** Gathers the inputs of a turn: everything the kernel and the model depend on, as one value. */
import { canonicalJson } from '../base/canonical-json.ts';
import { digestOf } from '../base/digest.ts';
import { parseDuration } from '../base/duration.ts';
import type { StandingGrant } from '../contract/answers.ts';
import type { Config } from '../contract/config.ts';
import type { Grant, Manifest, Policy, SharedScope, ToolSpec } from '../contract/manifest.ts';
import type { IngressEvent } from '../contract/records.ts';
import type { Blobs, Grants, InstructionFiles } from '../contract/ports.ts';
import type { Limits, Rights, Role } from '../contract/values.ts';
import { lowerRole, stricterSandbox } from '../kernel/policy/rights.ts';
import type { Queued, State } from '../kernel/turn/state.ts';
import { isChildEvent } from './child-event.ts';
import type { OfModel } from './gone-model.ts';
import { limitsIn, sharedScopes, type BelongsTo } from './budget/budgets.ts';
import { limitsOf, tighterLimits } from './config/limits.ts';
import { gatherInstructions } from './instructions.ts';
import { readValue } from './session/messages.ts';

const RETRY_BASE_MS = 500;
const RETRY_MAX_MS = 30_000;
const RETRY_AFTER_MAX_MS = 300_000;

export interface FreezeSources {
  config: Config;
  /** The models for a session. */
  chooseModels: (session: OfModel) => Pick<Manifest, 'models' | 'compactor' | 'planner'>;
  /** The one in force now. */
  policy: () => Policy;
  /** Where a session's own policies are. */
  blobs: Pick<Blobs, 'get'>;
  /** The limits of the turn that begins with this message. */
  limitsOf: (event_id: string | undefined) => Promise<Limits>;
  /** What the turn that begins with this message belongs to. */
  belongsTo: (event_id: string | undefined) => Promise<Pick<BelongsTo, 'sender' | 'schedule'>>;
  /** Who sent a message, and how; undefined when nothing is known of it. */
  askerOf: (event_id: string) => Promise<Asker | undefined>;
  /** By how many minutes local time is ahead of UTC. */
  utcOffset: () => number;
  tools: ToolSpec[];
  instructions: InstructionFiles;
  grants: Pick<Grants, 'list'>;
  time_zone: string;
}

export interface FrozenTurn {
  manifest: Manifest;
  limits: Limits;
  rights: Rights;
  time_zone: string;
}

export function createFreeze(
  sources: FreezeSources,
): (context: { state: State; minimal: boolean }) => Promise<FrozenTurn> {
  const { config, time_zone } = sources;
  return async ({ state, minimal }) => {
    const session = state.session!;
    const askers = (await Promise.all(state.queue.map((one) => writerOf(one, sources)))).filter(isKnown);
    const role = lowestRole(session.rights.role, askers);
    const { policy } = tightened(sources.policy(), role, session.rights);
    const own = await Promise.all((session.own_policies ?? []).map((one) => readValue(one, sources.blobs)));
    const { calls, tokens, cost_micro_usd, wall_ms } = limitsIn(config.budget.session);
    const places = {
      project_root: session.project_root,
      ...(!minimal && { files: sources.instructions }),
      configured: config.orchestrator.instructions,
      session: session.instructions || undefined,
      pins: session.pins?.map(({ text }) => text),
    };
    const { instructions, instruction_sources, missing } = await gatherInstructions(places);
    const chosen = sources.chooseModels(session);
    const priced = [...chosen.models, chosen.compactor, chosen.planner].some((one) => one?.price !== undefined);
    const [message] = state.queue;
    const first = message?.event_id;
    const isTry = first !== undefined && isChildEvent(session.id, first);
    const configured = await sources.limitsOf(first);
    const limits = message?.limits ? tighterLimits(configured, message.limits) : configured;
    const left = { tokens, cost_micro_usd, model_calls: calls };
    const goal = message?.goal && {
      id: `${session.id}.${state.turns + 1}`,
      ...pooled(tighterLimits(limits, { ...limits, ...leftOf(left, state) }), priced),
    };
    const tree = session.tree ?? (goal && session.id);
    const belongsTo = {
      ...(await sources.belongsTo(first)),
      ...(tree !== undefined && { tree }),
      ...(goal && { goal }),
    };
    const asker = askerOf(askers, sources.utcOffset());
    const manifest: Manifest = {
      v: 1,
      ...chosen,
      instructions,
      ...(instruction_sources && { instruction_sources }),
      catalog: sources.tools,
      skills: [],
      memory: [],
      policy,
      ...(asker && { asker }),
      ...(own.length > 0 && { session_policies: own as Policy[] }),
      grants: (await sources.grants.list()).map(grantOf),
      grants_by_role: true,
      grants_confined: true,
      grants_of_epoch: true,
      rules: {
        calls_per_reply: config.orchestrator.max_calls_per_reply,
        model_attempts: config.orchestrator.model_attempts,
        retry_base_ms: RETRY_BASE_MS,
        retry_max_ms: RETRY_MAX_MS,
        retry_after_max_ms: RETRY_AFTER_MAX_MS,
        approval_ttl_ms: parseDuration(config.governance.approval_ttl)!,
        ...(tokens !== undefined && { session_tokens: tokens }),
        ...(cost_micro_usd !== undefined && { session_cost_micro_usd: cost_micro_usd }),
        ...(calls !== undefined && { session_calls: calls }),
        ...(wall_ms !== undefined && { session_wall_ms: wall_ms }),
        // A step's are those of its goal; who goes on with its session since has their own.
        shared_scopes: isTry && session.scopes ? session.scopes : sharedScopes(config, belongsTo, priced),
        ...(goal && { goal: goalRules(config) }),
      },
      missing,
    };
    return { manifest, limits, rights: rightsOf(policy, role), time_zone };
  };
}

/** Of a session's limits: what its ended turns have left. Its tree counts only from its first step on. */
function leftOf(
  limits: Record<Pooled, number | undefined>,
  state: Pick<State, Pooled>,
): Pick<Limits, Pooled | 'left_of'> {
  const kinds = (Object.keys(POOLED) as Pooled[]).filter((kind) => limits[kind] !== undefined);
  const left = kinds.map((kind) => [kind, Math.max(0, limits[kind]! - state[kind])] as const);
  return {
    ...Object.fromEntries(left),
    left_of: Object.fromEntries(kinds.map((kind) => [POOLED[kind], 'session' as const])),
  };
}

const POOLED = { tokens: 'tokens', cost_micro_usd: 'cost', model_calls: 'calls' } as const;
type Pooled = keyof typeof POOLED;

/** What steps share of a goal's limits. Its time is the kernel's: steps at the same time count once. */
function pooled(
  { tokens, cost_micro_usd, model_calls, left_of }: Limits,
  priced: boolean,
): Pick<SharedScope, 'limits' | 'left_of'> {
  const limits = {
    ...(model_calls !== undefined && { calls: model_calls }),
    ...(tokens !== undefined && { tokens }),
    ...(cost_micro_usd !== undefined && priced && { cost_micro_usd }),
  };
  return { limits, ...(left_of && { left_of }) };
}

function goalRules(config: Config): NonNullable<Manifest['rules']['goal']> {
  const { orchestrator } = config;
  return {
    most_steps: orchestrator.max_sub_tasks,
    at_once: orchestrator.max_parallel_subtasks,
    attempts: orchestrator.subtask_retry_max,
    retry_base_ms: parseDuration(orchestrator.subtask_retry_backoff)!,
    plans: orchestrator.structured_retry_max + 1,
    step_limits: limitsOf(config),
  };
}

type Asker = { actor: Pick<IngressEvent['actor'], 'role'> } & Pick<IngressEvent, 'source' | 'lane'>;

/** A step's message nobody accepted: its journal alone says for whom it is done. */
async function writerOf({ event_id, by }: Queued, { askerOf }: FreezeSources): Promise<Asker | undefined> {
  return (await askerOf(event_id)) ?? (by && { actor: by, source: by.source, lane: by.lane });
}

function isKnown(asker: Asker | undefined): asker is Asker {
  return asker !== undefined;
}

/** A turn answers all messages that wait, and may only what each of their writers, and the session, may. */
function lowestRole(own: Role, askers: readonly Asker[]): Role {
  return askers.reduce<Role>((lowest, { actor }) => lowerRole(lowest, actor.role), own);
}

/** What rules look at. Somebody waits for the turn when somebody waits for any of its messages. */
function askerOf(askers: readonly Asker[], utc_offset_min: number): Manifest['asker'] {
  if (askers.length === 0) return undefined;
  const channels = [...new Set(askers.map(({ source }) => source))];
  const isAwaited = askers.some(({ lane }) => lane === 'interactive');
  return { channels, lane: isAwaited ? 'interactive' : 'background', utc_offset_min };
}

/** What a session may under a policy and a role: no more than by its own rights. */
export function tightened(policy: Policy, role: Role, rights: Rights): { policy: Policy; role: Role } {
  return {
    policy: { ...policy, sandbox: stricterSandbox(policy.sandbox, rights.sandbox) },
    role: lowerRole(role, rights.role),
  };
}

/** Of where it came from only the role of who gave it matters to a turn. */
function grantOf(grant: StandingGrant): Grant {
  const { grant_id, tool, project_root, by_role } = grant;
  const given = { grant_id, tool, project_root, by_role };
  if ('rule' in grant) return { ...given, rule: grant.rule };
  const { args_digest, facts_digest } = grant;
  return { ...given, args_digest, facts_digest };
}

/** What a session or turn may at most do under a policy. */
export function rightsOf(policy: Policy, role: Role): Rights {
  return { policy: digestOf(canonicalJson(policy)), sandbox: policy.sandbox, role };
}

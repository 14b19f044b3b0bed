/** Frozen inputs for specs: small, and each part can be replaced. */
import { canonicalJson } from '../../base/canonical-json.ts';
import { digestOf } from '../../base/digest.ts';
import type { Grant, Manifest, ModelChoice, Policy, SharedScope, ToolSpec } from '../../contract/manifest.ts';
import type { Actor, EffectClass, Facts, Limits, Rights } from '../../contract/values.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
/** A budget that sessions share. */
export const DAY: SharedScope = { scope: 'day', limits: { cost_micro_usd: 20_000_000 } };

export const person: Actor = { id: 'local', role: 'operator' };
export const system: Actor = { id: 'system', role: 'overlord' };
export const rights: Rights = { policy: digestOf('policy'), sandbox: 'off', role: 'operator' };

export function tool(name: string, effect: EffectClass, recovery: ToolSpec['recovery']): ToolSpec {
  return {
    name,
    description: `The tool ${name}.`,
    parameters: { type: 'object' },
    schema_digest: digestOf(name),
    effect,
    recovery,
    secrets: [],
  };
}

export const catalog: ToolSpec[] = [
  tool('read_file', 'read', 'rerun'),
  tool('list_files', 'read', 'rerun'),
  tool('apply_patch', 'write', 'roll_forward'),
  tool('exec_command', 'exec', 'unknown'),
  tool('send_mail', 'send', 'unknown'),
];

/** Commands and patches ask, nothing is denied, `send_mail` is on no list. */
export function policyOf(over: Partial<Policy> = {}): Policy {
  return {
    v: 1,
    deny: [],
    require_approval: ['exec_command', 'apply_patch'],
    allow: [],
    sandbox: 'off',
    approver_roles: ['operator', 'admin', 'overlord'],
    ...over,
  };
}

/** Those that random forks get for themselves. */
export const OWN_POLICIES: Partial<Policy>[] = [{ deny: ['send_mail'] }, { require_approval: ['read_file'] }];

/** The own policies of a session in a random world, as inputs of its next turn. */
export function ownInputs(digests: readonly string[] = []): Pick<Inputs, 'own'> {
  const own = digests.map((digest) => OWN_POLICIES.find((one) => digestOf(canonicalJson(policyOf(one))) === digest)!);
  return own.length === 0 ? {} : { own };
}

export function model(name: string, over: Partial<ModelChoice> = {}): ModelChoice {
  return { name, provider: 'script', model: `${name}-1`, max_output_tokens: 1000, ...over };
}

/** What a spec says of a turn's frozen inputs; the rest is ordinary. */
export interface Inputs {
  models?: ModelChoice[];
  compactor?: ModelChoice;
  planner?: ModelChoice;
  policy?: Partial<Policy>;
  /** The session's own policies. */
  own?: Partial<Policy>[];
  asker?: Manifest['asker'];
  grants?: Grant[];
  /** `false`: of a turn from before the role of who gave a grant counted. */
  grants_by_role?: false;
  /** `false`: of a turn from before a grant held for commands in a sandbox only. */
  grants_confined?: false;
  /** `false`: of a turn from before a restore ended the grants of a session. */
  grants_of_epoch?: false;
  rules?: Partial<Manifest['rules']>;
  limits?: Partial<Limits>;
}

export function manifestOf(inputs: Inputs = {}): Manifest {
  return {
    v: 1,
    models: inputs.models ?? [model('main')],
    ...(inputs.compactor && { compactor: inputs.compactor }),
    ...(inputs.planner && { planner: inputs.planner }),
    instructions: 'Be brief.',
    catalog,
    skills: [],
    memory: [],
    policy: policyOf(inputs.policy),
    ...(inputs.own && { session_policies: inputs.own.map(policyOf) }),
    ...(inputs.asker && { asker: inputs.asker }),
    grants: inputs.grants ?? [],
    ...(inputs.grants_by_role !== false && { grants_by_role: true as const }),
    ...(inputs.grants_confined !== false && { grants_confined: true as const }),
    ...(inputs.grants_of_epoch !== false && { grants_of_epoch: true as const }),
    rules: {
      calls_per_reply: 64,
      model_attempts: 4,
      retry_base_ms: 500,
      retry_max_ms: 30_000,
      retry_after_max_ms: 5 * MINUTE,
      approval_ttl_ms: HOUR,
      shared_scopes: [],
      ...inputs.rules,
    },
    missing: [],
  };
}

/** The rules of a goal. */
export const GOAL: NonNullable<Manifest['rules']['goal']> = {
  most_steps: 10,
  at_once: 2,
  attempts: 2,
  retry_base_ms: 1000,
  plans: 2,
  step_limits: { max_turns: 10, max_calls: 200, wall_ms: 5 * MINUTE, tokens: 50_000 },
};

export function limitsOf(inputs: Inputs = {}): Limits {
  return { max_turns: 10, max_calls: 200, wall_ms: 10 * MINUTE, ...inputs.limits };
}

export function factsOf(over: Partial<Facts> = {}): Facts {
  return { paths: [], hosts: [], commands: [], preimages: [], ...over };
}

export function pathFact(path: string, over: Partial<Facts['paths'][number]> = {}): Facts['paths'][number] {
  return { arg: 'path', path, real: path, inside_root: true, kind: 'file', secret_shaped: false, ...over };
}

export function commandFact(text: string, over: Partial<Facts['commands'][number]> = {}): Facts['commands'][number] {
  return { words: [text], assignments: [], redirects: [], parser: 'text', ...over };
}

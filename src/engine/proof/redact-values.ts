/**
 * The values that entries share, redacted. Every field is named: one that nobody thought of is left out, never let
 * through.
 */
import { canonicalJson } from '../../base/canonical-json.ts';
import type { Digest } from '../../base/digest.ts';
import { VIA_JOINT, VIAS } from '../../contract/command-words.ts';
import { errorCatalogue } from '../../contract/errors.ts';
import type { Grant, Manifest, ModelChoice, Policy, SharedScope, ToolSpec } from '../../contract/manifest.ts';
import type { PolicyRule } from '../../contract/policy-rule.ts';
import type { Summary } from '../../contract/summary.ts';
import type { Actor, Facts, FileChange, Part, Presentation } from '../../contract/values.ts';
import type { Placeholders } from './placeholders.ts';

/** Words of this program, which tell nothing of anybody. */
const OUR_WORDS: ReadonlySet<string> = new Set([
  'local', 'system', 'cli', 'repl', 'api', 'clock', 'text', 'words', 'bash', 'argv', ...VIAS, 'script', 'openai', 'UTC',
  'image/png', 'image/jpeg', 'image/gif', 'image/webp', 'application/pdf', 'text/plain',
  ...['day', 'month', 'sender', 'schedule', 'tree', 'goal', 'session'].flatMap((scope) => [
    scope, ...['calls', 'tokens', 'cost', 'wall'].map((kind) => `${scope}_${kind}`),
  ]),
]); // prettier-ignore

/** Codes of failures, ours and those of well-known services. */
const KNOWN_CODES: ReadonlySet<string> = new Set([
  ...Object.keys(errorCatalogue),
  'auth', 'rate_limit', 'overload', 'timeout', 'network', 'context_too_long', 'refused', 'malformed', 'invalid_request',
  'aborted', 'stream_cut', 'changed', 'not_a_file', 'not_a_folder', 'void', 'idle_timeout', 'closed', 'too_large',
  'reply_too_large', 'connection_failed', 'connection_lost', 'bad_event', 'too_many_calls', 'observation_refused',
  'not_startable', 'not_a_stream', 'no_step', 'redirected', 'request_failed', 'server_error', 'holds_secret', 'exit',
  'key_missing', 'key_invalid', 'invalid_api_key', 'insufficient_quota', 'rate_limit_exceeded', 'model_not_found',
  'content_filter', 'context_length_exceeded', 'overloaded_error', 'invalid_prompt',
]); // prettier-ignore

const HTTP_CODE = /^http_[1-5]\d\d$/;
const SIGNAL = /^SIG[A-Z]{2,6}$/;

export interface ValueRedaction {
  word(text: string): string;
  code(code: string): string;
  signal(signal: string): string;
  texts(list: readonly string[]): string[];
  actor(actor: Actor): Actor;
  part(part: Part): Part;
  facts(facts: Facts): Facts;
  file(change: FileChange): FileChange;
  /** What kind of budget it is stays: a fork shares some kinds only. */
  sharedScope(shared: SharedScope): SharedScope;
  /** With the text that stands for it whole, which its digest is of. */
  presentation(presentation: Presentation): { shown: Presentation; whole: Presentation };
  /** `factsDigest` gives what a digest of facts has become. */
  manifest(manifest: Manifest, factsDigest: (digest: Digest) => Digest): Manifest;
  summary(summary: Summary): Summary;
  rule(rule: PolicyRule): PolicyRule;
}

/** Holds names of tools and verdicts only: they stay as they are. */
function policyOf({ deny, require_approval, allow, sandbox, approver_roles }: Policy): Policy {
  return { v: 1, deny, require_approval, allow, sandbox, approver_roles };
}

export function createValueRedaction(placeholders: Placeholders): ValueRedaction {
  const { text, longText, whole, digest, id } = placeholders;
  const texts = (list: readonly string[]): string[] => list.map(text);
  const word = (value: string): string => (OUR_WORDS.has(value) ? value : text(value));

  const sharedScope = ({ scope, limits, left_of }: SharedScope): SharedScope => {
    const [kind = '', ...whose] = scope.split(':');
    const name = whose.length === 0 ? word(scope) : `${word(kind)}:${text(whose.join(':'))}`;
    return { scope: name, limits, ...(left_of && { left_of }) };
  };

  const file = ({ path, before, after }: FileChange): FileChange => ({
    path: text(path),
    ...(before && { before: digest(before) }),
    ...(after && { after: digest(after) }),
  });

  const modelChoice = ({
    name,
    provider,
    model,
    context,
    max_output_tokens,
    price,
    sees,
  }: ModelChoice): ModelChoice => ({
    name: text(name),
    provider: word(provider),
    model: text(model),
    ...(context !== undefined && { context }),
    max_output_tokens,
    ...(price && { price: { input: price.input, output: price.output, cached: price.cached } }),
    ...(sees && { sees }),
  });

  const tool = (spec: ToolSpec): ToolSpec => ({
    name: spec.name,
    description: text(spec.description),
    parameters: parameters(spec.parameters),
    schema_digest: digest(spec.schema_digest),
    effect: spec.effect,
    recovery: spec.recovery,
    secrets: texts(spec.secrets),
  });

  /** As long as it was, as it is part of each request. */
  const parameters = (schema: ToolSpec['parameters']): ToolSpec['parameters'] => {
    const content = canonicalJson(schema);
    const room = Buffer.byteLength(content) - canonicalJson({ redacted: '' }).length;
    return { redacted: text(content).trimEnd().padEnd(room) };
  };

  const grant = (one: Grant, factsDigest: (digest: Digest) => Digest): Grant => {
    const { by_role } = one;
    const given = {
      grant_id: id('g-', one.grant_id),
      tool: one.tool,
      project_root: text(one.project_root),
      ...(by_role !== undefined && { by_role }),
    };
    if ('rule' in one) return { ...given, rule: rule(one.rule) };
    return { ...given, args_digest: digest(one.args_digest), facts_digest: factsDigest(one.facts_digest) };
  };

  /** What it holds for goes with the contents: calls that it let run are not to be proved without them. */
  const rule = ({ id: of, tool, decision }: PolicyRule): PolicyRule => ({
    id: id('g-', of),
    tool,
    args: { redacted: 'redacted' },
    decision,
  });

  return {
    word,
    rule,
    code: (code) => (KNOWN_CODES.has(code) || HTTP_CODE.test(code) ? code : text(code)),
    signal: (signal) => (SIGNAL.test(signal) ? signal : text(signal)),
    texts,
    file,
    sharedScope,
    actor: ({ id, role, display }) => ({
      id: word(id),
      role,
      ...(display !== undefined && { display: text(display) }),
    }),

    part(part) {
      switch (part.type) {
        case 'text':
          return { type: 'text', text: longText(part.text) };
        case 'image':
        case 'file':
          return {
            type: part.type,
            ...placeholders.blob(part.blob, part.bytes),
            media_type: word(part.media_type),
            ...(part.name !== undefined && { name: text(part.name) }),
          };
        case 'reasoning':
          return {
            type: 'reasoning',
            ...(part.text !== undefined && { text: longText(part.text) }),
            ...(part.opaque !== undefined && { opaque: longText(part.opaque) }),
            ...(part.provider !== undefined && { provider: word(part.provider) }),
          };
      }
    },

    facts: (facts) => ({
      paths: facts.paths.map(({ arg, path, real, inside_root, kind, secret_shaped, closed, runs_later, writes }) => ({
        arg: text(arg),
        path: text(path),
        real: text(real),
        inside_root,
        kind,
        secret_shaped,
        ...(closed && { closed }),
        ...(runs_later && { runs_later }),
        ...(writes && { writes }),
      })),
      hosts: facts.hosts.map(({ arg, url, host, addresses, ...same }) => ({
        ...same,
        arg: text(arg),
        url: text(url),
        host: text(host),
        addresses: texts(addresses),
      })),
      commands: facts.commands.map(
        ({ words, dynamic, assignments, redirects, parser, via, unclear, names_runtime }) => ({
          words: texts(words),
          ...(dynamic && { dynamic }),
          assignments: texts(assignments),
          redirects: texts(redirects),
          parser: word(parser),
          ...(via !== undefined && { via: via.split(VIA_JOINT).map(word).join(VIA_JOINT) }),
          ...(unclear !== undefined && { unclear }),
          ...(names_runtime && { names_runtime }),
        }),
      ),
      ...(facts.executable && {
        executable: { path: text(facts.executable.path), digest: digest(facts.executable.digest) },
      }),
      ...(facts.runs && {
        runs: facts.runs.map((one) => ({ path: text(one.path), ...(one.digest && { digest: digest(one.digest) }) })),
      }),
      ...(facts.unbound && { unbound: texts(facts.unbound) }),
      ...(facts.links && {
        links: facts.links.map((one) => ({ path: text(one.path), digest: digest(one.digest) })),
      }),
      ...(facts.sandbox && { sandbox: facts.sandbox }),
      ...(facts.secrets && {
        secrets: facts.secrets.map(({ variable, name }) => ({ variable: text(variable), name: text(name) })),
      }),
      preimages: facts.preimages.map(file),
      ...(facts.taint && { taint: texts(facts.taint) }),
    }),

    presentation: ({ title, body, diff }) => ({
      shown: {
        title: text(title),
        ...(body !== undefined && { body: longText(body) }),
        ...(diff !== undefined && { diff: longText(diff) }),
      },
      whole: {
        title: text(title),
        ...(body !== undefined && { body: whole(body) }),
        ...(diff !== undefined && { diff: whole(diff) }),
      },
    }),

    summary: ({ text: made, said, unsaid, done, counts }) => ({
      v: 1,
      ...(made !== undefined && { text: text(made) }),
      said: said.map(({ seq, text: one, cut }) => ({ seq, text: text(one), ...(cut && { cut }) })),
      unsaid,
      done: done.map(({ call_id, tool, what, outcome, files, output_bytes }) => ({
        call_id,
        tool,
        what: text(what),
        outcome,
        ...(files && { files: texts(files) }),
        ...(output_bytes !== undefined && { output_bytes }),
      })),
      counts: counts.map(({ tool, outcome, count }) => ({ tool, outcome, count })),
    }),

    manifest: (
      {
        models,
        compactor,
        planner,
        instructions,
        instruction_sources,
        catalog,
        skills,
        memory,
        policy,
        session_policies,
        grants,
        grants_by_role,
        rules,
        missing,
      },
      factsDigest,
    ) => ({
      v: 1,
      models: models.map(modelChoice),
      ...(compactor && { compactor: modelChoice(compactor) }),
      ...(planner && { planner: modelChoice(planner) }),
      instructions: text(instructions),
      ...(instruction_sources && {
        instruction_sources: instruction_sources.map(({ origin, bytes }) => ({ origin: text(origin), bytes })),
      }),
      catalog: catalog.map(tool),
      skills: skills.map((one) => text(canonicalJson(one))),
      memory: memory.map((one) => text(canonicalJson(one))),
      policy: policyOf(policy),
      ...(session_policies && { session_policies: session_policies.map(policyOf) }),
      grants: grants.map((one) => grant(one, factsDigest)),
      ...(grants_by_role && { grants_by_role }),
      rules: {
        calls_per_reply: rules.calls_per_reply,
        model_attempts: rules.model_attempts,
        retry_base_ms: rules.retry_base_ms,
        retry_max_ms: rules.retry_max_ms,
        retry_after_max_ms: rules.retry_after_max_ms,
        approval_ttl_ms: rules.approval_ttl_ms,
        ...(rules.session_tokens !== undefined && { session_tokens: rules.session_tokens }),
        ...(rules.session_cost_micro_usd !== undefined && { session_cost_micro_usd: rules.session_cost_micro_usd }),
        ...(rules.session_calls !== undefined && { session_calls: rules.session_calls }),
        ...(rules.session_wall_ms !== undefined && { session_wall_ms: rules.session_wall_ms }),
        shared_scopes: rules.shared_scopes.map(sharedScope),
        ...(rules.goal && {
          goal: {
            most_steps: rules.goal.most_steps,
            at_once: rules.goal.at_once,
            attempts: rules.goal.attempts,
            retry_base_ms: rules.goal.retry_base_ms,
            plans: rules.goal.plans,
            step_limits: { ...rules.goal.step_limits },
          },
        }),
      },
      missing: missing.map(({ what, why }) => ({ what: text(what), why: text(why) })),
    }),
  };
}

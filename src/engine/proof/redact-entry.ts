/** Observations, redacted: structure, numbers, verdicts and tool names stay. Decisions are derived from them anew. */
import { canonicalJson } from '../../base/canonical-json.ts';
import { digestOf, type Digest } from '../../base/digest.ts';
import type { EntryData, EntryOf, Observation, ObservationType } from '../../contract/entries.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Placeholders } from './placeholders.ts';
import { redactPlan, stepId, timerId } from './redact-plan.ts';
import type { ValueRedaction } from './redact-values.ts';

/** What the redaction of one session knows of what came before. */
export interface Names {
  /** The session's id, and every other one. */
  session(id: string): string;
  /** Of the manifest or summary that stands for the one that the entry names. */
  value: Digest;
  /** The id that an approval has now. */
  approval(id: string): string;
  /** The id that the session of a step has now. */
  child(id: string): string;
  /** Of the plan that is asked for, where one is: the most steps that it may have. */
  most_steps: number | undefined;
  /** Is there a tool of that name? Any other name is the model's. */
  isTool(name: string): boolean;
  redacted_from: { session_id: string; hash: string };
}

type ObservedEntry = EntryOf<ObservationType>;

/** Such an id says where the fact was pinned, and nothing else. */
const PIN_ID = /^p\d+$/;

/** @throws RuntimeError not_redactable */
export function redactObservation(
  entry: ObservedEntry,
  placeholders: Placeholders,
  values: ValueRedaction,
  names: Names,
): Observation {
  const { text, longText, id, digest } = placeholders;
  const { word, actor, part, file, texts, code } = values;
  const event = (event_id: string): string => id('e-', event_id);
  switch (entry.type) {
    case 'session.created': {
      const { session_id, workspace_id, kind, title, project_root, source, rights, epoch, parent, own_policies } =
        entry.data;
      return of('session.created', {
        session_id: names.session(session_id),
        workspace_id: text(workspace_id),
        kind,
        ...(title !== undefined && { title: text(title) }),
        project_root: text(project_root),
        source: word(source),
        actor: actor(entry.data.actor),
        rights,
        epoch,
        ...(parent && {
          parent: {
            session_id: names.session(parent.session_id),
            seq: parent.seq,
            step_id: stepId(placeholders, parent.step_id),
            root: names.session(parent.root),
            scopes: parent.scopes.map(values.sharedScope),
          },
        }),
        ...(own_policies && { own_policies }),
        redacted_from: names.redacted_from,
      });
    }
    case 'session.opened': {
      const { reason, epoch, kernel, build, policy, cut_bytes, cut_from, torn_file } = entry.data;
      return of('session.opened', {
        reason,
        epoch,
        kernel,
        build,
        policy,
        ...(cut_bytes !== undefined && { cut_bytes }),
        ...(cut_from !== undefined && { cut_from }),
        ...(torn_file !== undefined && { torn_file: text(torn_file) }),
      });
    }
    case 'session.forked': {
      const { session_id, from, rights, source, epoch, own_policies } = entry.data;
      return of('session.forked', {
        session_id: names.session(session_id),
        from: { session_id: names.session(from.session_id), seq: from.seq, hash: placeholders.hash(from.hash) },
        rights,
        actor: actor(entry.data.actor),
        ...(source !== undefined && { source: word(source) }),
        ...(own_policies && { own_policies }),
        ...(epoch !== undefined && { epoch }),
      });
    }
    case 'policy.changed':
      return of('policy.changed', { policy: entry.data.policy, by: word(entry.data.by) });
    case 'session.configured': {
      const { model, listed, title, instructions, pin, unpin, compact, trust, revoke, by } = entry.data;
      return of('session.configured', {
        ...(model !== undefined && { model: text(model) }),
        ...(listed && { listed }),
        ...(title !== undefined && { title: text(title) }),
        ...(instructions !== undefined && { instructions: text(instructions) }),
        ...(pin !== undefined && { pin: text(pin) }),
        ...(unpin !== undefined && { unpin: PIN_ID.test(unpin) ? unpin : text(unpin) }),
        ...(compact && { compact }),
        ...(trust && { trust: texts(trust) }),
        ...(revoke && { revoke }),
        by: { actor: actor(by.actor) },
      });
    }
    case 'input.received': {
      const { event_id, mode, parts, source, lane, taint, for: about, reason, goal, check, limits } = entry.data;
      return of('input.received', {
        event_id: event(event_id),
        mode,
        parts: parts.map(part),
        actor: actor(entry.data.actor),
        source: word(source),
        lane,
        taint: texts(taint),
        ...(goal && { goal }),
        ...(check !== undefined && { check: text(check) }),
        ...(limits && { limits }),
        ...(about !== undefined && { for: event(about) }),
        ...(reason !== undefined && { reason: text(reason) }),
      });
    }
    case 'turn.started': {
      const { turn, event_ids, kernel, limits, rights, time_zone } = entry.data;
      const frozen = { frozen: names.value, limits, rights, time_zone: word(time_zone) };
      return of('turn.started', { turn, event_ids: event_ids.map(event), kernel, ...frozen });
    }
    case 'budget.reserved':
    case 'budget.refused': {
      const { type, data } = entry;
      const scopes = data.scopes.map(({ scope, limit, used, reserved }) => ({
        scope: word(scope),
        limit,
        used,
        reserved,
      }));
      if (type === 'budget.reserved') return of(type, { for: data.for, scopes });
      const { refused_by, message } = entry.data;
      return of(type, {
        for: data.for,
        scopes,
        ...(refused_by !== undefined && { refused_by: word(refused_by) }),
        ...(message !== undefined && { message: text(message) }),
      });
    }
    case 'model.replied': {
      const { call_id, attempt, purpose, parts, tool_calls, stop_reason, usage, cost_micro_usd, duration_ms } =
        entry.data;
      const { model_served, provider_request_id, wire_digest, unseen } = entry.data;
      const planned = names.most_steps === undefined ? undefined : redactPlan(parts, names.most_steps, placeholders);
      return of('model.replied', {
        call_id,
        attempt,
        ...(purpose && { purpose }),
        parts: planned ?? parts.map(part),
        tool_calls: tool_calls.map((call) => ({
          call_id: call.call_id,
          provider_id: text(call.provider_id),
          name: names.isTool(call.name) ? call.name : text(call.name),
          arguments_raw: longText(call.arguments_raw),
        })),
        stop_reason,
        usage,
        ...(cost_micro_usd !== undefined && { cost_micro_usd }),
        model_served: text(model_served),
        ...(provider_request_id !== undefined && { provider_request_id: text(provider_request_id) }),
        wire_digest: digest(wire_digest),
        duration_ms,
        ...(unseen && { unseen: { model: text(unseen.model), seq: unseen.seq, parts: texts(unseen.parts) } }),
      });
    }
    case 'model.failed': {
      const { call_id, attempt, message, retry_after_ms, hint, usage, cost_micro_usd, partial } = entry.data;
      return of('model.failed', {
        call_id,
        attempt,
        class: entry.data.class,
        code: code(entry.data.code),
        message: text(message),
        ...(retry_after_ms !== undefined && { retry_after_ms }),
        ...(hint && { hint }),
        ...(usage && { usage }),
        ...(cost_micro_usd !== undefined && { cost_micro_usd }),
        ...(partial !== undefined && { partial: longText(partial) }),
      });
    }
    case 'call.inspected': {
      const { call_id, args_digest, invalid, quota } = entry.data;
      const facts = values.facts(entry.data.facts);
      const { shown, whole } = values.presentation(entry.data.presentation);
      return of('call.inspected', {
        call_id,
        args_digest: digest(args_digest),
        ...(invalid && { invalid: invalid.map(({ path, message }) => ({ path: text(path), message: text(message) })) }),
        facts,
        facts_digest: digestOf(canonicalJson(facts)),
        presentation: shown,
        presentation_digest: digestOf(canonicalJson(whole)),
        ...(quota && { quota }),
      });
    }
    case 'approval.resolved': {
      const { approval_id, outcome, scope, grant_id, rule, by, reason } = entry.data;
      return of('approval.resolved', {
        approval_id: names.approval(approval_id),
        outcome,
        ...(scope !== undefined && { scope }),
        ...(grant_id !== undefined && { grant_id: id('g-', grant_id) }),
        ...(rule && { rule: values.rule(rule) }),
        by: { actor: actor(by.actor), via: word(by.via) },
        ...(reason !== undefined && { reason: text(reason) }),
      });
    }
    case 'call.finished': {
      const { call_id, attempt, outcome, error, exit_code, signal, output, output_truncated, files } = entry.data;
      const { taint, duration_ms } = entry.data;
      return of('call.finished', {
        call_id,
        attempt,
        outcome,
        ...(error && { error: { code: code(error.code), message: text(error.message) } }),
        ...(exit_code !== undefined && { exit_code }),
        ...(signal !== undefined && { signal: values.signal(signal) }),
        output: longText(output),
        output_truncated,
        files: files.map((change) => ({ ...file(change), action: change.action })),
        taint: texts(taint),
        duration_ms,
      });
    }
    case 'timer.fired':
      return of('timer.fired', { timer_id: timerId(placeholders, entry.data.timer_id) }); // admitted only as derived
    case 'files.undone': {
      const { turn, files, by } = entry.data;
      return of('files.undone', { turn, files: files.map(file), by: { actor: actor(by.actor) } });
    }
    case 'context.compacted': {
      const { call_id, from_seq, to_seq, kept, pinned, tokens_before, tokens_after } = entry.data;
      const measures = { from_seq, to_seq, kept, pinned, tokens_before, tokens_after };
      return of('context.compacted', { call_id, summary: names.value, ...measures });
    }
    case 'child.finished': {
      const { session_id, attempt, reason, head, result, taint, usage, cost_micro_usd } = entry.data;
      const { model_calls, tool_calls, active_ms } = entry.data;
      return of('child.finished', {
        session_id: names.child(session_id),
        attempt,
        reason,
        head: { seq: head.seq, hash: placeholders.hash(head.hash) },
        result: result.map(part),
        taint: texts(taint),
        usage,
        ...(cost_micro_usd !== undefined && { cost_micro_usd }),
        model_calls,
        tool_calls,
        active_ms,
      });
    }
    case 'reply.settled':
      throw new RuntimeError('not_redactable', `Entry ${entry.seq} (${entry.type}) is none that can be redacted yet.`);
  }
}

function of<T extends ObservationType>(type: T, data: EntryData<T>): Observation {
  return { type, data } as Observation;
}

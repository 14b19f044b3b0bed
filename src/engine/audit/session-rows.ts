/** The rows of one session, as its entries come. A row tells of its call what other entries say of that. */
import type { Digest } from '../../base/digest.ts';
import type { AuditRow } from '../../contract/audit.ts';
import type { Entry, EntryData } from '../../contract/entries.ts';
import { redactShapes } from '../session/shape-scanner.ts';

/** What is known of a call. */
interface Call {
  tool?: string;
  input_digest?: Digest;
  title?: string;
}

/** `after`: when the session came from elsewhere; what stands before that happened there. */
export function sessionRows(session_id: string, after = 0): (entry: Entry) => AuditRow | undefined {
  let own = true;
  let turn: number | undefined;
  /** Of the open turn. */
  const calls = new Map<string, Call>();
  const asked = new Map<string, string>();
  const know = (call_id: string, more: Call): void => void calls.set(call_id, { ...calls.get(call_id), ...more });

  return (entry) => {
    // What a fork has of another session is told there.
    if (entry.type === 'session.created' || entry.type === 'session.forked') own = entry.data.session_id === session_id;
    if (entry.type === 'turn.started') turn = entry.data.turn;
    note(entry, know);
    if (entry.type === 'approval.requested') asked.set(entry.data.approval_id, entry.data.call_id);
    const rest = own && entry.at > after ? rowOf(entry) : undefined;
    const call_id = rest?.call_id ?? asked.get(rest?.approval_id ?? '');
    const row = rest && {
      at: entry.at,
      in: 'journal' as const,
      seq: entry.seq,
      session_id,
      ...(turn !== undefined && { turn }),
      ...(call_id !== undefined && { call_id, ...calls.get(call_id) }),
      ...rest,
    };
    if (entry.type === 'turn.ended') {
      turn = undefined;
      calls.clear();
      asked.clear();
    }
    return row;
  };
}

function note(entry: Entry, know: (call_id: string, more: Call) => void): void {
  if (entry.type === 'model.replied')
    for (const { call_id, name } of entry.data.tool_calls) know(call_id, { tool: name });
  if (entry.type === 'check.requested') know(entry.data.call_id, { tool: entry.data.tool });
  if (entry.type === 'call.inspected') {
    const { call_id, args_digest, presentation } = entry.data;
    know(call_id, { input_digest: args_digest, title: redactShapes(presentation.title) });
  }
}

type Rest = Pick<AuditRow, 'kind'> & Partial<AuditRow>;

function rowOf(entry: Entry): Rest | undefined {
  switch (entry.type) {
    case 'policy.decided': {
      const { call_id, tool, effect, verdict, reason, rules } = entry.data;
      return { kind: entry.type, call_id, tool, effect, decision: verdict, reason, rules: rules.map(({ id }) => id) };
    }
    case 'approval.requested': {
      const { approval_id, call_id } = entry.data;
      return { kind: entry.type, approval_id, call_id };
    }
    case 'approval.resolved':
      return resolvedRow(entry.data);
    case 'call.finished':
      return finishedRow(entry.data);
    case 'call.refused': {
      const { call_id, why, message } = entry.data;
      return { kind: entry.type, call_id, status: 'refused', reason: `${why}: ${message}` };
    }
    case 'call.abandoned': {
      const { call_id, message } = entry.data;
      return { kind: entry.type, call_id, status: 'unknown', reason: message };
    }
    case 'policy.changed':
      return { kind: entry.type, actor: entry.data.by };
    case 'files.undone':
      return { kind: entry.type, actor: entry.data.by.actor.id, reason: `files of turn ${entry.data.turn}` };
    default:
      return undefined;
  }
}

function resolvedRow({ approval_id, outcome, scope, by, reason }: EntryData<'approval.resolved'>): Rest {
  return {
    kind: 'approval.resolved',
    approval_id,
    decision: outcome,
    actor: by.actor.id,
    via: by.via,
    ...(scope !== undefined && { scope }),
    ...(reason !== undefined && { reason }),
  };
}

function finishedRow({ call_id, outcome, duration_ms, exit_code, error }: EntryData<'call.finished'>): Rest {
  return {
    kind: 'call.finished',
    call_id,
    status: outcome,
    duration_ms,
    ...(exit_code !== undefined && { exit_code }),
    ...(error && { reason: `${error.code}: ${error.message}` }),
  };
}

/** A session as a page shows it: turn by turn, with each call from its arguments to its output in one place. */
import { utcTime } from '../../../base/utc-time.ts';
import type { Entry, EntryData } from '../../../contract/entries.ts';
import type { Blobs } from '../../../contract/ports.ts';
import type { LongText, Part } from '../../../contract/values.ts';
import { fileLabel } from '../../../engine/session/file-label.ts';
import { wholeText } from '../../../engine/session/messages.ts';
import { money } from '../money.ts';
import { summedUp } from '../summed-up.ts';
import { unseenText } from '../unseen.ts';
import { span } from '../times.ts';

export interface ShownCall {
  call_id: string;
  tool: string;
  arguments: string;
  title?: string;
  body?: string;
  diff?: string;
  /** What the policy said of it, the last time it was asked. */
  verdict?: string;
  /** What people answered, and how it went. */
  steps: string[];
  /** `ok`, another outcome, or why it was not run; absent: it has none yet. */
  outcome?: string;
  output?: string;
}

export type Item =
  | { kind: 'message'; who: string; at: number; text: string }
  | { kind: 'said' | 'thought' | 'reply' | 'note'; text: string }
  | { kind: 'call'; call: ShownCall };

export interface Turn {
  /** 0: what stands outside of any turn. */
  turn: number;
  at: number;
  items: Item[];
  end?: { reason: string; message?: string; figures: string };
}

/** Longer texts are cut on a page (UTF-16 units). */
const LONGEST_TEXT = 200_000;

/** The turns in order; one at a time is in memory. Messages stand in the turn that took them. */
export async function* turnsOf(entries: AsyncIterable<Entry>, blobs: Pick<Blobs, 'get'>): AsyncGenerator<Turn> {
  let turn: Turn | undefined;
  /** Before the first turn and between two. */
  const waiting: Item[] = [];
  let calls = new Map<string, ShownCall>();
  const replies = new Map<string, string>();
  /** Of a goal: by their ids, and by the sessions that do them. */
  const steps = new Map<string, string>();
  let last = 0;

  const textOf = async (text: LongText): Promise<string> => cut((await wholeText(text, blobs)).trimEnd());
  const partsOf = async (parts: readonly Part[]): Promise<string> => {
    const texts = parts.map(async (part) => {
      if (part.type === 'text') return textOf(part.text);
      return part.type === 'reasoning' ? '' : fileLabel(part);
    });
    return (await Promise.all(texts)).filter((text) => text !== '').join('\n');
  };
  const add = (item: Item): void => void (turn?.items ?? waiting).push(item);
  const note = (text: string): void => add({ kind: 'note', text });
  const step = (call_id: string, text: string): void => void calls.get(call_id)?.steps.push(text);

  /** One of the plan's steps as it is named here. */
  const nameOf = (key: string): string => steps.get(key) ?? key;

  function planned({ steps: plan }: EntryData<'plan.made'>): void {
    steps.clear();
    if (plan.length === 1) return;
    for (const { id, title, depends_on, check } of plan) {
      steps.set(id, `${id} (${title})`);
      const after = depends_on.length === 0 ? '' : `, after ${depends_on.join(', ')}`;
      note(`Step ${nameOf(id)} is planned${after}${check === undefined ? '' : `; its check: ${check}`}.`);
    }
  }

  async function checked({ call_id, tool, arguments_raw }: EntryData<'check.requested'>): Promise<void> {
    note('The work is checked: this command must exit with 0.');
    const call: ShownCall = { call_id, tool, arguments: await textOf(arguments_raw), steps: [] };
    calls = new Map([[call_id, call]]);
    add({ kind: 'call', call });
  }

  async function replied({ purpose, parts, tool_calls, call_id, unseen }: EntryData<'model.replied'>): Promise<void> {
    if (purpose !== undefined) return; // what came of it is told where it is in its place
    for (const part of parts) {
      if (part.type === 'reasoning' && part.text !== undefined) add({ kind: 'thought', text: await textOf(part.text) });
    }
    if (unseen) note(`Not shown to the model: ${unseenText(unseen)}.`);
    const text = await partsOf(parts);
    replies.clear();
    replies.set(call_id, text);
    if (tool_calls.length > 0 && text.trim() !== '') add({ kind: 'said', text });
    calls = new Map();
    for (const { call_id: id, name, arguments_raw } of tool_calls) {
      const call: ShownCall = { call_id: id, tool: name, arguments: await textOf(arguments_raw), steps: [] };
      calls.set(id, call);
      add({ kind: 'call', call });
    }
  }

  for await (const entry of entries) {
    last = entry.at;
    switch (entry.type) {
      case 'session.forked': {
        const { from, actor } = entry.data;
        note(`Goes on from ${from.session_id} at entry ${from.seq}, by ${actor.id}. What waited there is void.`);
        break;
      }
      case 'session.opened':
        note(`Opened again (${entry.data.reason}).`);
        break;
      case 'session.configured':
        if (entry.data.model !== undefined) note(`From here on the model is ${entry.data.model}.`);
        if (entry.data.unpin !== undefined) note(`The fact ${entry.data.unpin} was taken back.`);
        if (entry.data.trust !== undefined) note(`${entry.data.by.actor.id} trusts what came from ${entry.data.trust.join(', ')}.`); // prettier-ignore
        if (entry.data.revoke !== undefined) note(`${entry.data.by.actor.id} took back what was granted: ${entry.data.revoke.join(', ')}.`); // prettier-ignore
        if (entry.data.pin !== undefined) note(`Pinned as p${entry.seq}: ${entry.data.pin}`);
        break;
      case 'policy.changed':
        note(`The policy was changed by ${entry.data.by}.`);
        break;
      case 'input.received': {
        const { mode, parts, actor } = entry.data;
        if (mode === 'stop') {
          note(`${actor.id} asked to stop.`);
          break;
        }
        const item: Item = {
          kind: 'message',
          who: actor.display ?? actor.id,
          at: entry.at,
          text: await partsOf(parts),
        };
        if (mode === 'message') waiting.push(item);
        else add(item);
        break;
      }
      case 'turn.started': {
        const taken = waiting.splice(0, waiting.findIndex((item) => item.kind === 'message') + 1);
        turn = { turn: entry.data.turn, at: entry.at, items: taken };
        break;
      }
      case 'model.replied':
        await replied(entry.data);
        break;
      case 'plan.made':
        planned(entry.data);
        break;
      case 'child.started': {
        const { step_id, session_id, attempt } = entry.data;
        steps.set(session_id, nameOf(step_id));
        note(`Step ${nameOf(step_id)} begins in session ${session_id}${attempt === 1 ? '' : `, try ${attempt}`}.`);
        break;
      }
      case 'child.finished': {
        const { session_id, reason } = entry.data;
        note(`Step ${nameOf(session_id)} is ${reason === 'success' ? 'done' : `not done (${reason})`}: session ${session_id}.`); // prettier-ignore
        break;
      }
      case 'check.requested':
        await checked(entry.data);
        break;
      case 'context.compacted':
        note(`Here ${summedUp(entry.data)}: entries ${entry.data.from_seq} to ${entry.data.to_seq}.`);
        break;
      case 'model.failed':
        note(`The model call failed (${entry.data.class}): ${entry.data.message}`);
        break;
      case 'call.inspected': {
        const call = calls.get(entry.data.call_id);
        if (!call) break;
        const { title, body, diff } = entry.data.presentation;
        call.title = title.trimEnd();
        if (body !== undefined) call.body = await textOf(body);
        if (diff !== undefined) call.diff = await textOf(diff);
        break;
      }
      case 'policy.decided': {
        const { call_id, verdict, reason, rules } = entry.data;
        const call = calls.get(call_id);
        if (call) call.verdict = verdict;
        const said = { allow: 'allowed', require_approval: 'a person is asked', deny: 'denied' }[verdict];
        step(call_id, `${said}: ${reason} (${rules.map(({ id }) => id).join(', ')})`);
        break;
      }
      case 'approval.requested':
        step(
          entry.data.call_id,
          `approval ${entry.data.approval_id} asked for, until ${utcTime(entry.data.expires_at)}`,
        );
        break;
      case 'approval.resolved': {
        const { approval_id, outcome, scope, by, reason } = entry.data;
        const call = [...calls.values()].find(({ steps }) => steps.some((line) => line.includes(approval_id)));
        const how =
          scope === undefined || scope === 'once' ? '' : ` for ${scope === 'session' ? 'this session' : 'always'}`;
        const why = reason === undefined ? '' : `: ${reason.trimEnd()}`;
        const who = by.actor.display ?? by.actor.id;
        if (call) step(call.call_id, `${outcome}${how} by ${who} via ${by.via} at ${utcTime(entry.at)}${why}`);
        break;
      }
      case 'call.finished': {
        const { call_id, outcome, exit_code, signal, error, output, duration_ms, files } = entry.data;
        const call = calls.get(call_id);
        if (!call) break;
        call.outcome = outcome;
        call.output = await textOf(output);
        const code = exit_code === undefined ? '' : `, exit code ${exit_code}`;
        const ended = signal === undefined ? '' : `, ended by ${signal}`;
        step(
          call_id,
          `${outcome}${code}${ended} in ${span(duration_ms)}${error ? `: ${error.message.trimEnd()}` : ''}`,
        );
        for (const { action, path } of files) step(call_id, `${action} ${path.trimEnd()}`);
        break;
      }
      case 'call.refused':
      case 'call.abandoned': {
        const call = calls.get(entry.data.call_id);
        if (!call) break;
        call.outcome = entry.type === 'call.refused' ? entry.data.why : entry.data.outcome;
        step(
          entry.data.call_id,
          `${entry.type === 'call.refused' ? 'not run' : 'outcome unknown'}: ${entry.data.message}`,
        );
        break;
      }
      case 'turn.reflected':
        if (entry.data.signal === 'retry' || entry.data.signal === 'replan') {
          note(`The model is told to try again (${entry.data.reason}).`);
        }
        break;
      case 'reply.made': {
        const { parts, call_id = '' } = entry.data;
        add({ kind: 'reply', text: parts ? await partsOf(parts) : (replies.get(call_id) ?? '') });
        break;
      }
      case 'turn.ended':
        if (!turn) break;
        yield { ...turn, end: endOf(entry.data) };
        turn = undefined;
        calls = new Map();
        break;
      default:
        break;
    }
  }
  if (turn) yield turn;
  if (waiting.length > 0) yield { turn: 0, at: last, items: waiting };
}

function endOf({
  reason,
  message,
  usage,
  cost_micro_usd,
  model_calls,
  tool_calls,
}: EntryData<'turn.ended'>): NonNullable<Turn['end']> {
  const figures = [
    counted(model_calls, 'model call'),
    counted(tool_calls, 'tool call'),
    `${usage.input + usage.output} tokens`,
    ...(cost_micro_usd === undefined ? [] : [money(cost_micro_usd)]),
  ];
  return { reason, figures: figures.join(', '), ...(message !== undefined && { message: message.trimEnd() }) };
}

function counted(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}

function cut(text: string): string {
  if (text.length <= LONGEST_TEXT) return text;
  return `${text.slice(0, LONGEST_TEXT).toWellFormed()}\n[… ${text.length - LONGEST_TEXT} characters left out …]`;
}

/** Who asked, in which turn, which reply of which model, with which budget; and what came of the turn. */
import { utcTime } from '../../../base/utc-time.ts';
import type { EntryOf } from '../../../contract/entries.ts';
import type { IngressTrace } from '../../../contract/records.ts';
import type { WhyLine, WhyStep } from '../../../contract/why.ts';
import { isChildEvent } from '../../child-event.ts';
import { known, inTurn, lasted, missing, quoteParts, type Evidence, type TurnSpan } from './evidence.ts';

/** Every message that the turn took. */
export async function askedStep(evidence: Evidence, event_ids: readonly string[]): Promise<WhyStep> {
  const lines: WhyLine[] = [];
  for (const event_id of event_ids) {
    const [input] = evidence.all('input.received', (data) => data.event_id === event_id);
    const trace = await evidence.traceOf(event_id);
    if (input) lines.push(await inputLine(evidence, input));
    else if (trace) lines.push(await acceptedLine(evidence, trace));
    lines.push(...(tryLines(evidence, event_id) ?? traceLines(event_id, trace)));
    for (const stop of evidence.all('input.received', (data) => data.for === event_id)) {
      lines.push(known(`${stop.data.actor.id} asked to stop it at ${utcTime(stop.at)}`, stop));
    }
  }
  return { topic: 'asked', lines };
}

async function inputLine({ blobs }: Evidence, input: EntryOf<'input.received'>): Promise<WhyLine> {
  const { event_id, actor, source, lane, mode, parts, taint, reason } = input.data;
  const what = { message: 'said', steer: 'said to the running turn', stop: 'asked to stop' }[mode];
  const words = mode === 'stop' ? (reason ?? '') : ` ${await quoteParts(parts, blobs)}`;
  const from = taint.length > 0 ? `, tainted by ${taint.join(', ')}` : '';
  return known(
    `${actor.id} (${actor.role}) ${what}${words} via ${source}, ${lane}, as ${event_id}${from}; entered at ${utcTime(input.at)}`,
    input,
  );
}

async function acceptedLine({ blobs }: Evidence, { event, at }: IngressTrace): Promise<WhyLine> {
  const { actor, parts, source, lane, event_id } = event;
  const words = await quoteParts(parts, blobs);
  return known(`${actor.id} (${actor.role}) said ${words} via ${source}, ${lane}, as ${event_id}`, at);
}

/** Undefined for what isn't a try of a goal's step: nobody accepted that, it came of the goal. */
function tryLines({ all }: Evidence, event_id: string): WhyLine[] | undefined {
  const [created] = all('session.created');
  if (!created?.data.parent || !isChildEvent(created.data.session_id, event_id)) return undefined;
  const { title = '', parent } = created.data;
  const whose = `step ${parent.step_id} “${title}” of the goal of session ${parent.session_id}, begun at its entry ${parent.seq}`;
  return [known(`it is ${whose}: \`runtime session show ${parent.session_id}\``, created)];
}

function traceLines(event_id: string, trace: IngressTrace | undefined): WhyLine[] {
  if (!trace) return [missing(`the ingress log holds nothing of ${event_id} (any more): when it was accepted, and under which key, is not known`)]; // prettier-ignore
  const { event, at, done, dead } = trace;
  const key =
    event.idempotency_key === undefined
      ? 'without an idempotency key'
      : `with the idempotency key ${JSON.stringify(event.idempotency_key)}: a repeat gets this message, and leaves no trace of its own`;
  return [
    known(`it was accepted at ${utcTime(event.accepted_at)}, ${key}`, at),
    ...(done ? [known(`it is done: ${done.outcome}`, done.at)] : []),
    ...(dead ? [known(`it is dead: ${dead.why}`, dead.at)] : []),
  ];
}

export function turnStep(evidence: Evidence, { turn, started }: TurnSpan): WhyStep {
  const [created] = evidence.all('session.created');
  const [forked] = evidence.all('session.forked');
  const { limits, frozen, kernel } = started.data;
  return {
    topic: 'turn',
    lines: [
      known(`turn ${turn} of session ${evidence.session_id}, begun at ${utcTime(started.at)}, under kernel ${kernel}`, started), // prettier-ignore
      known(`in ${created?.data.project_root ?? '?'}`, created),
      ...(forked ? [known(`the session was forked from ${forked.data.from.session_id} at entry ${forked.data.from.seq}`, forked)] : []), // prettier-ignore
      known(`its inputs are frozen as ${frozen}; at most ${limits.max_turns} replies, ${limits.max_calls} calls, ${lasted(limits.wall_ms)}`, started), // prettier-ignore
    ],
  };
}

/** Model calls, and every attempt of each. */
export function replyStep(evidence: Evidence, ...call_ids: string[]): WhyStep {
  return { topic: 'reply', lines: call_ids.flatMap((call_id) => attemptLines(evidence, call_id)) };
}

function attemptLines(evidence: Evidence, call_id: string): WhyLine[] {
  const lines: WhyLine[] = [];
  for (const requested of evidence.all('model.requested', (data) => data.call_id === call_id)) {
    const { attempt, provider, model, message_count, request_digest } = requested.data;
    const is = (data: { call_id: string; attempt: number }): boolean => data.call_id === call_id && data.attempt === attempt; // prettier-ignore
    const [refused] = evidence.all('budget.refused', (data) => data.for === `${call_id}.${attempt}`);
    const was = refused ? 'was to be asked' : 'was asked';
    lines.push(known(`${call_id}, attempt ${attempt}: ${model} (${provider}) ${was} with a history of ${message_count}, request ${request_digest}`, requested)); // prettier-ignore
    const [failed] = evidence.all('model.failed', is);
    if (failed)
      lines.push(known(`it failed (${failed.data.class}, ${failed.data.code}): ${failed.data.message}`, failed));
    const [replied] = evidence.all('model.replied', is);
    if (replied) lines.push(repliedLine(replied));
    if (refused) {
      const { message, refused_by = 'a shared budget' } = refused.data;
      lines.push(known(`it was not sent: ${message ?? `refused by ${refused_by}`}`, refused));
    } else if (!failed && !replied) lines.push(missing(`nothing of attempt ${attempt} came back that is recorded`));
  }
  return lines.length > 0 ? lines : [missing(`no request ${call_id} is recorded`)];
}

function repliedLine(replied: EntryOf<'model.replied'>): WhyLine {
  const { model_served, tool_calls, usage, duration_ms, provider_request_id, stop_reason } = replied.data;
  const answered = { compact: 'summed up the history', plan: 'planned', think: 'answered' }[
    replied.data.purpose ?? 'think'
  ];
  const what =
    tool_calls.length === 0
      ? answered
      : `made ${tool_calls.map(({ call_id, name }) => `${call_id} ${name}`).join(', ')}`;
  const request = provider_request_id === undefined ? '' : `, provider's request ${provider_request_id}`;
  return known(`${model_served} ${what} in ${lasted(duration_ms)} (${stop_reason}; ${usage.input} in, ${usage.output} out${request})`, replied); // prettier-ignore
}

/** What the turn answered, and how it ended. */
export async function answerStep(evidence: Evidence, span: TurnSpan): Promise<WhyStep> {
  const made = inTurn(evidence, span, 'reply.made').at(-1);
  if (!made) {
    const why = span.ended ? 'the turn ended without an answer' : 'the turn has no answer yet';
    return { topic: 'answer', lines: [known(why, span.ended)] };
  }
  const { reply_id, call_id, parts, to } = made.data;
  const [replied] =
    call_id === undefined ? [] : evidence.all('model.replied', (data) => data.call_id === call_id).slice(-1);
  const words = await quoteParts(parts ?? replied?.data.parts ?? [], evidence.blobs);
  const whose = call_id === undefined ? "the runtime's own words" : `the text of ${call_id}`;
  const settled = evidence.all('reply.settled', (data) => data.reply_id === reply_id);
  return {
    topic: 'answer',
    lines: [
      known(`${reply_id}, ${whose}: ${words}`, made, replied),
      ...(to.length === 0 ? [known('it was sent nowhere: who ran the turn, or looked at it, saw it', made)] : []),
      ...settled.map((entry) => known(`${entry.data.outcome} to ${entry.data.destination}`, entry)),
    ],
  };
}

/** How the turn ended, and what was done about it since. */
export function followedStep(evidence: Evidence, span: TurnSpan, after = span.started.seq): WhyStep {
  const { ended, turn } = span;
  const lines: WhyLine[] = [];
  const [reflected] = inTurn(evidence, span, 'turn.reflected').filter(({ seq }) => seq > after);
  if (reflected) lines.push(known(`after the round: ${reflected.data.signal} (${reflected.data.reason})`, reflected));
  for (const opened of inTurn(evidence, span, 'session.opened').filter(({ seq }) => seq > after)) {
    lines.push(known(`the program stopped; the session was opened again after ${opened.data.reason}`, opened));
  }
  if (ended) {
    const { reason, code, message } = ended.data;
    const why = code === undefined || code === reason ? '' : ` (${code})`;
    lines.push(known(`the turn ended at ${utcTime(ended.at)}: ${reason}${why}${message === undefined ? '' : `: ${message}`}`, ended)); // prettier-ignore
  } else if (evidence.end.failure) {
    lines.push(missing(`the journal is damaged behind seq ${evidence.end.seq}: how the turn ended is not known`));
  } else lines.push(known('the turn has not ended', span.started));
  for (const undone of evidence.all('files.undone', (data) => data.turn === turn)) {
    const { by, files } = undone.data;
    lines.push(known(`${by.actor.id} undid its changes to ${files.map(({ path }) => path).join(', ')}`, undone));
  }
  const later = evidence.all('turn.started', (data) => data.turn > turn);
  if (later.length > 0) lines.push(known(`${later.length} more turn${later.length === 1 ? '' : 's'} began in the session since`, later[0])); // prettier-ignore
  return { topic: 'followed', lines };
}

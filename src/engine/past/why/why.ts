/** `runtime why`: the chain from who asked to what came of it, told from evidence only, each line with what says so. */
import { utcTime } from '../../../base/utc-time.ts';
import { RuntimeError } from '../../../contract/errors.ts';
import type { EntryOf } from '../../../contract/entries.ts';
import type { WhyLine, WhyReport, WhyStep } from '../../../contract/why.ts';
import type { Workspace } from '../../wire.ts';
import { budgetStep } from './budget-step.ts';
import { callSteps, resolvedLine } from './call-steps.ts';
import { inTurn, known, missing, quoteParts, spanOf, turnOfId, type Evidence, type TurnSpan } from './evidence.ts';
import { whyCommand } from './command-run.ts';
import { findEvidence, type FindOptions, type Found } from './find.ts';
import { answerStep, askedStep, followedStep, replyStep, turnStep } from './turn-steps.ts';

/** @throws RuntimeError usage | not_found | ambiguous_id | invalid_id */
export async function why(workspace: Workspace, given: string, options: FindOptions): Promise<WhyReport> {
  const run = options.session === undefined ? await whyCommand(workspace, given) : undefined;
  if (run) return run;
  const found = await findEvidence(workspace, given, options);
  const { kind, id, session_id } = found;
  const told = await tell(workspace, found);
  const head = { schemaVersion: 'runtime.why.v1' as const, id, kind, ...(session_id !== undefined && { session_id }) };
  const { failure, seq } = found.evidence?.end ?? {};
  return { ...head, ...told, ...(failure && { damaged_behind: seq! }) };
}

type Told = Pick<WhyReport, 'answer' | 'steps'>;

async function tell(workspace: Workspace, { kind, id, evidence, session_id }: Found): Promise<Told> {
  if (!evidence) return goneSession(workspace, id, session_id!);
  if (kind === 'event') return ofEvent(evidence, id);
  const [asked] = evidence.all('approval.requested', (data) => data.approval_id === id);
  const about = asked?.data.call_id ?? id;
  const span = spanOf(evidence, turnOfId(about));
  if (!span) throw new RuntimeError('not_found', `No turn of ${id} is recorded in session ${evidence.session_id}.`);
  if (asked) return { answer: approvalAnswer(evidence, span, asked), steps: await ofCall(evidence, span, about) };
  if (kind === 'call') return { answer: callAnswer(evidence, span, id), steps: await ofCall(evidence, span, id) };
  if (kind === 'think') return { answer: thinkAnswer(evidence, span, id), steps: await ofThink(evidence, span, id) };
  const answer = kind === 'reply' ? await replyAnswer(evidence, span) : turnAnswer(span);
  return { answer, steps: await ofTurn(evidence, span) };
}

async function ofCall(evidence: Evidence, span: TurnSpan, call_id: string): Promise<WhyStep[]> {
  const think = call_id.replace(/^c(\d+\.\d+)\.\d+$/, 'm$1');
  const ends = ['call.finished', 'call.refused', 'call.abandoned'] as const;
  const last = ends.flatMap((type) => evidence.all(type, (data) => data.call_id === call_id)).at(-1);
  return [
    await askedStep(evidence, eventsOf(span)),
    turnStep(evidence, span),
    replyStep(evidence, think),
    await budgetStep(evidence, span, think),
    ...(await callSteps(evidence, span, call_id)),
    await answerStep(evidence, span),
    followedStep(evidence, span, last?.seq),
  ];
}

async function ofThink(evidence: Evidence, span: TurnSpan, call_id: string): Promise<WhyStep[]> {
  const replied = evidence.all('model.replied', (data) => data.call_id === call_id).at(-1);
  return [
    await askedStep(evidence, eventsOf(span)),
    turnStep(evidence, span),
    replyStep(evidence, call_id),
    await budgetStep(evidence, span, call_id),
    await answerStep(evidence, span),
    followedStep(evidence, span, replied?.seq),
  ];
}

/** All of a turn: each reply, and how each call ended. */
async function ofTurn(evidence: Evidence, span: TurnSpan): Promise<WhyStep[]> {
  const thinks = [...new Set(inTurn(evidence, span, 'model.requested').map(({ data }) => data.call_id))];
  const calls = inTurn(evidence, span, 'model.replied').flatMap(({ data }) => data.tool_calls);
  const lines = calls.map(({ call_id }) => callAnswer(evidence, span, call_id));
  return [
    await askedStep(evidence, eventsOf(span)),
    turnStep(evidence, span),
    replyStep(evidence, ...thinks),
    ...(lines.length > 0 ? [{ topic: 'outcome' as const, lines }] : []),
    await answerStep(evidence, span),
    followedStep(evidence, span, span.ended?.seq),
  ];
}

/** A turn takes further messages while it runs; until it has ended only its first one is written down. */
function eventsOf({ started, ended }: TurnSpan): string[] {
  return ended?.data.event_ids ?? started.data.event_ids;
}

async function ofEvent(evidence: Evidence, id: string): Promise<Told> {
  const started = evidence.all('turn.started', (data) => data.event_ids.includes(id))[0];
  const taken = evidence.all('turn.ended', (data) => data.event_ids.includes(id))[0];
  const span = spanOf(evidence, started?.data.turn ?? taken?.data.turn ?? 0);
  if (span) return { answer: turnAnswer(span, id), steps: await ofTurn(evidence, span) };
  const [input] = evidence.all('input.received', (data) => data.event_id === id);
  const steps = [await askedStep(evidence, [id])];
  if (input?.data.mode === 'stop') {
    return { answer: known(`${id} asked to stop the turn of ${input.data.for}`, input), steps };
  }
  const trace = await evidence.traceOf(id);
  if (trace?.dead) return { answer: known(`${id} is dead: ${trace.dead.why}`, trace.dead.at), steps };
  const open = evidence.all('turn.started').length > evidence.all('turn.ended').length;
  if (input)
    return { answer: known(`${id} waits for its turn${open ? ': another one has not ended' : ''}`, input), steps };
  return { answer: known(`${id} was accepted, and is not begun: its session does not have it yet`, trace?.at), steps };
}

/** The message is in the ingress log; its journal isn't there. */
async function goneSession({ store }: Workspace, id: string, session: string): Promise<Told> {
  const trace = (await store.ingress.find(id))!;
  const { event, at, done, dead } = trace;
  const asked = known(
    `${event.actor.id} (${event.actor.role}) said ${await quoteParts(event.parts, store.blobs)} via ${event.source}, accepted at ${utcTime(event.accepted_at)}`,
    at,
  );
  const removals: WhyLine[] = [];
  await store.audit.read(({ seq, at: when, record }) => {
    if (record.type !== 'session.removed' || record.data.session !== session) return;
    removals.push(known(`session ${session} was removed by ${record.data.by} at ${utcTime(when)}; its head was seq ${record.data.head.seq}`, `audit.jsonl seq ${seq} session.removed`)); // prettier-ignore
  });
  const steps: WhyStep[] = [
    {
      topic: 'asked',
      lines: [
        asked,
        ...(done ? [known(`it is done: ${done.outcome}`, done.at)] : []),
        ...(dead ? [known(`it is dead: ${dead.why}`, dead.at)] : []),
      ],
    },
  ];
  const lost = missing(`what was done about it stood in the journal of session ${session}, which is not there`);
  if (removals.length > 0) {
    const removed = removals.at(-1)!;
    return { answer: { ...removed, text: `${id}: ${removed.text}` }, steps: [...steps, { topic: 'followed', lines: [...removals, lost] }] }; // prettier-ignore
  }
  if (dead) return { answer: known(`${id} is dead: ${dead.why}`, dead.at), steps };
  const answer = done ? { ...lost, text: `${id}: ${lost.text}` } : known(`${id} was accepted, and is not begun: there is no session ${session} yet`, at); // prettier-ignore
  return { answer, steps };
}

function approvalAnswer(evidence: Evidence, span: TurnSpan, asked: EntryOf<'approval.requested'>): WhyLine {
  const { approval_id, call_id } = asked.data;
  const [resolved] = evidence.all('approval.resolved', (data) => data.approval_id === approval_id);
  const outcome = callAnswer(evidence, span, call_id);
  if (resolved) {
    const said = resolvedLine(resolved, asked.at);
    return {
      text: `${approval_id} was ${said.text}; ${outcome.text}`,
      evidence: [...said.evidence, ...outcome.evidence],
    };
  }
  if (span.ended) return known(`${approval_id} is void: nobody answered before the turn ended`, asked, span.ended);
  return known(`${approval_id} waits for an answer, until ${utcTime(asked.data.expires_at)}`, asked);
}

function callAnswer({ all }: Evidence, { ended }: TurnSpan, call_id: string): WhyLine {
  const is = (data: { call_id: string }): boolean => data.call_id === call_id;
  const decided = all('policy.decided', is).at(-1);
  const named = all('model.replied').flatMap(({ data }) => data.tool_calls).find((call) => call.call_id === call_id); // prettier-ignore
  const call = `${call_id} ${named?.name ?? decided?.data.tool ?? ''}`.trim();
  const [refused] = all('call.refused', is);
  if (refused) return known(`${call} did not run (${refused.data.why})`, refused, decided);
  const [abandoned] = all('call.abandoned', is);
  if (abandoned) return known(`${call} ran, and nobody knows how it ended`, abandoned, decided);
  const finished = all('call.finished', is).at(-1);
  const started = all('call.started', is).at(-1);
  if (finished) {
    const how = started?.data.approval_id !== undefined ? 'a person let it run' : started?.data.grant_id !== undefined ? 'a grant let it run' : 'policy allows it'; // prettier-ignore
    return known(`${call} ran, as ${how}, and ended ${finished.data.outcome}`, finished, started, decided);
  }
  if (started) return known(`${call} was started, and has no end yet`, started);
  if (ended) return known(`${call} did not run: the turn ended before`, ended);
  if (decided?.data.verdict === 'require_approval') return known(`${call} waits for a person`, decided);
  return decided ? known(`${call} has not run yet`, decided) : missing(`${call} has not run, and nothing is decided`);
}

function thinkAnswer(evidence: Evidence, span: TurnSpan, call_id: string): WhyLine {
  const [requested] = evidence.all('model.requested', (data) => data.call_id === call_id);
  const reflected = inTurn(evidence, span, 'turn.reflected').findLast(({ seq }) => seq < (requested?.seq ?? 0));
  if (!reflected)
    return known(`${call_id} was asked to answer the message of turn ${span.turn}`, requested, span.started);
  const { signal, reason } = reflected.data;
  return known(`${call_id} was asked because the round before said ${signal} (${reason})`, requested, reflected);
}

async function replyAnswer(evidence: Evidence, span: TurnSpan): Promise<WhyLine> {
  const { lines } = await answerStep(evidence, span);
  return lines[0]!;
}

function turnAnswer({ turn, started, ended }: TurnSpan, event_id?: string): WhyLine {
  const what = event_id === undefined ? `turn ${turn}` : `${event_id} is answered by turn ${turn}, which`;
  if (!ended) return known(`${what} has not ended`, started);
  const { reason, code } = ended.data;
  return known(`${what} ended ${reason}${code === undefined || code === reason ? '' : ` (${code})`}`, ended, started);
}

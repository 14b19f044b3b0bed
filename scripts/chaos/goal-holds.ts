/** What must hold of sessions with goals, limits and failures when all has come to its end. */
import { isDeepStrictEqual } from 'node:util';
import type { Entry } from '../../src/contract/entries.ts';
import { acceptedIn, dataOf, type Journals, journalsIn, usageIn } from './evidence.ts';
import { brokenInLedger, type Limit } from './ledger-holds.ts';
import { endOf } from './part.ts';
import type { Story } from './play.ts';

export interface GoalsHold {
  /** What the commands wrote. */
  marks: string;
  /** The events that were acknowledged to somebody. */
  accepted?: readonly string[];
  /** The entries that a program had told when it ended. */
  printed: readonly string[];
  /** So many requests came to the model. */
  requests: number;
  /** Whose sessions stop at a limit. */
  limits: readonly Limit[];
}

/** What doesn't hold, in words. Each command is another than all others, but for checks. */
export async function brokenInGoals(
  { run, workspace }: Pick<Story, 'run' | 'workspace'>,
  { marks, accepted = [], printed, requests, limits }: GoalsHold,
): Promise<string[]> {
  const broken: string[] = [];
  const expect = (holds: boolean, what: string): void => void (holds || broken.push(what));
  const verified = await run(['session', 'verify', '--all', '-o', 'json']);
  const proofs = verified.code === 0 ? (JSON.parse(verified.stdout) as { status: string }[]) : [];
  const journals = journalsIn(workspace);
  const isProved = proofs.length === journals.size && proofs.every(({ status }) => status === 'verified');
  expect(isProved, `verify ${endOf(verified)}`);

  const all = [...journals.values()].flat();
  const events = acceptedIn(workspace).flatMap(({ type, data }) =>
    type === 'event.accepted' ? data.event.event_id : [],
  );
  const received = dataOf(all, 'input.received').map(({ event_id }) => event_id);
  const ended = dataOf(all, 'turn.ended').flatMap(({ event_ids }) => event_ids);
  const lost = [...events, ...accepted].filter((id) => !received.includes(id));
  expect(lost.length === 0, `accepted, and in no journal: ${lost.join(' ')}`);
  expect(new Set(received).size === received.length, `entered twice: ${received.join(' ')}`);
  expect(isDeepStrictEqual(received.toSorted(), ended.toSorted()), `messages ${received.join(' ')}, of ended turns ${ended.join(' ')}`); // prettier-ignore

  broken.push(...brokenCommands(journals, marks.split('\n').slice(0, -1)));
  for (const [session, entries] of journals) {
    const isLimited = limits.some((limit) => limit.session === session);
    broken.push(...brokenTurns(session, entries, isLimited), ...brokenSteps(session, entries, journals));
  }
  broken.push(...brokenInLedger(journals, usageIn(workspace), { requests, limits }));

  const lines = new Set(all.map(({ seq, at, type }) => `${seq} ${at} ${type}`));
  for (const line of printed) expect(lines.has(line), `was told, and is gone: ${line}`);
  return broken;
}

/** An undisturbed play must have met all that it is there for. @throws when it hasn't */
export function expectPlot(workspace: string, limits: readonly Limit[]): void {
  const journals = journalsIn(workspace);
  const all = [...journals.values()].flat();
  const met = new Set<string | undefined>([
    ...dataOf(all, 'model.failed').map((failure) => failure.class),
    ...dataOf(all, 'turn.ended').map(({ code }) => code),
    ...dataOf(all, 'model.requested').map(({ model }) => model),
    ...[...journals].flatMap(([session, entries]) =>
      dataOf(entries, 'context.compacted').map(() => (session === 'talk' ? 'talk summed up' : 'step summed up')),
    ),
  ]);
  const wanted = ['network', 'overload', 'context_too_long', 'spare', 'talk summed up', 'step summed up'];
  const missing = [...wanted, ...limits.map(({ of }) => `${of}_tokens`)].filter((one) => !met.has(one));
  if (missing.length > 0) throw new Error(`the play comes to its end without: ${missing.join(', ')}`);
}

/** Each ran at most once, and once unless that is recorded as unknown; a check once more for each time that a person said so. */
function brokenCommands(journals: Journals, marks: readonly string[]): string[] {
  const broken: string[] = [];
  const ran = new Map([...Map.groupBy(marks, (mark) => mark)].map(([mark, { length }]) => [mark, length]));
  for (const [session, entries] of journals) {
    // One that was canceled, as when the program ends with a failed disk, may have come to its mark or not.
    const finished = new Set(
      dataOf(entries, 'call.finished').flatMap(({ call_id, outcome }) => (outcome === 'canceled' ? [] : call_id)),
    );
    const granted = dataOf(entries, 'approval.resolved').length;
    const commands = [...dataOf(entries, 'model.replied').flatMap(({ tool_calls }) => tool_calls), ...dataOf(entries, 'check.requested')]; // prettier-ignore
    for (const [mark, calls] of Map.groupBy(
      commands,
      ({ arguments_raw }) => /echo ([\w-]+)/.exec(JSON.stringify(arguments_raw))?.[1] ?? '',
    )) {
      const runs = ran.get(mark) ?? 0;
      ran.delete(mark);
      const known = calls.filter(({ call_id }) => finished.has(call_id)).length;
      const most = calls.some(({ call_id }) => call_id.startsWith('v')) ? 1 + granted : 1;
      if (runs > most || runs < known) broken.push(`${session}: ${mark} ran ${runs} times; ${known} have a result, ${granted} were granted`); // prettier-ignore
    }
  }
  return [...broken, ...[...ran.keys()].map((mark) => `${mark} ran, and no journal has it`)];
}

function brokenTurns(session: string, entries: readonly Entry[], isLimited: boolean): string[] {
  const turns = dataOf(entries, 'turn.ended');
  const ends = hasUnknownCheck(entries) ? ['success', 'validation_failed'] : ['success'];
  const reasons = isLimited ? ['budget_exceeded'] : ends;
  const broken = turns
    .filter(({ reason }) => !reasons.includes(reason))
    .map(({ reason, code }) => `${session} ended: ${reason}, ${code}`);
  const answered = dataOf(entries, 'reply.made').map(({ turn }) => turn);
  const isEach = isDeepStrictEqual(answered, turns.map(({ turn }) => turn)); // prettier-ignore
  return isEach ? broken : [...broken, `${session}: ${turns.length} turns, answered ${answered.join(' ')}`];
}

function hasUnknownCheck(entries: readonly Entry[]): boolean {
  return dataOf(entries, 'call.abandoned').some(({ call_id }) => call_id.startsWith('v'));
}

/** A goal has one session for each step, and says of it what that says of itself. */
function brokenSteps(session: string, entries: readonly Entry[], journals: Journals): string[] {
  const [plan] = dataOf(entries, 'plan.made');
  if (plan?.by !== 'model') return [];
  const broken: string[] = [];
  const started = dataOf(entries, 'child.started').map(({ session_id, attempt }) => `${session_id}.${attempt}`);
  const finished = dataOf(entries, 'child.finished');
  // Only a check of which nobody knows how it ended has a step tried again.
  const first = started.filter((name) => name.endsWith('.1'));
  const again = dataOf(entries, 'child.started').filter(({ attempt }) => attempt > 1);
  const odd = again.filter(({ session_id }) => !hasUnknownCheck(journals.get(session_id) ?? []));
  const isOnce = new Set(started).size === started.length && first.length === plan.steps.length && odd.length === 0;
  if (!isOnce) broken.push(`${session}: ${plan.steps.length} steps, begun as ${started.join(' ')}`);
  const tries = finished.map(({ session_id, attempt }) => `${session_id}.${attempt}`);
  if (!isDeepStrictEqual(tries.toSorted(), started.toSorted()))
    broken.push(`${session}: ended tries ${tries.join(' ')}`);
  let tokens = dataOf(entries, 'model.replied').reduce((sum, { usage }) => sum + usage.input, 0);
  for (const { session_id, reason, head, usage, model_calls } of finished) {
    const end = journals.get(session_id)?.[head.seq - 1];
    tokens += usage.input;
    const agrees = end?.type === 'turn.ended' && end.hash === head.hash && isDeepStrictEqual([end.data.reason, end.data.usage, end.data.model_calls], [reason, usage, model_calls]); // prettier-ignore
    if (!agrees)
      broken.push(`${session} says that ${session_id} ended ${reason}, and that says: ${JSON.stringify(end)}`);
  }
  const [end] = dataOf(entries, 'turn.ended');
  if (end?.usage.input !== tokens) broken.push(`${session} counts ${end?.usage.input} tokens of input, not ${tokens}`);
  return broken;
}

/**
 * Two sessions side by side: the first place at which they part, and what differs turn by turn. Both are read once, and a
 * turn of each is held. What differs by nature (ids, times, hashes, attempts, recovery) is no difference.
 */
import { canonicalJson } from '../../base/canonical-json.ts';
import type { Seq } from '../../contract/entries.ts';
import type { Grant, Manifest } from '../../contract/manifest.ts';
import type { Blobs, Journal } from '../../contract/ports.ts';
import type { LongText, Part, TurnReason, Usage } from '../../contract/values.ts';
import { ruleInWords } from '../../kernel/policy/explain.ts';
import { fileLabel } from '../session/file-label.ts';
import { readValue, shortText, wholeText } from '../session/messages.ts';
import { canonicalArguments } from './canonical-arguments.ts';
import { pastTurns, type PastCall, type PastFork, type PastTurn } from './past-turns.ts';

export type DifferenceKind = 'input' | 'manifest' | 'model' | 'policy' | 'reply' | 'call' | 'decision' | 'result' | 'end' | 'cost'; // prettier-ignore

/** `seq`: of the entry that says so. Absent on a side: there is no such thing there. */
export interface Difference {
  what: DifferenceKind;
  /** Of a call, its decision or its result. */
  call_id?: string;
  a?: { seq: Seq; text: string };
  b?: { seq: Seq; text: string };
}

export interface TurnFigures {
  /** Entries of the turn. */
  from_seq: Seq;
  to_seq?: Seq;
  reason?: TurnReason;
  calls: number;
  usage: Usage;
  cost_micro_usd?: number;
  took_ms?: number;
}

/** A turn that differs, or that one side doesn't have. */
export interface TurnDifference {
  turn: number;
  a?: TurnFigures;
  b?: TurnFigures;
  differences: Difference[];
}

export interface DiffSummary {
  same: boolean;
  /** The turns up to this one are the same; 0: none. */
  same_up_to: number;
  turns: { a: number; b: number };
  /** Where each was forked from, where it was. */
  forked: { a?: PastFork; b?: PastFork };
}

export interface DiffPorts {
  journal: Pick<Journal, 'read'>;
  blobs: Pick<Blobs, 'get'>;
}

/** Gives each turn that differs, in order. @throws RuntimeError not_found | store_damaged */
export async function* diffSessions(
  ports: DiffPorts,
  a: string,
  b: string,
): AsyncGenerator<TurnDifference, DiffSummary> {
  const sides = { a: pastTurns(ports.journal, a), b: pastTurns(ports.journal, b) };
  const [left, right] = [sides.a.turns(), sides.b.turns()];
  const turns = { a: 0, b: 0 };
  let same = true;
  let same_up_to = 0;
  try {
    for (;;) {
      const [one, other] = await Promise.all([left.next(), right.next()]);
      if (one.done && other.done) break;
      const [was, is] = [one.done ? undefined : one.value, other.done ? undefined : other.value];
      if (was) turns.a = was.turn;
      if (is) turns.b = is.turn;
      const differences = was && is ? await compareTurns(ports, was, is) : [];
      if (was && is && differences.length === 0) {
        if (same) same_up_to = was.turn;
        continue;
      }
      same = false;
      const figures = { ...(was && { a: figuresOf(was) }), ...(is && { b: figuresOf(is) }) };
      yield { turn: (was ?? is)!.turn, ...figures, differences };
    }
  } finally {
    await Promise.all([left.return(undefined), right.return(undefined)]);
  }
  const [from, to] = [sides.a.fork(), sides.b.fork()];
  return { same, same_up_to, turns, forked: { ...(from && { a: from }), ...(to && { b: to }) } };
}

function figuresOf({ started, ended, replies, usage, cost_micro_usd }: PastTurn): TurnFigures {
  return {
    from_seq: started.seq,
    ...(ended && { to_seq: ended.seq, reason: ended.reason, took_ms: ended.at - started.at }),
    calls: replies.reduce((sum, { calls }) => sum + calls.length, 0),
    usage,
    ...(cost_micro_usd !== undefined && { cost_micro_usd }),
  };
}

/** A thing that both may have: told apart by `key`, shown by `text`. */
interface Thing {
  seq: Seq;
  key: string;
  text: () => Promise<string> | string;
}

async function compareTurns({ blobs }: DiffPorts, a: PastTurn, b: PastTurn): Promise<Difference[]> {
  const found: Difference[] = [];
  const compare = async (what: DifferenceKind, was?: Thing, is?: Thing, call_id?: string): Promise<void> => {
    if (was?.key === is?.key) return;
    found.push({
      what,
      ...(call_id !== undefined && { call_id }),
      ...(was && { a: { seq: was.seq, text: await was.text() } }),
      ...(is && { b: { seq: is.seq, text: await is.text() } }),
    });
  };
  const said = (one?: { seq: Seq; parts: Part[] }): Thing | undefined =>
    one && { seq: one.seq, key: canonicalJson(one.parts), text: () => textOf(one.parts, blobs) };

  for (const [was, is] of pairs(a.inputs, b.inputs)) await compare('input', said(was), said(is));
  await compareFrozen(blobs, a.started, b.started, compare);
  for (const [was, is] of pairs(a.replies, b.replies)) {
    await compare('reply', said(was), said(is));
    for (const [call, other] of pairs(was?.calls ?? [], is?.calls ?? [])) {
      const { call_id } = (call ?? other)!;
      const [asked, askedNow] = await Promise.all([callThing(call, blobs), callThing(other, blobs)]);
      await compare('call', asked, askedNow, call_id);
      if (!call || !other) continue;
      await compare('decision', decisionThing(call), decisionThing(other), call_id);
      await compare('result', resultThing(call, blobs), resultThing(other, blobs), call_id);
    }
  }
  await compare('end', endThing(a), endThing(b));
  await compare('cost', costThing(a), costThing(b));
  return found;
}

type Compare = (what: DifferenceKind, was?: Thing, is?: Thing) => Promise<void>;

/** What the turns were begun with. Mostly the same value, of which the digest is compared. */
async function compareFrozen(
  blobs: Pick<Blobs, 'get'>,
  a: PastTurn['started'],
  b: PastTurn['started'],
  compare: Compare,
): Promise<void> {
  const thing = (seq: Seq, value: unknown, text = canonicalJson(value)): Thing => ({ seq, key: canonicalJson(value), text: () => text }); // prettier-ignore
  await compare('manifest', thing(a.seq, a.limits), thing(b.seq, b.limits));
  if (a.frozen === b.frozen) return;
  const [was, is] = (await Promise.all([readValue(a.frozen, blobs), readValue(b.frozen, blobs)])) as [
    Manifest,
    Manifest,
  ];
  const models = ({ models: [first, ...rest] }: Manifest): string =>
    [first!.name, ...rest.map(({ name }) => `else ${name}`)].join(', ');
  await compare('model', thing(a.seq, was.models, models(was)), thing(b.seq, is.models, models(is)));
  const policies = ({ policy, session_policies = [], grants }: Manifest): unknown => [policy, session_policies, grants];
  await compare('policy', thing(a.seq, policies(was), policyText(was)), thing(b.seq, policies(is), policyText(is)));
  await compare('manifest', thing(a.seq, was.instructions, was.instructions), thing(b.seq, is.instructions, is.instructions)); // prettier-ignore
  const tools = ({ catalog }: Manifest): string => `tools: ${catalog.map(({ name }) => name).join(', ')}`;
  await compare('manifest', thing(a.seq, was.catalog, tools(was)), thing(b.seq, is.catalog, tools(is)));
  const rest = ({ rules, skills, memory, missing }: Manifest): unknown => ({ rules, skills, memory, missing });
  await compare('manifest', thing(a.seq, rest(was)), thing(b.seq, rest(is)));
}

function policyText({ policy, session_policies = [], grants }: Manifest): string {
  const lists = [policy, ...session_policies].map(
    ({ deny, require_approval, allow, allow_private: open = [], sandbox }) =>
    [`deny: ${deny.join(', ')}`, `ask: ${require_approval.join(', ')}`, `allow: ${allow.join(', ')}`, ...(open.length > 0 ? [`private: ${open.join(', ')}`] : []), `sandbox: ${sandbox}`].join('\n'), // prettier-ignore
  );
  return [...lists, ...grants.map(grantText)].join('\n');
}

function grantText(grant: Grant): string {
  const { grant_id, tool } = grant;
  return `grant ${grant_id}: ${tool}${'rule' in grant ? ` ${ruleInWords(grant.rule)}` : ''}`;
}

async function callThing(call: PastCall | undefined, blobs: Pick<Blobs, 'get'>): Promise<Thing | undefined> {
  if (!call) return undefined;
  const { seq, name, arguments_raw } = call;
  const raw = await wholeText(arguments_raw, blobs);
  return { seq, key: `${name} ${canonicalArguments(raw)}`, text: () => `${name} ${raw}` };
}

function decisionThing({ decision }: PastCall): Thing | undefined {
  if (!decision) return undefined;
  const { seq, verdict, rules, answer } = decision;
  const text = `${verdict}${answer === undefined ? '' : `, ${answer}`} (${rules.map(({ id }) => id).join(', ')})`;
  return { seq, key: text, text: () => text };
}

function resultThing({ result }: PastCall, blobs: Pick<Blobs, 'get'>): Thing | undefined {
  if (!result) return undefined;
  const { seq, output, ...rest } = result;
  const { outcome, exit_code, error } = rest;
  const head = [outcome, ...(exit_code === undefined ? [] : [`exit code ${exit_code}`]), ...(error === undefined ? [] : [error])]; // prettier-ignore
  const text = async (): Promise<string> => [head.join(', '), await wholeText(output, blobs)].join('\n').trimEnd();
  return { seq, key: canonicalJson({ ...rest, output: keyOf(output) }), text };
}

function endThing({ ended }: PastTurn): Thing | undefined {
  if (!ended) return undefined;
  const { seq, reason, code } = ended;
  const text = code === undefined || code === reason ? reason : `${reason} (${code})`;
  return { seq, key: text, text: () => text };
}

function costThing({ usage, cost_micro_usd, ended, started }: PastTurn): Thing {
  const text = `${usage.input} tokens in, ${usage.output} out${cost_micro_usd === undefined ? '' : `, ${cost_micro_usd} micro-USD`}`;
  return { seq: (ended ?? started).seq, key: canonicalJson([usage, cost_micro_usd ?? null]), text: () => text };
}

/** The same text is the same blob. */
function keyOf(text: LongText): string {
  return typeof text === 'string' ? text : text.blob;
}

async function textOf(parts: readonly Part[], blobs: Pick<Blobs, 'get'>): Promise<string> {
  const texts = parts.map(async (part) => {
    if (part.type === 'text') return wholeText(part.text, blobs);
    return part.type === 'reasoning' ? shortText(part.text ?? '') : fileLabel(part);
  });
  return (await Promise.all(texts)).join('\n');
}

function* pairs<T>(a: readonly T[], b: readonly T[]): Generator<[T | undefined, T | undefined]> {
  for (let index = 0; index < Math.max(a.length, b.length); index++) yield [a[index], b[index]];
}

/**
 * A policy against the past: how it would judge the calls that were made, by the facts recorded then, with the kernel's own
 * judge. Grants count as they did then, and so do a session's own policies and its sandbox: no workspace policy loosens them.
 */
import { sha256 } from '../../base/digest.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Entry, EntryData } from '../../contract/entries.ts';
import type { Policy, RuleVerdict } from '../../contract/manifest.ts';
import type { Blobs, Journal } from '../../contract/ports.ts';
import type { Verdict } from '../../contract/values.ts';
import { createKernel } from '../../kernel/kernel.ts';
import { judge } from '../../kernel/policy/judge.ts';
import { stricterSandbox } from '../../kernel/policy/rights.ts';
import { grantsOf, judgedCall } from '../../kernel/turn/act.ts';
import type { State } from '../../kernel/turn/state.ts';
import { createResolver, withResolved } from '../session/fold.ts';

/** A recorded call, and how it would be judged. */
export interface TestedCall {
  session_id: string;
  turn: number;
  call_id: string;
  tool: string;
  title: string;
  /** As it was judged last. */
  recorded: Verdict;
  /** As the policy would judge it; the rules that say so, and why. */
  verdict: Verdict;
  rules: RuleVerdict[];
  reason: string;
}

export interface PolicyTestPorts {
  journal: Pick<Journal, 'read'>;
  blobs: Pick<Blobs, 'get'>;
}

/**
 * The calls of a session, in order. Those that a fork has from a session of `sources` are left out: they are that
 * session's.
 * @throws RuntimeError not_found | store_damaged
 */
export async function testPolicy(
  { journal, blobs }: PolicyTestPorts,
  session_id: string,
  policy: Policy,
  sources: ReadonlySet<string>,
): Promise<TestedCall[]> {
  const kernel = createKernel(sha256);
  const resolve = createResolver(blobs);
  const titles = new Map<string, string>();
  /** By call: one that was judged again counts as it was judged last. */
  const tested = new Map<string, TestedCall>();
  let state = kernel.initial();
  const take = (entry: Entry): void => {
    if (entry.type === 'call.inspected') titles.set(entry.data.call_id, entry.data.presentation.title);
    if (entry.type === 'policy.decided') {
      const call = judgeAgain(state, entry.data, policy);
      if (call) tested.set(call.call_id, { session_id, ...call, title: titles.get(call.call_id) ?? call.tool });
    }
    if (entry.type === 'turn.ended') titles.clear();
    if (entry.type === 'session.forked' && sources.has(entry.data.from.session_id)) tested.clear();
  };
  const { status, failure } = await journal.read(session_id, ({ entry }) => {
    take(entry);
    return withResolved(resolve(entry), (resolved) => ({ state } = kernel.evolve(state, entry, resolved)));
  });
  if (status === 'absent') throw new RuntimeError('not_found', `There is no session ${session_id}.`);
  if (!failure) return [...tested.values()];
  throw new RuntimeError('store_damaged', `Session ${session_id} is damaged: ${failure.message}.`, { id: session_id });
}

/** `state`: right before the call was judged. Undefined where the journal has no such call. */
function judgeAgain(
  state: State,
  { call_id, verdict: recorded }: EntryData<'policy.decided'>,
  policy: Policy,
): Omit<TestedCall, 'session_id' | 'title'> | undefined {
  const { session, turn } = state;
  const call = turn?.calls.find((one) => one.call_id === call_id);
  if (!session || !turn || !call?.inspected) return undefined;
  const { manifest } = turn;
  const now = { ...policy, sandbox: stricterSandbox(policy.sandbox, session.rights.sandbox) };
  const { verdict, rules, reason, grant_id } = judge(
    [now, ...(manifest.session_policies ?? [])],
    grantsOf(state, turn),
    judgedCall(state, turn, call, call.inspected),
  );
  const deciding = grant_id === undefined ? rules.filter((rule) => rule.verdict === verdict) : [{ id: `grant:${grant_id}`, verdict }]; // prettier-ignore
  return { turn: turn.turn, call_id, tool: call.name, recorded, verdict, rules: deciding, reason };
}

/** What was reserved for a model call, and what of each limit was used by then: as the rules counted it. */
import type { EntryOf } from '../../../contract/entries.ts';
import type { WhyLine, WhyStep } from '../../../contract/why.ts';
import { nearIn, nearText } from '../../budget/near.ts';
import { inTurn, known, missing, type Evidence, type TurnSpan } from './evidence.ts';
import { stateBefore } from './state-before.ts';

const MICRO = 1_000_000;

export async function budgetStep(evidence: Evidence, span: TurnSpan, call_id: string): Promise<WhyStep> {
  const requested = evidence.all('model.requested', (data) => data.call_id === call_id).at(-1);
  if (!requested) return { topic: 'budget', lines: [missing(`no request ${call_id} is recorded`)] };
  const { reserve, max_output_tokens } = requested.data;
  const money = reserve.cost_micro_usd > 0 ? ` and ${usd(reserve.cost_micro_usd)}` : '';
  const refused = inTurn(evidence, span, 'budget.refused').map((entry) =>
    known(entry.data.message ?? `refused by ${entry.data.refused_by ?? 'a shared budget'}`, entry),
  );
  const warnings = nearIn(requested.type, requested.data).map((use) => known(nearText(use), requested));
  return {
    topic: 'budget',
    lines: [
      known(
        `${reserve.tokens} tokens${money} were reserved for it, ${max_output_tokens} of them for the reply`,
        requested,
      ),
      ...(await usedLines(evidence, span, requested)),
      ...sharedLines(evidence, span, requested),
      ...warnings,
      ...refused,
    ],
  };
}

async function usedLines(
  evidence: Evidence,
  span: TurnSpan,
  requested: EntryOf<'model.requested'>,
): Promise<WhyLine[]> {
  const state = await stateBefore(evidence, requested.seq);
  const turn = state?.turn;
  if (!state || !turn) return [missing('what was used by then: a blob that the journal names is not there')];
  const { limits, manifest } = turn;
  const { session_tokens, session_cost_micro_usd } = manifest.rules;
  const used = [
    ...shares('the turn', 'tokens', turn.tokens, limits.tokens, String),
    ...shares('the turn', 'money', turn.cost_micro_usd, limits.cost_micro_usd, usd),
    ...shares('the session', 'tokens', state.tokens + turn.tokens, session_tokens, String),
    ...shares('the session', 'money', state.cost_micro_usd + turn.cost_micro_usd, session_cost_micro_usd, usd),
  ];
  const text = used.length > 0 ? `used before: ${used.join('; ')}` : 'nothing limits tokens or money';
  const before = inTurn(evidence, span, 'model.replied').findLast(({ seq }) => seq < requested.seq);
  return [known(text, span.started, before)];
}

/** What was used of the budgets that sessions share, as the ledger said. */
function sharedLines(evidence: Evidence, span: TurnSpan, { data }: EntryOf<'model.requested'>): WhyLine[] {
  const key = `${data.call_id}.${data.attempt}`;
  const reserved = inTurn(evidence, span, 'budget.reserved').find((entry) => entry.data.for === key);
  if (!reserved || reserved.data.scopes.length === 0) return [];
  return [known(`shared with other sessions: ${reserved.data.scopes.map(nearText).join('; ')}`, reserved)];
}

function shares(
  whose: string,
  what: string,
  used: number,
  limit: number | undefined,
  shown: (n: number) => string,
): string[] {
  return limit === undefined ? [] : [`of ${whose}'s ${what} ${shown(used)} of ${shown(limit)}`];
}

function usd(micro: number): string {
  return `$${(micro / MICRO).toFixed(4)}`;
}

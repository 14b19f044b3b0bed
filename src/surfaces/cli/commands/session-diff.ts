import { diffSessions, type DiffSummary, type TurnDifference } from '../../../engine/past/diff.ts';
import { checkSessionId } from '../../../engine/session-id.ts';
import { openRecords, type CommandAction } from '../context.ts';
import { turnLines, type Looks } from '../diff-lines.ts';
import { printValue, type OutputFormat } from '../listing.ts';
import { paged } from '../pager.ts';
import { mustBeThere } from '../must-be-there.ts';

interface Options {
  output: OutputFormat;
  full?: true;
}

const SAME = 0;
const DIFFERENT = 1;

/** `session diff` */
export const diffOfSessions: CommandAction<Options> = async (context, options, a, b) => {
  const { io, environment } = context;
  for (const id of [a, b]) checkSessionId(id);
  const workspace = await openRecords(context, options);
  await mustBeThere(workspace, [a, b]);
  const turns = diffSessions(workspace.store, a, b);
  let summary: DiffSummary | undefined;
  if (options.output === 'table') {
    const looks = { output: io.stdout, full: options.full ?? false };
    const lines = describe({ a, b }, turns, looks, (end) => (summary = end));
    await paged(io, environment, lines);
    // Who left the pager early has seen a difference.
    return summary?.same ? SAME : DIFFERENT;
  }
  const different: TurnDifference[] = [];
  for (;;) {
    const next = await turns.next();
    if (next.done) {
      summary = next.value;
      break;
    }
    different.push(next.value);
  }
  const [first] = different;
  await printValue(io, options.output, {
    schemaVersion: 'runtime.diff.v1',
    a: { session_id: a, turns: summary.turns.a, ...(summary.forked.a && { forked_from: summary.forked.a }) },
    b: { session_id: b, turns: summary.turns.b, ...(summary.forked.b && { forked_from: summary.forked.b }) },
    same: summary.same,
    same_up_to: summary.same_up_to,
    ...(first && { first: firstOf(first) }),
    turns: different,
  });
  return summary.same ? SAME : DIFFERENT;
};

/** Lines as the sessions are read. */
async function* describe(
  { a, b }: { a: string; b: string },
  turns: AsyncGenerator<TurnDifference, DiffSummary>,
  looks: Looks,
  onEnd: (summary: DiffSummary) => void,
): AsyncGenerator<string> {
  yield `a: ${a}`;
  yield `b: ${b}`;
  let isFirst = true;
  for (let next = await turns.next(); ; next = await turns.next()) {
    if (next.done) {
      onEnd(next.value);
      yield* ending(next.value, { a, b });
      return;
    }
    if (isFirst) yield* beginning(next.value);
    isFirst = false;
    yield '';
    yield* turnLines(next.value, looks);
  }
}

function beginning(turn: TurnDifference): string[] {
  const { what, a, b } = firstOf(turn);
  const same = turn.turn === 1 ? [] : [`the same up to turn ${turn.turn - 1}`];
  const first = `first difference: turn ${turn.turn}`;
  if (what === 'turn') return [...same, `${first}, only in ${a === undefined ? 'b' : 'a'}: entry ${a ?? b}`];
  const where = [...(a === undefined ? [] : [`entry ${a} in a`]), ...(b === undefined ? [] : [`entry ${b} in b`])];
  return [...same, `${first}, ${what}: ${where.join(', ')}`];
}

function ending({ same, turns, forked }: DiffSummary, names: { a: string; b: string }): string[] {
  const forks = (['a', 'b'] as const).flatMap((side) => {
    const from = forked[side];
    if (!from) return [];
    const name = from.session_id === names.a ? 'a' : from.session_id === names.b ? 'b' : from.session_id;
    return [`${side} is a fork of ${name}, behind its entry ${from.seq}`];
  });
  const verdict = same ? [`the same: ${turns.a} turn${turns.a === 1 ? '' : 's'}`] : [];
  return [...(same ? [] : forks.length > 0 ? [''] : []), ...forks, ...verdict];
}

/** The first thing that differs, and the entries that say so; a turn that one side lacks is different as a whole. */
function firstOf({ turn, a, b, differences: [first] }: TurnDifference): {
  turn: number;
  what: string;
  a?: number;
  b?: number;
} {
  const [was, is] = first ? [first.a?.seq, first.b?.seq] : [a?.from_seq, b?.from_seq];
  return {
    turn,
    what: first?.what ?? 'turn',
    ...(was !== undefined && { a: was }),
    ...(is !== undefined && { b: is }),
  };
}

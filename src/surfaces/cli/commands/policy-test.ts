import { setImmediate } from 'node:timers/promises';
import { RuntimeError, toRuntimeError } from '../../../contract/errors.ts';
import type { Verdict } from '../../../contract/values.ts';
import { testPolicy, type TestedCall } from '../../../engine/past/policy-test.ts';
import { checkSessionId } from '../../../engine/session-id.ts';
import type { Workspace } from '../../../engine/wire.ts';
import { onSignals } from '../../signals.ts';
import { type CommandAction, type CommandContext, type GlobalOptions, openRecords } from '../context.ts';
import { type Column, type OutputFormat, printRows, printValue } from '../listing.ts';
import { mustBeThere } from '../must-be-there.ts';
import { paint } from '../paint.ts';
import { createProgressBar } from '../progress-bar.ts';
import { VERDICT_WORDS as WORDS } from '../verdict-words.ts';

interface Options {
  output: OutputFormat;
  policy?: string;
  root?: string;
  /** True: no session stands behind it. */
  against?: string[] | true;
  all?: true;
  every?: true;
}

const AS_BEFORE = 0;
const DIFFERENTLY = 1;
const DAMAGED = 7;

const VERDICTS = Object.keys(WORDS) as Verdict[];

const COLUMNS: Column<TestedCall>[] = [
  { title: 'session', text: ({ session_id }) => session_id, narrow: 'whole' },
  { title: 'turn', text: ({ turn }) => String(turn), narrow: 'spare' },
  { title: 'call', text: ({ call_id }) => call_id, narrow: 'whole' },
  { title: 'was → is', text: ({ recorded, verdict }) => `${WORDS[recorded]} → ${WORDS[verdict]}`, narrow: 'whole' },
  { title: 'what', text: ({ title }) => title, narrow: 'flexible' },
  { title: 'rule', text: ({ rules }) => rules.map(({ id }) => id).join(', '), narrow: 'flexible' },
];

/** `policy test`: whether a policy does as its tests say; or how one would judge the calls that were made. */
export const testPolicyFile: CommandAction<Options> = async (context, options, ...[file]: (string | undefined)[]) => {
  const { policy, against, all, root } = options;
  if (policy === undefined && against === undefined && !all) {
    const { testOwnCases } = await import('./policy-cases.ts');
    return testOwnCases(context, options, file);
  }
  const next = 'See `runtime policy test --help`.';
  if (file !== undefined || root !== undefined) {
    throw new RuntimeError('usage', 'a file of tests and --root, or recorded calls: not both', { next });
  }
  if (policy === undefined) throw new RuntimeError('usage', 'say by which policy: --policy <file>', { next });
  return testAgainstPast(context, { ...options, policy });
};

async function testAgainstPast(
  context: CommandContext,
  options: Options & GlobalOptions & { policy: string },
): Promise<number> {
  const { io } = context;
  const against = options.against === true ? undefined : options.against;
  if ((against === undefined) !== (options.all === true)) {
    throw new RuntimeError('usage', 'say which sessions: --against <session…>, or --all', {
      next: 'See `runtime policy test --help`.',
    });
  }
  const { loadPolicyFile } = await import('../../../engine/config/policy-file.ts');
  const workspace = await openRecords(context, options);
  const policy = await loadPolicyFile(options.policy, workspace.tools.tools());
  const ids = against ?? (await workspace.store.journal.list()).map(({ session_id }) => session_id);
  for (const id of ids) checkSessionId(id);
  await mustBeThere(workspace, ids);
  const { calls, damaged, left } = await testAll(context, workspace, [...new Set(ids)], (id, all) =>
    testPolicy(workspace.store, id, policy, all),
  );
  const different = calls.filter(({ recorded, verdict }) => recorded !== verdict);
  if (options.output === 'table') {
    await printRows(io, 'table', options.every ? calls : different, COLUMNS, calls.length === 0 ? 'no calls were made' : 'every call would be judged as it was'); // prettier-ignore
    for (const line of summary(calls, different.length)) io.stdout.write(`${line}\n`);
  } else if (left === undefined) {
    const counts = { calls: calls.length, different: different.length, ...countsOf(calls) };
    await printValue(io, options.output, {
      schemaVersion: 'runtime.policy-test.v1',
      ...counts,
      damaged,
      results: calls,
    });
  }
  for (const { session_id, message } of damaged) io.stderr.write(`${paint(io.stderr, 'red', 'not tested:')} ${session_id}: ${message}\n`); // prettier-ignore
  if (left !== undefined) return left;
  if (damaged.length > 0) return DAMAGED;
  return different.length > 0 ? DIFFERENTLY : AS_BEFORE;
}

interface Tested {
  calls: TestedCall[];
  damaged: { session_id: string; message: string }[];
  /** A signal ended it before the last one: the exit code. */
  left: number | undefined;
}

/** One session after the other; what can't be read is left out and named. */
async function testAll(
  { io, environment }: CommandContext,
  { clock }: Workspace,
  ids: readonly string[],
  test: (id: string, all: ReadonlySet<string>) => Promise<TestedCall[]>,
): Promise<Tested> {
  const all = new Set(ids);
  const tested: Tested = { calls: [], damaged: [], left: undefined };
  const bar = createProgressBar({ output: io.stderr, clock, environment, doing: 'judging', unit: 'sessions', total: ids.length }); // prettier-ignore
  const stopListening = onSignals(({ exitCode }) => (tested.left = exitCode));
  try {
    for (const [index, session_id] of ids.entries()) {
      try {
        tested.calls.push(...(await test(session_id, all)));
      } catch (thrown) {
        tested.damaged.push({ session_id, message: toRuntimeError(thrown).message });
      }
      bar.update(index + 1);
      await setImmediate(); // judging waits for nothing: without this no signal would be heard
      if (tested.left !== undefined) break;
    }
  } finally {
    bar.end();
    stopListening();
  }
  return tested;
}

function countsOf(calls: readonly TestedCall[]): Record<'recorded' | 'verdict', Record<Verdict, number>> {
  const count = (of: 'recorded' | 'verdict'): Record<Verdict, number> => {
    const counts = { allow: 0, require_approval: 0, deny: 0 };
    for (const call of calls) counts[call[of]]++;
    return counts;
  };
  return { recorded: count('recorded'), verdict: count('verdict') };
}

/** `130 calls, 12 judged differently: allow 100 → 90, ask 20 → 25, deny 10 → 15`. */
function summary(calls: readonly TestedCall[], different: number): string[] {
  if (calls.length === 0) return [];
  const { recorded, verdict } = countsOf(calls);
  const counts = VERDICTS.map((one) => `${WORDS[one]} ${recorded[one]} → ${verdict[one]}`).join(', ');
  return [`${calls.length} call${calls.length === 1 ? '' : 's'}, ${different} judged differently: ${counts}`];
}

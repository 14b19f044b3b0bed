/**
 * A policy held to its own tests: each is judged as `policy check` judges a call, and nothing runs. What isn't the policy's has
 * no say: neither the standing grants nor the time of the day.
 */
import { toRuntimeError } from '../contract/errors.ts';
import type { Policy, RuleVerdict } from '../contract/manifest.ts';
import type { PolicyCase } from '../contract/policy-case.ts';
import type { ToolHost } from '../contract/ports.ts';
import type { Verdict } from '../contract/values.ts';
import { judge } from '../kernel/policy/judge.ts';
import { DAYS } from '../kernel/policy/patterns.ts';
import type { Asked } from '../kernel/policy/rules.ts';
import type { Complaint } from './config/check.ts';
import type { PolicyCases } from './config/policy-cases.ts';
import { inspectTried } from './policy-check.ts';
import { LOCAL_ACTOR } from './principal.ts';

export interface CaseResult {
  /** Its place among the tests. */
  test: number;
  title: string;
  passed: boolean;
  expected: Verdict;
  expected_rule?: string;
  verdict: Verdict;
  /** Those that say so. */
  rules: RuleVerdict[];
  reason: string;
}

/** `own`: what the ids of the file's own rules begin with. @throws RuntimeError config_invalid: arguments that no tool takes */
export async function runCases(
  { cases, refuse }: PolicyCases,
  { tools, policy, project_root, own }: { tools: ToolHost; policy: Policy; project_root: string; own: string },
): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  const wrong: Complaint[] = [];
  for (const [test, one] of cases.entries()) {
    const { title, tool, args, expect: expected, rule } = one;
    const arguments_raw = JSON.stringify(args);
    try {
      const call = await inspectTried(tools, policy, { tool, arguments_raw, project_root }, askedIn(one));
      const { verdict, rules, reason } = judge([policy], [], call!);
      const deciding = rules.filter((applied) => applied.verdict === verdict);
      const isByRule = rule === undefined || deciding.some(({ id }) => id === rule || id === own + rule);
      results.push({
        test,
        title: title ?? `${tool} ${arguments_raw}`,
        passed: verdict === expected && isByRule,
        expected,
        ...(rule !== undefined && { expected_rule: rule }),
        verdict,
        rules: deciding,
        reason,
      });
    } catch (thrown) {
      const { code, message } = toRuntimeError(thrown);
      if (code !== 'usage') throw thrown;
      wrong.push({ path: ['tests', test, 'args'], message });
    }
  }
  if (wrong.length > 0) throw await refuse(wrong);
  return results;
}

/** Without a word of it somebody at this machine waits for the answer, and there is money left. */
function askedIn({ as, channel, lane, tainted, at, budget_left }: PolicyCase): Asked {
  return {
    role: as ?? LOCAL_ACTOR.role,
    channels: [channel ?? 'cli'],
    lane: lane ?? 'interactive',
    ...(at !== undefined && { local_minute: minuteOf(at) }),
    tainted: tainted ?? false,
    left_micro_usd: budget_left === undefined ? Infinity : budget_left * 1_000_000,
  };
}

/** `mon 09:30`, as minutes since a Sunday's midnight. */
function minuteOf(at: string): number {
  const [day, time] = at.split(' ') as [string, string];
  const [hour, minute] = time.split(':').map(Number) as [number, number];
  return (DAYS.indexOf(day) * 24 + hour) * 60 + minute;
}

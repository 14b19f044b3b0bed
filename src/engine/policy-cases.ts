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
import { minuteIn } from '../kernel/policy/local-time.ts';
import type { Asked } from '../kernel/policy/rules.ts';
import type { Complaint } from './config/check.ts';
import type { PolicyCases } from './config/policy-cases.ts';
import { inspectTried, PERSON } from './policy-check.ts';

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
      const call = await inspectTried(tools, [policy], { tool, arguments_raw, project_root }, askedIn(one));
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

/** Without a word of it it is as for a person at this machine. */
function askedIn({ as, channel, lane, tainted, at, budget_left }: PolicyCase): Asked {
  return {
    ...PERSON,
    ...(as !== undefined && { role: as }),
    ...(channel !== undefined && { channels: [channel] }),
    ...(lane !== undefined && { lane }),
    ...(tainted !== undefined && { tainted }),
    ...(at !== undefined && { local_minute: minuteIn(at) }),
    ...(budget_left !== undefined && { left_micro_usd: budget_left * 1_000_000 }),
  };
}

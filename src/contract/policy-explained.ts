/** Why a call was judged as it was: `runtime.policy-explain.v1`, what `runtime policy explain … -o json` prints. Types only. */
import type { RuleVerdict } from './manifest.ts';
import type { Verdict } from './values.ts';

/** A condition that doesn't hold, or of which nobody can know (`maybe`). */
export interface UnmetCondition {
  condition: string;
  wanted: string;
  /** What the call has of it. */
  found: string;
  answer: 'no' | 'maybe';
}

export interface ExplainedRule {
  id: string;
  decision: Verdict;
  reason?: string;
  /** `partly`: it allows some parts of the call, and others must be allowed by other rules. */
  holds: 'yes' | 'maybe' | 'partly' | 'no';
  unmet: UnmetCondition[];
  /** Of an allow: the parts of the call that it doesn't cover, and by which of its conditions. */
  uncovered?: { part: string; lacks: string[] }[];
}

/** The rules that look at the call's tool. */
export interface ExplainedPolicy {
  rules: ExplainedRule[];
  /** Parts of the call that no rule of `allow` covers. Empty where there is no such rule. */
  uncovered: string[];
}

export interface PolicyExplanation {
  schemaVersion: 'runtime.policy-explain.v1';
  session_id: string;
  call_id: string;
  tool: string;
  title: string;
  verdict: Verdict;
  reason: string;
  /** All that applied, by what was recorded. */
  applied: RuleVerdict[];
  grant_id?: string;
  /** Those in force then, and the rules that were granted for this tool. Absent: what they said is not there any more. */
  policies?: ({ which: 'frozen' | 'session' | 'since' | 'granted' } & ExplainedPolicy)[];
}

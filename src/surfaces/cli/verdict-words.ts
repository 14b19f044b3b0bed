import type { Verdict } from '../../contract/values.ts';

/** Verdicts where there is little room. */
export const VERDICT_WORDS: Record<Verdict, string> = { allow: 'allow', require_approval: 'ask', deny: 'deny' };

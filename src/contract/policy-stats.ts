/** How the policy decided: `runtime.policy-stats.v1`, what `runtime policy stats -o json` prints. Types only. */

/** Calls, each as it was judged last. */
export interface Decided {
  calls: number;
  /** Ran without asking; also where a grant answered. */
  allowed: number;
  asked: number;
  /** Of those that asked, how they were answered. The others wait, or their turn ended before. */
  granted: number;
  refused: number;
  expired: number;
  denied: number;
}

export interface PolicyStats {
  schemaVersion: 'runtime.policy-stats.v1';
  since?: string;
  until?: string;
  total: Decided;
  tools: ({ tool: string } & Decided)[];
  /** `earlier`: a rule that the policy doesn't have any more, by where it stood. */
  rules: ({ rule: string; earlier?: true } & Decided)[];
  /** Rules of the policy as it is now that applied to none of the calls. */
  unused: string[];
  /** Sessions that are damaged: they are counted up to there. */
  unreadable: string[];
}

/** `runtime.why.v1`: what `runtime why … -o json` prints. Types only. */

/** One thing that is known, and what says so: `seq 17 approval.resolved`, `ingress/1.jsonl seq 4`. */
export interface WhyLine {
  text: string;
  evidence: string[];
  /** Nothing says so any more, or nothing ever did. */
  missing?: true;
}

export type WhyTopic =
  | 'asked'
  | 'turn'
  | 'reply'
  | 'call'
  | 'inspected'
  | 'policy'
  | 'approval'
  | 'budget'
  | 'started'
  | 'outcome'
  | 'answer'
  | 'followed';

/** A link of the chain. */
export interface WhyStep {
  topic: WhyTopic;
  lines: WhyLine[];
}

export interface WhyReport {
  schemaVersion: 'runtime.why.v1';
  id: string;
  kind: 'approval' | 'call' | 'event' | 'reply' | 'think' | 'turn';
  /** Absent: nobody knows any more which it was. */
  session_id?: string;
  /** How it stands, first. */
  answer: WhyLine;
  /** From the message that began it to what came of it. */
  steps: WhyStep[];
  /** The last intact entry of a damaged journal. */
  damaged_behind?: number;
}

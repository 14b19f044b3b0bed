/** What people were promised: each thing that the program acknowledged, as they remember it. */
import type { ApprovalRecord } from '../../../src/contract/answers.ts';
import type { EventStatus, Resolution, Submission } from '../../../src/contract/host.ts';

/** A message that somebody wants to be answered, and sends until it is accepted. */
export interface Sent {
  name: string;
  submission: Submission;
  tries: number;
  /** Its lane had no room when it was sent last. */
  full?: boolean;
  /** To which life of its session it was sent first. */
  life: number;
  /** It won't be accepted any more: what it was for has been removed. */
  refused?: boolean;
  event?: { event_id: string; session_id: string };
}

export interface Ledger {
  sent: Sent[];
  /** Accepted, by event id: for which life of which session. */
  accepted: Map<string, { session_id: string; life: number }>;
  /** Messages that found their lane full when they were sent first. */
  refused: Sent[];
  /** What each was told of the end of a message. */
  ends: (EventStatus & { life: number })[];
  /** Messages of which the ingress log says that they were stopped or dropped: their sessions may never have had them. */
  ended: Set<string>;
  /** Approvals as somebody saw them waiting last. Of a session that was made anew they may have the same ids. */
  shown: Map<string, ApprovalRecord & { life: number }>;
  /** Answers that were acknowledged. */
  answers: { record: ApprovalRecord; resolution: Resolution; life: number; epoch: number }[];
  /** Stops that were acknowledged, by event id. */
  stops: { session_id: string; event_id: string; life: number }[];
  /** Sessions that were acknowledged: forks. */
  forks: { session_id: string; life: number }[];
  /** Approvals that somebody has tried to grant, and standing grants that somebody has tried to take back. */
  granting: Set<string>;
  revoked: Set<string>;
  /** Standing grants of which that was acknowledged. */
  takenBack: Set<string>;
  /** How often the policy was changed, in whatever way. */
  policyChanges: number;
  /** Somebody was told that the policy holds, as it was after so many changes: how far each life of a session was then. */
  held: { change: number; seqs: Map<string, number> } | undefined;
  /** A session that somebody wanted removed may be gone with all that was promised of it: then its next life begins. */
  life(session: string): number;
  endLife(session: string): void;
}

export function createLedger(): Ledger {
  const lives = new Map<string, number>();
  const life = (session: string): number => lives.get(session) ?? 1;
  return {
    sent: [],
    accepted: new Map(),
    refused: [],
    ends: [],
    ended: new Set(),
    shown: new Map(),
    answers: [],
    stops: [],
    forks: [],
    granting: new Set(),
    revoked: new Set(),
    takenBack: new Set(),
    policyChanges: 0,
    held: undefined,
    life,
    endLife: (session) => void lives.set(session, life(session) + 1),
  };
}

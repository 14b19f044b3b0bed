/**
 * Fairness between senders: a message goes in the round after its sender's last one, and never in a round that is over. So
 * however many a sender has waiting, another's first goes in the round that is on. Rounds are counted for each lane and
 * priority while anything waits there.
 */
import type { IngressEvent } from '../../contract/records.ts';
import { senderOf } from './sender.ts';

/** A message's place in its lane: the higher priority first, then the lower round. */
export interface Rank {
  priority: number;
  round: number;
}

type Sent = Pick<IngressEvent, 'lane' | 'priority' | 'actor' | 'source'>;

export interface Rounds {
  /** A message begins to wait; `behind`: the rank of one that it must not overtake. */
  enter(sent: Sent, behind: Rank | undefined): Rank;
  /** A message that was taken waits again, where it was. */
  stay(sent: Sent, rank: Rank): void;
  /** A message is the next that goes. */
  take(sent: Sent, rank: Rank): void;
  /** A message waits no longer. */
  leave(sent: Sent, rank: Rank): void;
}

interface Group {
  /** The one that is on. */
  round: number;
  /** By sender, the round of its last message. */
  last: Map<string, number>;
  waiting: number;
}

export function createRounds(): Rounds {
  const groups = new Map<string, Group>();
  const keyOf = ({ lane }: Sent, priority: number): string => `${lane} ${priority}`;

  function groupOf(sent: Sent, priority: number): Group {
    const key = keyOf(sent, priority);
    let group = groups.get(key);
    if (group === undefined) groups.set(key, (group = { round: 0, last: new Map(), waiting: 0 }));
    return group;
  }

  function leave(sent: Sent, { priority }: Rank): void {
    const key = keyOf(sent, priority);
    const group = groups.get(key);
    if (group && --group.waiting === 0) groups.delete(key);
  }

  return {
    enter(sent, behind) {
      const priority = Math.min(sent.priority ?? 0, behind?.priority ?? Infinity);
      const group = groupOf(sent, priority);
      group.waiting++;
      const sender = senderOf(sent);
      const last = group.last.get(sender);
      const own = Math.max(group.round, last === undefined ? 0 : last + 1);
      const round = behind?.priority === priority ? Math.max(own, behind.round) : own;
      group.last.set(sender, round);
      return { priority, round };
    },
    stay: (sent, { priority }) => void groupOf(sent, priority).waiting++,
    take(sent, rank) {
      const group = groups.get(keyOf(sent, rank.priority));
      if (group && rank.round > group.round) {
        group.round = rank.round;
        for (const [sender, last] of group.last) if (last < group.round) group.last.delete(sender);
      }
      leave(sent, rank);
    },
    leave,
  };
}

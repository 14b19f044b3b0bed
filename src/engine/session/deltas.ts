/** Pieces of text on their way to whoever watches. Ephemeral, but no secret is shown in them either. */
import type { Entry } from '../../contract/entries.ts';
import type { Delta } from './effects.ts';
import type { Redactor, StreamRedactor } from './redact.ts';

export interface Deltas {
  push(delta: Delta, turn: number): void;
  /** The entry with which a call ends: what was held back of its texts is shown before it. */
  end(entry: Entry): void;
}

interface Flow {
  stream: StreamRedactor;
  last: Delta;
  turn: number;
}

export function createDeltas(redactor: Redactor, show: (delta: Delta, turn: number) => void): Deltas {
  const flows = new Map<string, Flow>();
  /** Arguments are recorded as they run. */
  const streamOf = (kind: Delta['kind']): StreamRedactor => (kind === 'arguments' ? redactor.exact : redactor).stream();
  return {
    push(delta, turn) {
      const key = `${delta.call_id} ${delta.kind}`;
      const stream = flows.get(key)?.stream ?? streamOf(delta.kind);
      flows.set(key, { stream, last: delta, turn });
      const text = stream.push(delta.text);
      if (text !== '') show({ ...delta, text }, turn);
    },
    end(entry) {
      if (entry.type !== 'model.replied' && entry.type !== 'model.failed' && entry.type !== 'call.finished') return;
      for (const [key, { stream, last, turn }] of flows) {
        if (last.call_id !== entry.data.call_id) continue;
        flows.delete(key);
        const text = stream.end();
        if (text !== '') show({ ...last, text }, turn);
      }
    },
  };
}

/** Follows the turns of all sessions by their entries, and tells what is over. */
import type { Entry } from '../../contract/entries.ts';
import type { Journal } from '../../contract/ports.ts';
import type { TelemetrySink, TraceContext } from '../../contract/telemetry.ts';
import type { RunnerEvent } from '../session/runner.ts';
import { traceIdOf } from './trace-id.ts';
import { createTurnTrace, type TurnTrace } from './turn-trace.ts';

export interface SessionTraces {
  /** To be told of every event of every session. Gives the id of the trace that it belongs to, where that is known. */
  took(session_id: string, event: RunnerEvent): string | undefined;
  /** A message was accepted for somebody: its turn is part of what they do. */
  accepted(event_id: string, within: TraceContext): void;
}

/** Messages whose turn has not begun; of more the oldest ones are forgotten, and have a trace of their own. */
const MOST_WAITING = 10_000;

export function createSessionTraces(
  sink: Pick<TelemetrySink, 'span' | 'modelCall'>,
  journal: Pick<Journal, 'read'>,
): SessionTraces {
  /** Those that are open; entries that wait until is known how their turn began. */
  const turns = new Map<string, TurnTrace | { waiting: Entry[] }>();
  const within = new Map<string, TraceContext>();

  function begin(session_id: string, started: Extract<Entry, { type: 'turn.started' }>): TurnTrace {
    const [first = ''] = started.data.event_ids;
    const parent = within.get(first) ?? { trace_id: traceIdOf(first), span_id: '', sampled: true };
    for (const event_id of started.data.event_ids) within.delete(event_id);
    const trace = createTurnTrace(session_id, started, parent);
    turns.set(session_id, trace);
    return trace;
  }

  function tell(session_id: string, trace: TurnTrace, entry: Entry): void {
    const { span, call } = trace.take(entry);
    if (span) sink.span(span);
    if (call) sink.modelCall(call);
    if (entry.type === 'turn.ended') turns.delete(session_id);
  }

  /** A turn that began before this process did: the journal has what came before. */
  async function recover(session_id: string, waiting: Entry[]): Promise<void> {
    const [first] = waiting as [Entry];
    let before: Entry[] = [];
    await journal.read(session_id, ({ entry }) => {
      if (entry.seq >= first.seq) return;
      if (entry.type === 'turn.started') before = [];
      before.push(entry);
    });
    const [started, ...earlier] = before;
    turns.delete(session_id);
    if (started?.type !== 'turn.started') return;
    const trace = begin(session_id, started);
    for (const entry of earlier) trace.take(entry);
    for (const entry of waiting) tell(session_id, trace, entry);
  }

  return {
    took(session_id, event) {
      if (event.kind !== 'entry' || event.turn === undefined) return undefined;
      const { entry } = event.stored;
      const known = entry.type === 'turn.started' ? begin(session_id, entry) : turns.get(session_id);
      if (known === undefined) {
        const waiting = [entry];
        turns.set(session_id, { waiting });
        recover(session_id, waiting).catch(() => turns.delete(session_id)); // the turn is what matters
        return undefined;
      }
      if ('waiting' in known) {
        known.waiting.push(entry);
        return undefined;
      }
      tell(session_id, known, entry);
      return known.trace_id;
    },
    accepted(event_id, context) {
      within.set(event_id, context);
      for (const oldest of within.keys()) {
        if (within.size <= MOST_WAITING) break;
        within.delete(oldest);
      }
    },
  };
}

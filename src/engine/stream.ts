/** What a runner tells its listeners, as `runtime.event.v1`. */
import type { StoredEntry } from '../contract/ports.ts';
import type { StreamEvent } from '../contract/stream.ts';
import type { RunnerEvent } from './session/runner.ts';

export function toStreamEvent(session: string, event: RunnerEvent, now: number): StreamEvent {
  if (event.kind === 'entry') return entryEvent(session, event.stored, event.turn);
  return {
    schemaVersion: 'runtime.event.v1',
    id: null,
    seq: event.seq,
    at: now,
    scope: { kind: 'session', id: session },
    turn: event.turn,
    type: 'delta',
    data: event.delta,
  };
}

export function entryEvent(session: string, { id, entry }: StoredEntry, turn: number | undefined): StreamEvent {
  return {
    schemaVersion: 'runtime.event.v1',
    id,
    seq: entry.seq,
    at: entry.at,
    scope: { kind: 'session', id: session },
    ...(turn !== undefined && { turn }),
    type: entry.type,
    data: entry.data,
  };
}

/** Gives each entry of a journal its turn, in order. */
export function createTurnCounter(): (stored: StoredEntry) => number | undefined {
  let turn: number | undefined;
  return ({ entry }) => {
    if (entry.type === 'turn.started') turn = entry.data.turn;
    const of = turn;
    if (entry.type === 'turn.ended') turn = undefined;
    return of;
  };
}

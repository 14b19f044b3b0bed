/** Follows the turns of all sessions by their entries: how long each took that began here, and which are open now. */
import type { RunnerEvent } from '../../engine/session/runner.ts';

export interface TurnWatch {
  /** To be told of every event. Gives the duration (ms) when a turn ends by it whose begin was seen. */
  take(session_id: string, event: RunnerEvent): number | undefined;
  /** How many turns are open, of those in which something has happened here. */
  open(): number;
}

export function createTurnWatch(): TurnWatch {
  /** Since when, where that was seen. */
  const open = new Map<string, number | undefined>();
  return {
    take(session_id, event) {
      if (event.kind !== 'entry' || event.turn === undefined) return undefined;
      const { entry } = event.stored;
      if (entry.type === 'turn.ended') {
        const began = open.get(session_id);
        open.delete(session_id);
        return began === undefined ? undefined : entry.at - began;
      }
      if (entry.type === 'turn.started') open.set(session_id, entry.at);
      else if (!open.has(session_id)) open.set(session_id, undefined);
      return undefined;
    },
    open: () => open.size,
  };
}

import type { ChildEnd } from '../../contract/ports.ts';
import { NO_USAGE } from '../../kernel/turn/state.ts';

/** The end of a try of which no turn says anything. */
export function nothingDone(reason: ChildEnd['reason'], message: string): ChildEnd {
  return {
    reason,
    head: { seq: 0, hash: '0'.repeat(64) },
    result: [{ type: 'text', text: message }],
    taint: [],
    usage: NO_USAGE,
    model_calls: 0,
    tool_calls: 0,
    active_ms: 0,
  };
}

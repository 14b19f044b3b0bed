/** What the session of a step does now, in a few words. */
import type { EntryData, EntryType } from '../../contract/entries.ts';
import type { StreamEvent } from '../../contract/stream.ts';
import { createShownCalls, type ShownCall } from '../call-facts.ts';

export interface StepActivity {
  take(event: StreamEvent): void;
  /** `asks`: it does nothing but wait for a person. */
  now(): { doing: string; asks: boolean };
  /** What was shown of a call. */
  shown(call_id: string): ShownCall | undefined;
}

export function createStepActivity(): StepActivity {
  const shown = createShownCalls();
  /** Calls that run, and of those that wait for a person the call by the approval. */
  const running = new Set<string>();
  const asked = new Map<string, string>();
  let word = '';
  const titleOf = (call_id: string): string => shown.get(call_id)?.title ?? call_id;

  const TAKERS: { [T in EntryType]?: (data: EntryData<T>) => void } = {
    'turn.started'() {
      for (const all of [shown, running, asked]) all.clear();
      word = 'begins';
    },
    'model.requested': ({ purpose, attempt }) => {
      word = purpose === 'compact' ? 'sums up' : attempt === 1 ? 'thinks' : `thinks, attempt ${attempt}`;
    },
    'model.replied': ({ tool_calls }) => {
      for (const { call_id, name } of tool_calls) shown.named(call_id, name);
    },
    'model.failed': ({ class: kind }) => {
      if (kind !== 'aborted') word = `the model failed (${kind.replaceAll('_', ' ')})`;
    },
    'call.inspected': shown.inspected,
    'policy.decided': shown.decided,
    'approval.requested': ({ approval_id, call_id }) => void asked.set(approval_id, call_id),
    'approval.resolved': ({ approval_id }) => void asked.delete(approval_id),
    'call.started': ({ call_id }) => void running.add(call_id),
    'call.finished': ({ call_id }) => void running.delete(call_id),
    'call.abandoned': ({ call_id }) => void running.delete(call_id),
    'turn.reflected': ({ signal }) => {
      word = signal === 'stop' ? 'ends' : 'thinks';
    },
  };

  return {
    take(event) {
      if (event.type === 'delta') {
        if (event.data.kind === 'text') word = 'answers';
      } else if (event.id !== null) TAKERS[event.type as EntryType]?.(event.data as never);
    },
    shown: shown.get,
    now() {
      const [call, ...others] = [...running].reverse();
      if (call !== undefined) {
        return { doing: `${titleOf(call)}${others.length > 0 ? ` (+${others.length})` : ''}`, asks: false };
      }
      const [waiting] = asked.values();
      return waiting === undefined ? { doing: word, asks: false } : { doing: titleOf(waiting), asks: true };
    },
  };
}

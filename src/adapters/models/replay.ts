/** A model that gives recorded replies again, in their order: the n-th answer of a history is the n-th that was recorded. */
import type { ModelReply } from '../../contract/messages.ts';
import type { ModelClient } from '../../contract/ports.ts';
import { abortFault, failureOf, ModelFault } from './reply/fault.ts';

/** `source`: whose replies they are, as messages name it. */
export function createReplayClient(source: string, replies: readonly ModelReply[]): ModelClient {
  return {
    async ask({ messages }, { signal, onDelta }) {
      if (signal.aborted) return failureOf(abortFault());
      // Nothing is remembered, so another process goes on where this one ended.
      const given = messages.filter(({ role }) => role === 'assistant').length;
      const reply = replies[given];
      if (reply === undefined) {
        const message = `${source} has ${replies.length} recorded replies, and this request wants number ${given + 1}.`;
        return failureOf(new ModelFault('invalid_request', 'nothing_recorded', message));
      }
      for (const part of reply.parts) if (part.type === 'text') onDelta({ kind: 'text', text: part.text });
      return reply;
    },
  };
}

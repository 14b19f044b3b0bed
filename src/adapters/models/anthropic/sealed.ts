/** Reasoning blocks, which are kept in the journal and go back as they came: with a signature, or encrypted as a whole. */
import type { RedactedThinkingBlockParam, ThinkingBlockParam } from '@anthropic-ai/sdk/resources/messages';
import type { MessagePart } from '../../../contract/messages.ts';

type Reasoning = Extract<MessagePart, { type: 'reasoning' }>;
type Sealed = { signature: string } | { redacted: string };

export function seal(text: string, sealed: Sealed | undefined, reasoner: string): Reasoning {
  return {
    type: 'reasoning',
    ...(text !== '' && { text }),
    ...(sealed && { opaque: JSON.stringify(sealed), provider: reasoner }),
  };
}

/** @param part Sealed by this service. */
export function unseal({ text, opaque }: Reasoning): ThinkingBlockParam | RedactedThinkingBlockParam {
  const sealed = JSON.parse(opaque!) as Sealed;
  return 'redacted' in sealed
    ? { type: 'redacted_thinking', data: sealed.redacted }
    : { type: 'thinking', thinking: text ?? '', signature: sealed.signature };
}

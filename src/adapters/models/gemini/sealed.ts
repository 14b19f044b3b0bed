/**
 * Thought signatures: Google's models seal what they thought into a text or a call, and want it back with that very part.
 * https://ai.google.dev/gemini-api/docs/thought-signatures
 */
import type { MessagePart } from '../../../contract/messages.ts';

type Reasoning = Extract<MessagePart, { type: 'reasoning' }>;

export interface Signatures {
  text?: string;
  /** By the number of the call in its reply, from 0. */
  calls?: Record<string, string>;
}

/** Stands for the signature of a call that another provider's model made: documented there for such histories. */
export const UNSIGNED = 'skip_thought_signature_validator';

/** The part that keeps a reply's thoughts and signatures; none where there are neither. */
export function seal(text: string, signatures: Signatures, reasoner: string): Reasoning[] {
  const isSigned = signatures.text !== undefined || signatures.calls !== undefined;
  if (text === '' && !isSigned) return [];
  return [
    {
      type: 'reasoning',
      ...(text !== '' && { text }),
      ...(isSigned && { opaque: JSON.stringify(signatures), provider: reasoner }),
    },
  ];
}

/** @param part Sealed by this service. */
export function unseal({ opaque }: Reasoning): Signatures {
  return JSON.parse(opaque!) as Signatures;
}

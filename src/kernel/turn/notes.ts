/** What the runtime itself tells the model between two thinks. */
import type { Content } from '../../contract/messages.ts';

export function noteOf(signal: string, reason: string): Content | undefined {
  if (signal === 'retry') {
    return {
      role: 'note',
      text:
        reason === 'cut_by_length'
          ? 'Your last reply was cut off at its length limit and was not used. Answer more briefly.'
          : 'Your last reply was empty. Answer the person, or call a tool.',
    };
  }
  if (signal === 'replan') {
    return {
      role: 'note',
      text: 'You made the same calls with the same results three times. Repeating them once more ends the turn: try something else, or answer with what you have.',
    };
  }
  return undefined;
}

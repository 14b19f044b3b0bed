/** What is recorded of a model that can't see what it is given: the person hears of it once. */
import type { EntryData } from '../../contract/entries.ts';
import type { ModelChoice } from '../../contract/manifest.ts';
import type { Message, ModelFailure } from '../../contract/messages.ts';
import { attachedName, attachedParts, isUnseen, seesAll } from '../../kernel/context/unseen.ts';
import type { Folded } from './fold.ts';

/** So many are named; the model was told of each. */
const MOST_NAMED = 10;

/** What the model is not shown of the history, where it has something that nobody was told of with this model. */
export function unseenOf(
  choice: ModelChoice,
  history: readonly Message[],
  { seqs, remembered }: Pick<Folded, 'seqs' | 'remembered'>,
): EntryData<'model.replied'>['unseen'] {
  if (seesAll(choice)) return undefined;
  const told = remembered.unseen?.model === choice.name ? remembered.unseen.seq : 0;
  const fresh = attachedParts(history)
    .filter(({ needs }) => isUnseen(choice, needs))
    .map(({ index, part }) => ({ seq: seqs[index]!, name: attachedName(part) }))
    .filter(({ seq }) => seq > told);
  if (fresh.length === 0) return undefined;
  const parts = fresh.slice(-MOST_NAMED).map(({ name }) => name);
  return { model: choice.name, seq: fresh.at(-1)!.seq, parts };
}

/** Where nobody has said what a model sees, images are sent, and a service that refuses them gives any reason. */
export function withAdvice(failure: ModelFailure, choice: ModelChoice, sent: readonly Message[]): ModelFailure {
  if (failure.class !== 'invalid_request' || choice.sees !== undefined || attachedParts(sent).length === 0) {
    return failure;
  }
  const advice = `Images or documents were sent with it. If this model can't see them, say so in its entry of models.registry: \`sees: []\`; then they are left out.`;
  return { ...failure, message: `${failure.message} ${advice}` };
}

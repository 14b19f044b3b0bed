/** A session's model that has left the configuration: what was said to it is sent to no other by itself. */
import { RuntimeError } from '../contract/errors.ts';
import type { Session } from '../kernel/turn/state.ts';

export type OfModel = Pick<Session, 'model' | 'model_listed'>;

/** Did it stand in the configuration when it was chosen, and doesn't now? */
export function isGone({ model, model_listed }: OfModel, isListed: (model: string) => boolean): boolean {
  return model !== undefined && model_listed === true && !isListed(model);
}

/** @throws RuntimeError model_gone */
export function requireModelThere(session: OfModel, isListed: (model: string) => boolean): void {
  if (!isGone(session, isListed)) return;
  throw new RuntimeError(
    'model_gone',
    `The model "${session.model}" of this session is not in the configuration any more.`,
  );
}

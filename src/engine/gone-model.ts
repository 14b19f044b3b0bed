/** A session's model that has left the configuration: what was said to it is sent to no other by itself. */
import type { Config } from '../contract/config.ts';
import { RuntimeError } from '../contract/errors.ts';
import type { Session } from '../kernel/turn/state.ts';
import { isListed } from './config/models.ts';

export type OfModel = Pick<Session, 'model' | 'model_listed'>;

/** Did it stand in the configuration when it was chosen, and doesn't now? */
export function hasLeft({ model, model_listed }: OfModel, config: Config): boolean {
  return model !== undefined && model_listed === true && !isListed(config, model);
}

/** @throws RuntimeError model_gone */
export function requireModelThere(session: OfModel, config: Config): void {
  if (!hasLeft(session, config)) return;
  throw new RuntimeError(
    'model_gone',
    `The model "${session.model}" of this session is not in the configuration any more.`,
  );
}

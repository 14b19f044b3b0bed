/** A session's model that has left the configuration: what was said to it is sent to no other by itself. */
import type { Config } from '../contract/config.ts';
import { RuntimeError } from '../contract/errors.ts';
import type { ModelChoice } from '../contract/manifest.ts';
import type { ModelAnswer, ModelRequest } from '../contract/messages.ts';
import type { Session } from '../kernel/turn/state.ts';
import { isListed } from './config/models.ts';

export type OfModel = Pick<Session, 'model' | 'model_listed'>;

/** Did it stand in the configuration when it was chosen, and doesn't now? */
export function hasLeft({ model, model_listed }: OfModel, config: Config): boolean {
  return model !== undefined && model_listed === true && !isListed(config, model);
}

/** `wanted`: instead of the session's; to name that once more chooses no other. @throws RuntimeError model_gone */
export function requireModelThere(session: OfModel, config: Config, wanted = session.model): void {
  if (wanted !== session.model || !hasLeft(session, config)) return;
  throw gone(session.model!);
}

function gone(model: string): RuntimeError {
  return new RuntimeError('model_gone', `The model "${model}" of this session is not in the configuration any more.`);
}

/** Stands for a provider in turns that ask nobody. */
const NOBODY = 'nobody';

/** What a turn asks whose message was accepted while the model was there: nobody, so that it ends and holds nothing up. */
export function nobodyFor(model: string): ModelChoice {
  return { name: model, provider: NOBODY, model, max_output_tokens: 1 };
}

/** What such a turn is answered; undefined: its model is asked. */
export function answerOfNobody({ provider, name }: Pick<ModelRequest, 'provider' | 'name'>): ModelAnswer | undefined {
  if (provider !== NOBODY) return undefined;
  const { code, message, next } = gone(name);
  const usage = { input: 0, output: 0, cached: 0, reasoning: 0 };
  return { ok: false, class: 'invalid_request', code, message: `${message} ${next}`, usage };
}

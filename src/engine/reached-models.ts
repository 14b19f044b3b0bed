/** The models that this process asks, and how each is reached by the configuration in force. */
import type { Models } from '../adapters/models/router.ts';
import type { ModelSettings } from '../adapters/models/settings.ts';
import type { Config } from '../contract/config.ts';
import { answerOfNobody } from './gone-model.ts';
import { chooseModels, type ChosenModels } from './config/models.ts';
import { createModels, type ModelPorts } from './models-client.ts';

export interface ReachedModels {
  models: Models;
  /** The models for a session; `model` is the one that the caller or the session names. From then on they are known. */
  choose(model: string | undefined): ChosenModels;
  /**
   * Reaches all that are known as the configuration says now; calls that run go on as they began. One that has left the
   * configuration stays as it was, for the turns that still ask it.
   */
  renew(before: Config): void;
}

export function reachModels(
  ports: Omit<ModelPorts, 'config'> & {
    /** The one in force now. */
    config: () => Config;
  },
): ReachedModels {
  const { config, environment } = ports;
  let settings: ModelSettings[] = [];
  let client = createModels(settings, { ...ports, config: config() });

  function choose(model: string | undefined): ChosenModels {
    const chosen = chooseModels(config(), environment, model === undefined ? {} : { model });
    const known = new Set(settings.map(({ name }) => name));
    settings.push(...chosen.settings.filter(({ name }) => !known.has(name)));
    return chosen;
  }

  return {
    models: {
      prepare: (name) => client.prepare(name),
      ask: async (request, context) => answerOfNobody(request) ?? client.ask(request, context),
    },
    choose,
    renew(before) {
      const hasLeft = ({ name }: ModelSettings): boolean => isIn(before, name) && !isIn(config(), name);
      const known = settings;
      settings = known.filter(hasLeft);
      for (const one of known) if (!hasLeft(one)) choose(one.name);
      client = createModels(settings, { ...ports, config: config() });
    },
  };
}

function isIn({ models }: Config, name: string): boolean {
  return models.registry.some((entry) => entry.name === name);
}

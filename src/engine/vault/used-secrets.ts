import type { Config } from '../../contract/config.ts';

/** What the configuration takes from the vault, and what for. */
export function usedSecrets({ models }: Config): { name: string; by: string }[] {
  return models.registry.flatMap(({ name, api_key_vault }) =>
    api_key_vault === undefined ? [] : [{ name: api_key_vault, by: `the model ${name}` }],
  );
}

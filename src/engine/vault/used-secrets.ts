import type { Config } from '../../contract/config.ts';

/** What the configuration takes from the vault, and what for. */
export function usedSecrets(config: Config): { name: string; by: string }[] {
  const ofCommands = Object.entries(config.tools.exec_command.secrets);
  return [...modelSecrets(config), ...ofCommands.map(([variable, name]) => ({ name, by: `${variable} of commands` }))];
}

/** Those without which a turn can't begin. */
export function modelSecrets({ models }: Config): { name: string; by: string }[] {
  return models.registry.flatMap(({ name, api_key_vault }) =>
    api_key_vault === undefined ? [] : [{ name: api_key_vault, by: `the model ${name}` }],
  );
}

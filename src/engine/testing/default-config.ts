import { validate } from '#generated/config-validator.js';
import type { Config } from '../../contract/config.ts';

/** The configuration of an empty file. */
export function defaultConfig(): Config {
  const config: unknown = {};
  if (!validate(config)) throw new Error('the defaults are not valid');
  return config;
}

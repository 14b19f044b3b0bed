import { configSchema } from '#generated/config-schema.js';
import type { CommandAction } from '../context.ts';
import { printValue } from '../listing.ts';

/** `config schema` */
export const printSchema: CommandAction<object> = ({ io }) => printValue(io, 'json', configSchema);

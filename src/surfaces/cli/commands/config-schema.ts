import { configJsonSchema } from '../../../engine/config/schema.ts';
import type { CommandAction } from '../context.ts';
import { printValue } from '../listing.ts';

/** `config schema` */
export const printSchema: CommandAction<object> = ({ io }) => printValue(io, 'json', configJsonSchema());

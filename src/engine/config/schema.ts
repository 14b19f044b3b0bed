import * as z from 'zod';
import type { JsonObject } from '../../base/json.ts';
import { configSchema } from '../../contract/config.ts';

/** The JSON schema of the configuration, for editors. */
export function configJsonSchema(): JsonObject {
  return {
    title: 'Configuration of runtime',
    ...z.toJSONSchema(configSchema, { io: 'input' }),
  } as unknown as JsonObject;
}

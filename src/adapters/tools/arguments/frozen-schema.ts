import type { JsonValue } from '../../../base/json.ts';
import type { ToolSpec } from '../../../contract/manifest.ts';
import { failureOf } from '../../../base/failure.ts';
import type { Invalid } from './invalid.ts';

/**
 * Judges arguments by the schema that was frozen for the turn, when it is not the one of this build (a turn carried on
 * after an upgrade). Loads ajv, which nothing else on a turn's path does.
 */
export async function checkFrozen(parameters: ToolSpec['parameters'], value: JsonValue): Promise<Invalid[]> {
  const { Ajv } = await import('ajv');
  try {
    const validate = new Ajv({ allErrors: true, strict: false }).compile(parameters);
    if (validate(value)) return [];
    return (validate.errors ?? []).map((error) => ({
      path: error.instancePath,
      message:
        error.keyword === 'additionalProperties'
          ? `unknown property "${String(error.params['additionalProperty'])}"`
          : (error.message ?? 'is not valid'),
    }));
  } catch (error) {
    return [{ path: '', message: `the schema frozen for this turn can't be used: ${failureOf(error).message}` }];
  }
}

/** Configuration from `RUNTIME_*` variables and from flags: texts that become values by the kind of their key. */
import type { Environment } from '../../base/environment.ts';
import type { JsonValue } from '../../base/json.ts';
import type { ConfigKey } from '../../contract/config-key.ts';
import { findVariable, nearestVariable } from './keys.ts';

const PREFIX = 'RUNTIME_';
const NUMBER = /^[+-]?\d+(?:\.\d+)?$/;

/** Variables of the program that are no configuration. */
const OTHERS = new Set([
  'RUNTIME_HOME', 'RUNTIME_PAGER', 'RUNTIME_TOKEN', 'RUNTIME_CHAOS', 'RUNTIME_CRASH_AT', 'RUNTIME_TOOL_CALL',
]); // prettier-ignore

export interface FoundVariables {
  keys: { key: ConfigKey; variable: string; text: string }[];
  /** One line for each variable that looks like ours and isn't. */
  warnings: string[];
}

/** The variables that set a key. An empty one counts as not set. */
export function findVariables(environment: Environment): FoundVariables {
  const found: FoundVariables = { keys: [], warnings: [] };
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith(PREFIX) || !text || OTHERS.has(variable)) continue;
    const key = findVariable(variable);
    if (key) {
      found.keys.push({ key, variable, text });
    } else {
      const near = nearestVariable(variable);
      found.warnings.push(`unknown variable ${variable} is ignored${near ? `; did you mean ${near}?` : ''}`);
    }
  }
  return found;
}

/**
 * The value that a text means for a key: lists are separated by commas, or YAML or JSON in brackets; lists of objects and maps are YAML
 * or JSON. A text that doesn't fit stays a text, which validation refuses.
 */
export async function valueOfText(key: ConfigKey, text: string): Promise<JsonValue> {
  switch (key.kind) {
    case 'integer':
    case 'number':
      return NUMBER.test(text.trim()) ? Number(text) : text;
    case 'boolean':
      return text === 'true' || text === 'false' ? text === 'true' : text;
    case 'list': {
      const given = text.trimStart().startsWith('[') ? await loaded(text) : undefined;
      if (Array.isArray(given)) return given;
      return text.split(',').map((item) => item.trim()).filter((item) => item !== ''); // prettier-ignore
    }
    case 'counts':
    case 'texts':
    case 'objects':
      return loaded(text);
    default:
      return text;
  }
}

async function loaded(text: string): Promise<JsonValue> {
  const { load } = await import('js-yaml');
  try {
    return load(text) as JsonValue;
  } catch {
    return text;
  }
}

/** `#generated/config-{keys,schema}.js`: what the program must know about the configuration without loading zod. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { DURATION_PATTERN } from '../../src/base/duration.ts';
import type { JsonValue } from '../../src/base/json.ts';
import type { ConfigKey } from '../../src/contract/config-key.ts';
import { configSchema } from '../../src/contract/config.ts';

interface SchemaNode {
  type?: string;
  description?: string;
  default?: JsonValue;
  enum?: string[];
  pattern?: string;
  writeOnly?: boolean;
  properties?: Record<string, SchemaNode>;
  required?: string[];
  items?: SchemaNode;
  /** One value, or a list of such, or one for each name. */
  anyOf?: SchemaNode[];
  additionalProperties?: SchemaNode | false;
}

export async function generateConfigKeys(outdir: string): Promise<void> {
  const schema = z.toJSONSchema(configSchema, { io: 'input' });
  const keys = keysOf(schema as SchemaNode);
  const variables = new Set(keys.map(({ path }) => path.replaceAll('.', '_')));
  if (variables.size < keys.length) throw new Error('two configuration keys have one environment variable');
  const type = "import type { ConfigKey } from '../../src/contract/config-key.ts';\n\n";
  await write(outdir, 'config-keys', 'configKeys', keys, `${type}export declare const configKeys: ConfigKey[];\n`);
  const titled = { title: 'Configuration of runtime', ...schema };
  await write(outdir, 'config-schema', 'configSchema', titled, 'export declare const configSchema: object;\n');
}

async function write(outdir: string, name: string, constant: string, value: unknown, types: string): Promise<void> {
  await writeFile(join(outdir, `${name}.js`), `export const ${constant} = ${JSON.stringify(value, null, 1)};\n`);
  await writeFile(join(outdir, `${name}.d.ts`), types);
}

function keysOf(section: SchemaNode, prefix = ''): ConfigKey[] {
  return Object.entries(section.properties ?? {}).flatMap(([name, node]) => {
    const path = prefix + name;
    if (node.properties !== undefined) return keysOf(node, `${path}.`);
    if (node.description === undefined) throw new Error(`the configuration key ${path} has no description`);
    const values = node.enum ?? node.items?.enum ?? node.anyOf?.[0]?.enum;
    const key: ConfigKey = {
      path,
      kind: kindOf(path, node),
      description: node.description,
      ...(values && { values }),
      ...(node.default !== undefined && { default: node.default }),
      ...(section.required?.includes(name) && { required: true as const }),
      ...(node.writeOnly && { secret: true as const }),
      ...(node.items?.properties && { items: keysOf(node.items) }),
    };
    return [key];
  });
}

function kindOf(path: string, node: SchemaNode): ConfigKey['kind'] {
  if (node.enum !== undefined) return 'choice';
  if (node.pattern === DURATION_PATTERN.source) return 'duration';
  if (node.anyOf !== undefined) return node.anyOf.some(({ type }) => type === 'object') ? 'counts' : 'list';
  switch (node.type) {
    case 'string':
      return 'text';
    case 'integer':
    case 'number':
    case 'boolean':
      return node.type;
    case 'array':
      return node.items?.properties ? 'objects' : 'list';
    case 'object':
      return 'texts';
    default:
      throw new Error(`the configuration key ${path} has a type that has no form in an environment variable`);
  }
}

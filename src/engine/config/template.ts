/** The commented file that `config init` writes, made from what is known about the keys. */
import type { JsonValue } from '../../base/json.ts';
import type { ConfigKey } from '../../contract/config-key.ts';
import type { ModelEntry } from '../../contract/config.ts';
import { PROVIDERS } from '../../contract/providers.ts';
import type { FoundModels } from './found-models.ts';
import { allKeys, findKey } from './keys.ts';
import { DEFAULT_OPENAI_MODEL } from './models.ts';

const HEAD = `# Configuration of runtime. Every key may be left out. A line like "#key: value" is switched off and shows the
# default, or an example; take the "#" away to switch it on.
# A flag (--budget.turn.cost 5) beats the environment (RUNTIME_BUDGET_TURN_COST=5), which beats this file.
# \`runtime config view --origin\` shows what applies, and why. JSON schema for editors: \`runtime config schema\`.
`;

const KEYWORD = /^(?:true|false|null|yes|no|on|off)$/i;

/** The file for what was found. */
export function configTemplate(found: FoundModels): string {
  const standard = proposedDefault(found);
  const { keyed = [], ollama = [] } = found;
  const example = { name: DEFAULT_OPENAI_MODEL, provider: 'openai', api_key_env: PROVIDERS.openai.key };
  const entries = [
    ...(standard === undefined ? [example] : keyed),
    ...ollama.slice(0, 1).map((name) => ({ name, provider: 'ollama' })),
  ];
  return template(entries, standard, new Map());
}

/** The file for a model that was chosen; `settings`: further keys that are switched on. */
export function chosenTemplate(model: ModelEntry, settings: ReadonlyMap<string, JsonValue>): string {
  return template([model], model.name, settings);
}

/** The model that the found ones propose as default; undefined when there is none. */
export function proposedDefault({ keyed = [], ollama = [] }: FoundModels): string | undefined {
  return keyed[0]?.name ?? ollama[0];
}

/** Without a `standard` the models are an example, switched off. */
function template(entries: readonly object[], standard: string | undefined, settings: Settings): string {
  const rest = allKeys.filter(({ path }) => !path.startsWith('models.'));
  return [HEAD, modelsSection(entries, standard), ...sections(rest, settings)].join('\n');
}

function modelsSection(entries: readonly object[], standard: string | undefined): string {
  const off = standard === undefined ? '#' : '';
  const lines = [
    `# ${findKey('models.default')!.description}`,
    `${off}default: ${yaml(standard ?? DEFAULT_OPENAI_MODEL)}`,
    ...describe({ ...findKey('models.fallback')!, path: 'fallback' }, undefined),
    `# ${findKey('models.registry')!.description} Each may have:`,
    ...findKey('models.registry')!.items!.map(({ path, description }) => `# - ${path}: ${description}`),
    `${off}registry:`,
    ...entries.flatMap((entry) =>
      Object.entries(entry).map(
        ([key, value], index) => `${off}  ${index === 0 ? '-' : ' '} ${key}: ${yaml(value as JsonValue)}`,
      ),
    ),
  ];
  return `models:\n${indented(lines)}`;
}

type Settings = ReadonlyMap<string, JsonValue>;

/** Sections stand as they are: one without keys reads as absent, so that a single "#" switches a key on. */
function sections(keys: ConfigKey[], settings: Settings, above = ''): string[] {
  const names = [...new Set(keys.map(({ path }) => path.split('.')[0]!))];
  return names.map((name) => {
    const at = `${above}${name}.`;
    const inner = keys
      .filter(({ path }) => path.startsWith(`${name}.`))
      .map((key) => ({ ...key, path: key.path.slice(name.length + 1) }));
    const leaves = inner
      .filter(({ path }) => !path.includes('.'))
      .flatMap((key) => describe(key, settings.get(at + key.path)));
    const deeper = sections(
      inner.filter(({ path }) => path.includes('.')),
      settings,
      at,
    ).flatMap((text) => text.trimEnd().split('\n'));
    return `${name}:\n${indented([...leaves, ...deeper])}`;
  });
}

/** A key that has a value is switched on. */
function describe(key: ConfigKey, value: JsonValue | undefined): string[] {
  const line =
    value === undefined ? `#${key.path}: ${yaml(key.default ?? exampleOf(key))}` : `${key.path}: ${yaml(value)}`;
  return [`# ${key.description}`, line];
}

function exampleOf({ kind }: ConfigKey): JsonValue {
  return kind === 'list' || kind === 'objects' ? [] : '';
}

/** Words that every YAML reader takes for text stand plain, all else as JSON. */
function yaml(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(yaml).join(', ')}]`;
  const plain =
    typeof value === 'string' && /^(?:[a-z][\w.:-]*\w|\d+(?:ms|[smhd]))$/i.test(value) && !KEYWORD.test(value);
  return plain ? value : JSON.stringify(value);
}

function indented(lines: string[]): string {
  return lines.map((line) => `  ${line}\n`).join('');
}

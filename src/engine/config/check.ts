/** Rules between keys, and those that a schema can't carry. Run after the validator: every value has its type. */
import { parseDuration } from '../../base/duration.ts';
import { nearest } from '../../base/nearest.ts';
import type { Config, ModelEntry } from '../../contract/config.ts';
import { allKeys } from './keys.ts';
import { getAt } from './tree.ts';

/** What is wrong at a path of names and list positions. */
export interface Complaint {
  path: readonly PropertyKey[];
  message: string;
}

/** The built-in offline model. It needs no entry in the registry. */
export const DEMO = 'demo';

export function checkConfig(config: Config): Complaint[] {
  return [...checkChoice(config), ...checkRegistry(config), ...checkDurations(config), ...checkTelemetry(config)];
}

function checkChoice({ models }: Config): Complaint[] {
  const names = [...models.registry.map(({ name }) => name), DEMO];
  const asked: [PropertyKey[], string][] = models.fallback.map((name, index) => [['models', 'fallback', index], name]);
  if (models.default !== undefined) asked.unshift([['models', 'default'], models.default]);
  return asked
    .filter(([, name]) => !names.includes(name))
    .map(([path, name]) => {
      const near = nearest(name, names);
      return { path, message: `models.registry has no "${name}"${near ? `; did you mean "${near}"?` : ''}` };
    });
}

function checkRegistry({ models }: Config): Complaint[] {
  const names = models.registry.map(({ name }) => name);
  return models.registry.flatMap((entry, index) => {
    const at = (word: string, message: string): Complaint => ({ path: ['models', 'registry', index, word], message });
    const complaints: Complaint[] = [];
    if (names.indexOf(entry.name) < index) complaints.push(at('name', `a second model named "${entry.name}"`));
    complaints.push(...checkEntry(entry, at));
    return complaints;
  });
}

function checkEntry(entry: ModelEntry, at: (word: string, message: string) => Complaint): Complaint[] {
  const complaints: Complaint[] = [];
  if (entry.provider === 'script') {
    if (entry.script === undefined && entry.name !== DEMO)
      complaints.push(at('script', 'a script model needs a script file'));
    for (const word of ['base_url', 'api_key', 'api_key_env', 'wire'] as const) {
      if (entry[word] !== undefined) complaints.push(at(word, 'a script model has none'));
    }
  } else if (entry.script !== undefined) {
    complaints.push(at('script', 'only a model with `provider: script` has one'));
  }
  if (entry.api_key !== undefined && entry.api_key_env !== undefined) {
    complaints.push(at('api_key_env', 'give api_key or api_key_env, not both'));
  }
  if (entry.base_url !== undefined && !isHttpUrl(entry.base_url)) {
    complaints.push(at('base_url', 'expected a URL that begins with http:// or https://'));
  }
  if (entry.context !== undefined && entry.max_output !== undefined && entry.max_output > entry.context) {
    complaints.push(at('max_output', `more than the context of ${entry.context} tokens`));
  }
  if (entry.request_timeout !== undefined && parseDuration(entry.request_timeout) === 0) {
    complaints.push(at('request_timeout', 'must be longer than nothing'));
  }
  return complaints;
}

function checkTelemetry({ telemetry: { endpoint } }: Config): Complaint[] {
  if (!endpoint || isHttpUrl(endpoint)) return [];
  return [{ path: ['telemetry', 'endpoint'], message: 'expected a URL that begins with http:// or https://' }];
}

/** Where it means that there is no limit. */
const MAY_BE_ZERO = /^budget\.(?!turn\.)/;

function checkDurations(config: Config): Complaint[] {
  const complaints: Complaint[] = [];
  for (const { path, kind } of allKeys) {
    const words = path.split('.');
    if (kind === 'duration' && !MAY_BE_ZERO.test(path) && parseDuration(getAt(config, words) as string) === 0) {
      complaints.push({ path: words, message: 'must be longer than nothing' });
    }
  }
  const { timeout, max_timeout } = config.tools.exec_command;
  if (parseDuration(timeout)! > parseDuration(max_timeout)!) {
    complaints.push({ path: ['tools', 'exec_command', 'timeout'], message: `longer than max_timeout, ${max_timeout}` });
  }
  return complaints;
}

function isHttpUrl(text: string): boolean {
  const protocol = URL.parse(text)?.protocol;
  return protocol === 'http:' || protocol === 'https:';
}

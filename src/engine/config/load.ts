/**
 * Loads the configuration: a flag beats the environment, which beats the file, which beats the default. This is on the
 * way of every turn, so what is valid is read with js-yaml and a generated validator; only what isn't brings in zod and
 * the YAML parser that knows lines (explain.ts).
 */
import { statSync } from 'node:fs';
import { validate } from '#generated/config-validator.js';
import type { Environment } from '../../base/environment.ts';
import type { JsonObject } from '../../base/json.ts';
import type { Config } from '../../contract/config.ts';
import { RuntimeError } from '../../contract/errors.ts';
import { checkConfig, type Complaint } from './check.ts';
import { findVariables, valueOfText } from './environment.ts';
import { type ConfigFile, type Origin, readConfigFile } from './file.ts';
import { findKey, nearestKey } from './keys.ts';
import { dropEmptySections, getAt, isObject, setAt } from './tree.ts';

export interface ConfigRequest {
  /** See `runtimeHome`. */
  home: string;
  environment: Environment;
  /** Texts of flags, by key path. */
  overrides: ReadonlyMap<string, string>;
  /** Of `--config`. It must exist; the file in `home` need not. */
  file?: string;
  /** Further rules, of those who know more than the configuration does. */
  check?: (config: Config) => Complaint[];
}

export interface LoadedConfig {
  config: Config;
  file: ConfigFile;
  /** What the file says, also where a flag or the environment says otherwise. */
  inFile: JsonObject;
  /** Of a key that holds a value, as `orchestrator.max_turns`. */
  originOf(path: string): Origin;
  /** Lines for the person; nothing is wrong enough to stop. */
  warnings: string[];
}

/** @throws RuntimeError config_unreadable | config_invalid (each place, and what is wrong there) | usage */
export async function loadConfig(request: ConfigRequest): Promise<LoadedConfig> {
  const file = readConfigFile(request.home, request.file);
  const parsed = await parse(file);
  const { sources, warnings } = await lay(parsed, request);
  const originOf = (path: string): Origin =>
    sources.get(path) ?? { from: getAt(parsed.inFile, path.split('.')) === undefined ? 'default' : 'file' };

  const refuse = async (complaints?: Complaint[]): Promise<never> => {
    const { explainConfig } = await import('./explain.ts');
    throw explainConfig({ file, tree: parsed.tree, originOf, ...(complaints && { complaints }) });
  };
  // The validator fills the defaults in: into a copy, since the tree as given is what an explanation is about.
  const config: unknown = structuredClone(parsed.tree);
  if (!validate(config)) return refuse();
  const complaints = [...checkConfig(config), ...(request.check?.(config) ?? [])];
  if (complaints.length > 0) return refuse(complaints);
  if (holdsKey(parsed.inFile) && readableByOthers(file.path)) {
    warnings.push(`${file.path} holds an api_key and others may read it; run: chmod 600 ${file.path}`);
  }
  return { config, file, inFile: parsed.inFile, originOf, warnings };
}

interface Parsed {
  /** What the file says; then also what the environment and the flags say. */
  tree: JsonObject;
  inFile: JsonObject;
}

async function parse(file: ConfigFile): Promise<Parsed> {
  const tree = await parseMapping(file);
  dropEmptySections(tree);
  return { tree, inFile: structuredClone(tree) };
}

/** What a file of YAML or JSON says, whatever it holds. @throws RuntimeError config_invalid */
export async function parseMapping(file: ConfigFile): Promise<JsonObject> {
  const tree = /^\s*$/.test(file.text) ? {} : await parseText(file);
  if (isObject(tree)) return tree;
  throw new RuntimeError('config_invalid', `${file.path}: must hold one mapping of keys to values`);
}

async function parseText(file: ConfigFile): Promise<unknown> {
  const { loadAll } = await import('js-yaml');
  let documents: unknown[];
  try {
    documents = loadAll(file.text);
  } catch (error) {
    const { parseSlowly } = await import('./explain.ts');
    return parseSlowly(file, error);
  }
  // Several documents are no mapping either; none are only comments.
  return documents.length > 1 ? documents : (documents[0] ?? {});
}

/** Lays environment and flags over the tree. */
async function lay({ tree }: Parsed, { environment, overrides }: ConfigRequest) {
  const sources = new Map<string, Origin>();
  const { keys, warnings } = findVariables(environment);
  for (const { key, variable, text } of keys) {
    setAt(tree, key.path, await valueOfText(key, text));
    sources.set(key.path, { from: 'environment', variable, text });
  }
  checkOverrides(overrides.keys());
  for (const [path, text] of overrides) {
    setAt(tree, path, await valueOfText(findKey(path)!, text));
    sources.set(path, { from: 'flag', text });
  }
  return { sources, warnings };
}

/** @throws RuntimeError usage, when there is no such key */
export function checkOverrides(paths: Iterable<string>): void {
  for (const path of paths) {
    if (findKey(path)) continue;
    const near = nearestKey(path);
    throw new RuntimeError('usage', `unknown flag --${path}${near ? `; did you mean --${near}?` : ''}`, {
      next: 'See the keys with `runtime config schema`.',
    });
  }
}

/** Does the file itself hold the key of a model? */
function holdsKey(tree: JsonObject): boolean {
  const registry = getAt(tree, ['models', 'registry']);
  return Array.isArray(registry) && registry.some((entry) => isObject(entry) && Boolean(entry['api_key']));
}

function readableByOthers(path: string): boolean {
  return (statSync(path).mode & 0o077) !== 0;
}

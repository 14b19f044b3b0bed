/**
 * A policy as a file: what a fork gets for itself, and what recorded calls are tried against. It holds the lists of the
 * configuration's `governance`, and `sandbox`; or it is a whole configuration, of which only these count. What it doesn't
 * say is as in a configuration that doesn't say it.
 */
import { validate } from '#generated/config-validator.js';
import { nearest } from '../../base/nearest.ts';
import type { JsonObject } from '../../base/json.ts';
import type { Config } from '../../contract/config.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Policy, ToolSpec } from '../../contract/manifest.ts';
import type { Complaint } from './check.ts';
import { readConfigFile, type ConfigFile } from './file.ts';
import { loadConfig, parseMapping } from './load.ts';
import { policyLists, policyOf, unknownTools } from './policy.ts';
import { isObject } from './tree.ts';

const LISTS: readonly string[] = Object.values(policyLists);
const KEYS = [...LISTS, 'sandbox'];
const SANDBOXES: readonly unknown[] = ['auto', 'required', 'off'];

/** @throws RuntimeError config_unreadable | config_invalid (each place, and what is wrong there) */
export async function loadPolicyFile(path: string, tools: readonly ToolSpec[]): Promise<Policy> {
  const file = readConfigFile('', path, 'policy');
  const tree = await parseMapping(file);
  const config = Object.hasOwn(tree, 'governance')
    ? await wholeConfig(path, tools)
    : await listsAlone(file, tree, tools);
  return policyOf(config, tools);
}

/** Without the environment: the file means the same wherever it is read. */
async function wholeConfig(path: string, tools: readonly ToolSpec[]): Promise<Config> {
  const check = (config: Config): Complaint[] => unknownTools(config, tools);
  const { config } = await loadConfig({ home: '', file: path, environment: {}, overrides: new Map(), check });
  return config;
}

async function listsAlone(file: ConfigFile, tree: JsonObject, tools: readonly ToolSpec[]): Promise<Config> {
  const wrong = complaintsOf(tree);
  if (wrong.length > 0) throw await refusal(file, tree, wrong);
  const { sandbox, ...governance } = tree;
  const mode = isObject(sandbox) ? sandbox['mode'] : sandbox;
  const config: unknown = { governance, ...(mode !== undefined && { sandbox: { mode } }) };
  if (!validate(config)) throw await refusal(file, tree, [{ path: [], message: 'is not valid' }]);
  const unknown = unknownTools(config, tools).map(({ path, message }) => ({ path: path.slice(1), message }));
  if (unknown.length > 0) throw await refusal(file, tree, unknown);
  return config;
}

function complaintsOf(tree: JsonObject): Complaint[] {
  const complaints: Complaint[] = [];
  for (const [key, value] of Object.entries(tree)) {
    const complain = (message: string): void => void complaints.push({ path: [key], message });
    if (LISTS.includes(key)) {
      const isNames = Array.isArray(value) && value.every((name) => typeof name === 'string' && name !== '');
      if (!isNames) complain('expected a list of tool names');
    } else if (key === 'sandbox') {
      if (!SANDBOXES.includes(isObject(value) ? value['mode'] : value)) complain('expected auto, required or off');
    } else {
      const near = nearest(key, KEYS);
      complain(`unknown key${near ? `; did you mean ${near}?` : ''}`);
    }
  }
  if (Object.keys(tree).length === 0) complaints.push({ path: [], message: 'it says nothing of any tool' });
  return complaints;
}

async function refusal(file: ConfigFile, tree: JsonObject, complaints: Complaint[]): Promise<RuntimeError> {
  const { explainConfig } = await import('./explain.ts');
  const { code, message } = explainConfig({ file, tree, originOf: () => ({ from: 'file' }), complaints });
  return new RuntimeError(code, message, { next: `Correct the file: a policy has ${KEYS.join(', ')}.` });
}

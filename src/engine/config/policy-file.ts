/**
 * Policies in files of their own. What a fork gets for itself, and what recorded calls are tried against: it holds the lists
 * and rules of the configuration's `governance`, `sandbox` and `network`; or it is a whole configuration, of which only these count.
 * What it doesn't say is as in a configuration that doesn't say it. And the workspace's `policy.yaml`: further rules. Both may
 * hold `tests`, which are read by who runs them only: a mistake there keeps nobody from working.
 */
import { validate } from '#generated/config-validator.js';
import { nearest } from '../../base/nearest.ts';
import type { JsonObject } from '../../base/json.ts';
import type { Config } from '../../contract/config.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Policy, ToolSpec } from '../../contract/manifest.ts';
import type { PolicyRule } from '../../contract/policy-rule.ts';
import type { Complaint } from './check.ts';
import { readConfigFile, type ConfigFile } from './file.ts';
import { loadConfig, parseMapping } from './load.ts';
import { policyLists, policyOf, wrongPolicy } from './policy.ts';
import { rulesOf } from './policy-rules.ts';
import { isObject } from './tree.ts';

const LISTS: readonly string[] = Object.values(policyLists);
const KEYS = [...LISTS, 'rules', 'sandbox', 'network'];
/** Beside what is judged by. */
export const TESTS = 'tests';
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
  const check = (config: Config): Complaint[] => wrongPolicy(config, tools);
  const { config } = await loadConfig({ home: '', file: path, environment: {}, overrides: new Map(), check });
  return config;
}

/** The rules of the file with this name in the workspace's folder; none where there is no file. @throws RuntimeError config_unreadable | config_invalid */
export async function loadRules(path: string, tools: readonly ToolSpec[]): Promise<PolicyRule[]> {
  const file = readConfigFile('', path, 'policy');
  const tree = await parseMapping(file);
  const unknown = Object.keys(tree).filter((key) => key !== 'rules' && key !== TESTS);
  if (unknown.length > 0) {
    const complaints = unknown.map((key) => ({
      path: [key],
      message: 'unknown key; a policy.yaml has rules and tests',
    }));
    throw await refusal(file, tree, complaints, 'Move it to config.yaml, or take it away.');
  }
  if (Object.hasOwn(tree, TESTS) && !Object.hasOwn(tree, 'rules')) return [];
  const { governance } = await listsAlone(file, tree, tools);
  return rulesOf(governance.rules, (index) => `policy.yaml rules[${index}]`);
}

async function listsAlone(file: ConfigFile, whole: JsonObject, tools: readonly ToolSpec[]): Promise<Config> {
  const { [TESTS]: _, ...tree } = whole;
  const wrong = complaintsOf(tree);
  if (wrong.length > 0) throw await refusal(file, tree, wrong);
  const { sandbox, network = {}, ...governance } = tree;
  const mode = isObject(sandbox) ? sandbox['mode'] : sandbox;
  // One that says nothing of it demands nothing beyond what holds anyway.
  const config: unknown = { governance, network, sandbox: { mode: mode ?? 'off' } };
  if (!validate(config)) throw await refusal(file, tree, await complaintsOfRules(config));
  const unknown = wrongPolicy(config, tools).map(({ path, message }) => ({ path: inFile(path), message }));
  if (unknown.length > 0) throw await refusal(file, tree, unknown);
  return config;
}

/** All but the rules have been looked at. */
async function complaintsOfRules(config: unknown): Promise<Complaint[]> {
  const { schemaComplaints } = await import('./explain.ts');
  return schemaComplaints(config as JsonObject).map(({ path, message }) => ({ path: inFile(path), message }));
}

/** What stands below `governance` in a configuration has no name above it here. */
function inFile(path: readonly PropertyKey[]): readonly PropertyKey[] {
  return path[0] === 'governance' ? path.slice(1) : path;
}

function complaintsOf(tree: JsonObject): Complaint[] {
  const complaints: Complaint[] = [];
  for (const [key, value] of Object.entries(tree)) {
    const complain = (message: string): void => void complaints.push({ path: [key], message });
    if (LISTS.includes(key)) {
      const isNames = Array.isArray(value) && value.every((name) => typeof name === 'string' && name !== '');
      if (!isNames) complain('expected a list of tool names');
    } else if (key === 'rules') {
      if (!Array.isArray(value)) complain('expected a list of rules');
    } else if (key === 'sandbox') {
      if (!SANDBOXES.includes(isObject(value) ? value['mode'] : value)) complain('expected auto, required or off');
    } else if (key === 'network') {
      if (!isObject(value)) complain('expected a mapping with allow_private');
    } else {
      const near = nearest(key, [...KEYS, TESTS]);
      complain(`unknown key${near ? `; did you mean ${near}?` : ''}`);
    }
  }
  if (Object.keys(tree).length === 0) complaints.push({ path: [], message: 'it says nothing of any tool' });
  return complaints;
}

/** What is wrong with such a file, each with its place. */
export async function refusal(
  file: ConfigFile,
  tree: JsonObject,
  complaints: Complaint[],
  next = `Correct the file: a policy has ${[...KEYS, TESTS].join(', ')}.`,
): Promise<RuntimeError> {
  const { explainConfig } = await import('./explain.ts');
  const { code, message } = explainConfig({ file, tree, originOf: () => ({ from: 'file' }), complaints });
  return new RuntimeError(code, message, { next });
}

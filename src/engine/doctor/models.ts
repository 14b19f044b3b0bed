import { accessSync, constants } from 'node:fs';
import type { Clock } from '../../base/clock.ts';
import type { Environment } from '../../base/environment.ts';
import type { Config } from '../../contract/config.ts';
import { PROVIDER_NAMES, providerOf } from '../../contract/providers.ts';
import type { ModelChoice } from '../../contract/manifest.ts';
import { usableLogin } from '../../store/logins.ts';
import { servedModels } from '../config/found-models.ts';
import { codexLoginPath } from '../config/login-path.ts';
import { chooseModels, missingKey } from '../config/models.ts';
import type { Finding } from './finding.ts';

const KEYS = PROVIDER_NAMES.flatMap((name) => providerOf(name)!.key ?? []);

export async function examineModels(config: Config, environment: Environment, clock: Clock): Promise<Finding[]> {
  const { choices, settings, offline_demo } = chooseModels(config, environment);
  const findings: Finding[] = offline_demo
    ? [
        {
          check: 'model',
          status: 'note',
          message: 'no key found: the offline demo answers',
          next: 'Set OPENAI_API_KEY, ANTHROPIC_API_KEY or GEMINI_API_KEY, or write a configuration with `runtime config init`.',
        },
      ]
    : [];
  for (const [index, each] of offline_demo ? [] : settings.entries()) {
    const { name, provider, script, base_url } = each;
    const variable = missingKey(each);
    if (variable !== undefined) {
      const next = `export ${variable}=… (or name another variable in api_key_env)`;
      findings.push({
        check: 'model',
        status: 'problem',
        message: `${name}: the key is missing; ${variable} is not set`,
        next,
      });
    } else if (script !== undefined && !isReadable(script)) {
      const next = 'Correct `script` in models.registry.';
      findings.push({ check: 'model', status: 'problem', message: `${name}: can't read its script ${script}`, next });
    } else if (provider === 'ollama' && base_url?.startsWith('http:')) {
      findings.push(
        examineOllama(name, choices[index]!.model, base_url, await servedModels(`${base_url}/models`, clock)),
      );
    } else if (provider === 'openai-codex' && usableLogin(codexLoginPath(config, environment)) === undefined) {
      const message = `${name}: there is no login with ChatGPT that can be read`;
      findings.push({ check: 'model', status: 'problem', message, next: 'runtime provider login openai-codex' });
    } else {
      const where = base_url === undefined ? '' : ` at ${URL.parse(base_url)?.host ?? base_url}`;
      findings.push({ check: 'model', status: 'ok', message: `${name} (${provider}${where})` });
    }
  }
  const used = new Set(allModels(config, environment).map(({ api_key_env }) => api_key_env));
  findings.push(...examinePrices(choices));
  const unused = KEYS.filter((variable) => environment[variable] && !used.has(variable));
  if (unused.length > 0) {
    const message = `not used: ${unused.join(', ')} (no model of the configuration is asked with it)`;
    findings.push({ check: 'model', status: 'note', message });
  }
  return findings;
}

/** The models that answer, and all that may be asked for by name. */
function allModels(config: Config, environment: Environment) {
  const { registry } = config.models;
  const fallback = registry.map(({ name }) => name);
  return chooseModels({ ...config, models: { ...config.models, fallback } }, environment).settings;
}

/** Whoever sets a money limit must know that it doesn't hold. */
function examinePrices(choices: readonly ModelChoice[]): Finding[] {
  const unpriced = choices.filter(({ provider, price }) => !price && !UNPAID.has(provider));
  if (unpriced.length === 0) return [];
  const message = `no price is known of ${unpriced.map(({ name }) => name).join(', ')}: counted in tokens alone, money limits don't hold`;
  return [{ check: 'model', status: 'note', message, next: 'Set `price` in models.registry.' }];
}

/** Nothing is paid for them, or not by the token. */
const UNPAID: ReadonlySet<string> = new Set(['script', 'replay', 'ollama', 'openai-codex']);

function examineOllama(name: string, model: string, base_url: string, served: string[] | undefined): Finding {
  const host = URL.parse(base_url)?.host ?? base_url;
  if (served === undefined) {
    const next = 'Start it with `ollama serve`, or correct base_url or OLLAMA_HOST.';
    return { check: 'model', status: 'problem', message: `${name}: no Ollama answers at ${host}`, next };
  }
  if (!served.includes(model)) {
    return {
      check: 'model',
      status: 'problem',
      message: `${name}: the Ollama at ${host} has no model "${model}"`,
      next: `Get it with \`ollama pull ${model}\`, or name one of: ${served.join(', ') || 'none yet'}.`,
    };
  }
  return { check: 'model', status: 'ok', message: `${name} (ollama at ${host})` };
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** The models that can be chosen: the registry's, those of the catalogue that a key or login reaches, and what services say. */
import { createRoutes } from '../../adapters/models/http/routes.ts';
import { type ListRequest, type ModelList, listModels } from '../../adapters/models/list-models.ts';
import type { Clock } from '../../base/clock.ts';
import type { Environment } from '../../base/environment.ts';
import { mapFew } from '../../base/map-few.ts';
import type { Config, ModelEntry } from '../../contract/config.ts';
import { toRuntimeError } from '../../contract/errors.ts';
import type { ModelAbility, Price } from '../../contract/manifest.ts';
import { hasLogin } from '../../store/logins.ts';
import { wholeCatalogue } from '../config/catalogue.ts';
import { runtimeHome } from '../config/home.ts';
import { codexLoginPath } from '../config/login-path.ts';
import { entryFigures, entryOf, missingKey, modelId, reachOf, standardEntry } from '../config/models.ts';
import { createLateVault, type LateVault } from '../vault/late-vault.ts';
import { isInVault } from '../vault/vault-names.ts';
import { accountEntries } from './accounts.ts';

export interface ModelRow {
  /**
   * By which `--model` chooses it. Of one that only a service listed: its id there; unless that is the default service, it
   * needs an entry in the registry.
   */
  name: string;
  provider: string;
  /** The id that the provider knows. */
  model: string;
  /** It answers when nobody names a model. */
  default: boolean;
  /** Its place among the fallbacks, from 1. */
  fallback?: number;
  /** Other names of the same model. */
  aliases: string[];
  key: 'there' | 'missing' | 'not needed';
  /** Tokens. */
  context?: number;
  max_output?: number;
  /** Micro-USD a million tokens; absent: not known, so the model is counted in tokens alone. */
  price?: Price;
  sees?: ModelAbility[];
  reasons?: boolean;
  /** Where the figures come from; empty: nobody knows them. */
  figures: ('config' | 'catalogue' | 'provider')[];
  /** The day for which the catalogue's hold, and its source. */
  as_of?: string;
  source?: string;
  /** Who named the model. */
  listed: 'config' | 'catalogue' | 'provider';
}

/** The registry's first, in its order; the default before all. */
export function modelRows(config: Config, environment: Environment): ModelRow[] {
  const standard = standardEntry(config, environment);
  const { registry } = config.models;
  const own = [...(standard && !registry.includes(standard) ? [standard] : []), ...registry];
  const rows = own.map((entry) => rowOf(entry, config, environment, 'config'));
  const taken = new Set(rows.map((row) => `${row.provider} ${row.model}`));
  const known = catalogued(config, environment).filter(({ provider, model }) => !taken.has(`${provider} ${model}`));
  return withAliases([...rows, ...known].map((row) => ({ ...row, default: row.name === standard?.name })));
}

/** What the services say that can be asked; one that fails is told of in `failures`. */
export async function remoteRows(
  config: Config,
  environment: Environment,
  clock: Clock,
): Promise<{ rows: ModelRow[]; failures: { provider: string; host?: string; why: string }[] }> {
  const known = modelRows(config, environment);
  const requests = listRequests(config, environment);
  const vault = createLateVault({ home: runtimeHome(environment), environment, clock, config: () => config });
  const answers = await mapFew(requests, MOST_AT_ONCE, async ({ entry, request, host }) => ({
    entry,
    host,
    list: await listed(entry, request, { environment, clock, vault }),
  }));
  const rows = [...known];
  const taken = new Set(rows.map(({ provider, model }) => `${provider} ${model}`));
  const failures: { provider: string; host?: string; why: string }[] = [];
  for (const { entry, host, list } of answers) {
    const { provider } = entry;
    if (!list.ok) {
      failures.push({ provider, ...(host !== undefined && { host }), why: list.why });
      continue;
    }
    for (const { id, context, max_output } of list.models) {
      if (taken.has(`${provider} ${id}`)) continue;
      taken.add(`${provider} ${id}`);
      const { model: _, price: __, context: ___, max_output: ____, sees: _____, ...service } = entry;
      const row = rowOf({ ...service, name: id }, config, environment, 'provider');
      const says = context !== undefined || max_output !== undefined;
      rows.push({
        ...row,
        ...(context !== undefined && row.context === undefined && { context }),
        ...(max_output !== undefined && row.max_output === undefined && { max_output }),
        figures: says && row.figures.length === 0 ? ['provider'] : row.figures,
      });
    }
  }
  return { rows, failures };
}

const MOST_AT_ONCE = 8;

/** Asked by the way by which the model itself is: its proxy, certificates and headers. */
async function listed(
  { proxy, ca, api_key_vault }: ModelEntry,
  given: ListRequest,
  { environment, clock, vault }: { environment: Environment; clock: Clock; vault: LateVault },
): Promise<ModelList> {
  try {
    const key = api_key_vault === undefined ? given.key : await (await vault.open()).secret(api_key_vault);
    const request = { ...given, key };
    const own = { ...(proxy !== undefined && { proxy }), ...(ca !== undefined && { ca }) };
    return await listModels(request, { clock, routes: createRoutes(environment, own) });
  } catch (thrown) {
    return { ok: false, why: toRuntimeError(thrown).message };
  }
}

function rowOf(entry: ModelEntry, config: Config, environment: Environment, listed: ModelRow['listed']): ModelRow {
  const { from, ...figures } = entryFigures(entry, environment);
  const { settings } = reachOf(entry, environment);
  const { api_key, api_key_env, api_key_vault } = settings;
  const needsKey = [api_key, api_key_env, api_key_vault].some((one) => one !== undefined);
  const there =
    entry.provider === 'openai-codex'
      ? hasLogin(codexLoginPath(config, environment))
      : missingKey(settings) === undefined && (api_key_vault === undefined || isInVault(api_key_vault, environment));
  const fallback = config.models.fallback.indexOf(entry.name) + 1;
  return {
    name: entry.name,
    provider: entry.provider,
    model: modelId(entry),
    default: false,
    ...(fallback > 0 && { fallback }),
    aliases: [],
    key: !needsKey && entry.provider !== 'openai-codex' ? 'not needed' : there ? 'there' : 'missing',
    ...figures,
    figures: [...(from?.config ? (['config'] as const) : []), ...(from?.catalogue ? (['catalogue'] as const) : [])],
    ...from?.catalogue,
    listed,
  };
}

/** Models of the catalogue that `--model` reaches by what there is. */
function catalogued(config: Config, environment: Environment): ModelRow[] {
  const loggedIn = hasLogin(codexLoginPath(config, environment));
  return wholeCatalogue().flatMap(({ provider, id }) => {
    // A plan has the current ones only.
    const byPlan = loggedIn && provider === 'openai' && /^gpt-(5\.[3-9]|[6-9])|codex/.test(id);
    const names = byPlan ? [id, `openai-codex/${id}`] : [id];
    return names.flatMap((name) => {
      const entry = entryOf(config, environment, name);
      const isIt = entry.provider === (name === id ? provider : 'openai-codex');
      const row = rowOf(entry, config, environment, 'catalogue');
      return isIt && row.key !== 'missing' && row.figures.length > 0 ? [row] : [];
    });
  });
}

function withAliases(rows: ModelRow[]): ModelRow[] {
  return rows.map((row) => ({
    ...row,
    aliases: rows
      .filter(({ name, provider, model }) => name !== row.name && provider === row.provider && model === row.model)
      .map(({ name }) => name),
  }));
}

interface Asked {
  entry: ModelEntry;
  request: ListRequest;
  host: string | undefined;
}

/** One for each endpoint and key. A login's service has no list. */
function listRequests(config: Config, environment: Environment): Asked[] {
  const asked = new Map<string, Asked>();
  for (const entry of accountEntries(config, environment)) {
    const { settings, host, list } = reachOf(entry, environment);
    if (list === undefined || missingKey(settings) !== undefined) continue;
    const { api_key: key, headers } = settings;
    const endpoint = `${list.url} ${key ?? settings.api_key_vault ?? ''}`;
    if (!asked.has(endpoint)) asked.set(endpoint, { entry, host, request: { ...list, key, headers } });
  }
  return [...asked.values()];
}

/** The first start's question for a model: from what is found here, by a key, a login or an address, and tried once. */
import { nearest } from '../../../base/nearest.ts';
import type { ModelEntry } from '../../../contract/config.ts';
import { toRuntimeError } from '../../../contract/errors.ts';
import { PROVIDER_NAMES, providerOf } from '../../../contract/providers.ts';
import { findModels, servedModels } from '../../../engine/config/found-models.ts';
import { builtInEntry, CODEX_ENTRY } from '../../../engine/config/models.ts';
import { hostOf, servicesWithKey, tryModel } from '../../../engine/config/services.ts';
import type { Dialogue } from './dialogue.ts';

/** More models than this are not listed, only searched. */
const MOST_LISTED = 9;
const LIST_MS = 5000;
const EXAMPLE_ADDRESS = 'as http://localhost:8000/v1';
/** What HTTP can carry; a key holds nothing else. */
const KEY = /^[\x21-\x7e]+$/;

/** Asks for the entry; `other`: that way leads nowhere; undefined: the person has had enough. */
type AskEntry = (dialogue: Dialogue) => Promise<ModelEntry | 'other' | undefined>;

interface Way {
  line: string;
  ask: AskEntry;
  /** Found to answer already. */
  known?: boolean;
}

/** The registry entry of the model that is to answer; undefined: none, for now. */
export async function chooseModel(dialogue: Dialogue): Promise<ModelEntry | undefined> {
  const ways = await waysOf(dialogue);
  const lines = [...ways.map(({ line }) => line), 'none yet: an offline demo answers'];
  for (;;) {
    const chosen = await dialogue.menu('Which model should answer?', lines);
    const way = chosen === undefined ? undefined : ways[chosen];
    if (way === undefined) return undefined;
    const found = await modelBy(dialogue, way);
    if (found !== 'other') return found;
  }
}

/** Asks until the model answers, or is kept all the same; `other`: another way is wanted. */
async function modelBy(dialogue: Dialogue, { ask, known }: Way): Promise<ModelEntry | 'other' | undefined> {
  for (;;) {
    const entry = await ask(dialogue);
    if (entry === undefined || entry === 'other' || known) return entry;
    const kept = await keep(dialogue, entry);
    if (kept === 'keep') return entry;
    if (kept === 'other') return kept;
    if (kept === 'leave') return undefined;
  }
}

async function waysOf({ environment, clock, config }: Dialogue): Promise<Way[]> {
  const { ollama = [] } = await findModels(environment, clock);
  const local: Way = {
    line: `Ollama on this machine: ${someOf(ollama)}`,
    ask: (asking) => askOllama(asking, ollama),
    known: true,
  };
  const keyed = servicesWithKey(environment).map(({ name, provider, variable, base_url }): Way => ({
    line: `${name}, by the key in ${variable}`,
    ask: (asking) => askModelOf(asking, { provider, base_url, api_key_env: variable }, environment[variable]),
  }));
  return [
    ...(ollama.length === 0 ? [] : [local]),
    ...keyed,
    ...PROVIDER_NAMES.flatMap((provider) => builtInEntry(provider) ?? []).map((entry): Way => ({
      line: `${providerOf(entry.provider)!.label}${elsewhere(hostOf(config, entry, environment))}: paste a key`,
      ask: (asking) => askKeyed(asking, entry),
    })),
    { line: 'ChatGPT: log in, and its plan pays', ask: askLogin },
    { line: 'another service that is compatible with OpenAI: its address, and a key', ask: askOther() },
  ];
}

/** Tries the model, and asks what to do where it doesn't answer. */
async function keep(dialogue: Dialogue, entry: ModelEntry): Promise<'keep' | 'again' | 'other' | 'leave'> {
  const { say, menu, config, environment, clock, input } = dialogue;
  say(`Asking ${entry.name} at ${hostOf(config, entry, environment) ?? providerOf(entry.provider)!.label} …`);
  const why = await tryModel(config, entry, { environment, clock, signal: input.given_up });
  if (input.given_up.aborted) return 'leave';
  if (why === undefined) {
    say('It answers.');
    return 'keep';
  }
  say(`It does not: ${why}`);
  const lines = ['try again', 'choose something else', 'keep it all the same', 'no model for now'];
  const chosen = await menu('What now?', lines);
  return (['again', 'other', 'keep', 'leave'] as const)[chosen ?? 3]!;
}

/** The environment may name another host than the provider's own. */
function elsewhere(host: string | undefined): string {
  return host === undefined ? '' : ` (${host})`;
}

async function askKeyed(dialogue: Dialogue, entry: ModelEntry): Promise<ModelEntry | undefined> {
  const api_key = await askKey(dialogue, `Key, from ${providerOf(entry.provider)!.keys_page} (it is not shown): `);
  return api_key === undefined ? undefined : { ...entry, api_key };
}

async function askLogin({ config, environment, clock, input, say }: Dialogue): ReturnType<AskEntry> {
  const { logInByCode } = await import('../../../engine/login/log-in.ts');
  try {
    const login = await logInByCode(
      { config, environment, clock },
      {
        signal: input.given_up,
        code({ verification_url, user_code }) {
          say(`Open ${verification_url} on any device, and type the code ${user_code} there.`);
          say('Give it to nobody: who has it gets your login.');
        },
      },
    );
    if (login) return CODEX_ENTRY;
    say('It has no login by a code: leave, and run `runtime provider login openai-codex`.');
  } catch (thrown) {
    if (input.given_up.aborted) return undefined;
    say(`It did not work: ${toRuntimeError(thrown).message}`);
  }
  return 'other';
}

async function askOllama(dialogue: Dialogue, models: readonly string[]): Promise<ModelEntry | undefined> {
  const name = models.length === 1 ? models[0] : await askName(dialogue, models);
  return name === undefined ? undefined : { name, provider: 'ollama' };
}

/** Whoever is asked again needn't type the address again. */
function askOther(): AskEntry {
  let known: string | undefined;
  return async (dialogue) => {
    const base_url = await askAddress(dialogue, known);
    if (base_url === undefined) return undefined;
    known = base_url;
    const key = await askKey(dialogue, 'Key (it is not shown; Enter: it wants none): ', { optional: true });
    // Without a key the registry would look for that of OpenAI, which is none of this service's business.
    return key === undefined
      ? undefined
      : askModelOf(dialogue, { provider: 'openai', base_url, api_key: key || 'none' }, key);
  };
}

async function askModelOf(
  dialogue: Dialogue,
  service: Pick<ModelEntry, 'provider' | 'base_url' | 'api_key' | 'api_key_env'>,
  key: string | undefined,
): Promise<ModelEntry | undefined> {
  const url = `${service.base_url!.replace(/\/$/, '')}/models`;
  const signal = dialogue.input.given_up;
  const models = await servedModels(url, dialogue.clock, { withinMs: LIST_MS, key, signal });
  if (signal.aborted) return undefined;
  const name = await askName(dialogue, models ?? []);
  return name === undefined ? undefined : { name, ...service };
}

async function askAddress({ input, say }: Dialogue, known: string | undefined): Promise<string | undefined> {
  for (;;) {
    const typed = await input.ask(known === undefined ? `Address, ${EXAMPLE_ADDRESS}: ` : `Address [${known}]: `);
    if (typed === undefined) return undefined;
    const text = typed === '' && known !== undefined ? known : typed;
    const { protocol } = URL.parse(text) ?? {};
    if (protocol === 'http:' || protocol === 'https:') return text;
    say('That is no address: it begins with http:// or https://.');
  }
}

async function askKey(
  { input, say }: Dialogue,
  prompt: string,
  { optional = false } = {},
): Promise<string | undefined> {
  for (;;) {
    const key = await input.ask(prompt, { hidden: true });
    if (key === undefined || KEY.test(key) || (key === '' && optional)) return key;
    say(key === '' ? 'Nothing came.' : 'That is no key: it holds blanks, or characters that no key has.');
  }
}

/** One of these, or, where none is known, any name. */
async function askName({ input, say, menu }: Dialogue, models: readonly string[]): Promise<string | undefined> {
  if (models.length > 0 && models.length <= MOST_LISTED) {
    const chosen = await menu('Which of its models?', models);
    return chosen === undefined ? undefined : models[chosen];
  }
  const prompt = models.length === 0 ? 'Name of the model: ' : `Name of the model (${someOf(models)}): `;
  for (;;) {
    const name = await input.ask(prompt);
    if (name === undefined) return undefined;
    if (name !== '' && (models.length === 0 || models.includes(name))) return name;
    const near = nearest(name, models) ?? models.find((one) => name !== '' && one.includes(name));
    if (name !== '') say(`It has no model ${name}.${near === undefined ? '' : ` Did you mean ${near}?`}`);
  }
}

/** `a, b, c and 12 more`. */
function someOf(names: readonly string[]): string {
  const most = 3;
  const more = names.length - most;
  return names.slice(0, most).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

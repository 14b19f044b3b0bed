import { systemClock } from '../../../base/clock.ts';
import type { ModelEntry } from '../../../contract/config.ts';
import { PROVIDER_NAMES, providerOf } from '../../../contract/providers.ts';
import { refuseTools } from '../../../engine/caller.ts';
import { builtInEntry, entryOf } from '../../../engine/config/models.ts';
import { askOnce, hostOf } from '../../../engine/config/services.ts';
import { type Account, accountEntries, accounts } from '../../../engine/providers/accounts.ts';
import { onSignals } from '../../signals.ts';
import { type CommandAction, loadForCommand } from '../context.ts';
import { type OutputFormat, printRows, printValue } from '../listing.ts';
import { until } from '../times.ts';

const NO_ANSWER = 1;
const NO_KEY = 4;

/** `provider ls` */
export const listProviders: CommandAction<{ output: OutputFormat }> = async (context, options) => {
  const { config } = await loadForCommand(context, options);
  const now = systemClock.now();
  await printRows(
    context.io,
    options.output,
    accounts(config, context.environment),
    [
      { title: 'provider', text: ({ provider }) => provider, narrow: 'whole' },
      { title: 'endpoint', text: ({ host }) => host ?? 'this machine' },
      { title: 'key', text: ({ key }) => key },
      { title: 'from', text: ({ from }) => from ?? '' },
      { title: 'login', text: (account) => loginOf(account, now), narrow: 'flexible' },
      { title: 'models', text: ({ models }) => models.join(', '), narrow: 'flexible' },
    ],
    'no provider is configured, and no key was found: the offline demo answers',
  );
};

function loginOf({ login }: Account, now: number): string {
  if (login === undefined) return '';
  const { email, plan, expires_at } = login;
  const whose = [email, plan].filter((one) => one !== undefined).join(', ');
  const ends = expires_at <= now ? 'to be renewed' : `renewed ${until(expires_at, now)}`;
  return whose === '' ? ends : `${whose}; ${ends}`;
}

/** `provider test` */
export const testProvider: CommandAction<{ output: OutputFormat }> = async (context, options, name) => {
  const { io, environment } = context;
  refuseTools(environment); // it spends the person's money
  const { config } = await loadForCommand(context, options);
  // A name of the registry comes before that of a provider.
  const entries = accountEntries(config, environment);
  const entry =
    entries.find((one) => one.name === name) ??
    entries.find(({ aliases }) => name !== undefined && aliases?.includes(name)) ??
    entries.find((one) => one.provider === name) ??
    unreached(name) ??
    entryOf(config, environment, name);
  const stop = new AbortController();
  let code: number | undefined;
  const stopListening = onSignals(({ exitCode }) => {
    code ??= exitCode;
    stop.abort();
  });
  const tried = await askOnce(config, entry, { environment, clock: systemClock, signal: stop.signal });
  stopListening();
  if (code !== undefined) return code;
  const { name: model, provider } = entry;
  const host = hostOf(config, entry, environment);
  const at = host === undefined ? provider : `${provider}, ${host}`;
  if (options.output !== 'table') {
    const why = tried.ok ? {} : { class: tried.class, message: tried.message };
    await printValue(io, options.output, {
      model,
      provider,
      ...(host !== undefined && { host }),
      ok: tried.ok,
      ...why,
    });
  } else if (tried.ok) io.stdout.write(`${model} (${at}) answers\n`);
  else io.stdout.write(`${model} (${at}) does not answer: ${tried.message}\n`);
  if (tried.ok) return 0;
  if (options.output === 'table') io.stderr.write(`next: ${nextStep(tried.class, provider)}\n`);
  return tried.class === 'auth' ? NO_KEY : NO_ANSWER;
};

/** Of a provider by whose name nothing is reached: so that its key is named, and nobody else is asked for such a model. */
function unreached(name: string | undefined): ModelEntry | undefined {
  const provider = PROVIDER_NAMES.find((one) => one === name);
  if (provider === undefined || providerOf(provider)!.key === undefined) return undefined;
  return builtInEntry(provider) ?? { name: provider, provider };
}

function nextStep(failure: string, provider: string): string {
  if (failure === 'auth') {
    return provider === 'openai-codex'
      ? 'log in with `runtime provider login openai-codex`'
      : 'check the key; `runtime provider ls` says where it comes from';
  }
  if (failure === 'invalid_request') return 'check the name of the model; `runtime models ls --remote` lists them';
  if (failure === 'rate_limit' || failure === 'overload') return 'try again in a moment';
  return 'check `base_url` and the network; `runtime doctor` looks at both';
}

import { systemClock } from '../../../base/clock.ts';
import type { ModelRow } from '../../../engine/providers/model-rows.ts';
import { modelRows, remoteRows } from '../../../engine/providers/model-rows.ts';
import { type CommandAction, loadForCommand } from '../context.ts';
import { type OutputFormat, printRows } from '../listing.ts';
import { oneLine } from '../../terminal/width.ts';

/** `models ls` */
export const listModels: CommandAction<{ output: OutputFormat; remote?: true }> = async (context, options) => {
  const { io, environment } = context;
  const { config } = await loadForCommand(context, options);
  const { rows, failures } = options.remote
    ? await remoteRows(config, environment, systemClock)
    : { rows: modelRows(config, environment), failures: [] };
  await printRows(
    io,
    options.output,
    rows,
    [
      { title: 'name', text: nameOf, narrow: 'whole' },
      { title: 'provider', text: ({ provider }) => provider },
      { title: 'model', text: ({ name, model }) => (model === name ? '' : model), narrow: 'flexible' },
      { title: 'context', text: ({ context }) => (context === undefined ? '' : tokens(context)) },
      { title: 'usd per million: in/cached/out', text: priceOf },
      { title: 'takes', text: ({ sees = [], reasons }) => [...sees, ...(reasons ? ['reasons'] : [])].join(', '), narrow: 'spare' },
      { title: 'key', text: ({ key }) => key },
      { title: 'figures from', text: sourceOf, narrow: 'spare' },
    ],
    'no model is configured, and no key was found: the offline demo answers',
  ); // prettier-ignore
  for (const { provider, host = provider, why } of failures) io.stderr.write(`${provider} (${host}): ${why}\n`);
  if (options.output === 'table' && rows.some(({ listed }) => listed === 'provider')) {
    io.stderr.write(
      'models that only a service listed are chosen by an entry in models.registry, or by name at the default service\n',
    );
  }
  const unpriced = rows.filter(({ price, listed, provider }) => !price && listed === 'config' && provider !== 'script');
  if (options.output === 'table' && unpriced.length > 0) {
    const names = unpriced.map(({ name }) => name).join(', ');
    io.stderr.write(`no price is known of ${oneLine(names)}: counted in tokens alone, money limits don't hold\n`);
  }
};

function nameOf({ name, default: isDefault, fallback }: ModelRow): string {
  const place = isDefault ? ' (default)' : fallback === undefined ? '' : ` (fallback ${fallback})`;
  return `${name}${place}`;
}

/** `200k`, `1M`. */
function tokens(count: number): string {
  return count >= 1_000_000 ? `${Number((count / 1_000_000).toFixed(2))}M` : `${Math.round(count / 1000)}k`;
}

function priceOf({ price, provider }: ModelRow): string {
  if (price === undefined) return provider === 'openai-codex' ? 'by the plan' : 'not known';
  return [price.input, price.cached, price.output].map((micro) => String(micro / 1_000_000)).join('/');
}

function sourceOf({ figures, as_of }: ModelRow): string {
  return figures.map((one) => (one === 'catalogue' ? `catalogue ${as_of}` : one)).join(', ');
}

/** What a model costs and can do: as its entry in the registry says, else as the catalogue does. */
import type { ModelEntry } from '../../contract/config.ts';
import type { ModelAbility, Price } from '../../contract/manifest.ts';
import { findInCatalogue } from './catalogue.ts';

/** Whose endpoint it is must be known: the same name costs something else elsewhere. */
export interface Served {
  entry: ModelEntry;
  /** The id that the provider knows it by. */
  model: string;
  /** It is asked at the provider's own endpoint. */
  official: boolean;
}

export interface Figures {
  /** Tokens. */
  context?: number;
  max_output?: number;
  /** Micro-USD a million tokens. */
  price?: Price;
  sees?: ModelAbility[];
  reasons?: boolean;
  /** Where price and sizes come from; absent: nobody knows them. */
  from?: { config: boolean; catalogue?: { as_of: string; source: string } };
}

/** With a login (openai-codex) a model is as OpenAI's, but paid by the plan: it has no price. */
export function figuresOf({ entry, model, official }: Served): Figures {
  const { price, context, max_output, provider } = entry;
  const own = price !== undefined && context !== undefined && max_output !== undefined;
  const byLogin = provider === 'openai-codex';
  const found = official ? findInCatalogue(byLogin ? 'openai' : provider, model) : undefined;
  const known = own ? undefined : found;
  const usd = price ?? (byLogin ? undefined : known?.price);
  const size = context ?? known?.context;
  const sees = entry.sees ?? found?.sees;
  const longest = max_output ?? known?.max_output;
  const configured = price !== undefined || context !== undefined || max_output !== undefined;
  return {
    ...(size !== undefined && { context: size }),
    ...(longest !== undefined && { max_output: longest }),
    ...(usd !== undefined && { price: priceOf(usd) }),
    ...(sees !== undefined && { sees }),
    ...(found?.reasons !== undefined && { reasons: found.reasons }),
    ...((configured || known !== undefined) && {
      from: { config: configured, ...(known && { catalogue: { as_of: known.as_of, source: known.source } }) },
    }),
  };
}

/** USD a million tokens become micro-USD a million tokens. */
function priceOf({ input, output, cached = input }: NonNullable<ModelEntry['price']>): Price {
  const micro = (usd: number): number => Math.round(usd * 1_000_000);
  return { input: micro(input), output: micro(output), cached: micro(cached) };
}

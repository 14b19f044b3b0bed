/** What well-known models cost and can do. Nothing is parsed but the line of the model that is asked for. */
import type { ModelAbility } from '../../contract/manifest.ts';
import { CATALOGUE } from './catalogue-data.ts';

export interface CatalogueEntry {
  provider: string;
  id: string;
  /** Tokens. */
  context?: number;
  max_output?: number;
  /** USD per million tokens. */
  price: { input: number; output: number; cached: number };
  /** Absent: nobody knows. */
  sees?: ModelAbility[];
  reasons?: boolean;
  /** The day for which that holds, `yyyy-mm-dd`. */
  as_of: string;
  source: string;
}

/** Undefined: the catalogue doesn't have it. */
export function findInCatalogue(provider: string, id: string): CatalogueEntry | undefined {
  if (/\s/.test(id)) return undefined;
  const at = CATALOGUE.indexOf(`\n${provider} ${id} `);
  return at === -1 ? undefined : entryOf(CATALOGUE.slice(at + 1, CATALOGUE.indexOf('\n', at + 1)));
}

export function wholeCatalogue(): CatalogueEntry[] {
  return CATALOGUE.trim().split('\n').map(entryOf);
}

function entryOf(line: string): CatalogueEntry {
  const [provider, id, context, max_output, input, output, cached, abilities, as_of, commit] = line.split(' ') as [
    string, string, string, string, string, string, string, string, string, string,
  ]; // prettier-ignore
  return {
    provider,
    id,
    ...(context !== '-' && { context: Number(context) }),
    ...(max_output !== '-' && { max_output: Number(max_output) }),
    price: { input: Number(input), output: Number(output), cached: Number(cached) },
    ...(abilities !== '-' && {
      sees: [
        ...(abilities.includes('i') ? (['image'] as const) : []),
        ...(abilities.includes('f') ? (['file'] as const) : []),
      ],
      reasons: abilities.includes('r'),
    }),
    as_of,
    source: `models.dev ${commit}`,
  };
}

/**
 * `npm run catalogue -- <folder> --commit <id> --date <yyyy-mm-dd>`: takes what the providers' current models cost and
 * can do from a checkout of the open database models.dev (github.com/anomalyco/models.dev, TOML, MIT licence) into
 * src/engine/config/catalogue-data.ts. A model that the folder doesn't have stays as it is, so that a folder with a few
 * newer files adds to what a whole checkout gave.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'smol-toml';
import { CATALOGUE } from '../src/engine/config/catalogue-data.ts';

/** By their names there: what we call them. */
const PROVIDERS: Record<string, string> = { openai: 'openai', anthropic: 'anthropic', google: 'gemini', zai: 'zai' };

/** Older models are left to whoever writes their figures into the registry. */
const OLDEST = '2025-03-01';
/** Those that don't converse by text, or are another name of a model that changes under it. */
const NO_TURNS = /-latest$|image|embedding|tts|live|deep-research|customtools|^gemma/;

interface Model {
  base_model?: string;
  release_date?: string;
  status?: string;
  reasoning?: boolean;
  tool_call?: boolean;
  cost?: { input?: number; output?: number; cache_read?: number };
  limit?: { context?: number; output?: number };
  modalities?: { input?: string[] };
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { commit: { type: 'string' }, date: { type: 'string' } },
});
const [folder] = positionals;
if (folder === undefined || values.commit === undefined || !/^\d{4}-\d\d-\d\d$/.test(values.date ?? '')) {
  console.error('usage: npm run catalogue -- <folder> --commit <id> --date <yyyy-mm-dd>');
  process.exit(2);
}
const source = `${values.date} ${values.commit.slice(0, 8)}`;

const rows = new Map(CATALOGUE.trim().split('\n').filter(Boolean).map((row) => [keyOf(row), row])); // prettier-ignore
for (const [theirs, ours] of Object.entries(PROVIDERS)) {
  const models = join(folder, 'providers', theirs, 'models');
  if (!existsSync(models)) continue;
  for (const file of readdirSync(models)) {
    const row = rowOf(ours, file.replace(/\.toml$/, ''), read(join(models, file)));
    if (row !== undefined) rows.set(keyOf(row), row);
  }
}
const sorted = [...rows.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
const target = join(import.meta.dirname, '../src/engine/config/catalogue-data.ts');
const START = 'CATALOGUE = `\n';
const [head] = readFileSync(target, 'utf8').split(START);
writeFileSync(target, `${head}${START}${sorted.join('\n')}\n\`;\n`);
console.log(`${sorted.length} models`);

/** A provider's file says what differs from the model's own, where it names one. */
function read(path: string): Model {
  const model = parse(readFileSync(path, 'utf8')) as Model;
  const base = join(folder!, 'models', `${model.base_model}.toml`);
  return model.base_model !== undefined && existsSync(base) ? { ...read(base), ...model } : model;
}

function rowOf(provider: string, id: string, model: Model): string | undefined {
  const { cost = {}, limit = {}, modalities } = model;
  if (NO_TURNS.test(id) || model.status === 'deprecated' || model.tool_call === false) return undefined;
  if (model.release_date !== undefined && model.release_date < OLDEST) return undefined;
  if (cost.input === undefined || cost.output === undefined) return undefined;
  const abilities = [
    modalities?.input?.includes('image') ? 'i' : '',
    modalities?.input?.includes('pdf') ? 'f' : '',
    model.reasoning ? 'r' : '',
    model.tool_call ? 't' : '',
  ].join('');
  const cached = cost.cache_read ?? cost.input;
  return [provider, id, limit.context ?? '-', limit.output ?? '-', cost.input, cost.output, cached, abilities || '-', source].join(' '); // prettier-ignore
}

function keyOf(row: string): string {
  return row.split(' ').slice(0, 2).join(' ');
}

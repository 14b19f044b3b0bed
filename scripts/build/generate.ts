/**
 * Generated modules (`#generated/*`): validators made from the zod schemas, so that a turn checks its config and journal
 * without loading zod, the OpenAPI document, what reads pages in a thread of its own, and the version.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Ajv } from 'ajv';
import standaloneCode from 'ajv/dist/standalone/index.js';
import { build } from 'esbuild';
import * as z from 'zod';
import { generateConfigKeys } from './config-keys.ts';
import { openApiDocument } from './openapi.ts';

interface Validator {
  /** Of the generated module: `<name>-validator.js`. */
  name: string;
  file: string;
  schema: string;
  /** The type of a valid value. */
  type: string;
}

const API = 'src/contract/api.ts';
const EXPORT = 'src/contract/export.ts';
const OPENAI = 'src/contract/openai-api.ts';

const SCHEDULE = 'src/contract/schedule.ts';
const VALIDATORS: Validator[] = [
  { name: 'config', file: 'src/contract/config.ts', schema: 'configSchema', type: 'Config' },
  { name: 'entry', file: 'src/contract/entries.ts', schema: 'entrySchema', type: 'Entry' },
  { name: 'export-header', file: EXPORT, schema: 'exportHeaderSchema', type: 'ExportHeader' },
  { name: 'blob-line', file: EXPORT, schema: 'blobLineSchema', type: 'BlobLine' },
  { name: 'script', file: 'src/contract/script.ts', schema: 'scriptSchema', type: 'Script' },
  { name: 'login', file: 'src/contract/login.ts', schema: 'loginSchema', type: 'Login' },
  { name: 'trusted', file: 'src/contract/trust.ts', schema: 'trustedSchema', type: 'Trusted' },
  { name: 'vault', file: 'src/contract/vault.ts', schema: 'vaultSchema', type: 'VaultFile' },
  { name: 'tokens', file: 'src/contract/tokens.ts', schema: 'tokensSchema', type: 'Tokens' },
  { name: 'submission', file: API, schema: 'submissionSchema', type: 'SubmissionBody' },
  { name: 'steer', file: API, schema: 'steerSchema', type: 'SteerBody' },
  { name: 'resolution', file: API, schema: 'resolutionSchema', type: 'ResolutionBody' },
  { name: 'stop', file: API, schema: 'stopSchema', type: 'StopBody' },
  { name: 'session-change', file: API, schema: 'sessionChangeSchema', type: 'SessionChangeBody' },
  { name: 'fork', file: API, schema: 'forkSchema', type: 'ForkBody' },
  { name: 'undo', file: API, schema: 'undoSchema', type: 'UndoBody' },
  { name: 'policy-change', file: API, schema: 'policyChangeSchema', type: 'PolicyChangeBody' },
  { name: 'import', file: API, schema: 'importSchema', type: 'ImportBody' },
  { name: 'new-schedule', file: SCHEDULE, schema: 'newScheduleSchema', type: 'NewSchedule' },
  { name: 'schedule-change', file: SCHEDULE, schema: 'scheduleChangeSchema', type: 'ScheduleChange' },
  { name: 'hello', file: API, schema: 'helloSchema', type: 'HelloBody' },
  { name: 'differing', file: API, schema: 'differingSchema', type: 'DifferingBody' },
  { name: 'proof', file: API, schema: 'proofSchema', type: 'ProofBody' },
  { name: 'chat-request', file: OPENAI, schema: 'chatRequestSchema', type: 'ChatRequest' },
  { name: 'responses-request', file: OPENAI, schema: 'responsesRequestSchema', type: 'ResponsesRequest' },
];

/** Writes all generated modules; returns the version. */
export async function generate(root: string): Promise<string> {
  const outdir = join(root, 'build/generated');
  await mkdir(outdir, { recursive: true });
  for (const validator of VALIDATORS) {
    const contract = (await import(pathToFileURL(join(root, validator.file)).href)) as Record<string, z.ZodType>;
    const schema = contract[validator.schema];
    if (schema === undefined) throw new Error(`${validator.file} has no ${validator.schema}`);
    const target = join(outdir, `${validator.name}-validator`);
    await writeFile(`${target}.js`, await validatorSource(schema));
    await writeFile(`${target}.d.ts`, validatorTypes(validator));
  }
  await generateConfigKeys(outdir);
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  await writeFile(join(outdir, 'openapi.js'), `export const openapi = ${JSON.stringify(openApiDocument(version))};\n`);
  await writeFile(join(outdir, 'openapi.d.ts'), 'export declare const openapi: object;\n');
  await writeFile(
    join(outdir, 'page-reader.js'),
    `export const pageReader = ${JSON.stringify(await pageReader(root))};\n`,
  );
  await writeFile(join(outdir, 'page-reader.d.ts'), 'export declare const pageReader: string;\n');
  const info = {
    version,
    commit: git(root, 'rev-parse', 'HEAD'),
    date: git(root, 'log', '-1', '--format=%cI'),
    sources: await sourcesDigest(root),
  };
  const each = (line: (name: string, value: string) => string): string =>
    Object.entries(info)
      .map(([name, value]) => line(name, value))
      .join('');
  const target = join(outdir, 'version');
  await writeFile(
    `${target}.js`,
    each((name, value) => `export const ${name} = ${JSON.stringify(value)};\n`),
  );
  await writeFile(
    `${target}.d.ts`,
    each((name) => `export declare const ${name}: string;\n`),
  );
  return version;
}

/** A script for a thread: it is given a page, and gives what can be read of it. */
async function pageReader(root: string): Promise<string> {
  const contents = `
    import { parentPort, workerData } from 'node:worker_threads';
    import { readPage } from './src/adapters/tools/open/readable.ts';
    parentPort.postMessage(readPage(workerData.html, workerData.address));`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: root },
    bundle: true,
    platform: 'node',
    target: 'node24.16',
    format: 'cjs',
    // It brings a parser of its own, which a tree that is there already doesn't need.
    alias: { turndown: join(root, 'node_modules/turndown/lib/turndown.browser.es.js') },
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    charset: 'ascii',
    write: false,
  });
  return outputFiles[0]!.text;
}

/** Of all sources but the tests: programs with the same digest fold a journal alike. */
async function sourcesDigest(root: string): Promise<string> {
  const names = await readdir(join(root, 'src'), { recursive: true });
  const hash = createHash('sha256');
  for (const name of names.filter((one) => one.endsWith('.ts') && !one.endsWith('.test.ts')).sort()) {
    hash.update(`${name}\0`).update(await readFile(join(root, 'src', name)));
  }
  return hash.digest('hex');
}

async function validatorSource(schema: z.ZodType): Promise<string> {
  // `ref`: what occurs in several places becomes one function.
  const jsonSchema = z.toJSONSchema(schema, { io: 'input', target: 'draft-7', reused: 'ref' }) as SchemaNode;
  delete jsonSchema.$schema;
  delete jsonSchema.default; // of the whole value: nothing to fill it into
  const definitions = (jsonSchema.definitions ??= {});
  tune(jsonSchema, definitions);
  const ajv = new Ajv({
    code: { source: true, esm: true },
    useDefaults: true,
    discriminator: true,
    inlineRefs: false,
    messages: false,
    unicode: false, // zod counts a string's UTF-16 units
    logger: false, // it calls that option deprecated
    strictTypes: false, // the style of the schema, not its meaning
  });
  const code = standaloneCode.default(ajv, ajv.compile(jsonSchema));
  // Takes in the few helpers that the code asks for by `require`.
  const { outputFiles } = await build({
    stdin: { contents: code.replaceAll(/schemaPath:"(?:[^"\\]|\\.)*",?/g, ''), resolveDir: import.meta.dirname },
    bundle: true,
    format: 'esm',
    write: false,
  });
  return outputFiles[0]!.text;
}

interface SchemaNode {
  $schema?: string;
  $ref?: string;
  default?: unknown;
  type?: string;
  description?: string;
  properties?: Record<string, { const?: unknown }>;
  required?: string[];
  oneOf?: SchemaNode[];
  discriminator?: { propertyName: string };
  definitions?: Record<string, SchemaNode>;
}

/**
 * Makes the validator smaller and quicker. Leaves out descriptions. Of each union whose members differ by a constant
 * names that discriminator (one look instead of a try of every member, and defaults can be filled into them) and makes
 * each member a function of its own, which V8 compiles only when it occurs (the journal's: 2.5 ms instead of 15).
 */
function tune(node: unknown, definitions: Record<string, SchemaNode>): void {
  if (typeof node !== 'object' || node === null) return;
  for (const child of Object.values(node)) tune(child, definitions);
  const schema = node as SchemaNode;
  if (typeof schema.description === 'string') delete schema.description; // not a property of that name
  const members = schema.oneOf ?? [];
  const isTag = (key: string): boolean => {
    const tags = new Set(members.map(({ properties }) => properties?.[key]?.const));
    return tags.size === members.length && members.every(({ required }) => required?.includes(key) === true);
  };
  const tag = Object.keys(members[0]?.properties ?? {}).find(isTag);
  if (tag === undefined) return;
  schema.type = 'object';
  schema.discriminator = { propertyName: tag };
  schema.oneOf = members.map((member) => {
    const name = `member${Object.keys(definitions).length}`;
    definitions[name] = member;
    return { $ref: `#/definitions/${name}` };
  });
}

function validatorTypes({ file, type }: Validator): string {
  return `import type { ${type} } from '../../${file}';

export interface Problem {
  /** JSON pointer to the value. */
  instancePath: string;
  keyword: string;
  params: Record<string, unknown>;
}

/** Fills in defaults, in place. On \`false\` the first problem is in \`errors\`. */
export declare const validate: {
  (value: unknown): value is ${type};
  errors?: Problem[] | null;
};
`;
}

/** What git says of this folder; \`unknown\` where it is no clone. */
function git(root: string, ...args: string[]): string {
  if (!existsSync(join(root, '.git'))) return 'unknown';
  try {
    return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'unknown'; // no git, or no commit yet
  }
}

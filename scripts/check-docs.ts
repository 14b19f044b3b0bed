/**
 * Are the pages in step with the code? Those of docs/reference/ are generated from it (`--write` brings them in step); what
 * the others say of it is checked.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkPages } from './docs/pages.ts';
import { referencePages } from './docs/reference.ts';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'docs/reference');
const found: string[] = [];

for (const [name, text] of Object.entries(await referencePages())) {
  const file = join(folder, name);
  if (existsSync(file) && (await readFile(file, 'utf8')) === text) continue;
  if (process.argv.includes('--write')) {
    await mkdir(folder, { recursive: true });
    await writeFile(file, text);
  } else {
    found.push(`docs/reference/${name} is behind the code: run \`npm run docs\``);
  }
}
found.push(...checkPages(root));
for (const line of found) console.error(line);
process.exitCode = found.length === 0 ? 0 : 1;

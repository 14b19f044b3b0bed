/**
 * Are the generated pages of docs/reference/ in step with the code? `--write` brings them in step. They come from
 * scripts/docs/reference.ts, which exports `referencePages(): Promise<Record<string, string>>` (file name → text).
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const generator = new URL('docs/reference.ts', import.meta.url);
const folder = join(import.meta.dirname, '../docs/reference');

if (existsSync(generator)) {
  const { referencePages } = (await import(generator.href)) as {
    referencePages: () => Promise<Record<string, string>>;
  };
  for (const [name, text] of Object.entries(await referencePages())) {
    const file = join(folder, name);
    if (existsSync(file) && (await readFile(file, 'utf8')) === text) continue;
    if (process.argv.includes('--write')) {
      await mkdir(folder, { recursive: true });
      await writeFile(file, text);
    } else {
      console.error(`docs/reference/${name} is behind the code: run \`npm run docs\``);
      process.exitCode = 1;
    }
  }
}

/** `npm run golden`: records the golden journals anew. Only with a reason: see src/engine/golden.test.ts. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { goldenOf } from '../src/engine/testing/golden.ts';
import { stories } from '../src/engine/testing/stories.ts';

const folder = join(import.meta.dirname, '../test/golden');
mkdirSync(folder, { recursive: true });
for (const [name, play] of Object.entries(stories)) {
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(goldenOf(await play()), null, 1)}\n`);
}

/** Builds dist/. Run by scripts/setup.sh, which knows when it is needed. */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle } from './build/bundle.ts';
import { generate } from './build/generate.ts';
import { warmUp } from './build/warm-up.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const fresh = join(root, 'build/dist');
const old = join(root, 'build/dist-old');

const version = await generate(root);

await rm(fresh, { recursive: true, force: true });
await mkdir(fresh, { recursive: true });
await bundle(root, fresh);
await writeFile(join(fresh, 'VERSION'), `${version}\n`); // for the launcher, which answers --version without Node
warmUp(fresh);

// At once: a failed build leaves the old one, and nobody meets half of a new one.
await rm(old, { recursive: true, force: true });
if (existsSync(dist)) await rename(dist, old);
await rename(fresh, dist);
await rm(old, { recursive: true, force: true });

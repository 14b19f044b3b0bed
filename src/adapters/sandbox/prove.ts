import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Environment } from '../../base/environment.ts';
import type { Sandbox } from '../../contract/sandbox.ts';
import { makeScratch } from './scratch.ts';
import { tryOut } from './try-out.ts';

/** In the folder `$1`: of `$2` nothing may be read, at `$3` nothing written, `$4` not be renamed, at the port `$5` nobody answer. */
const SCRIPT = `
cd "$1" || exit 1
shift
fails() { echo "it lets a command $1" >&2; exit 1; }
[ -z "$(cat "$1" 2>/dev/null)" ] || fails 'read what is hidden'
{ echo x >"$2"; } 2>/dev/null && fails 'write outside of the project'
mv "$3" "$3.moved" 2>/dev/null && fails 'rename the folder around what is hidden'
bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1"' bash "$4" 2>/dev/null && fails 'connect'
{ echo x >own && [ "$(cat own)" = x ]; } || fails 'not even write in the project'
exit 42
`;

export interface Proven {
  project: string;
  /** A file in the project that is hidden. */
  hidden: string;
}

/**
 * Whether a sandbox stops what it is there for, tried on files and a port that are made for it. Gives what it doesn't, or
 * why it can't be tried.
 */
export async function prove(
  sandboxFor: (proven: Proven) => Sandbox,
  environment: Environment,
): Promise<string | undefined> {
  const [inside, outside] = [makeScratch(), makeScratch()];
  const project = inside.folder;
  const kept = join(project, 'kept');
  const hidden = join(kept, 'hidden');
  mkdirSync(kept);
  writeFileSync(hidden, 'hidden');
  const server = createServer((socket) => socket.destroy());
  try {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const args = ['-c', SCRIPT, 'sh', project, hidden, join(outside.folder, 'new'), kept, String(port)];
    return await tryOut(sandboxFor({ project, hidden }), project, environment, args);
  } finally {
    server.close();
    inside.remove();
    outside.remove();
  }
}

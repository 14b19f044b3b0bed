import { closeSync, readlinkSync } from 'node:fs';
import { SHOWN_BYTES } from './limits.ts';
import { openFolder } from '../../base/files/open-file.ts';
import { readPathFact } from './paths/path-facts.ts';
import { walk, type Walked } from './paths/walk.ts';
import type { ToolContext } from '../../contract/ports.ts';
import { failed, KEPT, noFacts, type Outcome, type Scene, succeeded, type Tool } from './tool.ts';
import { visible } from './visible.ts';

export const listFiles: Tool = {
  name: 'list_files',
  description:
    'Lists a folder and what lies in it, upper levels first when there is too much; .git and node_modules are not entered.',
  parameters: {
    type: 'object',
    properties: { path: { type: 'string', minLength: 1, description: 'Default: the project root' } },
    required: [],
    additionalProperties: false,
  },
  effect: 'read',
  recovery: 'rerun',
  async prepare(args, scene) {
    const { path = '.' } = args as { path?: string };
    const fact = readPathFact(scene, 'path', path);
    if ('invalid' in fact) return fact;
    return {
      facts: { ...noFacts, paths: [fact] },
      presentation: { title: `List ${visible(path)}` },
      execute: (_, context) => list(fact.real, scene, context),
    };
  },
};

async function list(real: string, scene: Scene, context: Pick<ToolContext, 'signal' | 'mayFind'>): Promise<Outcome> {
  const folder = openFolder(real);
  if ('code' in folder) return failed(folder);
  closeSync(folder.fd);
  const lines: string[] = [];
  let bytes = 0;
  let full = false;
  const { kept } = await walk(real, [scene.home, ...scene.ownFiles], context, (found) => {
    const line = lineOf(found);
    bytes += Buffer.byteLength(line) + 1;
    full = bytes > SHOWN_BYTES;
    if (!full) lines.push(line);
    return !full;
  });
  if (context.signal.aborted) return { outcome: 'canceled', output: 'canceled' };
  if (lines.length === 0) return succeeded(kept ? KEPT : '[an empty folder]');
  lines.sort((a, b) => (a < b ? -1 : 1));
  if (full) lines.push('[there is more: list one of the folders]');
  if (kept) lines.push(KEPT);
  return succeeded(lines.join('\n'));
}

function lineOf({ real, path, entry }: Walked): string {
  if (entry.isDirectory()) return `${visible(path)}/`;
  if (entry.isSymbolicLink()) return `${visible(path)} -> ${visible(targetOf(real))}`;
  return visible(path);
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '?';
  }
}

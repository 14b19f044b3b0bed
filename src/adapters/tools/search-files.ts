import { BINARY_PROBE_BYTES, SHOWN_BYTES } from './limits.ts';
import { readWhole } from '../../base/files/open-file.ts';
import { readPathFact, shownPath } from './paths/path-facts.ts';
import { matcherOf, matchingLines } from './matching-lines.ts';
import { guardedFiles } from './paths/other-names.ts';
import { secretsOf } from './paths/secrets.ts';
import { walk } from './paths/walk.ts';
import type { Failure } from '../../base/failure.ts';
import type { ToolContext } from '../../contract/ports.ts';
import { failed, KEPT, noFacts, type Outcome, type Scene, succeeded, type Tool } from './tool.ts';
import { visible } from './visible.ts';

const MAX_FILE_BYTES = 2 * 1024 * 1024;
const MAX_FILES = 20_000;
const MAX_TIME_MS = 10_000;

type SearchArguments = { query: string; path?: string };

export const searchFiles: Tool = {
  name: 'search_files',
  description:
    'Finds lines that hold a text (literal, not a pattern; small letters match capitals too). Skips .git, node_modules, binary and secret files.',
  parameters: {
    type: 'object',
    properties: {
      query: { type: 'string', minLength: 1 },
      path: { type: 'string', minLength: 1, description: 'Folder or file; default: the project root' },
    },
    required: ['query'],
    additionalProperties: false,
  },
  effect: 'read',
  recovery: 'rerun',
  async prepare(args, scene) {
    const { query, path = '.' } = args as SearchArguments;
    const fact = readPathFact(scene, 'path', path);
    if ('invalid' in fact) return fact;
    return {
      facts: { ...noFacts, paths: [fact] },
      presentation: { title: `Search ${visible(path)} for "${visible(query)}"` },
      execute: (_, context) => search(fact, query, scene, context),
    };
  },
};

async function search(
  { real, kind }: { real: string; kind: string },
  query: string,
  scene: Scene,
  context: Pick<ToolContext, 'signal' | 'mayFind'>,
): Promise<Outcome> {
  const matcher = matcherOf(query);
  const found: string[] = [];
  const until = scene.clock.now() + MAX_TIME_MS;
  let bytes = 0;
  let files = 0;
  let large = 0;
  let kept = false;
  let note: string | undefined;

  const guarded = guardedFiles(scene);
  const isSecret = secretsOf(scene);
  const look = async (file: string): Promise<Failure | undefined> => {
    const read = await readWhole(file, MAX_FILE_BYTES);
    if ('code' in read) {
      if (read.code === 'too_large') large++;
      return read;
    }
    if (guarded(read.stats) !== undefined && kind === 'dir') return undefined;
    if (read.bytes.subarray(0, BINARY_PROBE_BYTES).includes(0)) return undefined;
    for (const line of matchingLines(read.bytes.toString(), matcher)) {
      const shown = `${visible(shownPath(scene, file))}:${line.number}: ${line.shown}`;
      bytes += Buffer.byteLength(shown) + 1;
      if (bytes > SHOWN_BYTES) {
        note = 'more lines match: search for something narrower or in one folder';
        break;
      }
      found.push(shown);
    }
    return undefined;
  };

  if (kind !== 'dir') {
    const failure = await look(real);
    if (failure) return failed(failure);
  } else {
    const walked = await walk(real, [scene.home, ...scene.ownFiles], context, async (entry) => {
      if (!entry.entry.isFile() || isSecret(entry.real)) return true;
      if (++files > MAX_FILES) note = `not all files were searched (limit ${MAX_FILES})`;
      else if (scene.clock.now() > until) note = `not all files were searched (limit ${MAX_TIME_MS / 1000} s)`;
      else await look(entry.real);
      return note === undefined;
    });
    kept = walked.kept;
  }
  if (context.signal.aborted) return { outcome: 'canceled', output: 'canceled' };
  const lines = found.length > 0 ? found : ['[no line matches]'];
  if (large > 0) lines.push(`[${large} files of more than 2 MiB were not searched]`);
  if (note !== undefined) lines.push(`[${note}]`);
  if (kept) lines.push(KEPT);
  return succeeded(lines.join('\n'));
}

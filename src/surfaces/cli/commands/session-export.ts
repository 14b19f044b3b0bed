import { resolve } from 'node:path';
import { randomSecret } from '../../../base/ids.ts';
import { exportRedacted } from '../../../engine/proof/export-redacted.ts';
import { exportSession as exported, type ExportSources } from '../../../engine/proof/export.ts';
import { checkSessionId } from '../../../engine/session-id.ts';
import { onSignals } from '../../signals.ts';
import { type CommandAction, openRecords } from '../context.ts';
import type { Io } from '../io.ts';
import { writeOutputFile } from '../output-file.ts';

interface Options {
  redact?: true;
  output: 'jsonl' | 'md' | 'html';
  file?: string;
}

const SALT_BYTES = 32;
/** So much is written at once. */
const PIECE_LENGTH = 64 * 1024;

/** `session export` */
export const exportSession: CommandAction<Options> = async (context, options, id) => {
  checkSessionId(id);
  const { store, clock, build } = await openRecords(context, options);
  const sources: ExportSources = { ...store, workspace_id: store.workspace().id, build, now: () => clock.now() };
  let left: number | undefined;
  const stopListening = onSignals(({ exitCode }) => (left = exitCode));
  try {
    const pieces = until(inPieces(linesOf(sources, id, options)), () => left !== undefined);
    if (options.file === undefined) await print(context.io, pieces);
    else await writeOutputFile(resolve(options.file), pieces, resolve('.'));
  } catch (thrown) {
    if (thrown !== STOPPED) throw thrown;
  } finally {
    stopListening();
  }
  return left;
};

async function* linesOf(sources: ExportSources, id: string, { redact, output }: Options): AsyncGenerator<string> {
  const salt = randomSecret(SALT_BYTES);
  if (output === 'jsonl') return yield* redact ? exportRedacted(sources, id, salt) : exported(sources, id);
  const { redactedPage, sessionPage } = await import('../page/shown.ts');
  const shown = await (redact ? redactedPage(sources, id, salt) : sessionPage(sources, id));
  if (output === 'md') return yield* (await import('../page/markdown-page.ts')).markdownPage(shown);
  return yield* (await import('../page/html-page.ts')).htmlPage(shown);
}

const STOPPED = new Error('stopped by a signal');

/** Throws when it is to stop. Others get their turn between pieces: without that no signal would be heard. */
async function* until(pieces: AsyncIterable<string>, isStopped: () => boolean): AsyncGenerator<string> {
  for await (const piece of pieces) {
    yield piece;
    await new Promise((resolve) => setImmediate(resolve));
    if (isStopped()) throw STOPPED;
  }
}

async function* inPieces(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let piece = '';
  for await (const line of lines) {
    piece += line;
    if (piece.length < PIECE_LENGTH) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

async function print(io: Io, pieces: AsyncIterable<string>): Promise<void> {
  for await (const piece of pieces) {
    io.stdout.write(piece);
    await io.flush(); // a slow reader must not make it pile up
    if (io.stdout.closed) return;
  }
}

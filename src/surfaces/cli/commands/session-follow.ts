import { RuntimeError } from '../../../contract/errors.ts';
import type { StreamEvent } from '../../../contract/stream.ts';
import type { Workspace } from '../../../engine/wire.ts';
import { followSession } from '../follow.ts';
import type { Io } from '../io.ts';
import type { OutputFormat } from '../listing.ts';
import { onSignals } from '../../signals.ts';
import { createTranscript } from '../transcript.ts';
import { jsonText } from '../json-text.ts';

/**
 * `session show --follow`: the last `limit` of the events, then what comes, until Ctrl-C, the removal of the session, or the
 * end of whoever reads. Gives the exit code.
 */
export async function follow(
  { stdout, stderr }: Io,
  workspace: Workspace,
  session_id: string,
  events: readonly StreamEvent[],
  { limit, output }: { limit: number; output: OutputFormat },
): Promise<number> {
  if (output === 'yaml') {
    throw new RuntimeError('usage', '--follow prints a table or, with -o json, one event a line', {
      next: 'See `runtime session show --help`.',
    });
  }
  const { blobs } = workspace.store;
  let linesOf = createTranscript(blobs, stdout);
  let exitCode = 0;
  let over = false;
  let close = (): void => {};
  const end = (): void => {
    over = true;
    close();
  };

  async function show(event: StreamEvent, isShown: boolean): Promise<void> {
    const lines = output === 'json' ? [jsonText(stdout, event)] : await linesOf(event);
    if (over || !isShown || lines.length === 0) return;
    stdout.write(`${lines.join('\n')}\n`);
    if (stdout.closed) end();
  }

  const stopListening = onSignals((signal) => {
    exitCode = signal.exitCode;
    end();
  });
  try {
    for (const [index, event] of events.entries()) await show(event, index >= events.length - limit);
    if (over) return exitCode;

    let showing = Promise.resolve();
    const then = (act: () => void | Promise<void>): void => {
      showing = showing.then(act);
      showing.catch(end); // thrown below
    };
    const following = followSession(workspace, session_id, events, {
      onEvent: (event) => then(() => show(event, true)),
      onReset: () =>
        then(() => {
          stderr.write(`session ${session_id} is not as it was: from its first entry\n`);
          linesOf = createTranscript(blobs, stdout);
        }),
    });
    close = following.close;
    const how = await following.ended;
    await showing;
    if (how === 'removed') stderr.write(`session ${session_id} was removed\n`);
    return exitCode;
  } finally {
    stopListening();
  }
}

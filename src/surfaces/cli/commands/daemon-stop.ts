import { RuntimeError } from '../../../contract/errors.ts';
import { refuseTools } from '../../../engine/caller.ts';
import { workList } from '../../../engine/past/unfinished.ts';
import type { Workspace } from '../../../engine/wire.ts';
import { isAlive } from '../../../store/owner-record.ts';
import { durationOf } from '../duration-flag.ts';
import { nextCommand, openRecords, type CommandAction } from '../context.ts';
import { leftLines } from '../left-lines.ts';
import { askOwner } from '../owner.ts';

const LOOK_EVERY_MS = 50;
const MOST_LISTED = 10;

/** `daemon stop`. Exit code 1: none runs. */
export const stopDaemon: CommandAction<{ timeout: string; now?: true }> = async (context, options) => {
  const { io, environment } = context;
  refuseTools(environment);
  const timeoutMs = durationOf(options.timeout);
  const workspace = await openRecords(context, options);
  // The one that answered on the control socket, and by that has shown that it holds the workspace.
  const { pid, url, refusal } = await askOwner(workspace);
  if (pid === undefined) throw new RuntimeError('not_found', 'No daemon runs.', { next: 'Start it: runtime daemon' });
  if (url === undefined) throw notOurs(pid, refusal);
  process.kill(pid, 'SIGTERM');
  if (options.now) process.kill(pid, 'SIGINT'); // another signal: two equal ones may become one
  await ended(workspace, pid, timeoutMs);
  io.stdout.write(`stopped pid ${pid}\n`);
  const { sessions, more } = await workList(workspace, { most: MOST_LISTED });
  const now = workspace.clock.now();
  for (const session of sessions) {
    for (const line of leftLines(session, now)) io.stderr.write(`left open: ${session.session_id}: ${line}\n`);
  }
  if (more > 0) io.stderr.write(`left open: ${more} more sessions\n`);
  if (sessions.length > 0) {
    io.stderr.write(
      `The next start goes on with it. See it with: ${nextCommand(context, options, 'session resume')}\n`,
    );
  }
};

function notOurs(pid: number, refusal: RuntimeError | undefined): RuntimeError {
  if (refusal) return refusal;
  return new RuntimeError('locked', `Process ${pid} holds the workspace, and is no daemon that answers.`, {
    next: `Look at what process ${pid} is, and end it yourself.`,
  });
}

/** @throws RuntimeError owner_silent */
async function ended({ clock }: Workspace, pid: number, timeoutMs: number): Promise<void> {
  const deadline = clock.now() + timeoutMs;
  while (isAlive(pid)) {
    if (clock.now() >= deadline) {
      throw new RuntimeError('owner_silent', `The daemon (pid ${pid}) is still stopping.`, {
        next: 'Wait longer, or end it at once with `runtime daemon stop --now`; nothing is lost by that.',
      });
    }
    await new Promise<void>((resolve) => clock.at(clock.now() + LOOK_EVERY_MS, resolve));
  }
}

import { RuntimeError } from '../../../contract/errors.ts';
import type { ForkOptions } from '../../../contract/host.ts';
import { refuseTools } from '../../../engine/caller.ts';
import { forkPlace } from '../../fork-place.ts';
import { checkSessionId } from '../../../engine/session-id.ts';
import { withHost } from '../../attach.ts';
import { openForCommand, type CommandAction } from '../context.ts';
import { requestOf, type RunOptions } from '../run-request.ts';
import { runToEnd } from './run.ts';

interface Options extends Pick<RunOptions, 'model' | 'timeout' | 'maxCost' | 'json'> {
  at?: string;
  policy?: string;
  message?: string;
}

/** `session fork`: the id of the new session, and the answer to a message in it. */
export const forkSession: CommandAction<Options> = async (context, options, id) => {
  refuseTools(context.environment);
  checkSessionId(id);
  const { at, policy, message, ...turn } = options;
  if (message === undefined && (turn.timeout !== undefined || turn.maxCost !== undefined || turn.json)) {
    throw new RuntimeError('usage', '--timeout, --max-cost and --json are for the turn of a --message', {
      next: 'See `runtime session fork --help`.',
    });
  }
  const fork: ForkOptions = { ...forkPlace(at), ...(turn.model !== undefined && { model: turn.model }) };
  const request =
    message === undefined ? undefined : await requestOf(context, { ...turn, session: id, prompt: message }, undefined);
  const workspace = await openForCommand(context, options);
  if (policy !== undefined) {
    const { loadPolicyFile } = await import('../../../engine/config/policy-file.ts');
    fork.policy = await loadPolicyFile(policy, workspace.tools.tools());
  }
  const { session_id } = await withHost(workspace, (host) => host.fork(id, fork), { runs: request !== undefined });
  if (!turn.json) context.io.stdout.write(`${session_id}\n`);
  if (request === undefined) return 0;
  return runToEnd(context, options, { ...request, session: session_id });
};

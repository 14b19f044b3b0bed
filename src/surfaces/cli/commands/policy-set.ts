import { resolve } from 'node:path';
import { RuntimeError } from '../../../contract/errors.ts';
import type { Verdict } from '../../../contract/values.ts';
import { refuseTools } from '../../../engine/caller.ts';
import { withHost } from '../../attach.ts';
import { type CommandAction, openForCommand } from '../context.ts';

interface Options {
  allow?: boolean;
  requireApproval?: boolean;
  deny?: boolean;
}

const WORDS: Record<Verdict, string> = {
  allow: 'runs without asking',
  require_approval: 'asks each time',
  deny: 'never runs',
};

/** `policy set` */
export const setToolPolicy: CommandAction<Options> = async (context, options, tool) => {
  const { io, environment } = context;
  const verdict = chosen(options);
  refuseTools(environment);
  const { config: file } = options;
  const workspace = await openForCommand(context, options);
  const change = { tool, verdict, ...(file !== undefined && { file: resolve(file) }) };
  const { path, changed } = await withHost(workspace, (host) => host.setPolicy(change));
  const what = `${tool} ${WORDS[verdict]}`;
  io.stdout.write(changed ? `${what} (${path})\n` : `${what} already; nothing changed\n`);
};

function chosen({ allow, requireApproval, deny }: Options): Verdict {
  if (allow) return 'allow';
  if (requireApproval) return 'require_approval';
  if (deny) return 'deny';
  throw new RuntimeError('usage', 'say what holds: --allow, --require-approval or --deny', {
    next: 'See `runtime policy set --help`.',
  });
}

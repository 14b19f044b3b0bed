import { RuntimeError } from '../../../contract/errors.ts';
import { isSeenTo, isUnknown, workList, type Unfinished } from '../../../engine/past/unfinished.ts';
import { checkSessionId } from '../../../engine/session-id.ts';
import {
  nextCommand,
  openForCommand,
  type CommandAction,
  type CommandContext,
  type GlobalOptions,
} from '../context.ts';
import { leftLines } from '../left-lines.ts';
import { printValue, type OutputFormat } from '../listing.ts';
import { askOwner } from '../owner.ts';
import { paint } from '../paint.ts';
import { oneLine, truncate } from '../../terminal/width.ts';
import { seqOf, type RunOptions } from '../run-request.ts';
import { runToEnd } from './run.ts';

interface Options extends Pick<RunOptions, 'model' | 'from' | 'json'> {
  output: OutputFormat;
}

/** `session resume`: carries a session on as `run --session` does; without one, lists what is unfinished. */
export const resumeSession: CommandAction<Options> = async (context, options, id: string | undefined) => {
  const { model, from, json } = options;
  if (id === undefined) {
    if (model !== undefined || from !== undefined) {
      throw new RuntimeError('usage', '--model and --from are for the session that is carried on, and none is named', {
        next: 'See the unfinished ones with `runtime session resume`.',
      });
    }
    return listUnfinished(context, options);
  }
  checkSessionId(id);
  if (from !== undefined && !json) {
    throw new RuntimeError('usage', '--from says where --json begins, and there is no --json', {
      next: 'See `runtime session resume --help`.',
    });
  }
  return runToEnd(context, options, {
    session: id,
    latest: false,
    source: 'cli',
    ...(model !== undefined && { model }),
    ...(from !== undefined && { from: seqOf(from) }),
  });
};

async function listUnfinished(context: CommandContext, options: Options & GlobalOptions): Promise<void> {
  const { io } = context;
  const workspace = await openForCommand(context, options);
  const { pid, sessions: live = [] } = await askOwner(workspace);
  const { sessions } = await workList(workspace, { live: async () => live });
  const running = live.filter(isSeenTo);
  if (options.output !== 'table') {
    const told = running.map(({ session_id, turn }) => ({ session_id, ...(turn && { turn: turn.turn }), owner_pid: pid, left: [] })); // prettier-ignore
    return printValue(io, options.output, [...told, ...sessions]);
  }
  for (const { session_id } of running) io.stdout.write(`${session_id}: goes on, in process ${pid}\n`);
  const now = workspace.clock.now();
  for (const session of sessions) for (const line of describe(context, session, now)) io.stdout.write(`${line}\n`);
  if (running.length + sessions.length === 0) io.stderr.write('nothing is unfinished\n');
  const [first, ...more] = sessions.filter(({ failure }) => failure === undefined);
  if (first === undefined) return;
  const command = nextCommand(context, options, `session resume ${first.session_id}`);
  io.stderr.write(`${more.length === 0 ? 'carry it on' : 'carry one on'} with: ${command}\n`);
}

/** The session on a line of its own, then what becomes of what it left. */
function describe({ io: { stdout } }: CommandContext, session: Unfinished, now: number): string[] {
  const turn = session.turn === undefined ? '' : `, turn ${session.turn}`;
  const width = stdout.columns ?? Infinity;
  return [
    paint(stdout, 'bold', `${session.session_id}${turn}`),
    ...leftLines(session, now).map((line, index) => {
      const left = session.left[index];
      const text = `  ${truncate(oneLine(line), width - 2)}`;
      return left && isUnknown(left) ? paint(stdout, 'yellow', text) : text;
    }),
  ];
}

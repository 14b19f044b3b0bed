import type { UndoPlan } from '../../../contract/answers.ts';
import { refuseTools } from '../../../engine/caller.ts';
import { refuseUnfit } from '../../../engine/past/undo.ts';
import { planUndo } from '../../../engine/past/undo-plan.ts';
import { withHost } from '../../attach.ts';
import type { Tone } from '../../repl/entry-lines.ts';
import { undoLines } from '../../repl/undo-lines.ts';
import { styled } from '../../terminal/markdown/style.ts';
import { asksYes } from '../asks-yes.ts';
import { nextCommand, openForCommand, type CommandAction } from '../context.ts';
import { printValue, type OutputFormat } from '../listing.ts';
import { paged } from '../pager.ts';
import { turnOf } from '../turn-number.ts';

interface Options {
  output: OutputFormat;
  turn?: string;
  yes?: true;
}

/** Somebody must say yes: a person at the terminal, or `--yes`. */
const NOT_DONE = 1;

/** `session undo` */
export const undoSession: CommandAction<Options> = async (context, options, id) => {
  const { io, environment } = context;
  refuseTools(environment);
  const workspace = await openForCommand(context, options);
  const { plan } = await planUndo(
    workspace,
    id,
    options.turn === undefined ? undefined : turnOf('--turn', options.turn),
  );
  const { turn } = plan;
  const tone: Tone = (style, text) => (io.stdout.colour ? styled(text, style) : text);
  const isTable = options.output === 'table';
  const show = async (shown: UndoPlan): Promise<void> => {
    if (options.output === 'table') await paged(io, environment, undoLines(shown, tone).join('\n'));
    else await printValue(io, options.output, shown);
  };

  if (plan.status === 'already_undone') {
    await show(plan);
    return 0;
  }
  if (plan.status === 'refused') {
    await show(plan);
    refuseUnfit(plan);
  }
  if (!options.yes) {
    await show(plan);
    const agreed = isTable && (await asksYes(io, 'Put these files back?', workspace.clock));
    if (!agreed) {
      const command = nextCommand(context, options, `session undo ${id} --turn ${turn} --yes`);
      io.stderr.write(`nothing is changed; to do it: ${command}\n`);
      return NOT_DONE;
    }
  }
  const done = await withHost(workspace, (host) => host.undo(id, { turn }));
  if (options.yes || !isTable) await show(done);
  io.stderr.write(
    done.status === 'already_undone'
      ? `turn ${turn} was undone by somebody else meanwhile\n`
      : `undone turn ${turn}; the model is told with its next request (seq ${done.undone_at} files.undone)\n`,
  );
  return 0;
};

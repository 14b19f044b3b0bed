/** `session show --context`, and `session compact`. */
import { refuseTools } from '../../../engine/caller.ts';
import { contextOf, type ShownContext } from '../../../engine/past/context.ts';
import { withHost } from '../../attach.ts';
import { oneLine, visibleText } from '../../terminal/width.ts';
import { openForCommand, type CommandAction } from '../context.ts';
import { printValue, type OutputFormat } from '../listing.ts';
import { paged, printPaged } from '../pager.ts';

interface Output {
  output: OutputFormat;
}

export const showContext: CommandAction<Output> = async (context, { output, ...options }, id) => {
  const { store } = await openForCommand(context, options);
  const shown = await contextOf(store, id);
  const { io, environment } = context;
  if (output === 'table') {
    await paged(io, environment, contextLines(shown).join('\n'));
    return;
  }
  await printPaged(io, environment, (to) => printValue(to, output, shown));
};

function contextLines(shown: ShownContext): string[] {
  const {
    model = 'none yet',
    window,
    tokens,
    counted,
    instruction_sources,
    missing,
    pins,
    taint,
    tools,
    messages,
  } = shown;
  const room = window === undefined ? '' : ` of ${window}`;
  return [
    `model         ${oneLine(model)}`,
    `tokens        ${counted ? '' : 'about '}${tokens}${room}`,
    ...instruction_sources.map(({ origin, bytes }) => `instructions  ${oneLine(origin)}, ${bytes} bytes`),
    ...missing.map(({ what, why }) => `not read      ${oneLine(what)}: ${visibleText(why)}`),
    ...pins.map(({ id, text }) => `pinned        ${id}: ${visibleText(text)}`),
    ...taint.map((source) => `tainted       by ${oneLine(source)}`),
    `tools         ${tools.map(oneLine).join(', ') || 'none'}`,
    `history       ${messages.length} messages${shown.summed_up ? ', the first of them a summary' : ''}`,
    ...messages.flatMap(({ seq, role, text }) => ['', `[${seq}] ${role}`, visibleText(text.trimEnd())]),
    '',
  ];
}

/** `session compact`: its conversation is summed up before its next message is answered. */
export const compactSession: CommandAction<object> = async (context, options, id) => {
  refuseTools(context.environment);
  const workspace = await openForCommand(context, options);
  await withHost(workspace, (host) => host.configure(id, { compact: true }));
  context.io.stderr.write('the conversation is summed up before its next message is answered\n');
};

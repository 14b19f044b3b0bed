import type { QueueItem } from '../../../contract/host.ts';
import { refuseTools } from '../../../engine/caller.ts';
import { findQueued } from '../../../engine/lanes/queue-acts.ts';
import { readQueue } from '../../../engine/lanes/read-queue.ts';
import type { Workspace } from '../../../engine/wire.ts';
import { withHost } from '../../attach.ts';
import { nextCommand, openForCommand, type CommandAction } from '../context.ts';
import { printRows, printValue, type OutputFormat } from '../listing.ts';
import { joinOwner } from '../owner.ts';
import { ago } from '../times.ts';

interface Output {
  output: OutputFormat;
}

/** `queue ls` */
export const listQueue: CommandAction<Output> = async (context, options) => {
  const workspace = await openForCommand(context, options);
  const now = workspace.clock.now();
  await printRows(
    context.io,
    options.output,
    await queueOf(workspace),
    [
      { title: 'message', text: ({ event_id }) => event_id, narrow: 'whole' },
      { title: 'lane', text: ({ lane }) => lane },
      { title: 'state', text: stateText },
      { title: 'what', text: ({ title, why }) => why ?? title, narrow: 'flexible' },
      { title: 'session', text: ({ session_id }) => session_id, narrow: 'spare' },
      { title: 'from', text: ({ actor, source }) => `${actor} by ${source}`, narrow: 'spare' },
      { title: 'accepted', text: ({ accepted_at }) => ago(accepted_at, now), narrow: 'spare' },
    ],
    'no message waits, runs or is dead',
  );
};

/** `queue show` */
export const showQueued: CommandAction<Output> = async (context, options, id) => {
  const workspace = await openForCommand(context, options);
  const item = findQueued(await queueOf(workspace), id);
  if (options.output !== 'table') return printValue(context.io, options.output, item);
  const { event_id, session_id, lane, priority, actor, source, title, why, accepted_at, metadata = {} } = item;
  const now = workspace.clock.now();
  const lines: [string, string][] = [
    ['message', event_id],
    ['begins', title],
    ['session', session_id],
    ['lane', priority === 0 ? lane : `${lane}, priority ${priority}`],
    ['state', stateText(item)],
    ...(why === undefined ? [] : [['why', why] satisfies [string, string]]),
    ['from', `${actor} by ${source}`],
    ['accepted', ago(accepted_at, now)],
    ...Object.entries(metadata).map(([name, value]): [string, string] => [`metadata ${name}`, value]),
  ];
  for (const [name, value] of lines) context.io.stdout.write(`${name}: ${value}\n`);
  if (item.state !== 'dead') return;
  for (const act of ['retry', 'drop']) context.io.stderr.write(`${nextCommand(context, options, `queue ${act} ${event_id}`)}\n`); // prettier-ignore
};

/** `queue retry` */
export const retryDead: CommandAction<object> = async (context, options, id) => {
  refuseTools(context.environment);
  const workspace = await openForCommand(context, options);
  const [item, here] = await withHost(workspace, async (host) => [await host.retryDead(id), host.here] as const, {
    runs: true,
  });
  const { event_id, session_id } = item;
  context.io.stderr.write(`accepted ${event_id} again\n`);
  if (here) {
    const next = nextCommand(context, options, `run --session ${session_id}`);
    context.io.stderr.write(`nobody works in this workspace; have it answered with: ${next}\n`);
  }
};

/** `queue drop` */
export const dropQueued: CommandAction<object> = async (context, options, id) => {
  refuseTools(context.environment);
  const { event_id, state } = await withHost(await openForCommand(context, options), (host) => host.dropQueued(id));
  context.io.stderr.write(`dropped ${event_id}, which was ${state}\n`);
};

/** As whoever works in the workspace tells it; else as the files do. */
async function queueOf(workspace: Workspace): Promise<QueueItem[]> {
  const host = await joinOwner(workspace);
  try {
    return (await host?.queue()) ?? (await readQueue(workspace));
  } finally {
    await host?.leave();
  }
}

function stateText({ state, position }: QueueItem): string {
  if (state === 'waiting_approval') return 'waits for an approval';
  const before = state === 'waiting' || state === 'delivered' ? position : 0;
  return before === 0 ? state : `${state}, ${before} before it`;
}

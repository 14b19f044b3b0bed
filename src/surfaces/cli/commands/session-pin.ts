/** `session pin`: facts that the model of a session is told for good. */
import { RuntimeError } from '../../../contract/errors.ts';
import { refuseTools } from '../../../engine/caller.ts';
import { contextOf } from '../../../engine/past/context.ts';
import type { Workspace } from '../../../engine/wire.ts';
import { withHost } from '../../attach.ts';
import { openForCommand, type CommandAction } from '../context.ts';
import { printRows, type OutputFormat } from '../listing.ts';

interface Options {
  list?: true;
  remove?: string;
  output: OutputFormat;
}

export const pinFact: CommandAction<Options> = async (context, options, id, given = '') => {
  const { list = false, remove, output } = options;
  const text = given.trim();
  if ([list, remove !== undefined, text !== ''].filter(Boolean).length !== 1) {
    throw new RuntimeError('usage', 'It takes a fact to pin, or --list, or --remove.', {
      next: `Pin one: runtime session pin ${id} "…"; or see what is pinned: runtime session pin ${id} --list`,
    });
  }
  if (!list) refuseTools(context.environment);
  const workspace = await openForCommand(context, options);
  if (!list) await change(workspace, id, remove === undefined ? { pin: text } : { unpin: remove });
  const { pins } = await contextOf(workspace.store, id);
  const columns = [
    { title: 'pin', text: (pin: (typeof pins)[number]) => pin.id, narrow: 'whole' as const },
    { title: 'fact', text: (pin: (typeof pins)[number]) => pin.text, narrow: 'flexible' as const },
  ];
  await printRows(context.io, output, pins, columns, 'nothing is pinned');
  if (!list) context.io.stderr.write('the model is told so from its next message on\n');
};

async function change(workspace: Workspace, id: string, what: { pin: string } | { unpin: string }): Promise<void> {
  await withHost(workspace, (host) => host.configure(id, what));
}

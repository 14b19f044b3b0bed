/** `session trust`: a person has looked at what came from outside. */
import { RuntimeError } from '../../../contract/errors.ts';
import { refuseTools } from '../../../engine/caller.ts';
import { withHost } from '../../attach.ts';
import { oneLine } from '../../terminal/width.ts';
import { openForCommand, type CommandAction } from '../context.ts';

interface Options {
  source?: string[];
}

export const trustSources: CommandAction<Options> = async (context, { source: named, ...options }, id) => {
  refuseTools(context.environment);
  const workspace = await openForCommand(context, options);
  await withHost(workspace, async (host) => {
    const { seq, taint = [] } = await host.session(id);
    if (seq === 0) throw new RuntimeError('not_found', `There is no session ${id}.`, { id });
    // What is read meanwhile nobody has looked at: sources are named.
    const trust = named ?? taint;
    if (trust.length > 0) await host.configure(id, { trust });
    const said = trust.length === 0 ? 'nothing from outside is in it' : `trusted: ${trust.map(oneLine).join(', ')}`;
    context.io.stderr.write(`${said}\n`);
  });
};

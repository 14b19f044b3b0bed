/** `session trust`: a person has looked at what came from outside. */
import { RuntimeError } from '../../../contract/errors.ts';
import { refuseTools } from '../../../engine/caller.ts';
import { shownFiles } from '../../../engine/taint/sources.ts';
import { withHost } from '../../attach.ts';
import { oneLine } from '../../terminal/width.ts';
import { openForCommand, type CommandAction } from '../context.ts';

interface Options {
  source?: string[];
  files?: true;
}

export const trustSources: CommandAction<Options> = async (context, { source: named, files, ...options }, id) => {
  refuseTools(context.environment);
  const workspace = await openForCommand(context, options);
  await withHost(workspace, async (host) => {
    const { seq, taint = [], project_root } = await host.session(id);
    if (seq === 0) throw new RuntimeError('not_found', `There is no session ${id}.`, { id });
    const tainted = shownFiles(await workspace.store.taintedFiles.list(), project_root);
    // What is read meanwhile nobody has looked at: sources are named.
    const trust = named ?? taint;
    const change = { ...(trust.length > 0 && { trust }), ...(files && { trust_files: files }) };
    if (Object.keys(change).length > 0) await host.configure(id, change);
    const said = trust.length === 0 ? 'nothing from outside is in it' : `trusted: ${trust.map(oneLine).join(', ')}`;
    context.io.stderr.write(`${[said, ...aboutFiles(tainted, id, files)].join('\n')}\n`);
  });
};

/** Such files bring it back into any conversation of the project that reads them. */
function aboutFiles(tainted: readonly string[], id: string, isTrusted = false): string[] {
  if (isTrusted && tainted.length === 0) return ['no files of the project are tainted'];
  if (isTrusted) return tainted.map((file) => `trusted file: ${oneLine(file)}`);
  if (tainted.length === 0) return [];
  const next = `once you looked at them: runtime session trust ${id} --files`;
  return [...tainted.map((file) => `still tainted: ${oneLine(file)}`), next];
}

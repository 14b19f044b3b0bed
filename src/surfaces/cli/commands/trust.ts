import { realpathSync } from 'node:fs';
import { RuntimeError } from '../../../contract/errors.ts';
import { refuseTools } from '../../../engine/caller.ts';
import { asSeen, type ProjectFile, projectFiles } from '../../../engine/trust/trusted-files.ts';
import { changeTrusted } from '../../../store/trusted.ts';
import { visible } from '../../../adapters/tools/visible.ts';
import { asksYes } from '../asks-yes.ts';
import { type CommandAction, openForCommand } from '../context.ts';
import { type Column, type OutputFormat, printRows } from '../listing.ts';
import { rootOf } from '../root-flag.ts';

interface Options {
  output: OutputFormat;
  yes?: true;
  remove?: true;
}

type Row = Pick<ProjectFile, 'path' | 'standing'> & { bytes: number };

const COLUMNS: Column<Row>[] = [
  { title: 'file', text: ({ path }) => path, narrow: 'flexible' },
  { title: 'is', text: ({ standing }) => standing, narrow: 'whole' },
  { title: 'bytes', text: ({ bytes }) => String(bytes) },
];

/** Nobody said yes. */
const NOT_DONE = 1;

/** `trust` */
export const trust: CommandAction<Options> = async (context, options, folder) => {
  const { io, environment } = context;
  refuseTools(environment);
  const root = folder === undefined ? realpathSync('.') : rootOf(folder);
  const workspace = await openForCommand(context, options);
  const files = await projectFiles(workspace, root);
  const { home, clock } = workspace;
  if (options.remove) {
    const paths = new Set(files.map((file) => asSeen(file, 0).path));
    changeTrusted(home, (trusted) => trusted.filter(({ path }) => !paths.has(path)));
    io.stderr.write(`nothing of ${root} is told to models any more\n`);
    return 0;
  }
  const fresh = files.filter(({ standing }) => standing !== 'trusted');
  if (!options.yes && options.output === 'table') for (const file of fresh) io.stdout.write(shown(file));
  const rows = files.map(({ path, standing, text, left_out }) => ({
    path,
    standing,
    bytes: Buffer.byteLength(text) + left_out,
  }));
  await printRows(io, options.output, rows, COLUMNS, `${root} has no file that agents would be told (AGENTS.md)`);
  if (fresh.length === 0) return 0;
  const agreed = options.yes ?? (await asksYes(io, 'Is the agent to be told what these say?', clock));
  if (agreed === undefined) {
    throw new RuntimeError('usage', 'Nobody is here to be asked.', { next: 'Look at the files, and give --yes.' });
  }
  if (!agreed) {
    io.stderr.write('not trusted: no model is told what they say\n');
    return NOT_DONE;
  }
  const seen = fresh.map((file) => asSeen(file, clock.now()));
  const paths = new Set(seen.map(({ path }) => path));
  changeTrusted(home, (trusted) => [...trusted.filter(({ path }) => !paths.has(path)), ...seen]);
  io.stderr.write(`trusted as they are now; a change of them asks again\n`);
  return 0;
};

/** All that would be told, with nothing in it that a terminal would act on, or not show. */
function shown({ path, text, left_out, standing }: ProjectFile): string {
  const rest = left_out > 0 ? `\n[… ${left_out} bytes more, which are not told …]` : '';
  return `── ${visible(path)} (${standing})\n${visible(text, { lines: true }).trimEnd()}${rest}\n\n`;
}

import type { LoadedConfig } from '../../../engine/config/load.ts';
import { type ConfigRow, configRows, configView } from '../../../engine/config/view.ts';
import { type CommandAction, loadForCommand } from '../context.ts';
import type { Io } from '../io.ts';
import { printValue } from '../listing.ts';
import { printPaged } from '../pager.ts';

interface Options {
  origin?: boolean;
  output: 'yaml' | 'json';
}

/** `config view`: what it prints as YAML is itself a valid configuration file. */
export const viewConfig: CommandAction<Options> = async (context, options) => {
  const loaded = await loadForCommand(context, options);
  await printPaged(context.io, context.environment, (io) => print(io, loaded, options));
};

async function print(io: Io, loaded: LoadedConfig, { origin, output }: Options): Promise<void> {
  if (!origin) return printValue(io, output, configView(loaded.config));
  const rows = await configRows(loaded);
  if (output === 'json') return printValue(io, 'json', rows);
  io.stdout.write(await withOrigins(rows));
}

/** YAML with the origin of each key behind it. */
async function withOrigins(rows: ConfigRow[]): Promise<string> {
  const { dump } = await import('js-yaml');
  let open: string[] = [];
  let text = '';
  for (const { key, value, origin } of rows) {
    const sections = key.split('.');
    const name = sections.pop()!;
    const shared = sections.findIndex((section, depth) => open[depth] !== section);
    for (let depth = shared === -1 ? sections.length : shared; depth < sections.length; depth++) {
      text += `${'  '.repeat(depth)}${sections[depth]}:\n`;
    }
    open = sections;
    const [first, ...others] = dump({ [name]: value }, { lineWidth: -1, noRefs: true })
      .trimEnd()
      .split('\n');
    const indent = '  '.repeat(sections.length);
    text += [`${indent}${first}  # ${origin}`, ...others.map((line) => indent + line), ''].join('\n');
  }
  return text;
}

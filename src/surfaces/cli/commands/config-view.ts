import { type ConfigRow, configRows, configView } from '../../../engine/config/view.ts';
import { type CommandAction, loadForCommand } from '../context.ts';
import { printValue } from '../listing.ts';

/** `config view`: what it prints as YAML is itself a valid configuration file. */
export const viewConfig: CommandAction<{ origin?: boolean; output: 'yaml' | 'json' }> = async (context, options) => {
  const { io } = context;
  const loaded = await loadForCommand(context, options);
  if (!options.origin) return printValue(io, options.output, configView(loaded.config));
  const rows = await configRows(loaded);
  if (options.output === 'json') return printValue(io, 'json', rows);
  io.stdout.write(await withOrigins(rows));
};

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

/** `policy set`: moves a tool into one of the configuration's lists. */
import { statSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { nearest } from '../../base/nearest.ts';
import type { Config } from '../../contract/config.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { ToolSpec } from '../../contract/manifest.ts';
import type { Verdict } from '../../contract/values.ts';
import { editLists, type Lists } from './list-edits.ts';
import { loadConfig, type LoadedConfig } from './load.ts';
import { policyLists, policyOf } from './policy.ts';
import { replaceFile } from './write.ts';

/** Somebody else may be writing the same file. */
const MOST_ATTEMPTS = 5;

const LIST_OF = { allow: policyLists.allow, require_approval: policyLists.require_approval, deny: policyLists.deny };

export interface PolicyChange {
  home: string;
  /** Of `--config`. */
  file?: string;
  tools: readonly ToolSpec[];
  tool: string;
  verdict: Verdict;
}

/**
 * Gives the file's path and whether it had to change.
 * @throws RuntimeError unknown_tool | config_invalid | config_unreadable
 */
export async function setPolicy(change: PolicyChange): Promise<{ path: string; changed: boolean }> {
  requireTool(change.tool, change.tools);
  const { home, file } = change;
  if (file !== undefined) requirePlain(file);
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    // The file by itself: what the environment says now is not for the file to know.
    const loaded = await loadConfig({ home, environment: {}, overrides: new Map(), ...(file && { file }) });
    const { path, text } = loaded.file;
    const before = listsOf(loaded);
    const after = move(loaded.config, before, change);
    if (isDeepStrictEqual(before, after)) return { path, changed: false };
    const edited = editLists(text, 'governance', before, after);
    if (edited === undefined) {
      const list = LIST_OF[change.verdict];
      throw new RuntimeError('config_invalid', `${path}: can't change its lists without touching more of the file`, {
        next: `Put ${change.tool} into governance.${list} by hand, and take it out of the other lists.`,
      });
    }
    if (replaceFile(path, edited, text)) return { path, changed: true };
  }
  throw new RuntimeError('store_unavailable', 'another program keeps changing the configuration', {
    next: 'Try again.',
  });
}

/** Whoever names a pipe or a device would be waited for, and with them all others whom this process serves. */
function requirePlain(path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats || stats.isFile()) return;
  throw new RuntimeError('config_unreadable', `${path} is no plain file, and can't be replaced.`);
}

function requireTool(tool: string, tools: readonly ToolSpec[]): void {
  const names = tools.map(({ name }) => name);
  if (names.includes(tool)) return;
  const near = nearest(tool, names);
  throw new RuntimeError('unknown_tool', `there is no tool "${tool}"${near ? `; did you mean ${near}?` : ''}`);
}

/** The lists that the file itself has. */
function listsOf({ config, originOf }: LoadedConfig): Lists {
  const lists = Object.values(LIST_OF).filter((list) => originOf(`governance.${list}`).from === 'file');
  return Object.fromEntries(lists.map((list) => [list, config.governance[list] ?? []]));
}

function move(config: Config, before: Lists, { tools, tool, verdict }: PolicyChange): Lists {
  const target = LIST_OF[verdict];
  const after: Record<string, readonly string[]> = { ...before };
  for (const [list, names] of Object.entries(before)) {
    if (list !== target) after[list] = names.filter((name) => name !== tool);
  }
  const effective = policyOf({ ...config, governance: { ...config.governance, ...after } }, tools)[verdict];
  if (!effective.includes(tool)) {
    // A list that becomes explicit keeps what it meant by default, so that only this tool changes.
    after[target] = [...(before[target] ?? effective), tool];
  }
  return after;
}

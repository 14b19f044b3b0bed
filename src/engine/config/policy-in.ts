import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../contract/config.ts';
import type { Policy } from '../../contract/manifest.ts';
import type { ToolHost } from '../../contract/ports.ts';
import { RULES_FILE } from '../../store/workspace.ts';
import { policyOf } from './policy.ts';

/** The file of a workspace's own rules: in its folder, closed to tools as all of the runtime's home is. */
export function rulesFile(folder: string): string {
  return join(folder, RULES_FILE);
}

/** What a configuration means in a workspace, with the rules of that. @throws RuntimeError config_unreadable | config_invalid */
export async function policyIn(folder: string, config: Config, tools: Pick<ToolHost, 'tools'>): Promise<Policy> {
  const path = rulesFile(folder);
  // A link that leads nowhere is a file that can't be read: without its rules more would be allowed.
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return policyOf(config, tools.tools());
  const { loadRules } = await import('./policy-file.ts');
  return policyOf(config, tools.tools(), await loadRules(path, tools.tools()));
}

import type { Policy } from '../../contract/manifest.ts';
import type { Workspace } from '../wire.ts';
import { loadConfig } from './load.ts';
import { policyOf } from './policy.ts';

/** The policy that the configuration means as it stands now. @throws RuntimeError config_unreadable | config_invalid */
export async function policyNow({
  home,
  request,
  tools,
}: Pick<Workspace, 'home' | 'request' | 'tools'>): Promise<Policy> {
  const { environment, overrides, file } = request;
  const { config } = await loadConfig({ home, environment, overrides, ...(file !== undefined && { file }) });
  return policyOf(config, tools.tools());
}

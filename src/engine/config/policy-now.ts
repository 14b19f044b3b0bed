import type { Policy } from '../../contract/manifest.ts';
import type { Workspace } from '../wire.ts';
import { loadConfig } from './load.ts';
import { policyIn } from './policy-in.ts';

/** The policy that configuration and workspace mean as they stand now. @throws RuntimeError config_unreadable | config_invalid */
export async function policyNow({
  home,
  request,
  tools,
  store,
}: Pick<Workspace, 'home' | 'request' | 'tools' | 'store'>): Promise<Policy> {
  const { environment, overrides, file } = request;
  const { config } = await loadConfig({ home, environment, overrides, ...(file !== undefined && { file }) });
  return policyIn(store.folder, config, tools);
}

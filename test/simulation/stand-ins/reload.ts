/** What a configuration holds beside its policy doesn't change in a world. */
import { canonicalJson } from '../../../src/base/canonical-json.ts';
import type * as real from '../../../src/engine/config/reload.ts';
import { ownerOf } from '../machine/process.ts';

export const reloadConfig: typeof real.reloadConfig = async (workspace) => {
  const { process } = ownerOf(workspace.home);
  const policy = process.call(() => process.machine.outside.policy());
  const changed = canonicalJson(policy) === canonicalJson(workspace.policy) ? [] : ['governance.deny'];
  workspace.policy = policy;
  return { changed, needs_restart: [] };
};

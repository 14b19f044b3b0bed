import { modelNames } from '../config/models.ts';
import { type Principal, requireRole } from '../principal.ts';
import type { Workspace } from '../wire.ts';

/**
 * A model that the configuration doesn't name is asked where the standard one is, and has no price here, so that no limit of
 * money counts for it: only an operator may want one. @throws RuntimeError role_not_allowed | caller_is_tool
 */
export function requireModel({ loaded, request }: Workspace, model: string | undefined, by: Principal): void {
  if (model === undefined || modelNames(loaded.config, request.environment).includes(model)) return;
  requireRole(by, { least: 'operator', what: `asking ${model}, a model that is not configured,` });
}

import type { Role } from '../../contract/values.ts';
import { lowerRole } from '../../kernel/policy/rights.ts';
import type { OfModel } from '../gone-model.ts';

/** What is recorded where a model is chosen; nothing, where it is the session's already. */
export function modelChange(model: string, listed: boolean, now: OfModel): { model?: string; listed?: true } {
  if (now.model === model && (now.model_listed ?? false) === listed) return {};
  return { model, ...(listed && { listed }) };
}

/**
 * May the message of somebody with this role choose the model? `own`: the role that the session's turns may have; one that
 * isn't there yet is made by its first message. Two that came at once were both looked at before there was a session.
 */
export function mayChooseModel(role: Role, own: Role | undefined): boolean {
  return own === undefined || lowerRole(role, own) === own;
}

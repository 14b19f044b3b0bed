/** The entries by which a session is made, and by which it gets a message. */
import type { Observation } from '../contract/entries.ts';
import type { Policy } from '../contract/manifest.ts';
import type { ChildRequest } from '../contract/ports.ts';
import type { IngressEvent } from '../contract/records.ts';
import type { Role } from '../contract/values.ts';
import { lowerRole } from '../kernel/policy/rights.ts';
import { childEvent } from './child-event.ts';
import { rightsOf } from './freeze.ts';

/** A session is made by its first message. */
export function created(
  { root = '/', title, source, actor }: IngressEvent,
  making: { id: string; workspace: { id: string; epoch: number }; policy: Policy; role: Role },
): Observation {
  const { id, workspace, policy, role } = making;
  return {
    type: 'session.created',
    data: {
      session_id: id,
      workspace_id: workspace.id,
      kind: source === 'cron' ? 'cron' : 'chat',
      ...(title !== undefined && { title }),
      project_root: root,
      source,
      actor,
      rights: rightsOf(policy, lowerRole(role, actor.role)),
      epoch: workspace.epoch,
    },
  };
}

/** That of a step may do no more than its parent's turn. */
export function createdForStep(child: ChildRequest, workspace_id: string): Observation {
  const { session_id, title, project_root, source, actor, rights, epoch, parent, own_policies } = child;
  const made = { session_id, workspace_id, kind: 'step' as const, title, project_root, source, actor };
  return {
    type: 'session.created',
    data: { ...made, rights, epoch, parent, ...(own_policies && { own_policies }) },
  };
}

/** An accepted event. */
export function inputOf(event: IngressEvent): Observation {
  const { event_id, mode, parts, actor, source, lane, taint, goal, check } = event;
  const input = { event_id, mode, parts, actor, source, lane, taint };
  return { type: 'input.received', data: { ...input, ...(goal && { goal }), ...(check !== undefined && { check }) } };
}

/** A try of a step. */
export function inputOfTry(request: ChildRequest): Observation {
  const { parts, actor, source, lane, taint, check, limits } = request;
  const input = { event_id: childEvent(request), mode: 'message' as const, parts, actor, source, lane, taint, limits };
  return { type: 'input.received', data: { ...input, ...(check !== undefined && { check }) } };
}

/** What an approval is bound to, and the id it gets. */
import { canonicalJson } from '../../base/canonical-json.ts';
import type { Digest, Hash } from '../../base/digest.ts';
import type { Seq } from '../../contract/entries.ts';
import type { Policy, ToolSpec } from '../../contract/manifest.ts';
import type { Inspected } from '../turn/state.ts';

const ID_DIGITS = 16;

/**
 * `a-` and 16 hex digits, derived from the place of the request and the digest that it is for. So an id that somebody noted
 * down never names another call, not even in a session that was removed and made anew under its name.
 */
export function approvalId(hash: Hash, seq: Seq, digest: Digest): string {
  return `a-${hash(`${seq}:${digest}`).slice(0, ID_DIGITS)}`;
}

/**
 * The digest that an approval is for: this session, this call, these arguments, facts and policy, and what the approver
 * was shown. Anything else at execution is not what was approved.
 */
export function approvalDigest(
  hash: Hash,
  call: {
    session_id: string;
    call_id: string;
    project_root: string;
    spec: ToolSpec;
    inspected: Inspected;
    policy: Policy;
  },
): Digest {
  const { spec, inspected } = call;
  const bound = {
    v: 1,
    session_id: call.session_id,
    call_id: call.call_id,
    tool: spec.name,
    tool_schema_digest: spec.schema_digest,
    args_digest: inspected.args_digest,
    project_root: call.project_root,
    facts_digest: inspected.facts_digest,
    presentation_digest: inspected.presentation_digest,
    policy_digest: `sha256:${hash(canonicalJson(call.policy))}`,
  };
  return `sha256:${hash(canonicalJson(bound))}`;
}

/** A policy of which somebody was told that it holds, set or read again from its file, holds for all that is decided since. */
import { intentOf, strictestOf } from './effects.ts';
import type { Invariant } from '../world/parts.ts';

export const policyHolds: Invariant = {
  letter: 'p',
  says: 'what a policy denies, or asks for, is not decided otherwise once that was said to hold',
  watch(world, broken) {
    return {
      effect(begun) {
        const { held } = world.ledger;
        if (held === undefined || held.change !== world.ledger.policyChanges) return;
        const { session, run } = begun;
        const { before = [], started } = intentOf(world, begun) ?? {};
        const life = `${session}#${world.ledger.life(session)}`;
        // A copy has what was decided elsewhere.
        const since = held.seqs.get(life) ?? (before.some(({ type }) => type === 'session.forked') ? Infinity : 0);
        const decided = before.findLast((one) => one.type === 'policy.decided' && one.data.call_id === run.call_id);
        if (started === undefined || decided === undefined || decided.seq <= since) return;
        const verdict = strictestOf([world.policy], before, run);
        const unasked = started.data.approval_id === undefined && started.data.grant_id === undefined;
        if (verdict === 'deny' || (verdict === 'require_approval' && unasked)) {
          broken(`${run.spec.name} ${session} ${run.call_id} began, which the policy that holds would ${verdict}`);
        }
      },
    };
  },
};

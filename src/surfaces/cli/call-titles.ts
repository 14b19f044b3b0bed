/** What calls and approvals are about, in a person's words: told by their entries, also by those of earlier runs. */
import type { EntryData } from '../../contract/entries.ts';
import type { StreamEvent } from '../../contract/stream.ts';
import type { Presentation } from '../../contract/values.ts';

export interface CallTitles {
  take(event: StreamEvent): void;
  /** Undefined for a call that nobody has looked at. */
  ofCall(call_id: string): string | undefined;
  ofApproval(approval_id: string): string | undefined;
  /** All that an approver of the call would be shown. */
  shown(call_id: string): Presentation | undefined;
}

export function createCallTitles(): CallTitles {
  const calls = new Map<string, Presentation>();
  const approvals = new Map<string, string>();
  return {
    take({ type, data }) {
      if (type === 'call.inspected') {
        const { call_id, presentation } = data as EntryData<'call.inspected'>;
        calls.set(call_id, presentation);
      }
      if (type === 'approval.requested') {
        const { approval_id, call_id } = data as EntryData<'approval.requested'>;
        approvals.set(approval_id, call_id);
      }
    },
    ofCall: (call_id) => calls.get(call_id)?.title,
    ofApproval: (approval_id) => calls.get(approvals.get(approval_id) ?? '')?.title,
    shown: (call_id) => calls.get(call_id),
  };
}

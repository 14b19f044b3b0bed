/** The end of the audit log in one line, to be kept where nobody who can write the log can write. */
import { utcTime } from '../../base/utc-time.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Seq } from '../../contract/entries.ts';
import type { Audit } from '../../contract/ports.ts';

export interface AuditHeadLine {
  workspace: string;
  seq: Seq;
  hash: string;
}

const MARK = 'runtime.audit-head.v1';
const LINE = new RegExp(`^${RegExp.escape(MARK)} ([a-z0-9][a-z0-9_-]{0,63}) ([1-9]\\d{0,14}) ([0-9a-f]{64})(?: .*)?$`);

/** @throws RuntimeError not_found, when nothing is in the log | store_damaged | store_too_new */
export async function auditHead(audit: Audit, workspace: string): Promise<AuditHeadLine & { at: number }> {
  let at = 0;
  const { seq, hash, failure, status } = await audit.read((stored) => void (at = stored.at));
  if (failure) {
    const code = status === 'too_new' ? 'store_too_new' : 'store_damaged';
    throw new RuntimeError(code, `The audit log can't be read: ${failure.message}.`);
  }
  if (seq === 0) {
    throw new RuntimeError('not_found', 'Nothing is in the audit log yet.', {
      next: 'It begins when a first turn has ended.',
    });
  }
  return { workspace, seq, hash, at };
}

export function headLine({ workspace, seq, hash, at }: AuditHeadLine & { at: number }): string {
  return `${MARK} ${workspace} ${seq} ${hash} ${utcTime(at)}`;
}

/** @throws RuntimeError usage */
export function parseHeadLine(line: string): AuditHeadLine {
  const [, workspace, seq, hash] = LINE.exec(line.trim()) ?? [];
  if (workspace !== undefined) return { workspace, seq: Number(seq), hash: hash! };
  throw new RuntimeError('usage', 'That is no head line.', {
    next: 'Give it as `runtime audit head` printed it, in quotes.',
  });
}

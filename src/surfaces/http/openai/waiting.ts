/** What is said where a turn waits for a person: the request ends by that, the turn goes on when it is answered. */
import type { ApprovalRecord } from '../../../contract/answers.ts';

/** `approval` gives a record by its id. */
export async function waitingNotice(
  ids: readonly string[],
  approval: (id: string) => Promise<ApprovalRecord>,
): Promise<string> {
  const calls = await Promise.all(
    ids.map(async (id) => {
      const record = await approval(id).catch(() => undefined);
      return `- ${id}: ${record?.presentation.title ?? 'a call'}\n  runtime approve ${id}   (or: runtime deny ${id}, POST /v1/approvals/${id}/resolve)`;
    }),
  );
  return ['This waits for a person to approve:', ...calls, 'It goes on by itself when that is answered.'].join('\n');
}

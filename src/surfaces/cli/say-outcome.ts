/** How a one-shot run is told to have left: on standard error, unless it has an answer. */
import { errorCatalogue } from '../../contract/errors.ts';
import type { RunOutcome, StreamEvent } from '../../contract/stream.ts';
import type { TurnReason } from '../../contract/values.ts';
import type { Workspace } from '../../engine/wire.ts';
import { oneLine, visibleText } from '../terminal/width.ts';
import type { CallTitles } from './call-titles.ts';
import type { Io } from './io.ts';
import { nextStep } from './next-step.ts';
import { paint } from './paint.ts';

const NEXT: Partial<Record<TurnReason, string>> = {
  auth_missing: errorCatalogue.auth_missing.next,
  timeout: 'Give the turn longer with --timeout or `budget.turn.wall`.',
  unavailable: 'Check the network and the address (`base_url`, OPENAI_BASE_URL, OLLAMA_HOST), then ask again.',
  interrupted: 'Ask again; if it stops there once more, ask in another way or in a new session.',
};

/** What is said of a turn that has no reply. */
const SILENT: Partial<Record<TurnReason, string>> = {
  interrupted: 'the program stopped again and again at the same place of this turn, so the turn was given up',
};

/** On standard error: what waits, and what answers it. */
export async function sayWaiting(
  { stderr }: Io,
  workspace: Workspace,
  approvals: readonly string[],
  titles: CallTitles,
  next: (command: string) => string,
): Promise<void> {
  for (const id of approvals) {
    const what = titles.ofApproval(id) ?? (await titleOfStepCall(workspace, id));
    stderr.write(`waits for a person: ${oneLine(what)}\napproval ${id}\n${next(`approve ${id}`)}\n`);
    stderr.write(`(or \`${next(`approvals show ${id}`)}\`, \`${next(`deny ${id}`)}\`)\n`);
  }
}

/** What a goal's step asks for stands in the journal of that step. */
async function titleOfStepCall(workspace: Workspace, approval_id: string): Promise<string> {
  const { findApproval } = await import('../../engine/approvals.ts');
  const record = await findApproval(workspace, approval_id).catch(() => undefined); // its answer may come meanwhile
  if (record === undefined) return 'a call';
  return `${record.presentation.title}${record.parent ? ` (step: ${record.parent.title})` : ''}`;
}

/** On standard error: why there is no answer. */
export function sayOutcome(
  io: Io,
  outcome: RunOutcome,
  { scope }: Pick<StreamEvent, 'scope'>,
  next: (command: string) => string,
): void {
  if (outcome.state === 'ended' && outcome.reason !== undefined && outcome.reason !== 'success') {
    const text = outcome.text === '' ? (SILENT[outcome.reason] ?? 'the turn ended without an answer') : outcome.text;
    io.stderr.write(`${paint(io.stderr, 'red', `${outcome.reason}:`)} ${withNewline(visibleText(text))}`);
    const { reason, code } = outcome;
    const step = nextStep({ reason, ...(code !== undefined && { code }) }, NEXT);
    if (step !== undefined) io.stderr.write(`${paint(io.stderr, 'bold', 'next:')} ${step}\n`);
  }
  if (outcome.state === 'open' && scope.kind === 'session') {
    io.stderr.write(`left open; it goes on with: ${next(`run --session ${scope.id}`)}\n`);
  }
}

export function withNewline(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}

import type { ApprovalRecord } from '../../../contract/answers.ts';
import { RuntimeError } from '../../../contract/errors.ts';
import { findApproval, pendingApprovals } from '../../../engine/approvals.ts';
import { refuseTools } from '../../../engine/caller.ts';
import { parseRule, ruleLine } from '../../../engine/rule-text.ts';
import { wholeText } from '../../../engine/session/messages.ts';
import type { Resolution } from '../../../contract/host.ts';
import type { RuleText } from '../../../contract/policy-rule.ts';
import type { Workspace } from '../../../engine/wire.ts';
import {
  nextCommand,
  openForCommand,
  type CommandAction,
  type CommandContext,
  type GlobalOptions,
} from '../context.ts';
import { approvalFacts } from '../approval-facts.ts';
import { printRows, printValue, type OutputFormat } from '../listing.ts';
import { paged } from '../pager.ts';
import { paint } from '../paint.ts';
import { heldRows } from '../../terminal/held-rows.ts';
import { oneLine } from '../../terminal/width.ts';
import { ago, until } from '../times.ts';
import { withHost } from '../../attach.ts';
import { runToEnd } from './run.ts';

interface Output {
  output: OutputFormat;
}

export const listApprovals: CommandAction<Output> = async (context, options) => {
  const workspace = await openForCommand(context, options);
  const now = workspace.clock.now();
  await printRows(
    context.io,
    options.output,
    await pendingApprovals(workspace),
    [
      { title: 'approval', text: ({ id }) => id, narrow: 'whole' },
      { title: 'what', text: ({ presentation, tool }) => presentation.title || tool, narrow: 'flexible' },
      { title: 'session', text: ({ session_id }) => session_id, narrow: 'spare' },
      { title: 'asked', text: ({ created_at }) => ago(created_at, now), narrow: 'spare' },
      { title: 'expires', text: ({ expires_at }) => until(expires_at, now) },
    ],
    'nothing waits for an approval',
  );
};

export const showApproval: CommandAction<Output> = async (context, options, id) => {
  const workspace = await openForCommand(context, options);
  const record = await findApproval(workspace, id);
  if (options.output !== 'table') return printValue(context.io, options.output, record);
  await paged(context.io, context.environment, await describe(workspace, context, options, record));
};

interface Answer {
  session?: true;
  always?: true;
  rule?: string;
  edit?: true;
  exact?: true;
  reason?: string;
  resume?: true;
}

export const approve: CommandAction<Answer> = async (context, options, id) => {
  refuseTools(context.environment);
  const scope = options.session ? 'session' : options.always ? 'always' : 'once';
  const rule = scope === 'once' ? noRule(options) : await chosenRule(context, options, id);
  return answer(context, options, id, { decision: 'grant', scope, ...(rule && { rule }) });
};

function noRule({ rule, edit, exact }: Answer): undefined {
  if (rule === undefined && !edit && !exact) return undefined;
  throw new RuntimeError('usage', '--rule, --edit and --exact go with --always or --session', {
    next: 'See `runtime approve --help`.',
  });
}

/** What else is granted: the rule that was given or edited; for always else the one that is proposed. Undefined: nothing. */
async function chosenRule(
  context: CommandContext,
  options: Answer & GlobalOptions,
  id: string,
): Promise<RuleText | undefined> {
  const { io, environment } = context;
  if (options.exact) return undefined;
  if (options.rule !== undefined) return parseRule(options.rule);
  if (!options.always && !options.edit) return undefined;
  const { proposed_rule, once_only } = await findApproval(await openForCommand(context, options), id);
  if (once_only) return undefined; // which is refused, and told why
  if (options.edit) {
    const { editExternally } = await import('../../terminal/external-editor.ts');
    return parseRule(editExternally(`${proposed_rule ? ruleLine(proposed_rule) : NO_PROPOSAL}\n`, environment, 'rule.yaml')); // prettier-ignore
  }
  io.stderr.write(proposed_rule ? `the rule: ${ruleLine(proposed_rule)}\n` : 'no rule covers it: exactly this call is granted\n'); // prettier-ignore
  return proposed_rule;
}

const NO_PROPOSAL = '# no rule without a * covers this call: {tool: …, command: …, decision: allow}';

export const deny: CommandAction<Answer> = async (context, options, id) =>
  answer(context, options, id, { decision: 'deny', ...(options.reason !== undefined && { reason: options.reason }) });

async function answer(
  context: CommandContext,
  options: Answer & GlobalOptions,
  id: string,
  resolution: Resolution,
): Promise<number> {
  refuseTools(context.environment);
  const workspace = await openForCommand(context, options);
  const record = await withHost(workspace, (host) => host.resolve(id, resolution), {
    runs: resolution.decision === 'grant',
  });
  const { stderr } = context.io;
  stderr.write(`${record.status} ${record.id}: ${record.presentation.title}\n`);
  const session = record.parent?.root ?? record.session_id;
  if (!options.resume) {
    if (record.used_by)
      stderr.write(`its call has started already: entry ${record.used_by.seq} of session ${record.session_id}\n`);
    else stderr.write(`carry the turn on with: ${nextCommand(context, options, `run --session ${session}`)}\n`);
    return 0;
  }
  return runToEnd(context, options, { session, latest: false, source: 'cli' });
}

/** Everything that would happen, whole. */
async function describe(
  { store, clock }: Workspace,
  context: CommandContext,
  options: GlobalOptions,
  record: ApprovalRecord,
): Promise<string> {
  const { io } = context;
  const { presentation } = record;
  const bold = (text: string): string => paint(io.stdout, 'bold', text);
  const { columns } = io.stdout;
  const lines = [...heldRows(oneLine(presentation.title), columns, { first: '', more: '↪ ' }, bold), ''];
  for (const text of [presentation.body, presentation.diff]) {
    if (text !== undefined) lines.push(...heldRows(await wholeText(text, store.blobs), columns), '');
  }
  lines.push(...approvalFacts(record, clock.now(), columns));
  if (record.status === 'pending')
    lines.push('', ...['approve', 'deny'].map((answer) => nextCommand(context, options, `${answer} ${record.id}`)));
  return `${lines.join('\n')}\n`;
}

import { utcTime } from '../../../base/utc-time.ts';
import type { PolicyChanged } from '../../../contract/policy-audit.ts';
import { policyAudit } from '../../../engine/policy-audit.ts';
import { type CommandAction, openRecords } from '../context.ts';
import { type OutputFormat, printRows, printValue } from '../listing.ts';
import { printPaged } from '../pager.ts';

interface Options {
  since?: string;
  until?: string;
  output: OutputFormat;
}

/** `policy audit` */
export const auditPolicy: CommandAction<Options> = async (context, options) => {
  const { since, until, output } = options;
  const { store } = await openRecords(context, options);
  const audit = await policyAudit(store, { ...(since && { since }), ...(until && { until }) });
  if (output !== 'table') return printValue(context.io, output, audit);
  await printPaged(context.io, context.environment, (io) =>
    printRows(
      io,
      output,
      audit.changes,
      [
        { title: 'when', text: ({ at }) => utcTime(at), narrow: 'whole' },
        { title: 'by', text: (change) => ('by' in change ? change.by : 'not recorded') },
        { title: 'what', text: whatOf, narrow: 'flexible' },
        { title: 'where', text: whereOf, narrow: 'spare' },
      ],
      'no change of the policy is on record',
    ),
  );
  for (const session of audit.unreadable) context.io.stderr.write(`Session ${session} is damaged; it was read up to there.\n`); // prettier-ignore
};

function whatOf(change: PolicyChanged): string {
  switch (change.type) {
    case 'policy.set':
      return `set: ${change.tool} ${change.verdict}`;
    case 'config.reloaded':
      return `read again: ${change.changed.join(', ')}`;
    case 'policy.changed':
      return 'an open turn met another policy';
    case 'turn.started':
      return `first used: ${change.changed.join(', ')}`;
  }
}

function whereOf(change: PolicyChanged): string {
  return 'session_id' in change ? `${change.session_id}/t${change.turn}` : '';
}

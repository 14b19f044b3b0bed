import type { PolicyExplanation } from '../../../contract/policy-explained.ts';
import { explainCall } from '../../../engine/past/explain-policy.ts';
import { oneLine } from '../../terminal/width.ts';
import { type CommandAction, openRecords } from '../context.ts';
import { explainedLines } from '../explained-lines.ts';
import type { Output } from '../io.ts';
import { type OutputFormat, printValue } from '../listing.ts';
import { paged } from '../pager.ts';
import { createProgressBar, type ProgressBar } from '../progress-bar.ts';

const WHICH = {
  frozen: 'the policy frozen with the turn',
  session: "a policy of the session's own",
  since: 'a policy in force since',
  granted: 'what was granted',
};

/** `policy explain` */
export const explainPolicy: CommandAction<{ output: OutputFormat; session?: string }> = async (
  context,
  options,
  id,
) => {
  const { io, environment } = context;
  const workspace = await openRecords(context, options);
  const { clock } = workspace;
  let bar: ProgressBar | undefined;
  const explanation = await explainCall(workspace, id, {
    ...(options.session !== undefined && { session: options.session }),
    onProgress(done, total) {
      bar ??= createProgressBar({ output: io.stderr, clock, environment, doing: 'looking', unit: 'sessions', total });
      bar.update(done);
    },
  }).finally(() => bar?.end());
  if (options.output === 'table') await paged(io, environment, linesOf(explanation, io.stdout).join('\n'));
  else await printValue(io, options.output, explanation);
};

function linesOf(explanation: PolicyExplanation, output: Output): string[] {
  const { session_id, call_id, title, verdict, reason, applied, grant_id, policies } = explanation;
  return [
    oneLine(`${session_id}/${call_id} ${title}`),
    oneLine(`${verdict}: ${reason}${grant_id === undefined ? '' : ` (${grant_id})`}`),
    ...applied.map((rule) => `  ${rule.verdict.padEnd(16)}  ${oneLine(rule.id)}`),
    ...(policies ?? []).flatMap(({ which, ...explained }) => [
      '',
      `${WHICH[which]}:`,
      ...explainedLines(explained, output),
    ]),
    ...(policies ? [] : ['', 'not known: what the rules said. A blob that the journal names is not there.']),
  ];
}

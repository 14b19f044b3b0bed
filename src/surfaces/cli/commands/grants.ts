import { refuseTools } from '../../../engine/caller.ts';
import { listGrants, listSessionGrants } from '../../../engine/grants.ts';
import { ruleInWords } from '../../../kernel/policy/explain.ts';
import { withHost } from '../../attach.ts';
import { openForCommand, type CommandAction } from '../context.ts';
import { printRows, type OutputFormat } from '../listing.ts';
import { ago } from '../times.ts';

/** `approvals grants` */
export const showGrants: CommandAction<{ output: OutputFormat }> = async (context, options) => {
  const workspace = await openForCommand(context, options);
  const now = workspace.clock.now();
  await printRows(
    context.io,
    options.output,
    [...(await listGrants(workspace)), ...(await listSessionGrants(workspace))],
    [
      { title: 'grant', text: ({ grant_id }) => grant_id, narrow: 'whole' },
      { title: 'tool', text: ({ tool }) => tool },
      {
        title: 'what',
        text: (grant) => ('rule' in grant && grant.rule ? ruleInWords(grant.rule) : grant.title),
        narrow: 'flexible',
      },
      { title: 'holds in', text: (grant) => ('scope' in grant ? grant.session_id : 'all sessions') },
      { title: 'folder', text: ({ project_root }) => project_root, narrow: 'spare' },
      { title: 'by', text: ({ by, by_role }) => `${by} (${by_role})`, narrow: 'spare' },
      { title: 'given', text: ({ added_at }) => ago(added_at, now), narrow: 'spare' },
    ],
    'nothing is granted beyond the call that asked',
  );
};

/** `approvals revoke` */
export const revoke: CommandAction<object> = async (context, options, id) => {
  refuseTools(context.environment);
  const grant = await withHost(await openForCommand(context, options), (host) => host.revokeGrant(id));
  const what = 'rule' in grant ? `${grant.tool} with ${ruleInWords(grant.rule)}` : `that call of ${grant.tool}`;
  const where = 'scope' in grant ? ` in session ${grant.session_id}` : '';
  context.io.stderr.write(`revoked ${grant.grant_id}: ${what} asks again${where}\n`);
};

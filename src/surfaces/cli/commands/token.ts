import { systemClock } from '../../../base/clock.ts';
import { parseDuration } from '../../../base/duration.ts';
import { RuntimeError } from '../../../contract/errors.ts';
import { TOKEN_NAME } from '../../../contract/token-name.ts';
import type { TokenRole } from '../../../contract/tokens.ts';
import { refuseTools } from '../../../engine/caller.ts';
import { DAEMON_ACTOR, LOCAL_ACTOR } from '../../../engine/principal.ts';
import { createToken, readTokens, revokeToken } from '../../../store/tokens.ts';
import { type CommandAction, homeOf } from '../context.ts';
import { type OutputFormat, printRows } from '../listing.ts';
import { ago, until } from '../times.ts';

/** `token create` */
export const create: CommandAction<{ role: TokenRole; expires?: string }> = async (context, options, name) => {
  refuseTools(context.environment);
  checkName(name);
  const { role, expires } = options;
  const created_at = systemClock.now();
  const lasts = expires === undefined ? undefined : durationOf(expires);
  const token = createToken(homeOf(context), {
    name,
    role,
    created_at,
    ...(lasts !== undefined && { expires_at: created_at + lasts }),
  });
  context.io.stdout.write(`${token}\n`);
};

/** `token ls` */
export const list: CommandAction<{ output: OutputFormat }> = async (context, { output }) => {
  const now = systemClock.now();
  const rows = readTokens(homeOf(context)).map(({ sha256: _, ...row }) => row);
  await printRows(
    context.io,
    output,
    rows,
    [
      { title: 'name', text: ({ name }) => name, narrow: 'whole' },
      { title: 'role', text: ({ role }) => role },
      { title: 'made', text: ({ created_at }) => ago(created_at, now) },
      { title: 'expires', text: ({ expires_at }) => (expires_at === undefined ? 'never' : until(expires_at, now)) },
    ],
    'there are no tokens but the one in daemon.token',
  );
};

/** `token revoke` */
export const revoke: CommandAction<object> = async (context, _options, name) => {
  refuseTools(context.environment);
  revokeToken(homeOf(context), name);
  context.io.stderr.write(`revoked ${name}: its token is good for nothing any more\n`);
};

/** Records name who did something: nobody may look as if they were somebody else. */
function checkName(name: string): void {
  const taken = [LOCAL_ACTOR, DAEMON_ACTOR].some(({ id }) => id === name);
  if (!taken && TOKEN_NAME.test(name)) return;
  throw new RuntimeError(
    'usage',
    taken ? `${name} is what the runtime itself is called.` : 'That is no name of a token.',
    {
      next: 'Choose one of letters, digits and . _ @ -, beginning with a letter or digit, at most 64.',
    },
  );
}

function durationOf(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms > 0) return ms;
  throw new RuntimeError('usage', `--expires ${JSON.stringify(text)} is no duration.`, { next: 'As 12h or 30d.' });
}

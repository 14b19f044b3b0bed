import { systemClock } from '../../../base/clock.ts';
import type { Login } from '../../../contract/login.ts';
import { refuseTools } from '../../../engine/caller.ts';
import { logInByBrowser, logInByCode, logOut, type LoginPlace } from '../../../engine/login/log-in.ts';
import { hasBrowser, openBrowser } from '../browser.ts';
import { type CommandAction, type CommandContext, type GlobalOptions, loadForCommand } from '../context.ts';
import type { Io } from '../io.ts';
import { isPiped } from '../read-input.ts';
import { span } from '../times.ts';
import { onSignals } from '../../signals.ts';
import { oneLine } from '../../terminal/width.ts';

/** `provider login` */
export const logIn: CommandAction<{ device?: true; browser: boolean }> = async (context, options) => {
  const { io, environment } = context;
  refuseTools(environment);
  const place = await placeOf(context, options);
  const stop = new AbortController();
  let code: number | undefined;
  const stopListening = onSignals(({ exitCode }) => {
    code ??= exitCode;
    stop.abort();
  });
  try {
    const opens = options.browser && hasBrowser(environment);
    const byCode = options.device || (options.browser && !opens);
    const login =
      (byCode ? await withCode(place, io, stop.signal) : undefined) ??
      (await withBrowser(place, io, { opens: opens && !byCode, signal: stop.signal }));
    io.stdout.write(`logged in with ChatGPT${whose(login)}\n`);
    return 0;
  } catch (thrown) {
    if (code !== undefined) return code;
    throw thrown;
  } finally {
    stopListening();
  }
};

/** `provider logout` */
export const logOutOf: CommandAction<object> = async (context, options) => {
  refuseTools(context.environment);
  const ended = await logOut(await placeOf(context, options));
  const { stderr } = context.io;
  if (ended === undefined) stderr.write('there is no login with ChatGPT\n');
  else if (ended.revoked) stderr.write('logged out: the login is gone here, and ended at the provider\n');
  else stderr.write('logged out here; the provider could not be told, so end it in the settings of ChatGPT, too\n');
};

async function placeOf(context: CommandContext, options: GlobalOptions): Promise<LoginPlace> {
  const { config } = await loadForCommand(context, options);
  return { config, environment: context.environment, clock: systemClock };
}

async function withCode(place: LoginPlace, { stderr }: Io, signal: AbortSignal): Promise<Login | undefined> {
  const login = await logInByCode(place, {
    signal,
    code({ verification_url, user_code, lasts_ms }) {
      stderr.write(
        `Open this address on any device, and type the code ${user_code} there:\n\n  ${verification_url}\n\n`,
      );
      stderr.write(`The code is good for ${span(lasts_ms)}. Give it to nobody: who has it gets your login.\n`);
    },
  });
  if (login === undefined) stderr.write('The provider has no login by a code; by an address instead.\n');
  return login;
}

function withBrowser(
  { config, environment, clock }: LoginPlace,
  io: Io,
  { opens, signal }: { opens: boolean; signal: AbortSignal },
): Promise<Login> {
  const { stderr } = io;
  const person = io.terminal() !== undefined;
  const pastes = person || (!opens && isPiped());
  return logInByBrowser(
    { config, environment, clock },
    {
      signal,
      open(url) {
        stderr.write(opens ? 'Log in in the browser. If none opens, open this address:\n' : 'Open this address in a browser:\n');
        stderr.write(`\n  ${url}\n\n`);
        if (pastes) stderr.write('If the browser is on another machine: paste here the address at which it ends.\n');
        if (opens) openBrowser(url, environment, () => stderr.write('No browser could be opened: open the address yourself.\n'));
      },
      pasted: pastes ? linesOf(io) : nothing(),
      refused: (why) => stderr.write(`That address is not of this login: ${why}.\n`),
    },
  ); // prettier-ignore
}

function whose({ email, plan }: Login): string {
  return oneLine(`${email === undefined ? '' : ` as ${email}`}${plan === undefined ? '' : ` (plan: ${plan})`}`);
}

async function* linesOf(io: Io): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of io.stdin.stream() as AsyncIterable<Buffer>) {
    const lines = (rest + chunk.toString('utf8')).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  yield rest;
}

async function* nothing(): AsyncGenerator<string> {}

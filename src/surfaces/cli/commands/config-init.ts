import { systemClock } from '../../../base/clock.ts';
import { refuseTools } from '../../../engine/caller.ts';
import { initConfig } from '../../../engine/config/init.ts';
import { proposedDefault } from '../../../engine/config/template.ts';
import { type CommandAction, homeOf } from '../context.ts';

/** `config init` */
export const initialiseConfig: CommandAction<{ force?: boolean }> = async (context, options) => {
  const { io, environment } = context;
  refuseTools(environment);
  const force = options.force ?? false;
  const file = options.config;
  const { path, created, backup, found } = await initConfig({
    clock: systemClock,
    home: homeOf(context),
    environment,
    force,
    ...(file && { file }),
  });
  io.stdout.write(`${path}\n`);
  const say = (line: string): void => io.stderr.write(`${line}\n`);
  if (!created) return say('It is there already and stays as it is; --force replaces it.');
  if (backup !== undefined) say(`The former content is kept in ${backup}.`);
  const variables = (found.keyed ?? []).flatMap(({ api_key_env }) => api_key_env ?? []);
  if (variables.length > 0) {
    say(`Found ${variables.join(', ')}: the file names the variable, the key stays where it is.`);
  }
  if (found.ollama)
    say(`Found Ollama with ${found.ollama.length === 1 ? '1 model' : `${found.ollama.length} models`}.`);
  const standard = proposedDefault(found);
  say(
    standard === undefined
      ? 'Found no key and no local model: the offline demo answers until you set OPENAI_API_KEY (or that of Anthropic or Gemini).'
      : `The default model is ${standard}.`,
  );
  say('next: runtime run "What does this project do?"');
};

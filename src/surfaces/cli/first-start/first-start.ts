/**
 * The first start on a terminal, where nothing is configured: which model answers, whether it does, and what may run. Lines
 * are asked one after the other; whoever leaves early has written nothing, and goes on with the offline demo.
 */
import { toRuntimeError } from '../../../contract/errors.ts';
import { POLICY_PROFILES, writeFirstConfig } from '../../../engine/config/first-config.ts';
import { onSignals } from '../../signals.ts';
import type { Io } from '../io.ts';
import { chooseModel } from './choose-model.ts';
import { type Beginning, createDialogue, type Dialogue } from './dialogue.ts';
import { createLineInput } from './line-input.ts';

/** Gives the exit code where a signal ended the program; else undefined, and the conversation begins. */
export async function firstStart(
  { stdin, stdout }: Pick<Io, 'stdin' | 'stdout'>,
  beginning: Beginning,
): Promise<number | undefined> {
  const input = createLineInput(stdin.stream(), stdout, beginning.clock);
  let exitCode: number | undefined;
  const stopListening = onSignals((signal) => {
    exitCode = signal.exitCode;
    input.giveUp();
  });
  const dialogue = createDialogue(beginning, input, stdout);
  const { say } = dialogue;
  try {
    const written = await configure(dialogue);
    if (!written && exitCode === undefined) {
      say(
        'Nothing was written; the offline demo answers. The next start asks again, and `runtime config init` writes a configuration to be edited by hand.',
      );
    }
  } catch (thrown) {
    const { message, next } = toRuntimeError(thrown);
    say(`error: ${message}`);
    say(`next: ${next}`);
  } finally {
    input.close();
    stopListening();
  }
  stdout.write('\n');
  return exitCode;
}

/** Gives whether a configuration was written. */
async function configure(dialogue: Dialogue): Promise<boolean> {
  const { input, home, say, menu } = dialogue;
  say('No model is configured yet, and no key of one was found. This takes a minute; Esc or Ctrl-C skips it.');
  const model = await chooseModel(dialogue);
  if (model === undefined) return false;
  const profile = await menu(
    'What may it do without asking you?',
    POLICY_PROFILES.map(({ summary }) => summary),
  );
  if (profile === undefined || input.given_up.aborted) return false;
  const path = writeFirstConfig(home, model, POLICY_PROFILES[profile]!);
  say(`\nWritten: ${path}${model.api_key === undefined ? '' : ', with the key, readable by you only'}.`);
  say('It says what else can be set. `runtime policy set` and `runtime doctor` help later.');
  return true;
}

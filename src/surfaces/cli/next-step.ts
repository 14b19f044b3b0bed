/** What to do after a turn that ended without success, where its message doesn't say it. */
import type { EntryData } from '../../contract/entries.ts';

type Ended = Pick<EntryData<'turn.ended'>, 'reason' | 'code'>;

/** By what it was, whatever that came to. */
const BY_CODE: Readonly<Record<string, string>> = {
  empty_reply: 'Ask again in other words, or ask another model; `runtime models ls` lists them.',
  cut_by_length: 'Ask for less at once, or raise `max_output` of the model in `models.registry`.',
  repeated: 'Say what it should do instead, or ask another model; `runtime models ls` lists them.',
  max_turns: 'Go on with another message, or raise `orchestrator.max_turns`.',
  context_too_long: 'Ask a model with a larger window (`runtime models ls`), or go on in a new session.',
  reply_too_large: 'Ask for less at once, or lower `max_output` of the model in `models.registry`.',
  total_timeout: 'Ask for less at once, or raise `total_timeout` of the model in `models.registry`.',
  key_invalid: 'Copy the key anew: it has no blanks, line breaks or quotation marks.',
  disk_full: 'Free some space, then ask again.',
  login_over: 'Log in: `runtime provider login openai-codex`.',
  login_missing: 'Log in: `runtime provider login openai-codex`.',
};

/** Undefined: nothing better is known than what `byReason` says, if it says something. */
export function nextStep(
  { reason, code }: Ended,
  byReason: Partial<Record<Ended['reason'], string>>,
): string | undefined {
  return (code === undefined ? undefined : BY_CODE[code]) ?? byReason[reason];
}

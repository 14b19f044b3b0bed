/**
 * What a command line would run, as facts for the policy: every simple command in it, also where it hides, and why it can't
 * be known where it can't. Nothing is run, looked up or guessed; what isn't understood says so.
 */
import type { Unclear } from '../../../contract/command-words.ts';
import type { CommandFact } from '../../../contract/values.ts';
import type { Dialect } from './judgement.ts';
import { createWalker, NotRead } from './walk.ts';
import { plainWord, recordedText } from './words.ts';

/** Longer ones are told as one text. */
const MOST_BYTES = 100_000;

/** Empty for a text without any command: blanks and comments. Never throws. */
export function parseCommand(text: string, dialect: Dialect = 'bash'): CommandFact[] {
  if (Buffer.byteLength(text) > MOST_BYTES) return [wholeText(text, 'too_large')];
  try {
    const walker = createWalker('bash');
    walker.line(text, dialect);
    return walker.facts();
  } catch (error) {
    return [wholeText(text, error instanceof NotRead ? error.why : 'parse_error')];
  }
}

/** A program with its arguments, as the system gets them: no shell reads them. */
export function parseArguments(words: readonly string[]): CommandFact[] {
  try {
    const walker = createWalker('argv');
    walker.program(words);
    return walker.facts();
  } catch (error) {
    const unclear = error instanceof NotRead ? error.why : 'parse_error';
    const recorded = words.map((text) => recordedText(plainWord(text)));
    return [{ words: recorded, assignments: [], redirects: [], parser: 'argv', unclear }];
  }
}

function wholeText(text: string, unclear: Unclear): CommandFact {
  return { words: [text], assignments: [], redirects: [], parser: 'text', unclear };
}

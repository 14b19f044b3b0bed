import { RuntimeError } from '../../contract/errors.ts';
import { isLongEnough } from '../session/redact.ts';

/** A secret that a command may get: one that can be kept out of what is recorded. @throws RuntimeError secret_unfit */
export function fitForCommand(name: string, value: string): string {
  const refuse = (why: string): RuntimeError =>
    new RuntimeError('secret_unfit', `No command can get the secret ${name}: ${why}.`, {
      next: `Put another one in its place with \`runtime vault put ${name}\`.`,
    });
  if (!isLongEnough(value)) throw refuse('it is too short to be told from ordinary words where a command prints it');
  if (value.includes('\0')) throw refuse('it holds a NUL, and no variable can');
  return value;
}

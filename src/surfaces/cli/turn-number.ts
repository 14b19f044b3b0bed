import { RuntimeError } from '../../contract/errors.ts';

/** The turn that a flag names. @throws RuntimeError usage */
export function turnOf(flag: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new RuntimeError('usage', `${flag} ${text} is no number of a turn`, { next: 'Write 1 or more.' });
}

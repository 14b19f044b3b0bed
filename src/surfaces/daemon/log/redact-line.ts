import { createRedactor } from '../../../engine/session/redact.ts';

/** What looks like a credential, whoever it is of, and isn't told by its own shape. In JSON a header's name and value are two strings, or one. */
const SHAPES: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, '$1 [REDACTED]'],
  [/("(?:authorization|cookie|set-cookie|x-api-key|api_key|token|password)"\s*:\s*")(?:[^"\\]|\\.)*"/gi, '$1[REDACTED]"'],
  [/\b(?:sk|rt)[-_][\w-]{16,}/g, '[REDACTED]'],
]; // prettier-ignore

/** Gives what takes secrets out of a line of JSON: those that are known, also as JSON writes them, and what looks like one. */
export function createLineRedactor(secrets: readonly { name: string; value: string }[]): (line: string) => string {
  const { text: clean } = createRedactor(secrets, { shapes: true });
  return (line) => SHAPES.reduce((text, [pattern, instead]) => text.replace(pattern, instead), clean(line));
}

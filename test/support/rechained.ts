import { createHash } from 'node:crypto';

/** The lines of session `one` with `prev` and `hash` made anew: what somebody with a text editor and a script could do. */
export function rechained(lines: string[]): string {
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
  let prev = sha256('one');
  const made = lines.map((line) => {
    const [head] = line.split(',"prev":"');
    const covered = `${head},"prev":"${prev}"`;
    prev = sha256(covered);
    return `${covered},"hash":"${prev}"}\n`;
  });
  return made.join('');
}

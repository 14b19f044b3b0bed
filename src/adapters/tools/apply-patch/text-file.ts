import { isUtf8 } from 'node:buffer';

/** A line without its end, and the end as it stands in the file; empty on a last line that has none. */
export interface Line {
  text: string;
  end: '\n' | '\r\n' | '';
}

/** The lines of a text file; undefined when the bytes are no text (a NUL byte, or not UTF-8). */
export function linesOf(bytes: Buffer): Line[] | undefined {
  if (bytes.includes(0) || !isUtf8(bytes)) return undefined;
  if (bytes.length === 0) return [];
  const pieces = bytes.toString().split('\n');
  const last = pieces.pop()!;
  const lines = pieces.map<Line>((piece) =>
    piece.endsWith('\r') ? { text: piece.slice(0, -1), end: '\r\n' } : { text: piece, end: '\n' },
  );
  if (last !== '') lines.push({ text: last, end: '' });
  return lines;
}

export function bytesOf(lines: readonly Line[]): Buffer {
  return Buffer.from(lines.map(({ text, end }) => text + end).join(''));
}

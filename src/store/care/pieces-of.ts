/** The lines of a damaged file, as far as they can be told apart: each by itself, wherever it stands. */
import { parseLine, type ChainLine, type Defect } from '../chain/line.ts';

/** A piece of a file that is, or was, a line. */
export interface Fragment {
  /** Where it begins and ends in the file; its newline, if any, is behind. */
  offset: number;
  end: number;
  bytes: Buffer;
  /** The line, when it is sound by itself: its hash is that of its bytes. */
  line?: ChainLine;
  defect?: Defect;
  /** What was wrong around it. */
  fix?: 'line_end' | 'glued';
}

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** A line begins so, and no JSON text within a line holds it, since its quotes would be escaped. */
const BEGINNING = Buffer.from('{"v":1,"seq":');

export function fragmentsOf(file: Buffer): Fragment[] {
  const found: Fragment[] = [];
  for (let offset = 0; offset < file.length;) {
    const newline = file.indexOf(NEWLINE, offset);
    const end = newline === -1 ? file.length : newline;
    const whole = fragment(file, offset, end);
    // A last line that lacks its newline counts as torn by every reader.
    if (whole.line !== undefined && newline === -1) whole.fix = 'line_end';
    found.push(...(whole.line === undefined ? unglued(file, whole) : [whole]));
    offset = end + 1;
  }
  return found;
}

function fragment(file: Buffer, offset: number, end: number): Fragment {
  const bytes = file.subarray(offset, end);
  const parsed = parseLine(bytes);
  if ('line' in parsed) return { offset, end, bytes, line: parsed.line };
  if (bytes.at(-1) === CARRIAGE_RETURN) {
    const stripped = parseLine(bytes.subarray(0, -1));
    if ('line' in stripped) return { offset, end, bytes: bytes.subarray(0, -1), line: stripped.line, fix: 'line_end' };
  }
  return { offset, end, bytes, defect: parsed.defect };
}

/** Lines that stand behind one another without a newline, or with another byte in its place. */
function unglued(file: Buffer, whole: Fragment): Fragment[] {
  const begins = [whole.offset];
  for (let at = whole.bytes.indexOf(BEGINNING, 1); at !== -1; at = whole.bytes.indexOf(BEGINNING, at + 1)) {
    begins.push(whole.offset + at);
  }
  if (begins.length === 1) return [whole];
  return begins.map((begin, index) => {
    const end = begins[index + 1] ?? whole.end;
    const apart = fragment(file, begin, end);
    const shorter = apart.line === undefined ? fragment(file, begin, end - 1) : apart;
    return { ...(shorter.line === undefined ? apart : shorter), end, fix: 'glued' };
  });
}

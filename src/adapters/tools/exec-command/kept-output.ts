export interface ShownOutput {
  text: string;
  truncated: boolean;
  /** How many bytes there were. */
  total: number;
}

/** Bytes of which only the beginning and the end are kept, at most `limit` and one chunk more. */
export interface KeptOutput {
  add(bytes: Buffer): void;
  /** The kept bytes as valid text of at most `limit` bytes of UTF-8, with a mark where something is left out. */
  text(limit: number): ShownOutput;
}

/** Room for the mark that says how many bytes were left out. */
const MARK_BYTES = 64;

/** An invalid byte becomes U+FFFD, which is this long. */
const LONGEST_GROWTH = 3;

export function keepOutput(limit: number): KeptOutput {
  const half = Math.floor(limit / 2);
  let total = 0;
  const head: Buffer[] = [];
  let headBytes = 0;
  const tail: Buffer[] = [];
  let tailBytes = 0;
  return {
    add(bytes) {
      total += bytes.length;
      const first = bytes.subarray(0, half - headBytes);
      if (first.length > 0) head.push(first);
      headBytes += first.length;
      const rest = bytes.subarray(first.length);
      if (rest.length > 0) tail.push(rest);
      tailBytes += rest.length;
      while (tail.length > 1 && tailBytes - tail[0]!.length >= half) tailBytes -= tail.shift()!.length;
    },
    text(asked) {
      const most = Math.min(asked, limit);
      const kept = Buffer.concat([...head, ...tail]);
      if (kept.length === total) {
        const whole = decode(kept);
        if (Buffer.byteLength(whole) <= most) return { text: whole, truncated: false, total };
      }
      const room = Math.max(0, Math.floor((most - MARK_BYTES) / 2));
      const start = fitting(room, (bytes) => wholeStart(Buffer.concat(head).subarray(0, bytes)));
      const end = fitting(room, (bytes) => wholeEnd(kept.subarray(kept.length - Math.min(bytes, kept.length))));
      const left = total - start.bytes - end.bytes;
      return { text: `${start.text}\n[… ${left} bytes left out …]\n${end.text}`, truncated: true, total };
    },
  };
}

/** Cuts so that the text fits, also where decoding makes it longer. */
function fitting(room: number, cut: (bytes: number) => Buffer): { text: string; bytes: number } {
  const whole = cut(room);
  const text = decode(whole);
  if (Buffer.byteLength(text) <= room) return { text, bytes: whole.length };
  const third = cut(Math.floor(room / LONGEST_GROWTH));
  return { text: decode(third), bytes: third.length };
}

/** NUL is text for us and an error for many who read it later. */
function decode(bytes: Buffer): string {
  return bytes.toString().replaceAll('\0', '\ufffd');
}

function wholeStart(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.subarray(0, bytes.length - back) : bytes;
  }
  return bytes;
}

function wholeEnd(bytes: Buffer): Buffer {
  let start = 0;
  while (start < Math.min(3, bytes.length) && (bytes[start]! & 0xc0) === 0x80) start++;
  return bytes.subarray(start);
}

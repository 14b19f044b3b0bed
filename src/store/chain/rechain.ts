/** Lines behind those of a healed chain: what could be read behind a damage, or what must be said about it. */
import { buildLine, type ChainLine, type ChainRecord } from './line.ts';

export function rechained(
  { lines, bytes }: { lines: readonly ChainLine[]; bytes: Buffer },
  genesis: string,
  records: readonly ChainRecord[],
): Buffer {
  const last = lines.at(-1);
  let { seq, hash: prev, at } = last ?? { seq: 0, hash: genesis, at: 0 };
  const durable = seq;
  const texts = records.map((record) => {
    at = Math.max(at, record.at);
    const built = buildLine({ at, type: record.type, data: record.data }, { seq: ++seq, durable, prev });
    prev = built.hash;
    return built.text;
  });
  return Buffer.concat([bytes, Buffer.from(texts.join(''))]);
}

/** The first lines of a healed chain, and what then stands behind them. */
export function splitAt(bytes: Buffer, count: number): { head: Buffer; behind: Buffer } {
  let end = 0;
  for (let n = 0; n < count; n++) end = bytes.indexOf(0x0a, end) + 1;
  return { head: bytes.subarray(0, end), behind: bytes.subarray(end) };
}

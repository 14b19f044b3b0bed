/** A file of a person's to which results are appended, one line of JSON each. */
import { open } from 'node:fs/promises';

const MODE = 0o600;

/** Resolves when the line is durable. A line that a crash cut is ended first. What could hold up a write is refused. */
export async function appendResult(path: string, value: unknown): Promise<void> {
  const file = await open(path, 'a+', MODE);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new Error(`${path} is no file`);
    const { size } = stats;
    const last = Buffer.alloc(1);
    if (size > 0) await file.read(last, 0, 1, size - 1);
    const torn = size > 0 && last.toString() !== '\n';
    await file.appendFile(`${torn ? '\n' : ''}${JSON.stringify(value)}\n`);
    await file.datasync();
  } finally {
    await file.close();
  }
}

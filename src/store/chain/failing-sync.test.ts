/** What a chained file takes while one of its two first syncs has failed and the other is under way. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import * as files from '../files.ts';
import { temporaryHome } from '../testing.ts';
import { openChainFile } from './file.ts';

vi.mock('../files.ts', { spy: true });
afterEach(() => vi.restoreAllMocks());

const record = (n: number) => ({ at: n, type: 'some', data: { n } });

test.each(['syncFile', 'syncFolder'] as const)('nothing more from when %s fails', async (failing) => {
  const { home, remove } = temporaryHome();
  const path = join(home, 'a.jsonl');
  const torn = { folder: home, name: 'torn' };
  const { file } = await openChainFile({ path, name: 'a.jsonl', torn, knows: () => true }, () => {});
  const other = Promise.withResolvers<void>();
  try {
    for (const sync of ['syncFile', 'syncFolder'] as const) {
      const failure = Object.assign(new Error('i/o error'), { code: 'EIO' });
      vi.mocked(files[sync]).mockImplementationOnce(() => (sync === failing ? Promise.reject(failure) : other.promise));
    }
    file.append([record(1)]);
    const written = readFileSync(path, 'utf8');
    const synced = file.sync().catch((thrown: unknown) => thrown);
    await new Promise((resolve) => setImmediate(resolve)); // the one has failed
    expect(() => file.append([record(2)])).toThrow('takes nothing more');
    other.resolve();
    expect(await synced).toMatchObject({ code: 'store_unavailable' });
    expect(readFileSync(path, 'utf8')).toBe(written);
  } finally {
    other.resolve();
    await file.close();
    remove();
  }
});

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryHome } from '../testing.ts';
import { openChainFile } from './file.ts';

test('who closes it while somebody does waits for the same end', async () => {
  const { home, remove } = temporaryHome();
  const torn = { folder: home, name: 'torn' };
  const path = join(home, 'a.jsonl');
  const { file } = await openChainFile({ path, name: 'a.jsonl', torn, knows: () => true }, () => {});
  try {
    const record = { at: 1, type: 'some', data: {} };
    file.append([record]);
    await Promise.all([file.close(), file.close()]);
    await file.close();
    expect(() => file.append([record])).toThrow('is closed');
  } finally {
    remove();
  }
});

import { appendFileSync } from 'node:fs';
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

test('who cuts a torn end is told what was known to be durable before: other files may lack what this one has', async () => {
  const { home, remove } = temporaryHome();
  const torn = { folder: home, name: 'torn' };
  const path = join(home, 'a.jsonl');
  const options = { path, name: 'a.jsonl', torn, knows: () => true };
  const open = () => openChainFile(options, () => {});
  const record = { at: 1, type: 'some', data: {} };
  try {
    const { file } = await open();
    file.append([record]);
    await file.sync();
    file.append([record]);
    file.append([record]);
    await file.close();
    appendFileSync(path, '{"v":1,"se');
    const opened = await open();
    expect(opened).toMatchObject({ cut: { cut_bytes: 10 }, end: { seq: 3, durable: 1 } });
    expect(opened.file.end()).toMatchObject({ seq: 3, durable: 3 });
    await opened.file.close();
  } finally {
    remove();
  }
});

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { takeLock } from '../../../store/lock.ts';
import { mustHold } from './lock-holder.ts';

const isTool = (): boolean => false;

function heldFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'runtime-holder-'));
  const lock = takeLock(folder, { pid: process.pid, program: 'runtime', version: '1.0.0', started_at: 0 });
  onTestFinished(() => {
    if (lock.ok) lock.release();
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

test('who holds the lock may serve, and nobody else, where the system tells', () => {
  const folder = heldFolder();
  mustHold(folder, process.pid, isTool);
  const other = (): void => mustHold(folder, process.ppid, isTool);
  if (!existsSync('/proc/locks')) return;
  expect(other).toThrow(expect.objectContaining({ code: 'no_permission', next: expect.stringContaining('end it') }));
  expect(other).toThrow(`process ${process.pid} holds it`);
});

test('a tool of the agent may not, though it holds the lock', () => {
  const folder = heldFolder();
  expect(() => mustHold(folder, process.pid, () => true)).toThrow(expect.objectContaining({ code: 'no_permission' }));
});

test('where nobody is seen to hold it, who serves is believed', () => {
  mustHold('/nowhere', process.pid, isTool);
});

import { DatabaseSync } from 'node:sqlite';
import type { Finding } from './finding.ts';

export function examineNode(version = process.versions.node): Finding[] {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const supported = (major === 24 && minor >= 16) || (major === 26 && minor >= 1) || major > 26;
  const next = 'Install Node 24.16 or newer, or run `npm start` once in the project folder.';
  if (!supported) return [{ check: 'node', status: 'problem', message: `Node ${version} is not supported`, next }];
  if (!keepsNul()) {
    return [{ check: 'node', status: 'problem', message: `the SQLite of Node ${version} cuts texts at a NUL`, next }];
  }
  return [{ check: 'node', status: 'ok', message: `Node ${version}` }];
}

/** Older releases read a text back only up to its first NUL. */
function keepsNul(): boolean {
  const text = 'a\0b';
  const database = new DatabaseSync(':memory:');
  try {
    return database.prepare('SELECT ? AS text').get(text)?.['text'] === text;
  } finally {
    database.close();
  }
}

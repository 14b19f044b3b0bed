import { realpathSync } from 'node:fs';
import type { Workspace } from '../wire.ts';
import type { Finding } from './finding.ts';

/** What confines the commands of the folder that one is in, and what that doesn't stop. */
export async function examineSandbox({ loaded, sandboxes }: Workspace): Promise<Finding> {
  const { mode } = loaded.config.sandbox;
  const finding = (status: Finding['status'], message: string, next?: string): Finding => ({
    check: 'sandbox',
    status,
    message,
    ...(next !== undefined && { next }),
  });
  if (mode === 'off') {
    return finding('note', 'sandbox.mode is off: commands run with your own rights once they are allowed');
  }
  const found = await sandboxes.find(realpathSync(process.cwd()));
  if (!('none' in found)) {
    return finding(
      'ok',
      `${found.level}: commands change the project alone and have no network. Not stopped: ${found.leaves.join('; ')}`,
    );
  }
  const meaning = mode === 'auto' ? 'every command asks' : 'every command is refused';
  return finding(mode === 'auto' ? 'note' : 'problem', `none here, so ${meaning} (${found.none})`, INSTALL);
}

const INSTALL = 'install bubblewrap, as by: apt-get install bubblewrap';

import { join, resolve } from 'node:path';
import { linksIn } from '../../base/files/resolve-real.ts';
import type { Config } from '../../contract/config.ts';
import { workspacePaths } from '../../store/workspace.ts';
import { configPath } from './file.ts';
import { rulesFile } from './policy-in.ts';

/**
 * What the runtime goes by and keeps secret, absolute paths of files and folders: they may lie, or be links that lead, out of its home,
 * into a project even. `file`: of `--config`.
 */
export function ownFiles(home: string, config: Config, file?: string): string[] {
  const { key } = config.server.tls;
  const { passphrase_file: passphrase } = config.vault;
  const { folder } = workspacePaths(home, config.store.workspace);
  return [
    resolve(file ?? configPath(home)),
    rulesFile(folder),
    ...(passphrase ? [resolve(home, passphrase)] : []),
    ...(key ? [resolve(key)] : []),
    // what somebody moved to another disk, and left a link to
    ...[home, join(home, 'workspaces'), folder].flatMap((one) => linksIn(one)),
  ];
}

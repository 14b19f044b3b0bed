import { resolve } from 'node:path';
import type { Config } from '../../contract/config.ts';
import { workspacePaths } from '../../store/workspace.ts';
import { configPath } from './file.ts';
import { rulesFile } from './policy-in.ts';

/**
 * What the runtime goes by and keeps secret, absolute paths: such files may lie, or be links that lead, out of its home, into
 * a project even. `file`: of `--config`.
 */
export function ownFiles(home: string, config: Config, file?: string): string[] {
  const { key } = config.server.tls;
  const { passphrase_file: passphrase } = config.vault;
  return [
    resolve(file ?? configPath(home)),
    rulesFile(workspacePaths(home, config.store.workspace).folder),
    ...(passphrase ? [resolve(home, passphrase)] : []),
    ...(key ? [resolve(key)] : []),
  ];
}

/** The log of a daemon by its configuration: where its lines go, what they must not hold. */
import { join, resolve } from 'node:path';
import type { Config } from '../../../contract/config.ts';
import { knownSecrets } from '../../../engine/config/secrets.ts';
import type { Workspace } from '../../../engine/wire.ts';
import type { Output } from '../../cli/io.ts';
import { openErrorOutput, ownOutputAt } from './error-output.ts';
import { createLog, type Log } from './log.ts';
import { prettyLine } from './pretty-line.ts';
import { createLineRedactor } from './redact-line.ts';
import { openRotatingFile } from './rotating-file.ts';

const MIB = 1024 * 1024;

/** Where the log goes when it goes to a file, and where that of a service does. */
export function logPath(home: string, { log, store }: Config): string {
  return resolve(home, log.file || join('logs', `${store.workspace}.log`));
}

/**
 * Its lines hold no secret of the configuration in force, nor of those before. `tokens`: by which the daemon is asked. `root`: the project's folder.
 * @throws RuntimeError no_permission | disk_full, when the file can't be opened
 */
export function openDaemonLog(
  workspace: Pick<Workspace, 'home' | 'loaded' | 'request' | 'clock' | 'vault'>,
  stderr: Output,
  tokens: readonly string[],
  root: string,
): Log {
  const { home, loaded, request } = workspace;
  const { log } = loaded.config;
  const secrets = tokens.map((value) => ({ name: 'token', value }));
  let known: typeof loaded | undefined;
  let keptBefore = 0;
  let redact = (line: string): string => line;
  const path = logPath(home, loaded.config);
  const own = log.file === '' ? 2 : ownOutputAt(path);
  const lost = (lines: number): void => made.warn('nobody read the log; lines of it are lost', { lines });
  const output =
    own === undefined
      ? openRotatingFile(path, { maxBytes: log.max_size * MIB, keep: log.keep }, root)
      : openErrorOutput(workspace.clock, lost, own);
  const pretty = log.file === '' && stderr.isTty;
  const made = createLog({
    level: log.level,
    write: (line) => output.write(pretty ? `${prettyLine(line, stderr.colour)}\n` : line),
    end: () => output.end(),
    redact(line) {
      const kept = workspace.vault.secrets();
      if (workspace.loaded !== known || kept.length !== keptBefore) {
        known = workspace.loaded;
        keptBefore = kept.length;
        secrets.push(...knownSecrets(known, request.environment), ...kept);
        redact = createLineRedactor(secrets);
      }
      return redact(line);
    },
  });
  return made;
}

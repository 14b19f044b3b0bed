import { existsSync } from 'node:fs';
import { resolveReal } from '../../../base/files/resolve-real.ts';
import { isPlainlySecret, isSecretShaped } from '../../../base/secret-shaped.ts';
import type { CommandFact } from '../../../contract/values.ts';
import { type PathFact, pathFact } from '../paths/path-facts.ts';
import { leadsToSecret, secretsOf } from '../paths/secrets.ts';
import type { Scene } from '../tool.ts';
import { fileNamed, pathsIn, READS } from './file-named.ts';

/** Its environment has no secret but those that it asked for. */
const ITS_OWN = /^\/proc\/(?:self|thread-self)\/environ$/;

/** So many words whose names say nothing are looked at for where they lead. */
const MOST_LOOKED_AT = 500;

/**
 * Secrets that the words of a command line name, for commands that would find them: `cat ~/.netrc`, `--key=server.pem`. A word
 * that may as well be another's (`token`), or says so by its place only (`.config/gh/hosts.yml`), counts where there is such a
 * file. Names that the shell makes aren't seen.
 */
export function secretWords(commands: readonly CommandFact[], scene: Scene, folder: string): PathFact[] {
  const named = commands.flatMap(({ words, redirects }) => [
    ...words.slice(1).flatMap(pathsIn),
    ...redirects.flatMap((redirect) => READS.exec(redirect)?.[1] ?? []),
  ]);
  let left = MOST_LOOKED_AT;
  const isThere = (whole: string, isShaped: boolean): boolean => {
    if (!existsSync(whole)) return false;
    if (isShaped || left-- <= 0) return isShaped;
    const found = resolveReal(whole);
    return !('code' in found) && leadsToSecret(secretsOf(scene), found);
  };
  return [...new Set(named)]
    .filter((name) => !ITS_OWN.test(name))
    .flatMap((name) => {
      const whole = fileNamed(name, folder);
      const isShaped = isSecretShaped(name);
      const isPlain = isShaped && name.split('/').some(isPlainlySecret);
      if (!isPlain && !isThere(whole, isShaped)) return [];
      return [{ ...factOf(scene, whole), secret_shaped: true }];
    });
}

/** Of one to which nobody here gets, its name says enough. */
function factOf(scene: Scene, path: string): PathFact {
  const unknown: PathFact = { arg: 'word', path, real: path, inside_root: false, kind: 'other', secret_shaped: true };
  try {
    const found = pathFact(scene, 'word', path);
    return 'invalid' in found ? unknown : found;
  } catch {
    return unknown;
  }
}

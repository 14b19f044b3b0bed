/**
 * What a process was given of the configuration beside the file that all share: by flags, by variables of the environment, and
 * in the file of `--config`. Where another has the workspace, that one's configuration holds, and what differs must be told.
 */
import { canonicalJson } from '../../base/canonical-json.ts';
import { digestOf, type Digest } from '../../base/digest.ts';
import type { Config } from '../../contract/config.ts';
import type { Differing } from '../../contract/host.ts';
import type { Workspace } from '../wire.ts';
import { allKeys, variableOf } from './keys.ts';
import { getAt } from './tree.ts';

/** What only a daemon goes by means nothing to a run, whoever has the workspace. */
const OF_DAEMONS = /^(?:server|daemon|scheduler|log)\./;

export interface Given {
  /** As the person gave it. */
  name: string;
  /** Of the value, which may be a secret. */
  digest: Digest;
}

/** By key path. */
export function givenKeys({ loaded, request }: Pick<Workspace, 'loaded' | 'request'>): Map<string, Given> {
  const nameOf = (path: string): string | undefined => {
    const { from } = loaded.originOf(path);
    if (from === 'flag') return `--${path}`;
    if (from === 'environment') return variableOf(path);
    return from === 'file' && request.file !== undefined ? `${path} in ${request.file}` : undefined;
  };
  const given = new Map<string, Given>();
  for (const { path } of allKeys) {
    const [name, digest] = [OF_DAEMONS.test(path) ? undefined : nameOf(path), digestAt(loaded.config, path)];
    if (name !== undefined && digest !== undefined) given.set(path, { name, digest });
  }
  return given;
}

export function digestsOf(given: ReadonlyMap<string, Given>): Record<string, Digest> {
  return Object.fromEntries([...given].map(([path, { digest }]) => [path, digest]));
}

/** The paths at which the configuration holds another value, or none. */
export function differing(config: Config, digests: Readonly<Record<string, string>>): string[] {
  return Object.keys(digests).filter((path) => digestAt(config, path) !== digests[path]);
}

function digestAt(config: Config, path: string): Digest | undefined {
  const value = getAt(config, path.split('.'));
  return value === undefined ? undefined : digestOf(canonicalJson(value));
}

/** What whoever joins is told. `isForAll`: it is the configuration of a daemon, which is meant for all of them. */
export function differingFrom(
  workspace: Pick<Workspace, 'loaded' | 'request'>,
  digests: Readonly<Record<string, string>>,
  isForAll: boolean,
): Differing {
  return {
    differing: differing(workspace.loaded.config, digests),
    given: isForAll ? {} : digestsOf(givenKeys(workspace)),
  };
}

/** What counts as a secret: by its name, by lying where a person's home holds such, as the sandbox has it, or as settings hide it from commands. */
import { dirname } from 'node:path';
import { mayBeIn } from '../../../base/files/may-be-in.ts';
import { realOf, realPathOf, type RealPath } from '../../../base/files/resolve-real.ts';
import { systemClock } from '../../../base/clock.ts';
import { ledFrom } from '../../../base/hidden-contents.ts';
import { secretsIn } from '../../../base/home-secrets.ts';
import { allHomesOf } from '../../../base/homes.ts';
import { everyOtherPath } from '../../../base/mounts.ts';
import { folded, isSecretFolder, isSecretShaped } from '../../../base/secret-shaped.ts';
import type { Scene } from '../tool.ts';

export type Around = Pick<Scene, 'environment' | 'projectRoot'> & Partial<Pick<Scene, 'sandboxes'>>;

/** Asked of real paths, and of names of links. */
export type IsSecret = (path: string) => boolean;

/** For all paths of a call: homes are looked at once. */
const asked = new WeakMap<Around, IsSecret>();

/** Looks at the homes when it is first asked about a name that says nothing. */
export function secretsOf(around: Around): IsSecret {
  const isSecret = asked.get(around) ?? lookedUp(around);
  asked.set(around, isSecret);
  return isSecret;
}

function lookedUp({ environment, sandboxes, projectRoot }: Around): IsSecret {
  let known: Set<string> | undefined;
  return (path) => {
    if (isSecretShaped(path)) return true;
    known ??= new Set([...secretPlaces(environment), ...(sandboxes?.hidden(projectRoot) ?? [])].map(folded));
    for (let at = folded(path); at !== dirname(at); at = dirname(at)) if (known.has(at)) return true;
    return false;
  };
}

/** Whether a path leads to a secret, or over a link that is one: by its shape alone only a link to the thing itself. */
export function leadsToSecret(isSecret: IsSecret, { real, links }: RealPath): boolean {
  const isOne = (link: string): boolean =>
    isSecret(link) && (!isSecretShaped(link) || link.split('/').some(isSecretFolder) || realOf(link) === real);
  return isSecret(real) || links.some(isOne);
}

/** In the homes, each by its name and by where that leads, and where links in it do; and where these are mounted besides. */
export function secretPlaces(environment: Around['environment']): string[] {
  const homes = allHomesOf(environment);
  const named = homes.map((home) => ({ isThere: mayBeIn(home), paths: secretsIn(home, (folder) => [folder]) }));
  const real = named.flatMap(({ isThere, paths }) => paths.filter(isThere).flatMap((path) => realPathOf(path) ?? []));
  const led = ledFrom([...new Set(real)], homes, systemClock.now());
  const places = new Set([...named.flatMap(({ paths }) => paths), ...real, ...led.map(([, path]) => path)]);
  return [...new Set([...places, ...real.flatMap((path) => everyOtherPath(path, true))])];
}

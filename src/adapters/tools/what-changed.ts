/** What of a call is otherwise than when it was decided on, for the model and for whoever decided. */
import { canonicalJson } from '../../base/canonical-json.ts';
import type { Facts } from '../../contract/values.ts';

export function whatChanged(then: Facts, now: Facts): string {
  const files = without(then.preimages, now.preimages);
  if (files.length > 0) return `${files.map(({ path }) => path).join(', ')} changed after the call was decided`;
  const names = [...new Set([...Object.keys(now), ...Object.keys(then)])] as (keyof Facts)[];
  const told = names.filter((name) => isOther(then[name], now[name])).flatMap((name) => wordsOf(name, then, now));
  return `what it touches changed after the call was decided: ${told.join(', ')}`;
}

function wordsOf(name: keyof Facts, then: Facts, now: Facts): string[] {
  const words = WORDS[name]?.(then, now) ?? [];
  return words.length > 0 ? words : [`its ${name}`];
}

const WORDS: Partial<Record<keyof Facts, (then: Facts, now: Facts) => string[]>> = {
  runs: ofRuns,
  links: ofLinks,
  paths: ofPaths,
  executable: ofProgram,
};

function ofPaths(then: Facts, now: Facts): string[] {
  return without(now.paths, then.paths).map(({ path, real, kind }) => `${path} is now ${real} (${kind})`);
}

function ofProgram(_: Facts, { executable }: Facts): string[] {
  return executable ? [`the program is now ${executable.path} (${executable.digest})`] : [];
}

function ofRuns({ runs: then = [] }: Facts, { runs: now = [] }: Facts): string[] {
  const gone = then.filter(({ path }) => !now.some((one) => one.path === path));
  return [
    ...without(now, then).map(({ path, digest }) =>
      digest === undefined ? `it now goes by whatever ${path} is by then` : `it now goes by ${path} (${digest})`,
    ),
    ...gone.map(({ path }) => `it goes by ${path} no more`),
  ];
}

function ofLinks({ links: then = [] }: Facts, { links: now = [] }: Facts): string[] {
  return [
    ...without(now, then).map(({ path }) => `there is now a link ${path}`),
    ...without(then, now).map(({ path }) => `there is no more a link ${path}`),
  ];
}

function without<T>(all: readonly T[], those: readonly T[]): T[] {
  return all.filter((one) => !those.some((other) => !isOther(one, other)));
}

function isOther(one: unknown = null, other: unknown = null): boolean {
  return canonicalJson(one) !== canonicalJson(other);
}

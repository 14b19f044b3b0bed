/** The URLs that texts are, or hold. */
import type { JsonObject, JsonValue } from '../../../base/json.ts';
import type { HostFact } from '../../../contract/values.ts';
import { hostFact } from './host-fact.ts';

/** What programs take for one, also with the slashes turned or one more of them. */
const URLS = /[a-z][a-z0-9+.-]*:[\\/]{2,}[^\s"'<>`|]+/gi;
const WHOLE = /^\s*(?:https?|wss?|ftp|file):/i;
/** The end of a sentence, or of what it stands in. */
const END = /[)}\].,;:!?]+$/;

/** Those of a call's arguments, however deep they stand in them; `known`: what has been found out of some. */
export function hostsIn(args: JsonObject, known: readonly HostFact[]): HostFact[] {
  const others = Object.entries(args).filter(([name]) => !known.some(({ arg }) => arg === name));
  const found = others.flatMap(([name, value]) => unique(textsOf(value).flatMap((text) => inText(name, text))));
  return [...known, ...found];
}

/** Those of a text. */
export function inText(arg: string, text: string): HostFact[] {
  const whole = WHOLE.test(text) ? hostFact(arg, text) : undefined;
  if (whole) return [whole];
  return [...text.matchAll(URLS)].flatMap(([found]) => {
    const fact = hostFact(arg, found.replace(END, '')) ?? hostFact(arg, found); // brackets of IPv6 stay
    return fact ? [fact] : [];
  });
}

export function unique(facts: readonly HostFact[]): HostFact[] {
  return [...new Map(facts.map((fact) => [fact.url, fact])).values()];
}

function textsOf(value: JsonValue): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsOf);
}

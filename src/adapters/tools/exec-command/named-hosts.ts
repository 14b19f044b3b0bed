/**
 * Hosts that a command line names by URLs, for rules about hosts. Where its programs really connect nobody can know from its
 * words: an allow never rests on this.
 */
import type { CommandFact, HostFact } from '../../../contract/values.ts';
import { hostFact } from '../net/host-fact.ts';
import { inText, unique } from '../net/hosts-in.ts';

/** These take a host for a URL. */
const FETCHERS = /(?:^|\/)(?:curl|wget)$/;
const BARE = /^(?:localhost|\[[0-9a-f:.]+\]|\d+\.\d+\.\d+\.\d+|(?:[^\s/:@.-][^\s/:@.]*\.)+[a-z]{2,})\.?(?::\d+)?(?:[/?#]|$)/i; // prettier-ignore

/** The shell makes something else of it. */
const MADE = /[$`*?[{]/;
const URLS = /[a-z][a-z0-9+.-]*:[\\/]{2,}([^\\/?#"'\s]*)[^"'\s]*/gi;
const IPV6 = /^\[[0-9a-f:.]+\]/i;

export function namedHosts(arg: string, commands: readonly CommandFact[]): HostFact[] {
  const found = commands.flatMap(({ words: [program = '', ...words], dynamic = [] }) =>
    words.flatMap((word, index) => {
      if (FETCHERS.test(program) && BARE.test(word)) return [hostFact(arg, `http://${word}`) ?? []].flat();
      return dynamic.includes(index + 1) ? made(arg, word) : inText(arg, word);
    }),
  );
  return unique(found);
}

/** Of a word that the shell makes, which stands as in the text, the host may be what stands there. */
function made(arg: string, word: string): HostFact[] {
  return [...word.matchAll(URLS)].flatMap(([url, authority = '']): HostFact[] =>
    MADE.test(authority.replace(IPV6, ''))
      ? [{ arg, url, host: authority, port: 0, addresses: [], dynamic: true }]
      : inText(arg, url),
  );
}

/**
 * Hosts that a command line names, for rules about hosts: by URLs, and by what programs of the net take for a host. Where its
 * programs really connect nobody can know from its words: an allow never rests on this.
 */
import type { CommandFact, HostFact } from '../../../contract/values.ts';
import { hostFact } from '../net/host-fact.ts';
import { inText, unique } from '../net/hosts-in.ts';
import { gitRemotes } from '../shell/git-operands.ts';
import { hostOperands } from '../shell/net-programs.ts';
import { transferOf } from '../shell/transfers.ts';
import { type ShellWord, wordsOf } from '../shell/words.ts';

/** The shell makes something else of it. */
const MADE = /[$`*?[{]/;
const URLS = /[a-z][a-z0-9+.-]*:[\\/]{2,}([^\\/?#"'\s]*)[^"'\s]*/gi;
const IPV6 = /^\[[0-9a-f:.]+\]/i;

/** `host:path`, as git and scp have it; a slash before the colon makes it a file. */
const REMOTE = /^(?:[^\s/:@]+@)?(\[[0-9a-f:.]+\]|[^\s/:@[\]]+):(?![\\/]{2})/i;

export function namedHosts(arg: string, commands: readonly CommandFact[]): HostFact[] {
  return unique(commands.flatMap((command) => ofCommand(arg, wordsOf(command))));
}

function ofCommand(arg: string, words: readonly ShellWord[]): HostFact[] {
  const urls = transferOf(words)?.urls ?? [];
  const others = words.slice(1).filter((word) => !urls.includes(word));
  return [
    ...others.flatMap(({ text, dynamic }) => (dynamic ? made(arg, text) : inText(arg, text))),
    ...urls.flatMap((url) => ofUrl(arg, url)),
    ...gitRemotes(words).flatMap((word) => ofRemote(arg, word, 'ssh')),
    ...hostOperands(words).flatMap(({ word, isRemote }) =>
      isRemote ? ofRemote(arg, word, 'host') : ofHost(arg, word),
    ),
  ];
}

/** Of curl and wget: without a scheme they take one for granted. */
function ofUrl(arg: string, { text, dynamic }: ShellWord): HostFact[] {
  if (text === '' || text === '-') return [];
  const found = dynamic ? made(arg, text) : inText(arg, text);
  if (found.length > 0) return found;
  return [(dynamic ? undefined : hostFact(arg, `http://${text}`)) ?? unknown(arg, text)];
}

function ofRemote(arg: string, { text, dynamic }: ShellWord, scheme: string): HostFact[] {
  // `helper::address` names a program of git's, and a module of rsync's.
  if (dynamic || (scheme === 'ssh' && /^[\w+.-]+::/.test(text))) return [];
  const host = REMOTE.exec(text)?.[1];
  return host === undefined ? [] : (hostOf(arg, scheme, host) ?? []);
}

function ofHost(arg: string, { text, dynamic }: ShellWord): HostFact[] {
  return dynamic ? [unknown(arg, text)] : (hostOf(arg, 'host', text.replace(/^[^@]*@/, '')) ?? []);
}

/** As a URL would have it; an address of IPv6 may stand without brackets. */
function hostOf(arg: string, scheme: string, host: string): HostFact[] | undefined {
  const fact = hostFact(arg, `${scheme}://${/^[0-9a-f]*:[0-9a-f:.]+$/i.test(host) ? `[${host}]` : host}/`);
  return fact && fact.host !== '' ? [fact] : undefined;
}

function unknown(arg: string, text: string): HostFact {
  return { arg, url: text, host: text, port: 0, addresses: [], dynamic: true };
}

/** Of a word that the shell makes, which stands as in the text, the host may be what stands there. */
function made(arg: string, word: string): HostFact[] {
  return [...word.matchAll(URLS)].flatMap(([url, authority = '']): HostFact[] =>
    MADE.test(authority.replace(IPV6, ''))
      ? [{ arg, url, host: authority, port: 0, addresses: [], dynamic: true }]
      : inText(arg, url),
  );
}

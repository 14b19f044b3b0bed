/**
 * curl and wget: which of their words are URLs, and which of their options lead elsewhere than those say, run code, or name
 * files. An option that stands in no table counts as one without a value: then a word too many is taken for a URL.
 */
import { type Judgement, nothing, unclear } from './judgement.ts';
import { mayBeOption } from './options.ts';
import type { ShellWord } from './words.ts';

/** What the value of an option is. `data`: a text, or a file behind `@`. `folder`: what is written goes there. */
type Kind = 'plain' | 'url' | 'elsewhere' | 'code' | 'writes' | 'folder' | 'reads' | 'data' | 'form' | 'cookie' | 'upload' | 'format' | 'engine'; // prettier-ignore

interface Program {
  /** Short options that have a value, and what they are called. */
  short: Record<string, string>;
  /** Short ones without, of those that matter here. */
  flags: Record<string, string>;
  long: Record<string, Kind>;
  /** Options without a value that begin as others which have one. */
  whole: readonly string[];
}

export interface Given {
  name: string;
  kind: Kind | 'flag';
  value: ShellWord | undefined;
}

export interface Transfer {
  program: 'curl' | 'wget';
  options: Given[];
  urls: ShellWord[];
  /** A long option is shortened, or one is made by the shell: it may be another. */
  isUnsure: boolean;
}

const PLAIN = (names: string): Record<string, Kind> => of('plain', names);

function of(kind: Kind, names: string): Record<string, Kind> {
  return Object.fromEntries(names.split(/\s+/).map((name) => [name, kind]));
}

const CURL: Program = {
  short: {
    A: 'user-agent', b: 'cookie', c: 'cookie-jar', C: 'continue-at', d: 'data', D: 'dump-header', e: 'referer', E: 'cert',
    F: 'form', H: 'header', K: 'config', m: 'max-time', o: 'output', P: 'ftp-port', Q: 'quote', r: 'range', t: 'telnet-option',
    T: 'upload-file', u: 'user', U: 'proxy-user', w: 'write-out', x: 'proxy', X: 'request', y: 'speed-time', Y: 'speed-limit',
    z: 'time-cond', h: 'help',
  },
  flags: { O: 'remote-name', J: 'remote-header-name', g: 'globoff', n: 'netrc' },
  long: {
    ...PLAIN(
      `aws-sigv4 ciphers connect-timeout continue-at create-file-mode curves data-raw delegation expect100-timeout form-string
      ftp-account ftp-alternative-to-user ftp-method ftp-ssl-ccc-mode happy-eyeballs-timeout-ms help hostpubmd5 hostpubsha256
      keepalive-time keepalive-cnt krb limit-rate local-port login-options mail-auth mail-from mail-rcpt max-filesize max-redirs
      max-time noproxy oauth2-bearer parallel-max parallel-max-host pass pinnedpubkey proto proto-default proto-redir proxy-ciphers proxy-pass
      proxy-pinnedpubkey proxy-service-name proxy-tls13-ciphers proxy-tlsauthtype proxy-tlspassword proxy-tlsuser proxy-user quote range rate referer
      request request-target retry retry-delay retry-max-time sasl-authzid service-name socks5-gssapi-service speed-limit speed-time
      telnet-option tftp-blksize time-cond tls-max tls13-ciphers tlsauthtype tlspassword tlsuser user user-agent`,
    ),
    ...of(
      'elsewhere',
      `proxy preproxy proxy1.0 socks4 socks4a socks5 socks5-hostname connect-to resolve unix-socket abstract-unix-socket doh-url
      dns-servers dns-interface dns-ipv4-addr dns-ipv6-addr interface ftp-port ipfs-gateway variable`,
    ),
    ...of('code', 'config'),
    ...of('engine', 'engine cert-type key-type proxy-cert-type proxy-key-type'),
    ...of('writes', 'output dump-header cookie-jar trace trace-ascii stderr etag-save hsts alt-svc libcurl ssl-sessions'),
    ...of('folder', 'output-dir'),
    ...of('reads', 'netrc-file cacert capath cert key crlfile pubkey random-file egd-file etag-compare proxy-cacert proxy-capath proxy-cert proxy-key proxy-crlfile'), // prettier-ignore
    ...of('data', 'data data-ascii data-binary data-urlencode json header proxy-header url-query'), // prettier-ignore
    ...of('url', 'url'),
    form: 'form',
    cookie: 'cookie',
    'upload-file': 'upload',
    'write-out': 'format',
  },
  whole: ['crlf', 'fail', 'head', 'netrc', 'netrc-optional', 'parallel', 'ssl', 'globoff', 'remote-name', 'remote-name-all', 'remote-header-name'],
}; // prettier-ignore

const WGET: Program = {
  short: {
    e: 'execute', o: 'output-file', a: 'append-output', i: 'input-file', B: 'base', t: 'tries', O: 'output-document', T: 'timeout',
    w: 'wait', Q: 'quota', P: 'directory-prefix', U: 'user-agent', l: 'level', A: 'accept', R: 'reject', D: 'domains',
    I: 'include-directories', X: 'exclude-directories',
  },
  flags: { r: 'recursive', m: 'mirror', p: 'page-requisites' },
  long: {
    ...PLAIN(
      `report-speed tries retry-on-http-error start-pos progress timeout dns-timeout connect-timeout read-timeout wait waitretry quota
      limit-rate restrict-file-names prefer-family user password local-encoding remote-encoding cut-dirs http-user http-password
      http-passwd default-page header compression proxy-user proxy-password proxy-passwd referer user-agent post-data method body-data
      secure-protocol certificate-type private-key-type ciphers ftp-user ftp-password warc-header warc-max-size level backups accept
      reject accept-regex reject-regex regex-type domains exclude-domains follow-tags ignore-tags include-directories exclude-directories
      pinnedpubkey`,
    ),
    ...of('elsewhere', 'input-file base bind-address dns-servers bind-dns-address input-metalink preferred-location'),
    ...of('code', 'execute config use-askpass'),
    ...of('writes', 'output-document output-file append-output save-cookies warc-file warc-tempdir rejected-log hsts-file'),
    ...of('folder', 'directory-prefix'),
    ...of('reads', 'post-file body-file load-cookies certificate private-key ca-certificate ca-directory crl-file warc-dedup'), // prettier-ignore
  },
  whole: ['recursive', 'mirror', 'page-requisites', 'spider'],
}; // prettier-ignore

const MADE = /["'$`*?[{\\]/;

/** Undefined: it is neither. */
export function transferOf([first, ...words]: readonly ShellWord[]): Transfer | undefined {
  const name = first?.text.slice(first.text.lastIndexOf('/') + 1);
  if (name !== 'curl' && name !== 'wget') return undefined;
  const { short, flags, long, whole } = name === 'curl' ? CURL : WGET;
  const found: Transfer = { program: name, options: [], urls: [], isUnsure: false };
  const give = (option: string, value: ShellWord | undefined): void => {
    const kind = Object.hasOwn(long, option) ? long[option]! : 'flag';
    if (kind === 'url' && value) found.urls.push(value);
    found.options.push({ name: option, kind, value });
  };
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at]!;
    const { text, dynamic } = word;
    if (!text.startsWith('-') || text === '-') found.urls.push(word);
    else if (text === '--') {
      found.urls.push(...words.slice(at + 1));
      break;
    } else if (text.startsWith('--')) {
      const [option = '', value] = text.slice(2).split(/=([^]*)/, 2);
      if (Object.hasOwn(long, option)) give(option, value === undefined ? words[(at += 1)] : { text: value, dynamic });
      else if (whole.includes(option)) give(option, undefined);
      else if (option.startsWith('expand-') || (dynamic && MADE.test(option)) || Object.keys(long).some((one) => one.startsWith(option))) found.isUnsure = true; // prettier-ignore
    } else {
      for (let index = 1; index < text.length; index += 1) {
        const letter = text[index]!;
        // The second letter of `-nv` and its like is no option of its own.
        if (name === 'wget' && letter === 'n') index += 1;
        else if (dynamic && MADE.test(letter)) {
          found.isUnsure = true;
          break;
        } else if (Object.hasOwn(short, letter)) {
          const rest = text.slice(index + 1);
          give(short[letter]!, rest === '' ? words[(at += 1)] : { text: rest, dynamic });
          break;
        } else if (Object.hasOwn(flags, letter)) give(flags[letter]!, undefined);
      }
    }
  }
  return found;
}

/** `more`: what its caller adds may be options. */
export function judgeTransfer(words: readonly ShellWord[], _dialect: unknown, more: boolean): Judgement {
  const { program, options, urls, isUnsure } = transferOf(words)!;
  const runs = options.some(({ kind, value }) => {
    if (kind === 'engine') return !/^(?:PEM|DER|P12)$/i.test(value?.text ?? '');
    return kind === 'code' || (kind === 'reads' && /^pkcs11:/i.test(value?.text ?? ''));
  });
  if (runs) return unclear('option_runs_code');
  if (options.some(({ kind }) => kind === 'elsewhere')) return unclear('connects_elsewhere');
  const isLiteral = program === 'wget' || options.some(({ name }) => name === 'globoff');
  if (urls.some((url) => !url.dynamic && ((!isLiteral && hasGlob(url.text)) || isReadOtherwise(url.text)))) return unclear('connects_elsewhere'); // prettier-ignore
  // In quotes it is one word, and the value of the option before it.
  const values = options.flatMap(({ value }) => (value?.text.startsWith('"') ? [value] : []));
  const others = words.slice(1).filter((word) => !values.includes(word));
  return isUnsure || more || mayBeOption(others) ? unclear('options') : nothing;
}

/** Of the pieces that curl itself puts in place of `{a,b}` and `[1-9]` any may be the host, but for those behind it. */
function hasGlob(text: string): boolean {
  const authority = /^(?:[a-z][a-z0-9+.-]*:\/*)?([^/?#]*)/i.exec(text)![1]!;
  return /[[{]/.test(authority.replace(/(^|@)\[[0-9a-f:.%]+\](?=:\d*$|$)/i, '$1'));
}

/** A file of URLs, or one of which two readers of URLs make two hosts. */
function isReadOtherwise(text: string): boolean {
  return text.startsWith('@') || /[\\\s]/.test(text);
}

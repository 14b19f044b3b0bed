/** Hosts as people write them in rules and in `network.allow_private`: what is wrong with them, and what they are in URLs. */
import { isRange } from '../../base/ip-address.ts';
import { partsOf } from '../../kernel/policy/private-hosts.ts';

const NAME = /^(?:\*\.)?[^\s/:@*?#[\]\\]+$/;

/** What is wrong with a host pattern of a rule. */
export function wrongHost(pattern: string): string | undefined {
  const { place } = partsOf(pattern);
  const isOne = place === '*' || isName(place) || (place.startsWith('[') && isRange(place));
  return isOne ? undefined : 'expected a host, as `example.org`, `*.example.org` or `example.org:8443`';
}

/** What is wrong with a place that is opened. */
export function wrongPlace(entry: string): string | undefined {
  const { place, port } = partsOf(entry);
  const isOne = isRange(place) ? port === undefined || !place.includes('/') : isName(place);
  return isOne && (port ?? 0) < 65_536
    ? undefined
    : 'expected a place, as `127.0.0.1:8080`, `[::1]:8080`, `intranet.example` or `10.0.0.0/8`';
}

/** As the host of a URL: `BÜCHER.example` is `xn--bcher-kva.example`, `127.1` is `127.0.0.1`. Ranges stay. */
export function asciiPlace(entry: string): string {
  const { place, port } = partsOf(entry);
  if (isRange(place) && !place.startsWith('[')) return entry.toLowerCase();
  const [, any = '', name = place] = /^(\*\.)?(.*)$/.exec(place) ?? [];
  const host = hostOf(name);
  return `${any}${host ?? place.toLowerCase()}${port === undefined ? '' : `:${port}`}`;
}

function isName(place: string): boolean {
  return NAME.test(place) && hostOf(place.replace(/^\*\./, '')) !== undefined;
}

function hostOf(name: string): string | undefined {
  return URL.parse(`http://${name}/`)?.hostname.replace(/\.+$/, '') || undefined;
}

/** IP addresses as texts: in which range one lies, and what kind of place that is. Names are no addresses. */

/** Every kind of place that isn't the public net. */
export const SCOPES = [
  'unspecified', 'loopback', 'private', 'shared', 'link_local', 'metadata', 'multicast', 'reserved',
] as const; // prettier-ignore
export type Scope = (typeof SCOPES)[number];

interface Address {
  bits: 32 | 128;
  value: bigint;
}

interface Range extends Address {
  /** How many of the first bits count. */
  prefix: number;
}

/**
 * Where clouds tell a machine its credentials: AWS, Azure, Google, Alibaba, Oracle and those who do as they do; also of
 * containers.
 */
const METADATA = [
  '169.254.169.254', '169.254.170.2', '169.254.170.23', '100.100.100.200', '168.63.129.16', '192.0.0.192',
  'fd00:ec2::254', 'fd00:ec2::23', 'fd20:ce::254', 'fe80::a9fe:a9fe',
]; // prettier-ignore

/** The special ranges of IANA's registries; the first that holds counts. */
const RANGES: [range: string, scope: Scope][] = [
  ...METADATA.map((address): [string, Scope] => [address, 'metadata']),
  ['0.0.0.0/8', 'unspecified'],
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'shared'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link_local'],
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'reserved'],
  ['192.0.2.0/24', 'reserved'],
  ['192.88.99.0/24', 'reserved'],
  ['192.168.0.0/16', 'private'],
  ['198.18.0.0/15', 'reserved'],
  ['198.51.100.0/24', 'reserved'],
  ['203.0.113.0/24', 'reserved'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved'],
  ['::/128', 'unspecified'],
  ['::1/128', 'loopback'],
  ['64:ff9b:1::/48', 'private'],
  ['fc00::/7', 'private'],
  ['fe80::/10', 'link_local'],
  ['fec0::/10', 'private'],
  ['ff00::/8', 'multicast'],
  ['2001::/23', 'reserved'],
  ['2001:db8::/32', 'reserved'],
  ['3fff::/20', 'reserved'],
];

/** IPv6 ranges that carry an IPv4 address: by how many bits it is shifted, and whether its bits are turned over. */
const CARRIERS: { range: string; shift: bigint; flipped?: true; scope?: Scope }[] = [
  { range: '::ffff:0:0/96', shift: 0n },
  { range: '64:ff9b::/96', shift: 0n },
  // Old tunnels: nothing public is there any more, and what they carry is where they lead.
  { range: '::/96', shift: 0n, scope: 'reserved' },
  { range: '::ffff:0:0:0/96', shift: 0n, scope: 'reserved' },
  { range: '2002::/16', shift: 80n, scope: 'reserved' },
  { range: '2001::/32', shift: 0n, flipped: true, scope: 'reserved' },
];

/** All of IPv6 that was ever given to anybody. */
const GIVEN = '2000::/3';

/** What kind of place an address is; undefined: a public one. What is no address is `reserved`. */
export function scopeOf(address: string): Scope | undefined {
  const parsed = parseAddress(address);
  return parsed === undefined ? 'reserved' : scopeIn(parsed);
}

export function isAddress(text: string): boolean {
  return parseAddress(text) !== undefined;
}

/** `10.0.0.0/8`, `fd00::/8`, or one address, which is a range of one. */
export function isRange(text: string): boolean {
  return parseRange(text) !== undefined;
}

/** Whether the address lies in the range. An IPv4 address within an IPv6 one is that IPv4 address. */
export function isInRange(range: string, address: string): boolean {
  const [wanted, found] = [rangeOf(range), parseAddress(address)];
  return wanted !== undefined && found !== undefined && holds(wanted, plain(found));
}

function scopeIn(address: Address): Scope | undefined {
  const special = RANGES.find(([range]) => holds(rangeOf(range)!, address))?.[1];
  // A tunnel's range may be a part of a reserved one.
  const carrier = address.bits === 128 ? CARRIERS.find(({ range }) => holds(rangeOf(range)!, address)) : undefined;
  if (carrier && (special === undefined || special === 'reserved')) {
    const { shift, flipped, scope } = carrier;
    const value = (address.value >> shift) & 0xffff_ffffn;
    return scopeIn({ bits: 32, value: flipped ? value ^ 0xffff_ffffn : value }) ?? scope;
  }
  if (special !== undefined || address.bits === 32) return special;
  return holds(rangeOf(GIVEN)!, address) ? undefined : 'reserved';
}

function plain(address: Address): Address {
  const isMapped = address.bits === 128 && address.value >> 32n === 0xffffn;
  return isMapped ? { bits: 32, value: address.value & 0xffff_ffffn } : address;
}

function holds({ bits, value, prefix }: Range, address: Address): boolean {
  const rest = BigInt(bits - prefix);
  return bits === address.bits && value >> rest === address.value >> rest;
}

/** The same few are asked for again and again: those of the table, and those of a configuration. */
const ranges = new Map<string, Range | undefined>();

function rangeOf(text: string): Range | undefined {
  if (!ranges.has(text)) ranges.set(text, parseRange(text));
  return ranges.get(text);
}

function parseRange(text: string): Range | undefined {
  const [, address = text, length] = /^(.*)\/(\d{1,3})$/.exec(text) ?? [];
  const parsed = parseAddress(address);
  if (parsed === undefined) return undefined;
  const prefix = length === undefined ? parsed.bits : Number(length);
  return prefix <= parsed.bits ? { ...parsed, prefix } : undefined;
}

/** As systems and URLs write them: four decimal numbers, or groups of hexadecimal ones, also in brackets or with a zone. */
function parseAddress(text: string): Address | undefined {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  const four = parseFour(bare);
  if (four !== undefined) return { bits: 32, value: four };
  const value = parseGroups(bare.replace(/%[\w.-]+$/, '').toLowerCase());
  return value === undefined ? undefined : { bits: 128, value };
}

const DECIMAL = /^(?:0|[1-9]\d{0,2})$/;

function parseFour(text: string): bigint | undefined {
  const numbers = text.split('.');
  if (numbers.length !== 4 || !numbers.every((one) => DECIMAL.test(one) && Number(one) < 256)) return undefined;
  return numbers.reduce((value, one) => (value << 8n) | BigInt(one), 0n);
}

const GROUPS = 8;

function parseGroups(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [left, right] = halves.map(groupsOf);
  if (left === undefined || (halves.length === 2 && right === undefined)) return undefined;
  const missing = GROUPS - left.length - (right?.length ?? 0);
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...left, ...Array.from({ length: missing }, () => 0n), ...(right ?? [])];
  return groups.reduce((value, group) => (value << 16n) | group, 0n);
}

/** The last may be an IPv4 address, which stands for two. */
function groupsOf(half: string): bigint[] | undefined {
  if (half === '') return [];
  const groups: bigint[] = [];
  const texts = half.split(':');
  for (const [index, text] of texts.entries()) {
    const four = index === texts.length - 1 ? parseFour(text) : undefined;
    if (four !== undefined) groups.push(four >> 16n, four & 0xffffn);
    else if (/^[0-9a-f]{1,4}$/.test(text)) groups.push(BigInt(`0x${text}`));
    else return undefined;
  }
  return groups;
}

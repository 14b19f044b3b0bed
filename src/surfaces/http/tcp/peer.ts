/**
 * Which processes of this machine may be at the other end of a TCP connection, as the system's own tables tell: the
 * connection's row names a socket and its user, and the socket stands among the open files of the processes that have it.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { isIPv4, type Socket } from 'node:net';

export type Connection = Pick<Socket, 'localAddress' | 'localPort' | 'remoteAddress' | 'remotePort'>;

export interface Peer {
  /** The user whose socket it is. */
  uid: number;
  /** One that has it; where none is seen, those of the same user whose files can't be looked at. */
  pids: number[];
}

/** Undefined: the other end is on another machine or in a container, or its process has let go of it. */
export type FindPeer = (connection: Connection) => Peer | undefined;

/** Undefined where the system has no such tables. */
export function createFindPeer(): FindPeer | undefined {
  if (!existsSync(TABLES[0])) return undefined;
  /** Whoever was found last asks again more often than others do. */
  let last: number | undefined;
  return (connection) => {
    const found = socketOf(connection);
    if (!found) return undefined;
    const { uid, inode } = found;
    const unseen: number[] = [];
    for (const pid of last === undefined ? processes() : [last, ...processes()]) {
      const has = holds(pid, `socket:[${inode}]`);
      if (has) return { uid, pids: [(last = pid)] };
      if (has === undefined) unseen.push(pid);
    }
    return { uid, pids: unseen.filter((pid) => usersOf(pid).includes(uid)) };
  };
}

const TABLES = ['/proc/self/net/tcp', '/proc/self/net/tcp6'] as const;

/** The socket at the other end. A closed one that the system still sees to the end is nobody's: its number is 0. */
function socketOf(connection: Connection): { uid: number; inode: string } | undefined {
  const { localAddress, localPort, remoteAddress, remotePort } = connection;
  if (localAddress === undefined || remoteAddress === undefined) return undefined;
  const there = `${canonical(remoteAddress)} ${remotePort}`;
  const here = `${canonical(localAddress)} ${localPort}`;
  const port = `:${hex(remotePort!)} `;
  for (const line of TABLES.flatMap((table) => read(table).split('\n'))) {
    if (!line.includes(port)) continue; // most are others'
    // `sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode …`
    const [, local = '', remote = '', , , , , uid, , inode = '0'] = line.trim().split(/ +/);
    if (inode !== '0' && endOf(local) === there && endOf(remote) === here) return { uid: Number(uid), inode };
  }
  return undefined;
}

/** `0100007F:1F90`: words of four bytes in the machine's order, and a port. */
function endOf(text: string): string {
  const [words = '', port = ''] = text.split(':');
  const bytes = [...Buffer.from(words, 'hex')];
  const ordered = LITTLE ? bytes.map((_, at) => bytes[at - (at % 4) + 3 - (at % 4)]!) : bytes;
  const address =
    ordered.length === 4
      ? ordered.join('.')
      : Array.from({ length: 8 }, (_, n) => ((ordered[2 * n]! << 8) | ordered[2 * n + 1]!).toString(16)).join(':');
  return `${canonical(address)} ${Number.parseInt(port, 16)}`;
}

const LITTLE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');

/** One name for each address; IPv4 as IPv6 has it, since a socket may speak both. */
function canonical(address: string): string {
  const [plain = ''] = address.split('%', 1);
  return new URL(`http://[${isIPv4(plain) ? `::ffff:${plain}` : plain}]`).hostname;
}

/** The latest first: who asks once has often just been started. */
function processes(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter(Number.isInteger)
    .toSorted((a, b) => b - a);
}

/** Undefined: its files can't be looked at. */
function holds(pid: number, file: string): boolean | undefined {
  let files: string[];
  try {
    files = readdirSync(`/proc/${pid}/fd`);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? undefined : false;
  }
  return files.some((name) => linkOf(`/proc/${pid}/fd/${name}`) === file);
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function usersOf(pid: number): number[] {
  const [, users = ''] = /^Uid:\s*(.*)$/m.exec(read(`/proc/${pid}/status`)) ?? [];
  return users.split(/\s+/).map(Number);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

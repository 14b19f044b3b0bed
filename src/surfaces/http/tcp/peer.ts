/**
 * Which processes of this machine may be at the other end of a TCP connection, as the system's own tables tell: the
 * connection's row names a socket and its user, and the socket stands among the open files of the processes that have it.
 */
import { existsSync, readdirSync, readFile, readFileSync, readlinkSync } from 'node:fs';
import { isIPv4, type Socket } from 'node:net';

export type Connection = Pick<Socket, 'localAddress' | 'localPort' | 'remoteAddress' | 'remotePort'>;

export interface Peer {
  /** The user whose socket it is. */
  uid: number;
  /** One that has it; where none is seen, those of the same user whose files can't be looked at. */
  pids: number[];
}

/**
 * Looks up several at once: the tables of a busy machine take the system milliseconds. Undefined: the other end is on
 * another machine or in a container, or its process has let go of it.
 */
export type FindPeers = (connections: readonly Connection[]) => Promise<(Peer | undefined)[]>;

/** Undefined where the system has no such tables. */
export function createFindPeers(): FindPeers | undefined {
  if (!existsSync(TABLES[0])) return undefined;
  /** Whoever was found last asks again more often than others do. */
  let last: number | undefined;
  return async (connections) => {
    const tables = await Promise.all(TABLES.map(readLater));
    const rows = tables.flatMap((table) => table.split('\n'));
    const sockets = connections.map((connection) => socketOf(connection, rows));
    const wanted = new Set(sockets.flatMap((socket) => (socket ? [`socket:[${socket.inode}]`] : [])));
    const found = new Map<string, number>();
    const unseen: number[] = [];
    for (const pid of last === undefined ? processes() : [last, ...processes()]) {
      if (found.size === wanted.size) break;
      const files = filesOf(pid);
      if (files === undefined) unseen.push(pid);
      for (const file of files ?? []) {
        if (!wanted.has(file) || found.has(file)) continue;
        found.set(file, (last = pid));
      }
    }
    return sockets.map((socket) => {
      if (!socket) return undefined;
      const { uid, inode } = socket;
      const pid = found.get(`socket:[${inode}]`);
      return { uid, pids: pid === undefined ? unseen.filter((one) => usersOf(one).includes(uid)) : [pid] };
    });
  };
}

const TABLES = ['/proc/self/net/tcp', '/proc/self/net/tcp6'] as const;

/** The socket at the other end. A closed one that the system still sees to the end is nobody's: its number is 0. */
function socketOf(connection: Connection, rows: readonly string[]): { uid: number; inode: string } | undefined {
  const { localAddress, localPort, remoteAddress, remotePort } = connection;
  if (localAddress === undefined || remoteAddress === undefined) return undefined;
  const there = `${canonical(remoteAddress)} ${remotePort}`;
  const here = `${canonical(localAddress)} ${localPort}`;
  const port = `:${hex(remotePort!)} `;
  for (const row of rows) {
    if (!row.includes(port)) continue; // most are others'
    // `sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode …`
    const [, local = '', remote = '', , , , , uid, , inode = '0'] = row.trim().split(/ +/);
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

/** What its open files are. Undefined: they can't be looked at. */
function filesOf(pid: number): string[] | undefined {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((name) => linkOf(`/proc/${pid}/fd/${name}`));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? undefined : [];
  }
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

/** Where it takes long, and others needn't wait for it. */
function readLater(path: string): Promise<string> {
  return new Promise((resolve) => readFile(path, 'latin1', (error, text) => resolve(error ? '' : text)));
}

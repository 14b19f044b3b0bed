/**
 * Keeps the agent's own commands from acting with an operator's token: they run as the same user, and can read the
 * daemon's. Whoever asks from this machine is looked up in its tables, once for each connection, while others are served.
 */
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { shareRuns } from '../../../base/share-runs.ts';
import { RuntimeError } from '../../../contract/errors.ts';
import { callerIsTool, descendsFromTool } from '../../../engine/caller.ts';
import { type Connection, createFindPeers, type FindPeers, type Peer } from './peer.ts';

export interface RefuseTools {
  /** Looks up who is at the other end. Undefined: that is known. */
  look(connection: Connection): Promise<void> | undefined;
  /**
   * To be called when it is known.
   * @throws RuntimeError caller_is_tool, when a tool of the agent asks, or somebody on this machine who can't be found
   */
  refuse(connection: Connection): void;
}

export interface RefuseToolsOptions {
  /** Undefined: the system doesn't tell, and the token alone counts. */
  findPeers?: FindPeers | undefined;
  /** Does a process descend from the agent's tools? */
  isTool?: (pid: number) => boolean;
  /** Does a process still run? */
  isRunning?: (pid: number) => boolean;
}

export function createRefuseTools(options: RefuseToolsOptions = {}): RefuseTools {
  const { findPeers = createFindPeers(), isTool = (pid) => descendsFromTool(pid), isRunning = runs } = options;
  if (!findPeers) return { look: () => undefined, refuse() {} };
  const known = new WeakMap<Connection, RuntimeError | 'let'>();
  /** Those that come while others are looked up are looked up together. */
  let waiting: Connection[] = [];
  const lookAll = shareRuns(async () => {
    const connections = waiting;
    waiting = [];
    const peers = await findPeers(connections);
    connections.forEach((connection, n) => known.set(connection, refusalOf(connection, peers[n]) ?? 'let'));
  });

  function refusalOf(connection: Connection, peer: Peer | undefined): RuntimeError | undefined {
    if (peer?.pids.some(isTool)) return callerIsTool();
    // Processes of another user may be hidden altogether; who asks from elsewhere is in no table here.
    const mayBeUnseen = peer ? peer.uid !== process.getuid?.() : isElsewhere(connection.remoteAddress);
    // Looked at last: of one that ended since it was found nothing tells that it was a tool.
    return mayBeUnseen || peer?.pids.some(isRunning) ? undefined : notFound();
  }

  return {
    look(connection) {
      if (known.has(connection)) return undefined;
      waiting.push(connection);
      // Out of files, say, it fails: then they aren't known, and are looked up again when they ask again.
      return lookAll().catch(() => {});
    },
    refuse(connection) {
      const verdict = known.get(connection) ?? notFound();
      if (verdict !== 'let') throw verdict;
    },
  };
}

/** One that has ended, and that nobody has taken note of, has no words any more. */
function runs(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1') !== '';
  } catch {
    return false;
  }
}

function notFound(): RuntimeError {
  return new RuntimeError('caller_is_tool', 'The process that asks is on this machine, and could not be found.', {
    next: 'Keep the connection until the answer is there, or ask with a token of its own: `runtime token create --role member`.',
  });
}

/** A connection that is over has no address any more: then it isn't known. */
function isElsewhere(address = '127.0.0.1'): boolean {
  const plain = address.replace(/^::ffff:/, '').replace(/%.*/, '');
  if (plain.startsWith('127.')) return false;
  return !Object.values(networkInterfaces()).some((all) => all!.some((own) => own.address === plain));
}

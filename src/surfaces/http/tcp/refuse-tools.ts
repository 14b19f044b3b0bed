/**
 * Keeps the agent's own commands from acting with an operator's token: they run as the same user, and can read the
 * daemon's. Whoever asks from this machine is looked up in its tables, once for each connection.
 */
import { networkInterfaces } from 'node:os';
import { RuntimeError } from '../../../contract/errors.ts';
import { callerIsTool, descendsFromTool } from '../../../engine/caller.ts';
import { type Connection, createFindPeer, type FindPeer } from './peer.ts';

export interface RefuseToolsOptions {
  /** Undefined: the system doesn't tell, and the token alone counts. */
  findPeer?: FindPeer | undefined;
  /** Does a process descend from the agent's tools? */
  isTool?: (pid: number) => boolean;
}

/** Gives what throws when a tool of the agent asks, or somebody on this machine who can't be found: `caller_is_tool`. */
export function createRefuseTools(options: RefuseToolsOptions = {}): (connection: Connection) => void {
  const { findPeer = createFindPeer(), isTool = (pid) => descendsFromTool(pid) } = options;
  const known = new WeakMap<Connection, RuntimeError | undefined>();
  if (!findPeer) return () => {};

  function look(connection: Connection): RuntimeError | undefined {
    const peer = findPeer!(connection);
    if (peer?.pids.some(isTool)) return callerIsTool();
    // Processes of another user may be hidden altogether; who asks from elsewhere is in no table here.
    const mayBeUnseen = peer ? peer.uid !== process.getuid?.() : isElsewhere(connection.remoteAddress);
    return mayBeUnseen || peer?.pids.length ? undefined : notFound();
  }

  return (connection) => {
    if (!known.has(connection)) known.set(connection, look(connection));
    const refusal = known.get(connection);
    if (refusal) throw refusal;
  };
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

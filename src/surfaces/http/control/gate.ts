/**
 * Who may speak on the control socket: processes of this user that don't descend from the agent's tools. Files and their
 * modes keep other users out. Node can't ask the system who is at the other end (SO_PEERCRED), so a client proves it:
 *
 *   hello {pid}  →  a challenge, and a nonce
 *   it takes the nonce as its process name, which the system lets nobody else do
 *   prove {challenge}  →  the name of `pid` is the nonce: it is the one who asks; now its ancestors are looked at
 *
 * Challenge and nonce differ since everyone can read names: the nonce of one client must not help another. From then on
 * a token stands for the client. It is only in the memory of both, and only as long as the client is attached.
 *
 * Where the system has no /proc the client is taken at its word; it has looked at its own environment before.
 */
import type { IncomingMessage } from 'node:http';
import type { HelloAnswer, HelloBody } from '../../../contract/api.ts';
import { RuntimeError } from '../../../contract/errors.ts';
import type { Clock } from '../../../base/clock.ts';
import { randomSecret } from '../../../base/ids.ts';
import { callerIsTool } from '../../../engine/caller.ts';
import type { ProcessTable } from './process-table.ts';

export interface GateOptions {
  clock: Clock;
  /** Of this process. */
  version: string;
  protocol: number;
  processes: ProcessTable | undefined;
  /** Does it descend from a tool of the agent? */
  isTool(pid: number): boolean;
}

export interface Gate {
  /** @throws RuntimeError version_mismatch | caller_is_tool */
  hello(body: HelloBody): HelloAnswer;
  /** Gives the client's token. @throws RuntimeError unauthenticated | caller_is_tool */
  prove(challenge: string): string;
  /** The client is not attached any more. */
  forget(token: string): void;
  /** @throws RuntimeError unauthenticated */
  authorize(request: IncomingMessage): void;
}

interface Claim {
  pid: number;
  start: string | undefined;
  nonce: string;
  expiresAt: number;
}

const SECRET_BYTES = 24;
/** 15 characters: as long as a name can be. */
const NONCE_BYTES = 11;
const PROVE_WITHIN_MS = 10_000;
const MOST_CLAIMS = 1000;

export function createGate({ clock, version, protocol, processes, isTool }: GateOptions): Gate {
  const claims = new Map<string, Claim>();
  const tokens = new Set<string>();

  return {
    hello(client) {
      if (client.version !== version || client.protocol !== protocol) throw mismatch({ version, protocol }, client);
      const start = processes?.startOf(client.pid);
      if (processes && start === undefined) throw unproven(client.pid);
      for (const [oldest, { expiresAt }] of claims) {
        if (claims.size < MOST_CLAIMS && expiresAt > clock.now()) break;
        claims.delete(oldest);
      }
      const challenge = randomSecret(SECRET_BYTES);
      const nonce = randomSecret(NONCE_BYTES);
      claims.set(challenge, { pid: client.pid, start, nonce, expiresAt: clock.now() + PROVE_WITHIN_MS });
      return { challenge, ...(processes && { nonce }) };
    },

    prove(challenge) {
      const claim = claims.get(challenge);
      claims.delete(challenge);
      if (!claim || claim.expiresAt <= clock.now()) {
        throw new RuntimeError('unauthenticated', 'There is no such challenge, or it is too old.');
      }
      if (processes) check(claim, processes, isTool);
      const token = randomSecret(SECRET_BYTES);
      tokens.add(token);
      return token;
    },

    forget: (token) => void tokens.delete(token),

    authorize({ headers }) {
      const [, token] = /^Bearer (.+)$/.exec(headers.authorization ?? '') ?? [];
      if (token !== undefined && tokens.has(token)) return;
      throw new RuntimeError('unauthenticated', 'The request has no valid token.');
    },
  };
}

function check({ pid, start, nonce }: Claim, processes: ProcessTable, isTool: GateOptions['isTool']): void {
  const named = processes.nameOf(pid) === nonce;
  const tool = isTool(pid);
  // Last: all that was read was of the process that said hello, and of no later one with its id.
  if (!named || processes.startOf(pid) !== start) throw unproven(pid);
  if (tool) throw callerIsTool();
}

function unproven(pid: number): RuntimeError {
  return new RuntimeError('caller_is_tool', `The caller could not show that it is process ${pid}.`);
}

function mismatch(own: { version: string; protocol: number }, client: HelloBody): RuntimeError {
  const name = ({ version, protocol }: typeof own): string => `runtime ${version} (protocol ${protocol})`;
  return new RuntimeError(
    'version_mismatch',
    `Process ${process.pid} holds the workspace and is ${name(own)}; process ${client.pid} is ${name(client)}.`,
    { next: `End process ${process.pid}, or use version ${own.version}.` },
  );
}

/**
 * Who listens on a control socket: the other way round than the owner's gate, and by the same means. Any process of this
 * user may put a socket of its own where the owner's is, and would be told messages, approvals, and by passing on what it
 * is told even a token of the owner's.
 *
 *   the file of the socket is held, so that all connections go to this one, whatever is put in its place
 *   identify {nonce}  →  the listener takes a name made of the nonce and its socket's file: only it can, and what one
 *                        passes on that another said is for another file
 *
 * Where the system has no /proc the listener is taken at its word.
 */
import { closeSync, constants, existsSync, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs';
import { sha256 } from '../../base/digest.ts';
import { randomSecret } from '../../base/ids.ts';
import { parseStrictJson } from '../../base/strict-json.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Requests } from './requests.ts';

export const IDENTIFY_PATH = '/v1/identify';
export const HAND_OVER_PATH = '/v1/hand-over';
export const DIFFERING_PATH = '/v1/differing';
export const NONCE_HEADER = 'x-nonce';

/** A socket's file, held open. */
export interface SocketHandle {
  /** Leads to this very file. */
  path: string;
  /** What tells the file from every other; undefined where there is no way to hold it. */
  file: string | undefined;
  close(): void;
}

/** Opens a file as a place only; Node doesn't name it. */
const O_PATH = 0o10000000;
const NAME_LENGTH = 15;
const NONCE_BYTES = 24;
const SILENCE_MS = 5000;

/** @throws an error of the file system (ENOENT), when there is none */
export function holdSocket(path: string): SocketHandle {
  if (!existsSync('/proc/self/comm')) return { path, file: undefined, close: () => {} };
  const fd = openSync(path, O_PATH | constants.O_NOFOLLOW);
  const { dev, ino } = fstatSync(fd, { bigint: true });
  return { path: `/proc/self/fd/${fd}`, file: `${dev}:${ino}`, close: () => closeSync(fd) };
}

export function fileOf(path: string): string {
  const { dev, ino } = lstatSync(path, { bigint: true });
  return `${dev}:${ino}`;
}

/** The name that a listener takes to show that it is the one. */
export function listenerName(nonce: string, file: string): string {
  return sha256(`${nonce}:${file}`).slice(0, NAME_LENGTH);
}

/** The id of the process that listens at this file. @throws RuntimeError no_permission | owner_silent; as `ask` does */
export async function identify(requests: Requests, file: string): Promise<number> {
  const nonce = randomSecret(NONCE_BYTES);
  const answer = Promise.withResolvers<number>();
  const stream = requests.stream(
    IDENTIFY_PATH,
    {
      onEvent: ({ data }) => answer.resolve(pidOf(data)),
      onEnd: (error) => answer.reject(error ?? new RuntimeError('owner_lost', 'The connection ended.')),
    },
    { method: 'POST', headers: { [NONCE_HEADER]: nonce }, silenceMs: SILENCE_MS },
  );
  try {
    const pid = await answer.promise;
    if (nameOf(pid) === listenerName(nonce, file)) return pid;
    throw new RuntimeError(
      'no_permission',
      `What listens on the control socket could not show that it is process ${pid}.`,
      {
        next: 'Find out which process that is: it may have put itself in the place of the one that holds the workspace.',
      },
    );
  } finally {
    stream.close();
  }
}

/** What says it may be anybody. NaN: that is no answer, and no process has that id. */
function pidOf(data: string): number {
  const parsed = parseStrictJson(data);
  const { pid } = (parsed.ok ? (parsed.value ?? {}) : {}) as { pid?: unknown };
  return typeof pid === 'number' ? pid : NaN;
}

function nameOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'latin1').replace(/\n$/, '');
  } catch {
    return undefined;
  }
}

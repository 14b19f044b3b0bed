/** Who asks for something, by what way, and what their role lets them. */
import { API_CHANNEL, OWN_CHANNELS } from '../contract/channels.ts';
import { RuntimeError } from '../contract/errors.ts';
import type { Actor, Role } from '../contract/values.ts';
import { askedRole } from '../kernel/policy/asked.ts';
import { lowerRole } from '../kernel/policy/rights.ts';
import type { Session, Turn } from '../kernel/turn/state.ts';

export interface Principal {
  actor: Actor;
  /** As records name it: `cli`, `http`. */
  via: string;
  /** Throws when a tool of the agent asks, where that isn't known from the start. */
  refuseTools?: () => void;
}

/** Who acts where the operating system has authenticated: whoever may read the home is its operator. */
export const LOCAL_ACTOR: Actor = { id: 'local', role: 'operator' };

/** Who acts with the daemon's own token, which stands in the home: whoever may read that is its operator. */
export const DAEMON_ACTOR: Actor = { id: 'token', role: 'operator' };

export const LOCAL: Principal = { actor: LOCAL_ACTOR, via: 'cli' };

/** Is it who runs the machine, or above? */
export function isOperator({ role }: Actor): boolean {
  return lowerRole(role, 'operator') === 'operator';
}

/** What takes a role. */
export interface Act {
  least: Role;
  what: string;
  /** For whoever has a lower one; absent: they are to ask somebody else. */
  next?: string;
}

export const ACTS = {
  submit: { least: 'member', what: 'sending a message' },
  chooseRoot: { least: 'operator', what: 'choosing the project folder' },
  nameSource: { least: 'operator', what: 'naming where a message comes from', next: 'Leave `source` out.' },
  stop: { least: 'member', what: 'stopping a turn' },
  resume: { least: 'member', what: 'resuming a session' },
  configure: { least: 'member', what: 'changing a session' },
  trust: { least: 'operator', what: 'trusting what came from outside' },
  fork: { least: 'member', what: 'forking a session' },
  undo: { least: 'operator', what: 'undoing a turn' },
  import: { least: 'operator', what: 'importing a session' },
  remove: { least: 'operator', what: 'removing a session' },
  retryDead: { least: 'operator', what: 'trying a dead letter again' },
  dropQueued: { least: 'operator', what: 'dropping a message' },
  revokeGrant: { least: 'operator', what: 'taking a grant back' },
  setPolicy: { least: 'operator', what: 'changing the policy' },
  readUsage: { least: 'operator', what: 'reading what was used' },
  schedule: { least: 'operator', what: 'changing or running a schedule' },
  beginJobs: {
    least: 'operator',
    what: 'beginning the session of a job',
    next: 'Choose another `session_id`: `cron-…`, and what jobs name, is kept for them.',
  },
} as const satisfies Record<string, Act>;

/**
 * An operator is a person: no tool of the agent acts as one, also where less would do. What a member's token may, it may
 * for whoever was given it.
 * @throws RuntimeError role_not_allowed, when the role is lower than the act takes | caller_is_tool
 */
export function requireRole({ actor, refuseTools }: Principal, { least, what, next }: Act): void {
  if (lowerRole(actor.role, least) !== least) {
    throw new RuntimeError(
      'role_not_allowed',
      `${actor.id} is ${actor.role}; ${what} takes ${least}.`,
      next === undefined ? {} : { next },
    );
  }
  if (isOperator(actor)) refuseTools?.();
}

/**
 * Rules look at where a message comes from. Over HTTP nobody says that it came by a way for which the program itself vouches,
 * and who names another one must be trusted with that. @throws RuntimeError role_not_allowed
 */
export function requireSource(by: Principal, source: string | undefined): void {
  if (by.via !== 'http' || source === undefined || source === API_CHANNEL) return;
  const name = source.trim().toLowerCase();
  if (OWN_CHANNELS.has(name) || name === API_CHANNEL) {
    const what = `${by.actor.id} asks over HTTP, and only the program itself says that a message comes from ${source}.`;
    throw new RuntimeError('role_not_allowed', what, { next: 'Leave `source` out, or choose a name of your own.' });
  }
  requireRole(by, ACTS.nameSource);
}

/**
 * By its instructions, facts and model a session's later turns go, whoever asks for them: to change these takes the role that
 * they may have. @throws RuntimeError role_not_allowed
 */
export function requireSessionsRole(by: Principal, { id, rights }: Session): void {
  const what = `changing session ${id}, whose turns may act with that role,`;
  requireRole(by, { least: rights.role, what, next: `Fork ${id}, and change the fork: it is yours.` });
}

/** To set an open turn going, from where it stands, takes the role with which it was asked for. @throws RuntimeError role_not_allowed */
export function requireTurnsRole(by: Principal, session_id: string, turn: Turn | null): void {
  if (!turn) return;
  const what = `going on with turn ${turn.turn} of ${session_id}`;
  const next = `Fork ${session_id} behind the end of a turn, and go on there; or have somebody with that role go on.`;
  requireRole(by, { least: askedRole(turn), what, next });
}

/** What the person asks of the host. When that goes before it has answered, the next one is asked, and nothing is done twice. */
import type { Clock } from '../../base/clock.ts';
import { systemIds } from '../../base/ids.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { ApprovalRecord } from '../../contract/answers.ts';
import type { Accepted, Resolution, SessionStatus, SessionChange, SubmittedPart } from '../../contract/host.ts';
import type { Succession } from './successor.ts';

/** Of a session; what is chosen before its first message goes with that. */
export interface Choice {
  model?: string;
  title?: string;
}

export interface Requests {
  send(session_id: string, parts: SubmittedPart[], mode: 'message' | 'steer' | 'goal'): Promise<Accepted>;
  answer(approval_id: string, resolution: Resolution): Promise<void>;
  /** One that waits. */
  approval(approval_id: string): Promise<ApprovalRecord | undefined>;
  stop(session_id: string, event_id: string): Promise<void>;
  configure(session_id: string, choice: SessionChange): Promise<void>;
  /** What was chosen for a session that isn't there yet. */
  chosen(session_id: string): Choice;
}

export interface RequestsOptions {
  clock: Clock;
  /** Undefined until there is a host. */
  succession: () => Pick<Succession, 'ask'> | undefined;
  /** Of new sessions. */
  root: string;
  model: string | undefined;
  say: (text: string) => void;
  /** The session that is looked at. */
  current: () => string | undefined;
}

export function createRequests({ clock, succession, root, model, say, current }: RequestsOptions): Requests {
  const ids = systemIds(clock);
  const choices = new Map<string, Choice>();
  const ask: Succession['ask'] = async (use) => {
    const now = succession();
    if (now !== undefined) return now.ask(use);
    throw new RuntimeError('usage', 'still starting', { next: 'Try again in a moment.' });
  };
  const chosen = (session_id: string): Choice => choices.get(session_id) ?? (model === undefined ? {} : { model });
  const isAbsent = ({ seq }: SessionStatus): boolean => seq === 0;

  return {
    chosen,
    async send(session_id, parts, mode) {
      const idempotency_key = ids.ulid();
      const isNew = isAbsent(await ask((host) => host.session(session_id)));
      const first = isNew ? chosen(session_id) : {};
      const how = mode === 'goal' ? ({ mode: 'message', goal: true } as const) : { mode };
      const accepted = await ask((host) =>
        host.submit({ session_id, parts, ...how, source: 'repl', root, idempotency_key, ...first }),
      );
      choices.delete(session_id);
      return accepted;
    },
    async answer(approval_id, resolution) {
      let session_id: string;
      try {
        const record = await ask((host) => host.resolve(approval_id, resolution));
        session_id = record.parent?.root ?? record.session_id; // a step goes on with its goal
      } catch (thrown) {
        if (!(thrown instanceof RuntimeError) || thrown.code !== 'approval_already_resolved') throw thrown;
        return say(`it was answered already: ${thrown.message}`);
      }
      if (session_id !== current())
        say(`${resolution.decision === 'grant' ? 'granted' : 'denied'} ${approval_id}, in session ${session_id}`);
      await ask((host) => host.resume(session_id));
    },
    async approval(approval_id) {
      return (await ask((host) => host.approvals())).find(({ id }) => id === approval_id);
    },
    stop: (session_id, event_id) => ask((host) => host.stop(session_id, event_id)),
    async configure(session_id, choice) {
      if (isAbsent(await ask((host) => host.session(session_id)))) {
        choices.set(session_id, { ...chosen(session_id), ...choice });
      } else await ask((host) => host.configure(session_id, choice));
    },
  };
}

/** How a message comes in: what is looked at before it is accepted, its acceptance, and what its sender is told. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { API_CHANNEL } from '../../contract/channels.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Accepted, Submission, SubmittedPart } from '../../contract/host.ts';
import type { ModelChoice } from '../../contract/manifest.ts';
import { realOf } from '../../base/files/resolve-real.ts';
import { requireModelThere } from '../gone-model.ts';
import type { Lanes } from '../lanes/lanes.ts';
import { waitsForPerson } from '../lanes/work-of.ts';
import { ACTS, isOperator, type Principal, requireRole, requireSessionsRole, requireTurnsRole } from '../principal.ts';
import type { OwnSubmission } from '../schedule/hub-of-schedules.ts';
import { checkSessionId } from '../session-id.ts';
import { mayChooseModel } from '../session/model-change.ts';
import type { OwnedWorkspace, Workspace } from '../wire.ts';
import type { LiveSessions } from './live-sessions.ts';
import type { MessageStatus } from './message-status.ts';
import { requireModel } from './wanted-model.ts';

const OFFLINE_NOTICE =
  'offline demo: a built-in script answers, no model. Set OPENAI_API_KEY, or run `runtime config init`, for a real one.';

/** `project_root`: of a session that was there before. It may have been moved, or the session made elsewhere. */
export function noticesOf(offline_demo: boolean, project_root: string | undefined): string[] {
  const isHere =
    project_root === undefined || statSync(project_root, { throwIfNoEntry: false })?.isDirectory() === true;
  const missing = `the project folder ${project_root} of this session is not here: its tools find nothing`;
  return [...(offline_demo ? [OFFLINE_NOTICE] : []), ...(isHere ? [] : [missing])];
}

/** @throws RuntimeError price_missing */
export function checkPrice(limits: Submission['limits'], choices: readonly ModelChoice[]): void {
  const unpriced = choices.find((choice) => !choice.price);
  if (limits?.cost_micro_usd === undefined || !unpriced) return;
  throw new RuntimeError('price_missing', `--max-cost needs the price of the model "${unpriced.name}".`, {
    next: `Set \`price: {input: …, output: …}\` (USD per million tokens) for "${unpriced.name}" in models.registry.`,
  });
}

/** Files are named as seen from the project, or from where the message was sent. Nobody says where a file lies: either counts. */
function attachedPaths(parts: readonly SubmittedPart[], folders: readonly string[]): string[] {
  const names = parts.flatMap((part) => (part.type === 'file' && part.name ? [part.name] : []));
  return [...new Set(names.flatMap((name) => folders.map((folder) => realOf(resolve(folder, name)))))];
}

export interface SubmitPorts extends Pick<OwnedWorkspace, 'owner' | 'fileTaint' | 'models' | 'choose'> {
  workspace: Workspace;
  sessions: Pick<LiveSessions, 'use' | 'get' | 'isEntered'>;
  lanes: Pick<Lanes, 'reserve' | 'take' | 'position'>;
  messages: Pick<MessageStatus, 'now'>;
  /** Project folder of a new session whose first message names none. */
  root: string;
}

/** Gives what takes a message: into its lane, durably, and to its session when it is its turn. */
export function createSubmit(
  ports: SubmitPorts,
): (message: Submission | OwnSubmission, by: Principal) => Promise<Accepted> {
  const { workspace, owner, fileTaint, models, choose, sessions, lanes, messages, root: defaultRoot } = ports;

  async function submit(message: Submission | OwnSubmission, by: Principal): Promise<Accepted> {
    requireRole(by, ACTS.submit);
    if (message.root !== undefined) requireRole(by, ACTS.chooseRoot);
    const { lane = 'interactive', idempotency_key } = message;
    if (message.session_id !== undefined) checkSessionId(message.session_id);
    const key = idempotency_key === undefined ? undefined : { actor_id: by.actor.id, idempotency_key };
    const freePlace = await lanes.reserve(lane, key);
    try {
      return await accept(message, by);
    } finally {
      freePlace();
    }
  }

  async function accept(message: Submission | OwnSubmission, by: Principal): Promise<Accepted> {
    const {
      parts,
      model,
      mode = 'message',
      root = defaultRoot,
      source = API_CHANNEL,
      lane,
      priority,
      metadata,
    } = message;
    const { title, limits, idempotency_key, goal, check } = message;
    const session = message.session_id ?? owner.newSessionId();
    const { session: known, turn } = await sessions.use(session, ({ runner }) => runner.state());
    // Of a fork: nobody waits for it, and it would go on by this message.
    if (turn?.event_ids.length === 0 && !sessions.isEntered(session)) requireTurnsRole(by, session, turn);
    if (!known && message.session_id !== undefined && !isOperator(by.actor)) {
      const { requireBeginner } = await import('../schedule/sessions-of-jobs.ts');
      await requireBeginner(by, session, workspace.store.schedules);
    }
    requireModel(workspace, model, by);
    if (known) requireModelThere(known, workspace.loaded.config, model);
    if (known && model !== undefined && !mayChooseModel(by.actor.role, known.rights.role)) {
      if (choose(known.model).choices[0]?.name !== model) requireSessionsRole(by, known);
    }
    const chosen = choose(model ?? known?.model);
    checkPrice(limits, chosen.choices);
    const [{ name, provider }] = chosen.choices as [ModelChoice];
    // A script that can't be used is a matter of configuration: found before anything is accepted.
    if (provider === 'script') await models.prepare(name);
    const attached = attachedPaths(parts, known ? [known.project_root, root] : [root]);
    const read = [...attached, ...(('read' in message && message.read) || [])];
    // The accept is on its way to the disk while the model's client is loaded.
    const accepting = owner.accept({
      session,
      unnamed: message.session_id === undefined,
      parts,
      taint: read.length === 0 ? [] : await fileTaint.of(read, root),
      actor: by.actor,
      source,
      mode,
      root,
      ...(title !== undefined && { title }),
      ...(model !== undefined && { model }),
      ...(lane !== undefined && { lane }),
      ...(priority !== undefined && { priority }),
      ...(metadata !== undefined && { metadata }),
      ...(idempotency_key !== undefined && { idempotency_key }),
      ...(limits !== undefined && { limits }),
      ...(goal && { goal }),
      ...(check !== undefined && { check }),
      ...('event_id' in message && { event_id: message.event_id }),
    });
    const preparing = models.prepare(name).catch(() => {}); // the model call itself reports it
    const { event, duplicate } = await accepting;
    await preparing;
    const { event_id, session_id } = event;
    const pending = await owner.pendingEvent(event_id);
    // Whoever accepted it first may have been stopped before it was delivered.
    if (pending) await lanes.take(pending, { isNew: !duplicate });
    else if (!duplicate) await messages.now(event_id, session_id); // its session may be gone
    return {
      event_id,
      session_id,
      duplicate,
      status: duplicate ? (await messages.now(event_id, session_id)).status : ('queued' as const),
      position: lanes.position(event),
      ...waitingOn(session_id),
      notices: noticesOf(chosen.offline_demo, known?.project_root),
    };
  }

  /** Approvals without which nothing is done in a session. */
  function waitingOn(session_id: string): Pick<Accepted, 'waiting_on'> {
    const runner = sessions.get(session_id)?.runner;
    return runner && waitsForPerson(runner) ? { waiting_on: runner.approvals() } : {};
  }

  return submit;
}

/** What schedules need of the hub that they belong to. */
import type { EventStatus, Submission } from '../../contract/host.ts';
import type { OwnedWorkspace, Workspace } from '../wire.ts';
import type { CommandTold } from './runs.ts';

/** A message of the program's own, with an id that is recorded already. `read`: real paths of files whose text is in it. */
export type OwnSubmission = Submission & { event_id: string; read?: readonly string[] };

export interface HubOfSchedules {
  workspace: Workspace;
  fileTaint: OwnedWorkspace['fileTaint'];
  redactor: OwnedWorkspace['redactor'];
  /** Project folder of jobs that name none. */
  root: string;
  submit(message: OwnSubmission): Promise<unknown>;
  /** @throws RuntimeError not_found */
  event(event_id: string, session_id: string): Promise<EventStatus>;
  settled(event_id: string): Promise<EventStatus>;
  checkLimits(limits: Submission['limits']): void;
  /** What changes something: the workspace isn't given up before it is done. */
  change<T>(work: () => Promise<T>): Promise<T>;
  /** Told of what should not stay unseen, although all goes on. */
  warn(message: string): void;
  /** Told when a command of a job begins, and when it is over. */
  onCommand?: ((told: CommandTold) => void) | undefined;
}

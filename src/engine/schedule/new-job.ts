/** What a person asks for, checked and with its defaults filled in. */
import { webhookDefect } from '../../adapters/delivery/webhook.ts';
import { linkOutOfProject } from '../../base/files/link-out-of-project.ts';
import { realOf, resolveReal } from '../../base/files/resolve-real.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { Job, NewSchedule } from '../../contract/schedule.ts';
import { checkSessionId } from '../session-id.ts';
import { parseDestination } from './destination.ts';
import { timesOf } from './times.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const MAX_FAILURES = 3;
const BEAT = '@every 30m';
/** What is due later is never seen: most likely it was not meant so. */
const FARTHEST_MS = 100 * 365 * 86_400_000;

/** @throws RuntimeError schedule_invalid | invalid_id */
export function newJob(asked: NewSchedule, { now, tz, root }: { now: number; tz: string; root: string }): Job {
  const job: Job = {
    tz,
    session: 'own',
    catch_up: 'skip',
    jitter_ms: 0,
    overlap: 'skip',
    max_failures: MAX_FAILURES,
    root,
    ...asked,
    ...(asked.heartbeat !== undefined && asked.at === undefined && { schedule: asked.schedule ?? BEAT }),
  };
  const { name, prompt, command, heartbeat, session, deliver } = job;
  if (!NAME.test(name)) {
    throw new RuntimeError('invalid_id', `${JSON.stringify(name.slice(0, 200))} is no name for a job.`, {
      next: 'Use letters, digits and . _ -, beginning with a letter or digit, at most 64.',
    });
  }
  const first = timesOf(job, now).next(now);
  if (first === undefined || first > now + FARTHEST_MS) {
    throw invalid(`"${job.schedule ?? job.at}" is not due within a hundred years`, 'Name a time that comes.');
  }
  const [what, ...more] = [prompt, command, heartbeat].filter((text) => text !== undefined);
  if (what === undefined || more.length > 0) {
    throw invalid('a job has a prompt, a command or a heartbeat', 'Give --prompt "…", --command "…" or --heartbeat.');
  }
  if (what.trim() === '') throw invalid('its prompt, command or file is empty', 'Say what is to be done.');
  if ((command ?? heartbeat)?.includes('\0')) throw invalid('it holds a NUL byte', 'Leave it out.');
  if (command !== undefined && job.limits?.cost_micro_usd !== undefined) {
    throw invalid('a command costs no money', 'Leave --max-cost out.');
  }
  checkSessionId(session);
  // As it is now: a link that comes in its place later leads to another folder.
  const real = { ...job, root: realOf(job.root) };
  return deliver === undefined ? real : { ...real, deliver: checkedDelivery(deliver, real.root) };
}

/** A file's path as it leads now: that is what the person means. */
function checkedDelivery(deliver: string, root: string): string {
  const help = 'Write file:/path/of/a/file or webhook:https://example.org/hook.';
  const place = parseDestination(deliver);
  if (place === undefined) throw invalid(`"${deliver}" is no place to deliver to`, help);
  const { kind, to } = place;
  const defect = kind === 'webhook' ? webhookDefect(to) : to.startsWith('/') ? undefined : 'must be an absolute path';
  if (defect !== undefined) throw invalid(`"${to}" ${defect}`, help);
  if (kind === 'webhook') return deliver;
  const found = resolveReal(to);
  if ('code' in found) throw invalid(`"${to}" can't be delivered to: ${found.message}`, help);
  const link = linkOutOfProject(found, [root]);
  if (link === undefined) return `file:${found.real}`;
  throw invalid(
    `"${to}" leads out of the project, by the link ${link}, which a command may have made`,
    `Write file:${found.real} if that is what you mean.`,
  );
}

function invalid(message: string, next: string): RuntimeError {
  return new RuntimeError('schedule_invalid', message, { next });
}

/** What was left in a session, and what becomes of it, in a person's words. */
import type { Presentation } from '../../contract/values.ts';
import { isUnknown, type Left, type Unfinished, type WorkList } from '../../engine/past/unfinished.ts';
import { oneLine, truncate, visibleText } from '../terminal/width.ts';
import { until as timeLeft } from './times.ts';

const TITLE_COLUMNS = 60;

/** One line. `now`: ms UTC. */
export function leftLine(left: Left, now: number): string {
  const step = left.step === undefined ? '' : `step “${truncate(oneLine(left.step), TITLE_COLUMNS)}”: `;
  return `${step}${whatBecomes(left, now)}`;
}

function whatBecomes(left: Left, now: number): string {
  switch (left.what) {
    case 'message':
      return left.fate === 'begins' ? 'an accepted message begins its turn' : 'its answer is there; nobody has seen it';
    case 'model':
      if (left.fate === 'waits') return `the model is asked again ${soon(left.until!, now)} (attempt ${left.attempt})`;
      return left.fate === 'asked' ? 'the model is asked' : `the model is asked again (attempt ${left.attempt})`;
    case 'turn':
      return `turn ${left.turn} ends: ${left.code === 'quarantined' ? 'interrupted, as it stopped the program three times' : left.reason}`;
    case 'call':
      return `${titleOf(left)}: ${callText(left, now)}`;
    case 'step': {
      const name = `step “${truncate(oneLine(left.title), TITLE_COLUMNS)}”`;
      if (left.fate === 'waits') return `${name} is tried again ${soon(left.until!, now)} (try ${left.attempt})`;
      return `${name} ${left.fate === 'begins' ? 'begins' : 'goes on'}`;
    }
  }
}

function callText(left: Extract<Left, { what: 'call' }>, now: number): string {
  switch (left.fate) {
    case 'inspected':
      return 'is looked at, then judged';
    case 'runs':
      return 'had not started; it runs';
    case 'runs_again':
      return 'only reads; it runs again';
    case 'rolled_forward':
      return 'is finished file by file, else its end is unknown';
    case 'unknown':
      return 'may have taken effect or not; it is not repeated';
    case 'asks':
      return 'asks you';
    case 'not_run':
      return `is not run (${left.why?.replaceAll('_', ' ')})`;
    case 'waits':
      return left.until! <= now
        ? 'nobody answered in time; the model is told'
        : `still waits for your answer: ${left.approval_id}, expires ${timeLeft(left.until!, now)}`;
  }
}

/** Each of a session's, the first what can't be known. A session that can't be read says why. */
export function leftLines({ left, failure }: Unfinished, now: number): string[] {
  return failure === undefined ? left.map((one) => leftLine(one, now)) : [failure];
}

/**
 * A line for each session of which something has to be said, and one for all others. `command`: as a person types it, of these words
 * behind the program's name.
 */
export function othersLines(
  { sessions, more }: WorkList,
  { now, command }: { now: number; command: (words: string) => string },
): string[] {
  const said = sessions.filter(needsSaying);
  const lines = said.map((session) => {
    const [first = 'nothing is known of it', ...rest] = leftLines(session, now);
    if (session.failure !== undefined) return `unfinished: session ${session.session_id} can't go on: ${first}`;
    const also = rest.length > 0 ? ` (and ${rest.length} more)` : '';
    return `unfinished: session ${session.session_id}: ${first}${also}; carry it on with: ${command(`session resume ${session.session_id}`)}`;
  });
  const waiting = sessions.length - said.length;
  if (more > 0)
    return [
      ...lines,
      `unfinished: ${lines.length > 0 ? 'and ' : ''}${more + waiting} more: ${command('session resume')}`,
    ];
  return waiting === 0 ? lines : [...lines, `${waitingText(waiting)} for your answer: ${command('approvals ls')}`];
}

/** Of other sessions. */
export function waitingText(count: number): string {
  return count === 1 ? 'another session waits' : `${count} other sessions wait`;
}

/** What can't be known is said with all of it: a person has to look whether it took effect. */
export function unknownLines(title: string, body: string | undefined): string[] {
  const saysAll = body === undefined || (!body.trim().includes('\n') && title.includes(body.trim()));
  return [
    `nobody knows whether this took effect: ${oneLine(title)}`,
    ...(saysAll ? [] : visibleText(body).trimEnd().split('\n').map((line) => `  ${line}`)), // prettier-ignore
    'It ran when everything stopped. It is not repeated by itself, and the model is told.',
  ];
}

export function needsSaying({ left, failure }: Unfinished): boolean {
  return failure !== undefined || left.some((one) => isUnknown(one) || one.what !== 'call' || one.fate !== 'waits');
}

function titleOf({ shown, tool }: { shown?: Presentation; tool: string }): string {
  return truncate(oneLine(shown?.title ?? tool), TITLE_COLUMNS);
}

function soon(at: number, now: number): string {
  return at <= now ? 'now' : timeLeft(at, now);
}

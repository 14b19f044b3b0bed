/** When a job is due: five fields of cron in a zone, `@every`, or one time. */
import { Cron } from 'croner';
import { parseDuration } from '../../base/duration.ts';
import { RuntimeError } from '../../contract/errors.ts';
import type { NewSchedule } from '../../contract/schedule.ts';

/** The due times of a job, in order; all in ms UTC. The same every time they are asked for. */
export interface Times {
  /** The first one behind `after`; undefined: there is none. */
  next(after: number): number | undefined;
  /** The last ones behind `after` and not behind `until`, at most `most`, oldest first. */
  newest(most: number, after: number, until: number): number[];
  /** How many are behind `after` and not behind `until`; undefined: too many to be counted. */
  count(after: number, until: number): number | undefined;
}

const SHORTEST_MS = 1000;
/** Beyond that they are not counted one by one. */
const MOST_COUNTED = 1000;
const RFC_3339 = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/i;
const HELP =
  'Write five fields, as "30 7 * * 1-5" (minute, hour, day, month, weekday), "@every 15m", or "@daily" (hourly, weekly, monthly, yearly).';
/** As cron has them since Vixie's. */
const NICKNAMES: ReadonlyMap<string, string> = new Map([
  ['@hourly', '0 * * * *'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@weekly', '0 0 * * 0'],
  ['@monthly', '0 0 1 * *'],
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
]);

/** `since`: from when on it counts. @throws RuntimeError schedule_invalid */
export function timesOf({ schedule, at, tz }: Pick<NewSchedule, 'schedule' | 'at' | 'tz'>, since: number): Times {
  if ((schedule === undefined) === (at === undefined)) throw invalid('a job has either a schedule or a time', HELP);
  checkZone(tz);
  if (at !== undefined) return once(at, since);
  const text = schedule!.trim();
  const [, every] = /^@every\s+(\S+)$/.exec(text) ?? [];
  return every === undefined ? byFields(NICKNAMES.get(text) ?? text, tz ?? 'UTC') : steady(every, since);
}

function once(text: string, since: number): Times {
  const [, day] = RFC_3339.exec(text) ?? [];
  const at = day === undefined ? NaN : Date.parse(text);
  if (Number.isNaN(at) || !isDay(day!)) {
    throw invalid(`"${text}" is no time`, 'Write it with its offset, as 2026-12-01T09:00:00+01:00 or 2026-12-01T08:00:00Z.'); // prettier-ignore
  }
  if (at <= since) throw invalid(`${text} is in the past`, 'Name a time that comes.');
  const within = (after: number, until: number): boolean => after < at && at <= until;
  return {
    next: (after) => (after < at ? at : undefined),
    newest: (_, after, until) => (within(after, until) ? [at] : []),
    count: (after, until) => (within(after, until) ? 1 : 0),
  };
}

/** `Date` takes 30 February for 2 March. */
function isDay(text: string): boolean {
  return new Date(text).toISOString().startsWith(text);
}

function steady(text: string, since: number): Times {
  const step = parseDuration(text);
  if (step === undefined || step < SHORTEST_MS) {
    throw invalid(`"@every ${text}" is no schedule`, 'Name a time of at least a second, as "@every 90s" or "@every 1h30m".'); // prettier-ignore
  }
  /** How many have passed by then. */
  const passed = (at: number): number => Math.max(0, Math.floor((at - since) / step));
  return {
    next: (after) => since + (passed(after) + 1) * step,
    newest(most, after, until) {
      const last = passed(until);
      const first = Math.max(passed(after), last - most);
      return Array.from({ length: Math.max(0, last - first) }, (_, index) => since + (first + index + 1) * step);
    },
    count: (after, until) => Math.max(0, passed(until) - passed(after)),
  };
}

function byFields(fields: string, timezone: string): Times {
  if (fields.split(/\s+/).length !== 5) throw invalid(`"${fields}" is no schedule`, HELP);
  let cron: Cron;
  try {
    cron = new Cron(fields, { timezone, mode: '5-part', sloppyRanges: true }); // that 5/15 is one
  } catch (thrown) {
    const why = (thrown as Error).message.replace(/^CronPattern: /, '');
    throw invalid(`"${fields}" is no schedule: ${why}`, HELP);
  }
  const next = (after: number): number | undefined => cron.nextRun(new Date(after))?.getTime();
  return {
    next,
    newest(most, after, until) {
      const first: number[] = [];
      let due = next(after);
      while (due !== undefined && due <= until && first.length < most) {
        first.push(due);
        due = next(due);
      }
      if (due === undefined || due > until) return first;
      // There are more. Croner looks at whole seconds, and before its reference.
      const last = cron.previousRuns(most + 1, new Date(Math.floor(until / 1000) * 1000 + 1000));
      const found = last.map((date) => date.getTime()).filter((one) => after < one && one <= until);
      return found.slice(0, most).reverse();
    },
    count(after, until) {
      let due = next(after);
      for (let n = 0; n <= MOST_COUNTED; n++) {
        if (due === undefined || due > until) return n;
        due = next(due);
      }
      return undefined;
    },
  };
}

function checkZone(tz: string | undefined): void {
  if (tz === undefined) return;
  try {
    new Intl.DateTimeFormat('en', { timeZone: tz });
  } catch {
    throw invalid(`"${tz}" is no time zone`, 'Name one of the IANA list, as Europe/Berlin, America/New_York or UTC.');
  }
}

function invalid(message: string, next: string): RuntimeError {
  return new RuntimeError('schedule_invalid', message, { next });
}

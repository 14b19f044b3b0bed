/** Local time as rules know it: minutes since a Sunday's midnight. */

const MINUTE_MS = 60_000;
/** The day on which time began was a Thursday. */
const FIRST_DAY = 4;

/** In the order in which local minutes count. */
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const DAY_MINUTES = 24 * 60;

/** `local`: minutes since a Sunday's midnight. Hours that end before they begin go over midnight, into the next day. */
export function matchesHours(hours: string, local: number): boolean {
  const space = hours.indexOf(' ');
  const [from, to] = hours
    .slice(space + 1)
    .split('-')
    .map(minuteOfDay) as [number, number];
  const days = space < 0 ? undefined : daysIn(hours.slice(0, space));
  const day = Math.floor(local / DAY_MINUTES) % 7;
  const minute = local % DAY_MINUTES;
  const isOn = (one: number): boolean => days === undefined || days.has((one + 7) % 7);
  if (from < to) return isOn(day) && minute >= from && minute < to;
  return (isOn(day) && minute >= from) || (isOn(day - 1) && minute < to);
}

function minuteOfDay(time: string): number {
  const [hour, minute] = time.split(':').map(Number) as [number, number];
  return hour * 60 + minute;
}

function daysIn(text: string): Set<number> {
  const days = new Set<number>();
  for (const range of text.split(',')) {
    const [first, last = first] = range.split('-').map((name) => DAYS.indexOf(name)) as [number, number?];
    for (let day = first; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === last) break;
    }
  }
  return days;
}

/** Whether `hours` means something: days and times that there are. */
export function areHours(hours: string): boolean {
  const space = hours.indexOf(' ');
  const names = space < 0 ? [] : hours.slice(0, space).split(/[-,]/);
  const times = hours.slice(space + 1).split('-');
  return (
    names.every((name) => DAYS.includes(name)) &&
    times.every((time) => minuteOfDay(time) <= DAY_MINUTES && Number(time.slice(3)) < 60)
  );
}

/** `at`: ms UTC; local time is `offset_min` ahead of that. */
export function localMinute(at: number, offset_min: number): number {
  return (Math.floor(at / MINUTE_MS) + offset_min + FIRST_DAY * DAY_MINUTES) % (7 * DAY_MINUTES);
}

/** Of `mon 09:30`. */
export function minuteIn(text: string): number {
  const [day, time] = text.split(' ') as [string, string];
  return DAYS.indexOf(day) * DAY_MINUTES + minuteOfDay(time);
}

/** As `mon 09:30`. */
export function minuteText(local: number): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${DAYS[Math.floor(local / DAY_MINUTES) % 7]} ${two(Math.floor(local / 60) % 24)}:${two(local % 60)}`;
}

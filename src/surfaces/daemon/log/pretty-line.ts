/** A line of the log as a person reads it: time, level, message, and the rest as `name=value`. */
import { isObject } from '../../../engine/config/tree.ts';
import { oneLine } from '../../terminal/width.ts';
import { LOG_LEVELS, type LogLevel } from './log.ts';

const COLOURS: Record<LogLevel, number> = { error: 31, warn: 33, info: 36, debug: 90 };
const LEVEL_WIDTH = 5;

/** What is no line of a log is given as it is. */
export function prettyLine(line: string, colour: boolean): string {
  const record = parseLine(line);
  if (record === undefined) return oneLine(line);
  const { level, time, msg, ...fields } = record;
  const name = LOG_LEVELS.find((known) => known === level) ?? 'info';
  const shown = Object.entries(fields).map(([key, value]) => `${key}=${shownValue(value)}`);
  const at = new Date(Number(time)).toISOString().slice(11, 23);
  const label = name.toUpperCase().padEnd(LEVEL_WIDTH);
  const head = colour ? `\x1b[90m${at}\x1b[39m \x1b[${COLOURS[name]}m${label}\x1b[39m` : `${at} ${label}`;
  return `${head} ${oneLine([String(msg), ...shown].join(' '))}`;
}

/** Undefined when it is none. */
export function parseLine(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) && Number.isFinite(value['time']) && typeof value['level'] === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

function shownValue(value: unknown): string {
  return typeof value === 'string' && /^[\w.:/@+-]+$/.test(value) ? value : JSON.stringify(value);
}

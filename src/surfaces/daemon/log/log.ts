/**
 * The daemon's log: JSON lines, one for each thing worth telling. What is said before the logger is loaded is kept until
 * then, so that a start needn't wait for it.
 */
import type { Logger } from 'pino';
import type { Config } from '../../../contract/config.ts';

export type LogLevel = Config['log']['level'];
/** Worst first. */
export const LOG_LEVELS: readonly LogLevel[] = ['error', 'warn', 'info', 'debug'];

/** What a line says beside its message: snake_case, no text that a person or a model wrote. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Log extends Record<LogLevel, (message: string, fields?: LogFields) => void> {
  setLevel(level: LogLevel): void;
  /** Loads the logger, and writes what was said so far. */
  open(): Promise<void>;
  /** Writes what is left. Nothing is to be said afterwards. */
  end(): Promise<void>;
}

export interface LogOptions {
  level: LogLevel;
  /** Takes a whole line; it never throws. */
  write(line: string): void;
  /** Resolves when what it took is written, as far as that can be. */
  end(): Promise<void>;
  /** A line without what must not be in it. */
  redact(line: string): string;
}

/** One that nobody opens must not grow. */
const MOST_EARLY = 1000;

export function createLog({ level: first, write, end, redact }: LogOptions): Log {
  let level = first;
  let logger: Logger | undefined;
  const early: (() => void)[] = [];
  let opening: Promise<void> | undefined;
  const at =
    (of: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (logger) logger[of](fields, message);
      else if (early.length < MOST_EARLY) early.push(() => logger![of](fields, message));
    };

  async function load(): Promise<void> {
    const { pino } = await import('pino');
    logger = pino(
      { level, base: null, formatters: { level: (label) => ({ level: label }) } },
      { write: (line) => write(redact(line)) },
    );
    for (const say of early.splice(0)) say();
  }

  return {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    setLevel(wanted) {
      level = wanted;
      if (logger) logger.level = wanted;
    },
    open: () => (opening ??= load()),
    async end() {
      await (opening ??= load());
      await end();
    },
  };
}

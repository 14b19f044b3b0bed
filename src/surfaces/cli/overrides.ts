import { RuntimeError } from '../../contract/errors.ts';

/** A flag that is a configuration key: `--orchestrator.max_turns`, the value behind `=` or in the next argument. */
const FLAG = /^--([A-Za-z]\w*(?:\.\w+)+)(?:=(.*))?$/s;

export interface SplitArguments {
  argv: string[];
  /** Texts by key path. */
  overrides: Map<string, string>;
}

/**
 * Takes the flags that set configuration keys out of the arguments; behind `--` there are none.
 * @throws RuntimeError usage, when a value is missing
 */
export function splitOverrides(args: readonly string[]): SplitArguments {
  const argv: string[] = [];
  const overrides = new Map<string, string>();
  for (let index = 0; index < args.length; index++) {
    const argument = args[index]!;
    if (argument === '--') return { argv: [...argv, ...args.slice(index)], overrides };
    const [, path, value = args[index + 1]] = FLAG.exec(argument) ?? [];
    if (path === undefined) {
      argv.push(argument);
    } else if (value === undefined) {
      throw new RuntimeError('usage', `--${path} needs a value`, { next: `Give it one: --${path} <value>.` });
    } else {
      overrides.set(path, value);
      if (!argument.includes('=')) index++;
    }
  }
  return { argv, overrides };
}

import type { Command } from 'commander';
import type { CommandAction } from '../context.ts';

/** Makes the action of a command out of what loads it: a command is loaded when it is called. */
export type Calls = <Options>(load: () => Promise<CommandAction<Options>>) => (this: Command) => Promise<void>;

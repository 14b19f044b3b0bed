import type * as real from '../../../src/adapters/tools/exec-command/own-command.ts';
import { processWith } from '../machine/process.ts';

export const createOwnCommands: typeof real.createOwnCommands = ({ clock }) => {
  const process = processWith(clock);
  return (command) => process.machine.outside.command(process, command);
};

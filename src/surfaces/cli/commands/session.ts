import { RuntimeError } from '../../../contract/errors.ts';
import type { CommandAction } from '../context.ts';

export const listSessions: CommandAction<object> = async () => {
  throw new RuntimeError('internal', 'not there yet');
};

export const showSession: CommandAction<object> = async () => {
  throw new RuntimeError('internal', 'not there yet');
};

export const verifySession: CommandAction<object> = async () => {
  throw new RuntimeError('internal', 'not there yet');
};

export const removeSession: CommandAction<object> = async () => {
  throw new RuntimeError('internal', 'not there yet');
};

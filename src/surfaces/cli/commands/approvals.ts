import { RuntimeError } from '../../../contract/errors.ts';
import type { CommandAction } from '../context.ts';

export const listApprovals: CommandAction<object> = async () => {
  throw new RuntimeError('internal', 'not there yet');
};

export const showApproval: CommandAction<object> = async () => {
  throw new RuntimeError('internal', 'not there yet');
};

export const approve: CommandAction<object> = async () => {
  throw new RuntimeError('internal', 'not there yet');
};

export const deny: CommandAction<object> = async () => {
  throw new RuntimeError('internal', 'not there yet');
};

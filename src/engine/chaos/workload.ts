/**
 * The turn that chaos kills: two reads side by side, a patch of three files, a command that counts its runs, an answer.
 * All that the turn writes and does is listed here, so that every crash point of it has a name, and words for people.
 */
import type { EntryType } from '../../contract/entries.ts';
import type { Script } from '../../contract/script.ts';

const PATCH = [
  '*** Begin Patch',
  '*** Update File: a.txt',
  '@@',
  '-old a',
  '+new a',
  '*** Add File: b.txt',
  '+new b',
  '*** Delete File: c.txt',
  '*** End Patch',
  '',
].join('\n');

/** A line in this file of the project is a run of the command. */
export const COUNTER = 'ran.txt';

/** What is asked, and what the model plays. */
export const WORKLOAD = {
  message: 'go',
  answer: 'All done.',
  /** The project's files, before and after. */
  before: { 'a.txt': 'old a\n', 'c.txt': 'old c\n' },
  after: { 'a.txt': 'new a\n', 'b.txt': 'new b\n', 'c.txt': '' },
  turns: [
    { match: { tool_result: 'exec_command' }, reply: { text: 'All done.' } },
    {
      match: { tool_result: 'apply_patch' },
      reply: { calls: [{ tool: 'exec_command', arguments: { cmd: `echo ran >> ${COUNTER}` } }] },
    },
    { match: { tool_result: 'read_file' }, reply: { calls: [{ tool: 'apply_patch', arguments: { patch: PATCH } }] } },
    {
      match: { any: true },
      reply: { calls: ['a.txt', 'c.txt'].map((path) => ({ tool: 'read_file', arguments: { path } })) },
    },
  ] satisfies Script['turns'],
  config: { governance: { auto_allow: ['read_file', 'apply_patch', 'exec_command'] } },
};

/** The entries of the turn in their order, in words. */
export const ENTRIES: readonly (readonly [EntryType, string])[] = [
  ['session.created', 'the new session'],
  ['input.received', 'the message'],
  ['turn.started', 'the beginning of the turn'],
  ['plan.made', 'the plan'],
  ['model.requested', 'the 1st request to the model'],
  ['model.replied', 'its reply: two reads'],
  ['call.inspected', 'what reading a.txt touches'],
  ['call.inspected', 'what reading c.txt touches'],
  ['policy.decided', 'that a.txt may be read'],
  ['call.started', 'that a.txt is being read'],
  ['policy.decided', 'that c.txt may be read'],
  ['call.started', 'that c.txt is being read'],
  ['call.finished', 'what was read of a.txt'],
  ['call.finished', 'what was read of c.txt'],
  ['turn.reflected', 'that the reads are done'],
  ['model.requested', 'the 2nd request to the model'],
  ['model.replied', 'its reply: a patch'],
  ['call.inspected', 'what the patch touches'],
  ['policy.decided', 'that the patch may run'],
  ['call.started', 'that the patch is being made'],
  ['call.finished', 'that the patch is made'],
  ['turn.reflected', 'that the patch is done'],
  ['model.requested', 'the 3rd request to the model'],
  ['model.replied', 'its reply: a command'],
  ['call.inspected', 'what the command would run'],
  ['policy.decided', 'that the command may run'],
  ['call.started', 'that the command runs'],
  ['call.finished', 'how the command ended'],
  ['turn.reflected', 'that the command is done'],
  ['model.requested', 'the 4th request to the model'],
  ['model.replied', 'its reply: the answer'],
  ['turn.reflected', 'that nothing is left to do'],
  ['reply.made', 'the answer to the message'],
  ['turn.ended', 'the end of the turn'],
];

/** Types of which the first sync is one of its own: a guarded call and the end of the turn. With what that covers. */
export const SYNCED: readonly (readonly [EntryType, string])[] = [
  ['policy.decided', 'that the patch may run'],
  ['call.started', 'that the patch is being made'],
  ['turn.reflected', 'that nothing is left to do'],
  ['reply.made', 'the answer to the message'],
  ['turn.ended', 'the end of the turn'],
];

/** The effects of the turn in their order, in words: about to …, and done. */
export const EFFECTS: readonly (readonly [string, string])[] = [
  ['freeze the inputs', 'the inputs are frozen'],
  ['ask the model', 'the model has called for two reads'],
  ['look at the read of a.txt', 'the read of a.txt is looked at'],
  ['look at the read of c.txt', 'the read of c.txt is looked at'],
  ['read a.txt', 'one of the files is read'],
  ['read c.txt', 'both files are read'],
  ['ask the model again', 'the model has called for a patch'],
  ['look at the patch', 'the patch is looked at'],
  ['patch three files', 'three files are patched'],
  ['ask the model again', 'the model has called for a command'],
  ['look at the command', 'the command is looked at'],
  ['run the command', 'the command has run'],
  ['ask the model again', 'the model has answered'],
];

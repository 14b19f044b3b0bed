/** What must hold of the workload's turn when it has come to its end, whatever it went through. */
import type { Entry, EntryData, EntryType } from '../../contract/entries.ts';
import { COUNTER, WORKLOAD } from './workload.ts';

export interface Outcome {
  /** How often the command has run, by its own count. */
  command_runs: number;
  /** Nobody knew how the command ended, and the model was told so. */
  unknown: boolean;
  /** What does not hold, in words. */
  broken: string[];
}

/** `read` gives a file of the project, '' for none. */
export function checkTurn(entries: readonly Entry[], read: (path: string) => string): Outcome {
  const broken: string[] = [];
  const expect = (holds: boolean, what: string): void => void (holds || broken.push(what));

  for (const type of ['session.created', 'input.received', 'turn.started', 'turn.ended'] as const) {
    const count = dataOf(entries, type).length;
    expect(count === 1, `${type} stands ${count} times in the journal, not once`);
  }
  const reason = dataOf(entries, 'turn.ended')[0]?.reason;
  expect(reason === 'success', `the turn ended: ${reason}`);

  const starts = dataOf(entries, 'call.started').filter(({ tool }) => tool === 'exec_command');
  const ids = new Set(starts.map(({ call_id }) => call_id));
  const finished = dataOf(entries, 'call.finished').some(({ call_id }) => ids.has(call_id));
  const unknown = dataOf(entries, 'call.abandoned').some(({ call_id }) => ids.has(call_id));
  const command_runs = read(COUNTER).split('\n').length - 1;
  expect(starts.length === 1, `the command was started ${starts.length} times`);
  expect(finished !== unknown, 'the command has neither a result nor "unknown", or both');
  expect(command_runs === 1 || (unknown && command_runs === 0), `the command ran ${command_runs} times`);

  for (const [path, text] of Object.entries(WORKLOAD.after)) {
    expect(read(path) === text, `${path} is not as the patch makes it`);
  }
  return { command_runs, unknown, broken };
}

function dataOf<T extends EntryType>(entries: readonly Entry[], type: T): EntryData<T>[] {
  return entries.flatMap((entry) => (entry.type === type ? [entry.data as EntryData<T>] : []));
}

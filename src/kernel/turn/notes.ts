/** What the runtime itself tells the model: between two thinks or turns, and where a repair cut its past. */
import type { EntryData } from '../../contract/entries.ts';
import type { Content } from '../../contract/messages.ts';

/** So many files are named; of more only their number is told. */
const NAMED_FILES = 20;

/** A person has put files back that a turn had changed. */
export function undoneNote({ turn, files }: EntryData<'files.undone'>): Content {
  const named = files.slice(0, NAMED_FILES).map(({ path, after }) => {
    return after === undefined ? `${JSON.stringify(path)} (removed)` : JSON.stringify(path);
  });
  const left = files.length - named.length;
  const list = [...named, ...(left > 0 ? [`and ${left} more`] : [])].join(', ');
  const text = `The person undid what turn ${turn} did to files: ${list}. They are as they were before that turn. Read them again before you rely on what they hold.`;
  return { role: 'note', text };
}

export function noteOf(signal: string, reason: string): Content | undefined {
  if (signal === 'retry') {
    return {
      role: 'note',
      text:
        reason === 'cut_by_length'
          ? 'Your last reply was cut off at its length limit and was not used. Answer more briefly.'
          : 'Your last reply was empty. Answer the person, or call a tool.',
    };
  }
  if (signal === 'replan') {
    return {
      role: 'note',
      text: 'You made the same calls with the same results three times. Repeating them once more ends the turn: try something else, or answer with what you have.',
    };
  }
  return undefined;
}

/** Stands in the history where a repair could not save what followed: the model is never given a shortened past unawares. */
export const LOSS: Content = {
  role: 'note',
  text: 'The record of this session was damaged, and what stood here could not be recovered: messages, replies and calls may be missing from this conversation, and calls that you do not see may have changed files. Look before you rely on how things were, and tell the person that this part is lost where it matters.',
};

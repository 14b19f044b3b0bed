/** What undoing a turn does, as a person reads it before and after. */
import type { UndoFile, UndoPlan } from '../../contract/answers.ts';
import { BOLD, DIM, GREEN, RED, YELLOW } from '../terminal/markdown/style.ts';
import { oneLine, visibleText } from '../terminal/width.ts';
import type { Tone } from './entry-lines.ts';
import { diffLine } from './presentation.ts';

/** Every file with what becomes of it and the difference; then what isn't tracked. */
export function undoLines(plan: UndoPlan, tone: Tone): string[] {
  const { session_id, turn, status, files, untracked, undone_at } = plan;
  const head = tone(BOLD, `turn ${turn} of session ${session_id}`);
  if (status === 'already_undone') return [`${head}: already undone (seq ${undone_at} files.undone)`];
  return [
    `${head}: ${summary(plan)}`,
    // Of those that keep it from being done a person must know; the others are not touched then.
    ...files
      .filter((file) => status !== 'refused' || isUnfit(file))
      .flatMap((file) => fileLines(file, status === 'undone', tone)),
    ...(untracked.length === 0
      ? []
      : ['', tone(YELLOW, `It also ran ${untracked.join(', ')}: what that changed isn't tracked, and stays.`)]),
  ];
}

function summary({ status, files }: UndoPlan): string {
  const count = (...states: UndoFile['state'][]): string => {
    const n = files.filter(({ state }) => states.includes(state)).length;
    return `${n} file${n === 1 ? '' : 's'}`;
  };
  if (status === 'undone') return `undone, ${count('ready', 'back')}`;
  if (status === 'ready') return `puts back ${count('ready', 'back')}`;
  return `can't be undone, because of ${count('changed', 'lost', 'refused')}; no file is changed`;
}

function isUnfit({ state }: UndoFile): boolean {
  return state === 'changed' || state === 'lost' || state === 'refused';
}

function fileLines(file: UndoFile, isDone: boolean, tone: Tone): string[] {
  const { path, before, after, state, why, mixed, diff } = file;
  const name = oneLine(path);
  const what = isUnfit(file)
    ? tone(RED, oneLine(why ?? state))
    : state === 'back' && !isDone
      ? tone(DIM, 'is as it was already')
      : tone(
          GREEN,
          after === undefined ? 'is removed' : before === undefined ? 'is there again' : 'is as it was before',
        );
  const careful = mixed ? [tone(YELLOW, '  something else changed it while the turn ran; that goes, too')] : [];
  const lost = state === 'changed' && diff !== '' ? [tone(YELLOW, '  this would be lost:')] : [];
  const shown = isDone || diff === '' ? [] : visibleText(diff).split('\n');
  const gap = shown.length > 0 ? [''] : [];
  return [
    ...gap,
    `  ${name}  ${what}`,
    ...[...careful, ...lost].map((line) => `  ${line}`),
    ...shown.map((line) => `    ${diffLine(line, tone)}`),
  ];
}

/**
 * Folders of which a line that no sandbox confines may run, read or send whatever lies there: no digest says what that is, and
 * confined commands may change it at any time. Whoever approves the line is told so.
 */
import { dirname } from 'node:path';
import { isInside } from '../../../base/is-inside.ts';
import type { CommandFact } from '../../../contract/values.ts';
import { judgeProgram } from '../shell/program.ts';
import { wordsOf as shellWords } from '../shell/words.ts';
import { wrapperOf } from '../shell/wrappers.ts';
import { folderAt, foldersOf, withinOf } from './line-words.ts';
import { type Line, namedPaths } from './named-places.ts';
import { isToldByWords, nameOf, sendsFiles } from './programs.ts';
import type { Free } from './run-files.ts';

/** The outermost ones, by real paths in order: of the project what the line may take, and where nobody here could look for links. */
export function unboundFolders(line: Line, free: Free): string[] {
  const counted = new Set([...takenBy(line, free), ...free.links.unseen]);
  return [...counted].filter((one) => ![...counted].some((other) => other !== one && isInside(other, one))).sort();
}

/**
 * Of programs that load code, and of those that nobody here knows, all in which they are run; of those that only send, and of what
 * lands outside of the project, those that are named.
 */
function takenBy(line: Line, { root, targets, lands }: Free): string[] {
  const taking = line.commands.filter(takesMore);
  const given = lands ? line.commands : taking;
  if (given.length === 0) return [];
  const moved = foldersOf(line.commands, [], line.folder);
  const named = moved.map((folder) => namedPaths({ ...line, commands: given, folder, makes: true }, {}));
  const here = taking.every(sendsFiles) ? [] : moved;
  const unknown = named.every(({ isAll }) => isAll) ? [] : [root];
  const into = new Set(targets.map(({ real }) => dirname(real)));
  const found = named.flatMap(({ paths }) => paths.flatMap(folderAt)).filter((folder) => !into.has(folder));
  return [...here, ...unknown, ...found].flatMap((one) => withinOf(root, one));
}

/** Not only what its words name. What only runs another is told by that. */
function takesMore(command: CommandFact): boolean {
  if (command.unclear !== undefined) return true;
  if (isToldByWords(command)) return false;
  const { runs, lines } = judgeProgram(shellWords(command), 'bash', false);
  return runs === undefined && lines === undefined && wrapperOf(nameOf(command)) === undefined;
}

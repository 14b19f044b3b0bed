/** Files that a command line writes by redirects: they are facts, as those of a patch are. */
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { VIA_JOINT } from '../../../contract/command-words.ts';
import type { CommandFact } from '../../../contract/values.ts';
import { type PathFact, pathFact } from '../paths/path-facts.ts';
import type { Scene } from '../tool.ts';

/** As the parser records them: a blank stands before a file, and before nothing else. */
const WRITES = /^(?:\d+|\{\w+\})?(?:>>|>\||>&|&>>|&>|<>|>) ([^]*)$/;
/** Nothing is kept of what goes there. */
const NO_FILES = /^\/dev\/(?:null|stdout|stderr|tty|fd\/\d+)$/;
/** After these a relative name means another folder. */
const MOVES = new Set(['cd', 'pushd', 'popd']);
/** Whatever else runs a line may run it elsewhere. */
const SAME_FOLDER = new Set([
  'substitution',
  'process substitution',
  'function',
  'eval',
  'sh -c',
  'time',
  'exec',
  'command',
]);

export interface Written {
  paths: PathFact[];
  /** Where nobody can know which file is written, that command is unclear. */
  commands: CommandFact[];
}

export function writtenFiles(commands: readonly CommandFact[], scene: Scene, folder: string): Written {
  const moves = commands.some(({ words }) => words[0] !== undefined && MOVES.has(words[0]));
  const paths: PathFact[] = [];
  const judged = commands.map((command): CommandFact => {
    for (const redirect of command.redirects) {
      const target = WRITES.exec(redirect)?.[1];
      if (target === undefined || NO_FILES.test(target) || command.unclear !== undefined) continue;
      const isFixed = target.startsWith('/') || target.startsWith('~/') || !(moves || runsElsewhere(command));
      const path = isFixed ? pathFact(scene, 'redirect', atHome(target, folder)) : undefined;
      if (path === undefined || 'invalid' in path) return { ...command, unclear: 'dynamic_redirect' };
      paths.push({ ...path, writes: true });
    }
    return command;
  });
  return { paths, commands: judged };
}

function atHome(target: string, folder: string): string {
  return target.startsWith('~/') ? homedir() + target.slice(1) : resolve(folder, target);
}

function runsElsewhere({ via }: CommandFact): boolean {
  return via !== undefined && !via.split(VIA_JOINT).every((one) => SAME_FOLDER.has(one));
}

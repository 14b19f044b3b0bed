/**
 * Files that a command line writes by redirects, and by words of well-known programs, or sends: they are facts, as those of a patch are.
 * So are, where nothing else keeps it from any file, those that it reads by redirects: no word names them, which rules look at.
 */
import { basename } from 'node:path';
import { VIA_JOINT } from '../../../contract/command-words.ts';
import type { CommandFact } from '../../../contract/values.ts';
import { type PathFact, pathFact } from '../paths/path-facts.ts';
import { outputsOf } from '../shell/outputs.ts';
import type { Scene } from '../tool.ts';
import { fileNamed } from './file-named.ts';

/** As the parser records them: a blank stands before a file, and before nothing else. What is read from a net is a connection. */
const WRITES = /^(?:\d+|\{\w+\})?(?:(?:>>|>\||>&|&>>|&>|<>|>) ([^]*)|< (\/dev\/(?:tcp|udp)\/[^]*))$/;

const READS = /^(?:\d+|\{\w+\})?< ([^]*)$/;

/** Nothing is kept of what goes there, and nothing of a file comes from there. */
const NO_FILES = /^\/dev\/(?:null|stdout|stderr|tty|fd\/\d+)$/;

/** As in the text; the shell makes a name of it. */
const MADE = /[$`*?[{]/;

/** After these a relative name means another folder. */
const MOVES = new Set(['cd', 'pushd', 'popd']);

/** After these any name may mean another file: what they put there may be links. */
const LINKS = new Set(['ln', 'link', 'mv', 'rsync', 'tar', 'bsdtar', 'unzip', 'cpio', 'patch']);
const GIT_LINKS = /^(?:am|apply|checkout|checkout-index|cherry-pick|clone|merge|pull|read-tree|rebase|reset|restore|revert|stash|submodule|switch|worktree)$/; // prettier-ignore

/** Whatever else runs a line may run it elsewhere. */
const SAME_FOLDER = new Set([
  'substitution', 'process substitution', 'function', 'eval', 'sh -c', 'time', 'exec', 'command', 'builtin', 'nice', 'ionice', 'nohup',
  'timeout', 'stdbuf', 'setsid', 'flock', 'xargs',
]); // prettier-ignore

export interface Written {
  paths: PathFact[];
  /** Where nobody can know which file is written, that command is unclear. */
  commands: CommandFact[];
  /** Of the paths those that are written. */
  targets: PathFact[];
  /** Something lands outside of the project, or nobody knows where. */
  lands: boolean;
}

/** `free`: no sandbox confines it. */
export function writtenFiles(commands: readonly CommandFact[], scene: Scene, folder: string, free: boolean): Written {
  const moves = commands.some(({ words }) => words[0] !== undefined && MOVES.has(words[0]));
  const linking = commands.filter(putsLinks);
  const paths: PathFact[] = [];
  const targets: PathFact[] = [];
  let isAllKnown = true;

  /** Undefined: nobody can know which file that is. */
  function factOf(target: string, command: CommandFact): PathFact | undefined {
    if (linking.some((one) => one !== command)) return undefined;
    const isElsewhere = runsElsewhere(command);
    const isFixed = target.startsWith('/') ? !isBelow(command, 'chroot') : !isElsewhere && (target.startsWith('~/') || !moves); // prettier-ignore
    if (!isFixed) return undefined;
    const path = pathFact(scene, 'redirect', fileNamed(target, folder));
    if ('invalid' in path) return undefined;
    // It is a file once it is written: a grant for the same call stands the second time, too.
    return path.kind === 'missing' ? { ...path, kind: 'file' } : path;
  }

  const judged = commands.map((command): CommandFact => {
    let isKnown = true;
    const add = (target: string, as: 'read' | 'written' | 'named'): PathFact | undefined => {
      const path = factOf(target, command);
      if (path) paths.push({ ...path, ...(as === 'written' && { writes: true }) });
      else isKnown = false;
      if (path && as !== 'read') targets.push(path);
      return path;
    };
    for (const redirect of command.redirects) {
      const [, written, connected] = WRITES.exec(redirect) ?? [];
      const [, read] = (free && READS.exec(redirect)) || [];
      const target = written ?? connected ?? read;
      if (target === undefined || NO_FILES.test(target)) continue;
      // Of what is unclear anyway only what stands in the text is told.
      if (command.unclear === undefined || !(MADE.test(target) || target.startsWith('~')))
        add(target, read === undefined || connected !== undefined ? 'written' : 'read');
    }
    const outputs = command.unclear === undefined ? outputsOf(command) : undefined;
    if (outputs === 'unknown') isKnown = false;
    else if (outputs) {
      for (const file of outputs.reads ?? []) add(file, 'read');
      const as = outputs.byOption ? 'written' : 'named';
      const last = outputs.files.map((file) => add(file, as)).at(-1);
      if (last?.kind === 'dir') for (const one of outputs.into ?? []) add(`${last.path}/${basename(one)}`, 'named');
    }
    isAllKnown &&= isKnown;
    return isKnown || command.unclear !== undefined ? command : { ...command, unclear: 'dynamic_redirect' };
  });
  const lands = !isAllKnown || targets.some(({ inside_root }) => !inside_root);
  return { paths, commands: judged, targets, lands };
}

function putsLinks({ words: [program = '', ...words] }: CommandFact): boolean {
  const name = program.slice(program.lastIndexOf('/') + 1);
  // Without these it copies what they lead to.
  if (name === 'cp') return words.some((word) => /^-[a-zA-Z]*[adPrR]|^--/.test(word));
  return LINKS.has(name) || (name === 'git' && words.some((word) => GIT_LINKS.test(word)));
}

function runsElsewhere({ via }: CommandFact): boolean {
  return via !== undefined && !via.split(VIA_JOINT).every((one) => SAME_FOLDER.has(one));
}

function isBelow({ via }: CommandFact, runner: string): boolean {
  return via?.split(VIA_JOINT).includes(runner) === true;
}

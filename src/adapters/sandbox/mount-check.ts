/**
 * A mount is made by name, and another command, of the same project or of one around it, may replace what has that name by a
 * link at that moment. What is bound is held open, and bubblewrap looks that it is that. So that nothing is seen which is to
 * be hidden, what hides it is looked for before the command starts.
 */
import { pathOnDevice } from '../../base/mounts.ts';
import type { ConfinedCommand } from '../../contract/sandbox.ts';
import { isFolder } from './places.ts';
import type { Scratch } from './scratch.ts';

/**
 * Arguments: what must be mounted, as `point root`; `--`, the command. proc_pid_mountinfo(5): `id parent device root point …`.
 */
const CHECK = `
break='
'
lines="$break"
while IFS=' ' read -r x x x root point x; do
  lines="$lines$point $root$break"
done </proc/self/mountinfo
while [ "$1" != -- ]; do
  case "$lines" in
    *"$break$1$break"*) shift ;;
    *) echo "not run: \${1%% *} was changed while the sandbox was made" >&2; exit 125 ;;
  esac
done
shift
unset break lines x root point
exec "$@"
`;

/** @throws Error of the system */
export function checkedBefore(command: ConfinedCommand, hidden: readonly string[], scratch: Scratch): ConfinedCommand {
  if (hidden.length === 0) return command;
  const empty = escaped(pathOnDevice(scratch.emptyFile));
  const mounted = hidden.map((path) => `${escaped(path)} ${isFolder(path) ? '/' : empty}`);
  return {
    ...command,
    program: '/bin/sh',
    args: ['-c', CHECK, 'sh', ...mounted, '--', command.program, ...command.args],
  };
}

/** As the kernel writes paths there. */
function escaped(path: string): string {
  return path.replace(/[ \t\n\\]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

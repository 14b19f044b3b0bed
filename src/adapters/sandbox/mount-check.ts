/**
 * A mount is made by name, and another command of the same project may replace what has that name by a link at that moment.
 * So what was mounted inside of what commands may change is looked at before the command starts.
 */
import { isInside } from '../../base/is-inside.ts';
import type { ConfinedCommand } from '../../contract/sandbox.ts';
import type { Place } from './place.ts';

/**
 * Arguments: pairs of a place that may be written and one in it that was mounted again, `--`, the command. Each must be
 * mounted where it is named, from there (proc_pid_mountinfo(5): `id parent device root point …`).
 */
const CHECK = `
set -f
lines=
while IFS= read -r line; do
  lines="$lines$line
"
done </proc/self/mountinfo
from() {
  found=
  for line in $lines; do
    rest="\${line#* * }"
    device="\${rest%% *}"; rest="\${rest#* }"
    root="\${rest%% *}"; rest="\${rest#* }"
    [ "\${rest%% *}" = "$1" ] && found="$device \${root%/}"
  done
}
IFS='
'
while [ "$1" != -- ]; do
  from "$1"; around="$found"
  from "$2"
  if [ -z "$around" ] || [ "$found" != "$around\${2#"$1"}" ]; then
    echo "not run: $2 was changed while the sandbox was made" >&2
    exit 125
  fi
  shift 2
done
shift
unset IFS lines found around device root rest line
set +f
exec "$@"
`;

export function checkedBefore(command: ConfinedCommand, places: readonly Place[]): ConfinedCommand {
  const writable = places.filter(({ access }) => access === 'write').reverse();
  const pairs = places
    .filter(({ access }) => access === 'read' || access === 'write')
    .flatMap(({ path }) => {
      const around = writable.find((place) => place.path !== path && isInside(place.path, path));
      return around ? [[around.path, path]] : [];
    });
  if (pairs.length === 0) return command;
  const names = pairs.flat().map(escaped);
  return {
    ...command,
    program: '/bin/sh',
    args: ['-c', CHECK, 'sh', ...names, '--', command.program, ...command.args],
  };
}

/** As the kernel writes paths there. */
function escaped(path: string): string {
  return path.replace(/[ \t\n\\]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

/**
 * Ends commands when the program dies without ending them (kill -9, a crash): a small shell in a session of its own
 * holds the other end of a pipe, is told which process groups run, and kills those left when the pipe closes. It ends
 * with the program in every case.
 */
import type { ChildProcess, spawn as Spawn } from 'node:child_process';

export interface Watchdog {
  /** From now on the group dies with the program. @throws Error where no shell can be started */
  watch(group: number): void;
  /** The group has ended. */
  release(group: number): void;
}

const SCRIPT = `
groups=
while read -r what group; do
  case $what in
    watch) groups="$groups $group" ;;
    release)
      left=
      for g in $groups; do [ "$g" = "$group" ] || left="$left $g"; done
      groups=$left ;;
  esac
done
[ -n "$groups" ] || exit 0
for g in $groups; do kill -s TERM -- "-$g"; done
sleep 2
for g in $groups; do kill -s KILL -- "-$g"; done
`;

/**
 * Starts the shell with the first command, which waits until it is watched, and anew should it have been killed. What it is told
 * before it listens it finds in the pipe.
 */
export function createWatchdog(spawn: typeof Spawn): Watchdog {
  const groups = new Set<number>();
  let shell: ChildProcess | undefined;

  const tell = (line: string): void => void shell?.stdin?.write(line);

  const start = (): void => {
    const started = spawn('/bin/sh', ['-c', SCRIPT], {
      detached: true,
      cwd: '/',
      env: { PATH: '/usr/bin:/bin' },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const gone = (): void => {
      if (shell === started) shell = undefined;
    };
    started.on('error', gone).on('exit', gone);
    started.stdin.on('error', gone);
    // It must not keep the program from ending.
    started.unref();
    if ('unref' in started.stdin && typeof started.stdin.unref === 'function') started.stdin.unref();
    shell = started;
    for (const group of groups) tell(`watch ${group}\n`);
  };

  return {
    watch(group) {
      groups.add(group);
      if (shell) tell(`watch ${group}\n`);
      else start();
    },
    release(group) {
      groups.delete(group);
      tell(`release ${group}\n`);
    },
  };
}

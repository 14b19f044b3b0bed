/**
 * Tells systemd how the daemon is (sd_notify). The socket that it listens on is a datagram socket of the file system, and
 * Node has none of those. `systemd-notify` is part of every systemd, speaks for the process that starts it, and waits
 * until systemd has read the message, so that none is lost when it ends (hence NotifyAccess=all in the unit).
 */
import type { Clock } from '../../base/clock.ts';
import type { Environment } from '../../base/environment.ts';
import { pathOutside } from '../../base/path-outside.ts';

export interface Notify {
  /** The daemon serves: from now on systemd is also told regularly that it still turns. */
  ready(status: string): void;
  stopping(): void;
}

const SILENT: Notify = { ready() {}, stopping() {} };

/** Does nothing where nobody wants to be told. `warn`: told when systemd can't be. */
export function createNotify(environment: Environment, clock: Clock, warn: (message: string) => void): Notify {
  const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID } = environment;
  if (!NOTIFY_SOCKET) return SILENT;
  const watchedMs =
    WATCHDOG_PID === undefined || WATCHDOG_PID === String(process.pid) ? Number(WATCHDOG_USEC) / 1000 : 0;
  const processes = import('node:child_process');
  let warned = false;
  let stopped = false;

  async function tell(...messages: string[]): Promise<void> {
    const { spawn } = await processes;
    const child = spawn('systemd-notify', messages, {
      env: { PATH: pathOutside(environment), NOTIFY_SOCKET },
      stdio: 'ignore',
    });
    child.on('error', (error) => {
      if (!warned) warn(`systemd can't be told how the daemon is: ${error.message}`);
      warned = true;
    });
    child.unref();
  }

  /** A loop that hangs says nothing, and is ended. */
  function turn(): void {
    if (stopped) return;
    void tell('WATCHDOG=1');
    clock.at(clock.now() + watchedMs / 2, turn);
  }

  return {
    ready(status) {
      void tell('READY=1', `STATUS=${status}`);
      if (watchedMs > 0) turn();
    },
    stopping() {
      if (!stopped) void tell('STOPPING=1');
      stopped = true;
    },
  };
}

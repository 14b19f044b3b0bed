import { join } from 'node:path';
import type { ServiceKind, ServiceSpec } from './service.ts';

/** A user's unit. `configFolder`: XDG_CONFIG_HOME. */
export function systemdService(spec: ServiceSpec, configFolder: string): ServiceKind {
  const name = `runtime-${spec.workspace}.service`;
  return {
    name,
    path: join(configFolder, 'systemd/user', name),
    text: unitText(spec),
    start: [
      ['systemctl', '--user', 'daemon-reload'],
      ['systemctl', '--user', 'enable', name],
      ['systemctl', '--user', 'restart', name],
    ],
    stop: [['systemctl', '--user', 'disable', '--now', name]],
    look: ['systemctl', '--user', 'is-active', name],
  };
}

/**
 * StartLimitIntervalSec: as long as a terminal holds the workspace, the daemon tries again. NotifyAccess: the daemon tells how it is through `systemd-notify`, a process of its own. KillMode: only the daemon is
 * told to stop, it ends its tools itself. No PrivateTmp: the control socket may lie in /tmp, and a person and the agent's
 * tools exchange files there. No MemoryDenyWriteExecute: JavaScript is compiled while it runs.
 */
function unitText({ workspace, command, folder, environment, environmentFile, stopSeconds }: ServiceSpec): string {
  return `[Unit]
Description=runtime daemon of the workspace ${workspace}
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=all
ExecStart=${command.map((word) => quoted(word).replaceAll('$', '$$$$')).join(' ')}
ExecReload=/bin/kill -HUP $MAINPID
WorkingDirectory=${percent(folder)}
${Object.entries(environment)
  .map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}\n`)
  .join('')}EnvironmentFile=-${percent(environmentFile)}
Restart=on-failure
RestartSec=5
TimeoutStartSec=60
TimeoutStopSec=${stopSeconds}
WatchdogSec=60
KillMode=mixed
UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes

[Install]
WantedBy=default.target
`;
}

/** One word of a setting. */
function quoted(text: string): string {
  return `"${percent(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

/** `%` begins a specifier. */
function percent(text: string): string {
  return text.replaceAll('%', '%%');
}

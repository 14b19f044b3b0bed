import { join } from 'node:path';
import type { ServiceKind, ServiceSpec } from './service.ts';

/** A user's agent. `uid`: of the user. */
export function launchdService(spec: ServiceSpec, homeFolder: string, uid: number): ServiceKind {
  const name = `runtime.daemon.${spec.workspace}`;
  const path = join(homeFolder, 'Library/LaunchAgents', `${name}.plist`);
  const domain = `gui/${uid}`;
  return {
    name,
    path,
    text: plistText(name, spec),
    start: [['launchctl', 'bootstrap', domain, path]],
    stop: [['launchctl', 'bootout', `${domain}/${name}`]],
    look: ['launchctl', 'print', `${domain}/${name}`],
  };
}

/** launchd knows no file of variables: a shell reads it, and becomes the daemon. */
function plistText(name: string, { command, folder, environment, environmentFile, stopSeconds }: ServiceSpec): string {
  const shell = ['/bin/sh', '-c', 'if [ -r "$0" ]; then set -a; . "$0"; set +a; fi; exec "$@"', environmentFile];
  const strings = [...shell, ...command].map((word) => `    <string>${escaped(word)}</string>\n`).join('');
  const variables = Object.entries(environment)
    .map(([key, value]) => `    <key>${escaped(key)}</key><string>${escaped(value)}</string>\n`)
    .join('');
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key><string>${escaped(name)}</string>
  <key>ProgramArguments</key>
  <array>
${strings}  </array>
  <key>WorkingDirectory</key><string>${escaped(folder)}</string>
  <key>EnvironmentVariables</key>
  <dict>
${variables}  </dict>
  <key>RunAtLoad</key><true/>
  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>
  <key>ThrottleInterval</key><integer>10</integer>
  <key>ExitTimeOut</key><integer>${stopSeconds}</integer>
  <key>ProcessType</key><string>Background</string>
  <key>Umask</key><integer>63</integer>
</dict>
</plist>
`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

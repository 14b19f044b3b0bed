/** Opening an address in the person's browser, where there is one. */
import { spawn } from 'node:child_process';
import type { Environment } from '../../base/environment.ts';

/** May a browser be here that the person sees? Over SSH it would open elsewhere, unless BROWSER says how. */
export function hasBrowser(environment: Environment, platform: NodeJS.Platform = process.platform): boolean {
  if (environment['BROWSER']) return true;
  if (environment['SSH_CONNECTION'] || environment['SSH_TTY']) return false;
  if (platform !== 'linux') return platform === 'darwin' || platform === 'win32';
  return Boolean(environment['DISPLAY'] || environment['WAYLAND_DISPLAY'] || environment['WSL_DISTRO_NAME']);
}

/** Opens it and doesn't wait. `failed` is called when nothing could be started. */
export function openBrowser(url: string, environment: Environment, failed: () => void): void {
  const [program, ...args] = browserCommand(url, environment, process.platform);
  const child = spawn(program!, args, { detached: true, stdio: 'ignore', env: environment });
  child.once('error', failed);
  child.once('exit', (code) => code !== 0 && code !== null && failed());
  child.unref();
}

/** `BROWSER` as other programs read it: commands apart by colons, of which the first; `%s` is the address. */
function browserCommand(url: string, environment: Environment, platform: NodeJS.Platform): string[] {
  const [own = ''] = (environment['BROWSER'] ?? '').split(':');
  if (own !== '')
    return ['/bin/sh', '-c', own.includes('%s') ? own.replaceAll('%s', '"$1"') : `${own} "$1"`, 'sh', url];
  if (platform === 'darwin') return ['open', url];
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler', url];
  return environment['WSL_DISTRO_NAME'] ? ['wslview', url] : ['xdg-open', url];
}

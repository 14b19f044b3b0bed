/** What in a person's home is run, or gone by, with the next shell, session or everyday program: who writes it runs code there. */
import { lstatSync, type Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { mayBeIn } from './files/may-be-in.ts';
import { linkedFrom, realOf } from './files/resolve-real.ts';
import { isInside } from './is-inside.ts';
import { remembering } from './remembering.ts';

const NAMES = [
  // shells
  '.profile', '.bash_profile', '.bash_login', '.bash_logout', '.bashrc', '.bashrc.d', '.bash_aliases', '.bash_completion',
  '.zshenv', '.zprofile', '.zshrc', '.zlogin', '.zlogout', '.zsh', '.oh-my-zsh', '.kshrc', '.mkshrc', '.cshrc', '.tcshrc',
  '.login', '.logout', '.xonshrc', '.inputrc', '.pam_environment', '.direnvrc',
  '.config/fish', '.config/zsh', '.config/bash', '.config/nushell', '.config/xonsh', '.config/elvish', '.config/direnv',
  '.config/environment.d', '.config/starship.toml', '.local/share/bash-completion', '.local/share/fish',
  // sessions
  '.xprofile', '.xinitrc', '.xsession', '.xsessionrc', '.config/autostart', '.config/systemd', '.config/plasma-workspace',
  '.config/sway', '.config/i3', '.i3', '.config/hypr', '.local/share/systemd', '.local/share/dbus-1', '.local/share/applications',
  'Library/LaunchAgents',
  // programs
  'bin', '.local/bin', '.cargo/bin', '.cargo/config', '.cargo/config.toml', '.gitconfig', '.config/git', '.hgrc', '.npmrc',
  '.vimrc', '.gvimrc', '.vim', '.exrc', '.config/nvim', '.emacs', '.emacs.d', '.config/emacs', '.tmux.conf', '.config/tmux',
  '.screenrc', '.gdbinit', '.config/gdb', '.pdbrc', '.psqlrc', '.sqliterc', '.irbrc', '.Rprofile', '.mailcap', '.ssh/config', '.ssh/rc',
]; // prettier-ignore

/**
 * Real paths of those that lie in this folder, or around it: a home, or what is directly in one of its folders, may lead there by
 * links, as for a folder of dotfiles.
 */
export function startUpFiles(folder: string, homes: readonly string[]): string[] {
  const real = remembering(realOf); // most lie in one of a few folders
  const found = homes.flatMap((home) => {
    const isThere = mayBeIn(home);
    return NAMES.flatMap((name) => {
      const path = join(home, name);
      if (!isThere(path)) return [path];
      const stats = statsOf(path);
      const is = stats?.isSymbolicLink() ? realOf(path) : join(real(dirname(path)), basename(path));
      return [is, ...(stats ? linkedFrom(is) : [])];
    });
  });
  return found.filter((path) => isInside(folder, path) || isInside(path, folder));
}

/** Undefined: it isn't there, or nobody here may look. */
function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

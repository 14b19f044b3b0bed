/** What in a person's home is run, or gone by, with the next shell, session or everyday program: who writes it runs code there. */
import { lstatSync, type Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { mayBeIn } from './files/may-be-in.ts';
import { systemClock } from './clock.ts';
import { linkedFrom, resolveReal } from './files/resolve-real.ts';
import type { Told } from './git-told-by.ts';
import { isInside } from './is-inside.ts';
import { remembering, rememberingFor } from './remembering.ts';

const NAMES = [
  // shells
  '.profile', '.bash_profile', '.bash_login', '.bash_logout', '.bashrc', '.bashrc.d', '.bash_aliases', '.bash_completion',
  '.zshenv', '.zprofile', '.zshrc', '.zlogin', '.zlogout', '.zsh', '.oh-my-zsh', '.kshrc', '.mkshrc', '.cshrc', '.tcshrc',
  '.login', '.logout', '.xonshrc', '.inputrc', '.pam_environment', '.direnvrc',
  '.config/fish', '.config/zsh', '.config/bash', '.config/nushell', '.config/xonsh', '.config/elvish', '.config/direnv',
  '.config/environment.d', '.config/starship.toml', '.local/share/bash-completion', '.local/share/fish',
  // sessions
  '.xprofile', '.xinitrc', '.xsession', '.xsessionrc', '.config/autostart', '.config/systemd', '.config/plasma-workspace',
  '.config/sway', '.config/i3', '.i3', '.config/hypr', '.config/openbox', '.config/labwc', '.config/awesome', '.config/bspwm',
  '.config/river', '.config/qtile', '.config/xmonad', '.xmonad', '.fluxbox', '.icewm', '.config/X11', '.Xmodmap', '.xbindkeysrc', '.local/share/systemd', '.local/share/dbus-1', '.local/share/applications',
  'Library/LaunchAgents',
  // programs
  'bin', '.local/bin', '.local/lib', '.cargo/bin', '.cargo/env', '.nvm', '.fzf.bash', '.fzf.zsh', '.cargo/config', '.cargo/config.toml', '.gitconfig', '.config/git', '.hgrc', '.npmrc',
  '.vimrc', '.gvimrc', '.vim', '.exrc', '.config/nvim', '.emacs', '.emacs.d', '.config/emacs', '.tmux.conf', '.config/tmux',
  '.screenrc', '.gdbinit', '.config/gdb', '.lldbinit', '.config/vim', '.config/powershell', '.config/mise', '.config/wezterm',
  '.wezterm.lua', '.julia/config', '.pdbrc', '.psqlrc', '.sqliterc', '.irbrc', '.Rprofile', '.mailcap', '.ssh/config', '.ssh/rc',
]; // prettier-ignore

/**
 * Real paths of those that lie in this folder, or around it: a home, or what is directly in one of its folders, may lead there by
 * links, as for a folder of dotfiles. And these links.
 */
export function startUpFiles(folder: string, homes: readonly string[]): Told[] {
  const lead = remembering(leadOf); // most lie in one of a few folders
  const found = homes.flatMap((home) => {
    const isThere = mayBeIn(home);
    return NAMES.flatMap((name) => {
      const path = join(home, name);
      if (!isThere(path)) return settings([path]);
      const stats = statsOf(path);
      const [at, end] = stats?.isSymbolicLink() ? [lead(path), ''] : [lead(dirname(path)), basename(path)];
      const is = join(at.real, end);
      const { paths, links } = stats ? linkedIn(is, systemClock.now()) : { paths: [], links: [] };
      return [
        ...settings([is, ...paths]),
        ...[...at.links, ...links].map((link): Told => ({ path: link, as: 'link' })),
      ];
    });
  });
  return found.filter(({ path }) => isInside(folder, path) || isInside(path, folder));
}

/** So deep programs keep what they start with: `systemd/user/x.service`, `nvim/lua/own/x.lua`. */
const LEVELS = 4;
/** Nobody but the person makes links there. */
const LOOKED_AT_EVERY_MS = 60_000;
const MOST_KNOWN = 500;

const linkedIn = rememberingFor(LOOKED_AT_EVERY_MS, MOST_KNOWN, (path) => linkedFrom(path, LEVELS));

const settings = (paths: readonly string[]): Told[] => paths.map((path) => ({ path, as: 'settings' }));

function leadOf(path: string): { real: string; links: string[] } {
  const found = resolveReal(path);
  return 'code' in found ? { real: path, links: [] } : found;
}

/** Undefined: it isn't there, or nobody here may look. */
function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

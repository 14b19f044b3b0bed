/** What in a person's home is run, or gone by, with the next shell, session or everyday program: who writes it runs code there. */
import { lstatSync, type Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { below } from './files/below.ts';
import { mayBeIn } from './files/may-be-in.ts';
import { systemClock } from './clock.ts';
import { linkedFrom, resolveReal } from './files/resolve-real.ts';
import type { Told } from './git-told-by.ts';
import { isInside } from './is-inside.ts';
import { remembering, rememberingFor } from './remembering.ts';

const NAMES = [
  // shells
  '.profile', '.bash_profile', '.bash_login', '.bash_logout', '.bashrc', '.bashrc.d', '.bash_aliases', '.bash_completion', '.bash_completion.d',
  '.zshenv', '.zprofile', '.zshrc', '.zlogin', '.zlogout', '.zsh', '.oh-my-zsh', '.kshrc', '.mkshrc', '.cshrc', '.tcshrc',
  '.login', '.logout', '.xonshrc', '.inputrc', '.pam_environment', '.direnvrc',
  '.config/fish', '.config/zsh', '.config/bash', '.config/bash_completion', '.config/nushell', '.config/xonsh', '.config/elvish', '.config/direnv',
  '.config/environment.d', '.config/starship.toml', '.config/sheldon', '.local/share/bash-completion', '.local/share/fish', '.local/share/zinit',
  // sessions
  '.xprofile', '.xinitrc', '.xsession', '.xsessionrc', '.config/autostart', '.config/autostart-scripts', '.config/systemd', '.config/user-tmpfiles.d',
  '.config/plasma-workspace', '.config/uwsm', '.config/xfce4', '.config/lxsession', '.config/lxqt', '.config/sway', '.config/i3', '.i3', '.config/i3status',
  '.config/hypr', '.config/niri', '.config/wayfire.ini', '.config/openbox', '.config/labwc', '.config/awesome', '.config/bspwm', '.config/herbstluftwm',
  '.config/river', '.config/qtile', '.config/xmonad', '.xmonad', '.fluxbox', '.icewm', '.config/X11', '.Xmodmap', '.xbindkeysrc', '.config/sxhkd',
  '.config/waybar', '.config/polybar', '.config/eww', '.config/rofi', '.config/dunst', '.config/swaync', '.config/swayidle', '.config/picom',
  '.config/kglobalshortcutsrc', '.config/khotkeysrc', '.config/mimeapps.list', '.config/user-dirs.dirs', '.local/share/systemd', '.local/share/dbus-1',
  '.local/share/applications', '.local/share/gnome-shell', '.local/share/plasma', '.local/share/kwin', '.local/share/kio', '.local/share/kservices5',
  '.local/share/nautilus', '.local/share/nautilus-python', '.local/share/nemo', '.local/share/thumbnailers', 'Library/LaunchAgents',
  // where programs are found
  'bin', '.local/bin', '.local/lib', '.cargo/bin', '.cargo/env', '.rustup', '.nvm', '.pyenv', '.rbenv', '.nodenv', '.goenv', '.jenv', '.asdf', '.volta', '.bun/bin',
  '.deno/bin', '.yarn/bin', '.npm-global', '.sdkman', '.ghcup', '.krew', '.dotnet/tools', 'go/bin', '.local/share/mise', '.local/share/pnpm', '.local/share/rtx',
  '.config/mise', '.config/go',
  // programs
  '.fzf.bash', '.fzf.zsh', '.cargo/config', '.cargo/config.toml', '.gitconfig', '.config/git', '.hgrc', '.config/hg', '.config/jj', '.jjconfig.toml', '.npmrc',
  '.vimrc', '.gvimrc', '.vim', '.exrc', '.config/nvim', '.local/share/nvim', '.emacs', '.emacs.d', '.config/emacs', '.config/helix', '.config/kak', '.config/zed',
  '.config/Code/User', '.config/VSCodium/User', '.vscode/extensions', '.config/sublime-text', '.tmux.conf', '.config/tmux', '.config/zellij',
  '.screenrc', '.gdbinit', '.config/gdb', '.lldbinit', '.config/vim', '.config/powershell', '.config/wezterm', '.wezterm.lua', '.config/kitty',
  '.config/autorandr', '.config/neofetch', '.config/fastfetch', '.config/pip', '.config/npm', '.config/pnpm', '.config/cargo', '.config/uv', '.config/nix',
  '.config/nixpkgs', '.config/home-manager', '.config/k9s', '.config/just', '.config/gradle', '.gradle/init.d', '.gradle/init.gradle', '.config/guix', '.config/chezmoi',
  '.config/yarn', '.config/conda', '.config/pypoetry', '.ghci', '.config/ghc', '.local/share/zsh', '.local/share/uv', '.local/share/pipx', '.local/pipx',
  '.local/share/git-hooks', '.config/lsd', '.config/aerc', '.config/newsboat', '.config/qutebrowser', '.config/khal', '.config/task', '.taskrc', '.config/topgrade.toml',
  '.config/alacritty', '.alacritty.toml', '.config/ghostty', '.config/foot', '.config/terminator', '.config/ranger', '.config/lf', '.config/yazi', '.config/vifm', '.config/nnn',
  '.config/lazygit', '.config/mpv', '.config/ipython', '.config/matplotlib', '.julia/config', '.pdbrc', '.psqlrc', '.sqliterc', '.irbrc', '.Rprofile', '.mailcap',
  '.ssh/config', '.ssh/rc',
]; // prettier-ignore

/**
 * Real paths of those that lie in this folder, or around it: a home, or what is directly in one of its folders, may lead there by
 * links, as for a folder of dotfiles. And these links.
 */
export function startUpFiles(folder: string, homes: readonly string[]): Told[] {
  const lead = remembering(leadOf); // most lie in one of a few folders
  const found = homes.flatMap((home) => {
    const isThere = mayBeIn(home);
    return NAMES.map(below(home)).flatMap((path) => {
      if (!isThere(path)) return { path, as: 'settings' as const };
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

import { chmodSync, chownSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isInside } from './is-inside.ts';
import { startUpFiles } from './start-up-files.ts';

test('folders of a home that nobody may look into hide nothing of the rest', () => {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'home-')));
  for (const name of ['.config', 'dotfiles']) mkdirSync(join(home, name));
  symlinkSync('dotfiles/bash', join(home, '.bashrc'));
  const isRoot = process.geteuid!() === 0; // who may look at all
  if (isRoot) for (const path of [home, join(home, '.config')]) chownSync(path, 65_534, 65_534);
  if (isRoot) process.seteuid!(65_534);
  try {
    chmodSync(join(home, '.config'), 0);
    expect(startUpFiles(join(home, 'dotfiles'), [home, '/dev/null'])).toEqual([
      { path: join(home, 'dotfiles/bash'), as: 'settings' },
    ]);
  } finally {
    if (isRoot) process.seteuid!(0);
    rmSync(home, { recursive: true });
  }
});

describe('of a home these are such', () => {
  test.each([
    '.config/user-tmpfiles.d/a.conf', '.config/xfce4/xinitrc', '.config/lxsession/LXDE/autostart', '.config/herbstluftwm/autostart', '.config/sxhkd/sxhkdrc',
    '.config/niri/config.kdl', '.config/wayfire.ini', '.config/uwsm/env', '.config/waybar/config', '.config/dunst/dunstrc', '.config/mimeapps.list',
    '.config/bash_completion', '.bash_completion.d/a', '.config/kitty/kitty.conf', '.config/alacritty/alacritty.toml', '.config/ghostty/config', '.config/foot/foot.ini',
    '.config/zellij/config.kdl', '.config/Code/User/tasks.json', '.config/ipython/profile_default/startup/a.py', '.config/mpv/scripts/a.lua',
    '.config/sublime-text/Packages/User/a.py', '.config/ranger/rc.conf', '.config/lazygit/config.yml', '.config/helix/config.toml', '.config/zed/tasks.json',
    '.local/share/mise/shims/node', '.local/share/pnpm/node', '.local/share/nvim/site/plugin/a.lua', '.local/share/gnome-shell/extensions/a/extension.js',
    '.local/share/nautilus/scripts/a', '.pyenv/shims/python', '.rbenv/shims/ruby', '.asdf/shims/node', '.volta/bin/node', '.bun/bin/bun', '.deno/bin/deno', 'go/bin/x',
    '.npm-global/bin/x', '.yarn/bin/x', '.rustup/toolchains/x/bin/rustc', '.sdkman/bin/x', '.config/go/env',
  ])('%s', (path) => {
    const told = startUpFiles('/nowhere/home', ['/nowhere/home']);
    expect(told.some((one) => isInside(one.path, join('/nowhere/home', path)))).toBe(true);
  }); // prettier-ignore

  test.each(['.config/libreoffice/x', '.local/share/icons/x', 'documents/bin', 'projects/go/bin/x', '.cache/x', '.config/gtk-3.0/bookmarks'])('%s is none', (path) => {
    const told = startUpFiles('/nowhere/home', ['/nowhere/home']);
    expect(told.some((one) => isInside(one.path, join('/nowhere/home', path)))).toBe(false);
  }); // prettier-ignore
});

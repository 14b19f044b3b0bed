import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { layoutOfKept } from './kept-places.ts';
import { holdGit } from './hold-git.ts';

let base: string;
let project: string;
let git: string;
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'git-')));
  project = join(base, 'project');
  git = join(project, '.git');
  mkdirSync(git, { recursive: true });
  mkdirSync(join(base, 'other/.git'), { recursive: true });
});
afterEach(() => rmSync(base, { recursive: true }));

const hold = (): (() => string[]) => holdGit(project, layoutOfKept(project, [], 0));

test('what a command made is set aside in the repository alone, and not in one that a link in its place leads to', () => {
  const setAside = hold();
  writeFileSync(join(git, 'commondir'), 'x');
  setAside();
  expect(readdirSync(git).sort()).toEqual([
    'branches',
    'commondir.set-aside',
    'config',
    'config.worktree',
    'hooks',
    'remotes',
  ]);
  writeFileSync(join(base, 'other/.git/commondir'), 'x');
  renameSync(git, join(project, 'was'));
  symlinkSync('../other/.git', git);
  setAside();
  expect(readdirSync(join(base, 'other/.git'))).toEqual(['commondir']);
});

test('other names of a hook, a program and the settings in the project are kept, too', () => {
  mkdirSync(join(git, 'hooks'));
  mkdirSync(join(project, 'tools'));
  writeFileSync(join(git, 'config'), '[filter "f"]\n\tclean = ./filter.sh\n');
  for (const name of ['tools/pre-commit', 'filter.sh', 'other.sh']) writeFileSync(join(project, name), '#!/bin/sh\n');
  linkSync(join(project, 'tools/pre-commit'), join(git, 'hooks/pre-commit'));
  linkSync(join(project, 'filter.sh'), join(project, 'tools/again.sh'));
  linkSync(join(git, 'config'), join(project, 'cfg'));
  linkSync(join(project, 'other.sh'), join(project, 'tools/other.sh'));
  const kept = layoutOfKept(project, [], 0).places.map(({ path }) => path.slice(project.length + 1));
  expect(kept.filter((path) => !path.startsWith('.git')).sort()).toEqual([
    'cfg',
    'filter.sh',
    'tools/again.sh',
    'tools/pre-commit',
  ]);
});

describe('what git has begun', () => {
  /** What a command left in `.git/rebase-merge`, or in its place. */
  const left = (make: (folder: string) => void, name = 'rebase-merge'): string[] => {
    const setAside = hold();
    make(join(git, name));
    setAside();
    return readdirSync(git).filter((one) => one.startsWith(name));
  };
  const file = (name: string, text: string) => (folder: string) => {
    mkdirSync(folder);
    writeFileSync(join(folder, name), text);
  };

  test.each<[what: string, make: (folder: string) => void]>([
    ['steps that run commands', file('git-rebase-todo', 'pick 1234\n  exec x\n')],
    ['… by the short name, with a tab', file('git-rebase-todo', 'x\ttouch p\n')],
    ['… behind a tab, in lines of Windows', file('git-rebase-todo', 'noop\r\n\texec touch p\r\n')],
    ['… in a last line that has no end', file('git-rebase-todo', 'noop\nx touch p')],
    ['… with no word behind them in their line', file('git-rebase-todo', 'exec\n')],
    ['steps that are too long to be read', file('git-rebase-todo', `${'#'.repeat(2 * 1024 * 1024)}\nexec x\n`)],
    ['a strategy that is a program', file('strategy', 'x/../evil.sh\n')],
    ['a folder behind a link, harmless as yet', (folder) => symlinkSync('../../other', folder)],
    [
      'steps behind a link, harmless as yet',
      (folder) => {
        mkdirSync(folder);
        writeFileSync(join(project, 'todo'), 'pick 1234\n');
        symlinkSync('../../todo', join(folder, 'git-rebase-todo'));
      },
    ],
  ])('is set aside with %s', (_, make) => {
    expect(left(make)).toEqual(['rebase-merge.set-aside']);
    expect(existsSync(join(base, 'other/.git'))).toBe(true);
  });

  test('also a row of picks', () => {
    expect(left(file('opts', '[options]\n\tstrategy = ../x\n'), 'sequencer')).toEqual(['sequencer.set-aside']);
  });

  test.each(["'--build-fake-ancestor=/x'", "'-p1' '--directory=../x'", '--unsafe-paths', "'-p1'--x", '-p1 x'])(
    'also how patches are applied: %s',
    (options) => {
      expect(left(file('apply-opt', `${options}\n`), 'rebase-apply')).toEqual(['rebase-apply.set-aside']);
    },
  );

  test('else stays', () => {
    for (const options of ['', " '-p1' '-C3'", "'--whitespace=fix'", '--reject']) {
      expect(left(file('apply-opt', `${options}\n`), 'rebase-apply')).toEqual(['rebase-apply']);
      rmSync(join(git, 'rebase-apply'), { recursive: true });
    }
    expect(left(file('git-rebase-todo', 'pick 1234 run exec x\nlabel a\n'))).toEqual(['rebase-merge']);
    expect(left(file('opts', '[options]\n\tstrategy = ort\n'), 'sequencer')).toEqual(['sequencer']);
  });
});

test('no project is a repository of its own beside that which it has', () => {
  const setAside = hold();
  for (const name of ['objects', 'refs']) mkdirSync(join(project, name));
  writeFileSync(join(project, 'HEAD'), 'ref: refs/heads/main\n');
  setAside();
  expect(readdirSync(project).sort()).toEqual(['.git', 'HEAD.set-aside', 'objects', 'refs']);
});

test('a repository that nobody here may change is left as it is', () => {
  symlinkSync('../other', join(git, 'hooks'));
  hold()();
  expect(readdirSync(git)).toEqual(['hooks']);
});

test('nothing that a person has is set aside where commands may not change the repository', () => {
  writeFileSync(join(git, 'config'), '[core]\n\thooksPath = githooks\n');
  mkdirSync(join(git, 'rebase-merge'));
  writeFileSync(join(git, 'rebase-merge/git-rebase-todo'), 'exec npm test\n');
  const setAside = hold();
  mkdirSync(join(project, 'githooks'));
  expect(setAside()).toEqual(['set aside: githooks']);
  expect(readdirSync(git).sort()).toEqual(['config', 'rebase-merge']);
});

test('what a command locked is set aside all the same', () => {
  const folders = [base, project, git];
  const asNobody = process.geteuid!() === 0;
  if (asNobody) for (const folder of folders) chownSync(folder, 65_534, 65_534);
  if (asNobody) process.seteuid!(65_534); // root may write anywhere
  try {
    const setAside = hold();
    writeFileSync(join(git, 'commondir'), 'x');
    mkdirSync(join(git, 'commondir.set-aside/a/b'), { recursive: true });
    mkdirSync(join(git, 'rebase-merge'));
    writeFileSync(join(git, 'rebase-merge/git-rebase-todo'), 'exec x\n');
    for (const path of ['commondir.set-aside/a', 'rebase-merge', '.']) chmodSync(join(git, path), 0o500);
    setAside();
    expect(existsSync(join(git, 'commondir'))).toBe(false);
    expect(existsSync(join(git, 'rebase-merge'))).toBe(false);
    for (const path of ['.', 'rebase-merge.set-aside', 'commondir.set-aside/a']) chmodSync(join(git, path), 0o700);
  } finally {
    if (asNobody) process.seteuid!(0);
  }
});

test('hooks in the project are kept also where its repository lies elsewhere', () => {
  rmSync(git, { recursive: true });
  mkdirSync(join(project, 'tools'));
  mkdirSync(join(base, '.git'));
  writeFileSync(join(base, '.git/config'), '[core]\nhooksPath = project/tools\n');
  expect(layoutOfKept(project, [], 0).places).toEqual([{ path: join(project, 'tools'), access: 'read' }]);
});

/** For what root may do and others may not. */
const asAnybody = (act: () => void): void => {
  const isRoot = process.geteuid!() === 0;
  if (isRoot) for (const path of ['', ...readdirSync(base, { recursive: true }).map(String)]) chownSync(join(base, path), 65_534, 65_534); // prettier-ignore
  if (isRoot) process.seteuid!(65_534);
  try {
    act();
  } finally {
    if (isRoot) process.seteuid!(0);
  }
};

describe('a repository of the project in a folder that its file `.git` names', () => {
  const bare = (): string => join(project, 'kept/.bare');
  beforeEach(() => {
    rmSync(git, { recursive: true });
    for (const name of ['worktrees', 'objects']) mkdirSync(join(bare(), name), { recursive: true });
    writeFileSync(join(bare(), 'HEAD'), 'ref: refs/heads/main\n');
    writeFileSync(git, 'gitdir: kept/.bare\n');
  });

  test('is kept as one in `.git` is', () => {
    const { places, repositories } = layoutOfKept(project, [], 0);
    expect(repositories).toEqual([bare()]);
    expect(places).toContainEqual({ path: git, access: 'read' });
    expect(places).toContainEqual({ path: bare(), access: 'write' });
    for (const name of ['hooks', 'config', 'worktrees']) {
      expect(places).toContainEqual({ path: join(bare(), name), access: 'read' });
    }
  });

  test('what comes into it is set aside, and its settings are put back', () => {
    writeFileSync(join(bare(), 'config'), '[core]\n');
    const end = hold();
    writeFileSync(join(bare(), 'commondir'), 'x');
    writeFileSync(join(bare(), 'config'), '[core]\n\tfsmonitor = ./x\n');
    expect(end()).toEqual(['set aside: kept/.bare/commondir', 'set aside: kept/.bare/config']);
    expect(readFileSync(join(bare(), 'config'), 'utf8')).toBe('[core]\n');
  });

  test('a folder that is none is no repository', () => {
    rmSync(join(bare(), 'HEAD'));
    hold()();
    expect(readdirSync(bare()).sort()).toEqual(['objects', 'worktrees']);
  });

  test('so is one that wasn’t there', () => {
    rmSync(bare(), { recursive: true });
    const end = hold();
    mkdirSync(bare());
    expect(end()).toEqual(['set aside: kept/.bare']);
  });
});

describe('what a command took the right to look at from', () => {
  test('is kept with the folder around it', () => {
    writeFileSync(join(git, 'config'), '[core]\n\thooksPath = cfg/hooks\n\tfsmonitor = tools/watch\n');
    for (const path of ['cfg/hooks', 'tools']) mkdirSync(join(project, path), { recursive: true });
    writeFileSync(join(project, 'tools/watch'), '');
    asAnybody(() => {
      for (const path of ['cfg', 'tools']) {
        chmodSync(join(project, path), 0o600);
        expect(layoutOfKept(project, [], 0).places).toContainEqual({ path: join(project, path), access: 'read' });
        chmodSync(join(project, path), 0o700);
      }
    });
  });

  test.each(['.', 'tools'])('is set aside all the same: %s', (folder) => {
    writeFileSync(join(git, 'config'), '[core]\n\tfsmonitor = tools/watch\n');
    asAnybody(() => {
      const end = hold();
      mkdirSync(join(project, 'tools'));
      writeFileSync(join(project, 'tools/watch'), '');
      writeFileSync(join(git, 'commondir'), '');
      for (const mode of [0o111, 0o000]) {
        chmodSync(join(project, folder), mode);
        if (mode === 0) expect(end()).toEqual(['set aside: tools/watch', 'set aside: .git/commondir']);
      }
    });
  });
});

test('a project that nobody may change stays so', () => {
  asAnybody(() => {
    chmodSync(project, 0o555);
    hold()();
    expect(statSync(project).mode & 0o777).toBe(0o555);
    chmodSync(project, 0o755);
  });
});

test('what no file can be called keeps nothing', () => {
  writeFileSync(join(git, 'config'), `[alias]\n\tx = !./${'a'.repeat(300)}\n`);
  expect(layoutOfKept(project, [], 0).places).not.toContainEqual({ path: project, access: 'read' });
});

test('so is what links of its hooks lead to', () => {
  for (const name of ['scripts', 'githooks']) mkdirSync(join(project, name));
  writeFileSync(join(project, 'scripts/check'), '');
  mkdirSync(join(git, 'hooks'), { recursive: true });
  symlinkSync('../../scripts/check', join(git, 'hooks/pre-commit'));
  symlinkSync('/nowhere', join(git, 'hooks/pre-push'));
  expect(layoutOfKept(project, [], 0).places).toContainEqual({ path: join(project, 'scripts/check'), access: 'read' });
  rmSync(join(git, 'hooks'), { recursive: true });
  symlinkSync('../githooks', join(git, 'hooks'));
  expect(layoutOfKept(project, [], 0).places).toContainEqual({ path: join(project, 'githooks'), access: 'read' });
});

describe('settings that came while a command ran', () => {
  const config = (): string => join(git, 'config');
  const during = (text: string): string => {
    writeFileSync(config(), '[core]\n\tbare = false\n');
    const setAside = hold();
    rmSync(config());
    writeFileSync(config(), text);
    setAside();
    return readFileSync(config(), 'utf8');
  };

  test.each(['[core]\n\tfsmonitor = ./x\n', '[alias]\n\tst = !x\n', '[core]\n\tbare = false\n[include]\n\tpath = x\n', '[core]\n[remote "origin"]\n\turl = git@h:x.git\n\tpushurl = /p/evil\n', 'x'.repeat(2_000_000)])('are set aside where they may run code', (text) => {
    expect(during(text)).toBe('[core]\n\tbare = false\n');
    expect(readFileSync(`${config()}.set-aside`, 'utf8')).toBe(text);
  }); // prettier-ignore

  test('stay where they don’t', () => {
    const text =
      '[core]\n\tbare = false\n[remote "origin"]\n\turl = git@h:x.git\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n' +
      '[branch "main"]\n\tremote = origin\n\tmerge = refs/heads/main\n';
    expect(during(text)).toBe(text);
    expect(existsSync(`${config()}.set-aside`)).toBe(false);
  });

  test('a link in their place is set aside', () => {
    writeFileSync(config(), '[core]\n');
    const setAside = hold();
    rmSync(config());
    symlinkSync('/dev/zero', config());
    setAside();
    expect(readFileSync(config(), 'utf8')).toBe('[core]\n');
  });
});

describe('what settings name, and what wasn’t there when a command began', () => {
  const made = (make: () => void): string[] => {
    writeFileSync(join(git, 'config'), '[core]\n\thooksPath = tools/hooks\n\tfsmonitor = ./watch.sh\n');
    const setAside = hold();
    make();
    setAside();
    return readdirSync(project, { recursive: true }).map(String).filter((name) => !name.startsWith('.git')).sort(); // prettier-ignore
  };

  test('is set aside, and nothing beside it', () => {
    const make = (): void => {
      mkdirSync(join(project, 'tools/hooks'), { recursive: true });
      for (const name of ['tools/hooks/pre-commit', 'tools/other', 'watch.sh']) writeFileSync(join(project, name), '');
    };
    expect(made(make)).toEqual(['tools', 'tools/hooks.set-aside', 'tools/hooks.set-aside/pre-commit', 'tools/other', 'watch.sh.set-aside']); // prettier-ignore
  });

  test('so is a link on the way there, and nothing is touched behind it', () => {
    mkdirSync(join(base, 'other/hooks'));
    const found = made(() => symlinkSync('../other', join(project, 'tools')));
    expect(found.filter((name) => !name.includes('/'))).toEqual(['tools.set-aside']);
    expect(existsSync(join(base, 'other/hooks'))).toBe(true);
  });

  test('nothing, where nothing came', () => {
    expect(made(() => undefined)).toEqual([]);
  });
});

describe('commands that run at once', () => {
  test('what one made, and was set aside, is set aside again when the next one makes it', () => {
    writeFileSync(join(git, 'config'), '[core]\n\thooksPath = tools/hooks\n');
    const make = (): void => {
      mkdirSync(join(project, 'tools/hooks'), { recursive: true });
      writeFileSync(join(project, 'tools/hooks/pre-commit'), '');
    };
    const first = hold();
    make();
    const second = hold();
    expect(first()).toEqual(['set aside: tools/hooks']);
    make();
    expect(second()).toEqual(['set aside: tools/hooks']);
    expect(readdirSync(join(project, 'tools')).sort()).toEqual(['hooks.set-aside', 'hooks.set-aside-2']);
  });

  test('settings of one don’t count as what was there before the other', () => {
    const config = join(git, 'config');
    writeFileSync(config, '[core]\n');
    const evil = '[core]\n\tfsmonitor = ./x\n';
    const first = hold();
    rmSync(config);
    writeFileSync(config, evil);
    const second = hold();
    expect(first()).toEqual(['set aside: .git/config']);
    writeFileSync(config, evil);
    expect(second()).toEqual(['set aside: .git/config']);
    expect(readFileSync(config, 'utf8')).toBe('[core]\n');
    expect([first(), second()]).toEqual([[], []]);
    writeFileSync(config, evil);
    expect(hold()()).toEqual([]);
  });
});

test('settings that are put back are what they were, to the byte and in their rights', () => {
  const config = join(git, 'config');
  const bytes = Buffer.from('[user]\n\tname = J\xf6rg\n', 'latin1');
  writeFileSync(config, bytes, { mode: 0o600 });
  for (const change of [() => rmSync(config), () => writeFileSync(config, '[core]\n\tpager = ./x\n')]) {
    const end = hold();
    change();
    expect(end()).toEqual(['set aside: .git/config']);
    expect(readFileSync(config)).toEqual(bytes);
    expect(statSync(config).mode & 0o777).toBe(0o600);
  }
});

test('where one thing can’t be set aside the others are, and it is said', () => {
  writeFileSync(join(git, 'config'), '[core]\n\thooksPath = tools/hooks\n');
  const asNobody = process.geteuid!() === 0;
  const end = hold();
  mkdirSync(join(project, 'tools/hooks'), { recursive: true });
  writeFileSync(join(git, 'commondir'), 'x');
  if (asNobody) for (const path of [base, project, git]) chownSync(path, 65_534, 65_534);
  else chmodSync(join(project, 'tools'), 0o555);
  if (asNobody) chmodSync(join(project, 'tools'), 0o555); // of another user
  if (asNobody) process.seteuid!(65_534);
  try {
    const said = end();
    if (asNobody)
      expect(said).toEqual([expect.stringMatching(/^not set aside: tools\/hooks \(/), 'set aside: .git/commondir']);
    else expect(said).toEqual(['set aside: tools/hooks', 'set aside: .git/commondir']);
  } finally {
    if (asNobody) process.seteuid!(0);
    chmodSync(join(project, 'tools'), 0o755);
  }
});

describe('a HEAD beside `.git`', () => {
  const at = (name: string): string => join(project, name);

  test('is set aside where it wasn’t there, whatever lies beside it', () => {
    const end = hold();
    writeFileSync(at('HEAD'), 'ref: refs/heads/main\n');
    writeFileSync(at('commondir'), 'c');
    expect(end()).toEqual(['set aside: HEAD']);
  });

  test('of a person’s stays, until it would make a repository', () => {
    writeFileSync(at('HEAD'), 'mine\n');
    expect(hold()()).toEqual([]);
    const end = hold();
    writeFileSync(at('commondir'), 'c');
    expect(end()).toEqual(['set aside: HEAD']);
  });

  test('of a project that is a bare repository itself stays', () => {
    rmSync(git, { recursive: true });
    for (const name of ['objects', 'refs']) mkdirSync(at(name));
    writeFileSync(at('HEAD'), 'ref: refs/heads/main\n');
    const home = join(base, 'other');
    writeFileSync(join(home, '.gitconfig'), '[core]\n\thooksPath = absent\n');
    expect(holdGit(project, layoutOfKept(project, [home], 0))()).toEqual([]);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commandFact, pathFact } from '../testing/values.ts';
import { matchesCommand, matchesHost, matchesPath, matchesText } from './patterns.ts';

const line = (text: string, over: Parameters<typeof commandFact>[1] = {}) =>
  commandFact(text, { words: text === '' ? [] : text.split(' '), parser: 'bash', ...over });

test.each([
  ['abc', 'abc', true],
  ['abc', 'ab', false],
  ['abc', 'abcd', false],
  ['*', '', true],
  ['a*c', 'abbc', true],
  ['a*c', 'acb', false],
  ['*a*b*', 'xxaxxbxx', true],
  ['*ab', 'aab', true],
  ['', '', true],
  ['', 'a', false],
  ['a.c', 'abc', false],
])('%j and %j: %s', (pattern, text, expected) => {
  expect(matchesText(pattern, text)).toBe(expected);
});

test('a text matches as its regular expression would', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
  const plain = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 });
  fc.assert(
    fc.property(letters, plain, (pattern, text) => {
      expect(matchesText(pattern, text)).toBe(new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(text));
    }),
  );
});

describe('a command', () => {
  test.each([
    ['git status *', 'git status', 'yes'],
    ['git status *', 'git status --short x', 'yes'],
    ['git status *', 'git statusx', 'no'],
    ['git status *', 'git push', 'no'],
    ['git status *', 'git', 'no'],
    ['git status', 'git status', 'yes'],
    ['git status', 'git status -s', 'no'],
    ['npm run test*', 'npm run test:unit', 'yes'],
    ['npm run test*', 'npm run test:unit x', 'no'],
    ['npm * lint', 'npm run lint', 'yes'],
    ['*', 'anything at all', 'yes'],
    ['*', '', 'yes'],
    ['rm *', '', 'no'],
    ['  git   status  ', 'git status', 'yes'],
    ['git status *', './git status', 'no'],
    ['git status *', '/tmp/git status', 'no'],
  ])('%j of %j: %s', (pattern, text, answer) => {
    expect(matchesCommand(pattern, line(text), { loosely: false })).toBe(answer);
  });

  test('a rule that forbids a program means it wherever it lies', () => {
    expect(matchesCommand('rm *', line('/bin/rm -r x'), { loosely: true })).toBe('yes');
    expect(matchesCommand('rm *', line('./rm'), { loosely: true })).toBe('yes');
    expect(matchesCommand('/bin/rm *', line('/bin/rm x'), { loosely: true })).toBe('yes');
  });

  test('what the shell makes as it runs may be any words, but under a last *', () => {
    expect(matchesCommand('cat *', line('cat $F', { dynamic: [1] }), { loosely: false })).toBe('yes');
    expect(matchesCommand('git status *', line('git $X', { dynamic: [1] }), { loosely: false })).toBe('maybe');
    expect(matchesCommand('git status', line('git status $X', { dynamic: [2] }), { loosely: false })).toBe('maybe');
    expect(matchesCommand('rm -rf *', line('rm $X', { dynamic: [1] }), { loosely: true })).toBe('maybe');
    expect(matchesCommand('rm -rf *', line('ls $X', { dynamic: [1] }), { loosely: true })).toBe('no');
  });

  test('what is unclear may be any command', () => {
    expect(matchesCommand('rm *', line('ls', { unclear: 'code' }), { loosely: true })).toBe('maybe');
    expect(matchesCommand('ls', line('ls', { unclear: 'code' }), { loosely: false })).toBe('maybe');
  });

  test('behind xargs further words come', () => {
    expect(matchesCommand('rm', line('rm', { via: 'xargs' }), { loosely: false })).toBe('maybe');
    expect(matchesCommand('rm *', line('rm', { via: 'sudo > xargs' }), { loosely: false })).toBe('yes');
    expect(matchesCommand('git push *', line('git', { via: 'xargs' }), { loosely: true })).toBe('maybe');
    expect(matchesCommand('rm', line('rm', { via: 'sudo' }), { loosely: false })).toBe('yes');
    expect(matchesCommand('rm', line('rm', { via: 'xargs > nice' }), { loosely: false })).toBe('maybe');
    expect(matchesCommand('npm publish *', line('npm', { via: 'xargs > nice' }), { loosely: true })).toBe('maybe');
  });

  test.each([
    ['node scripts/*', 'node scripts/build.js', 'yes'],
    ['node scripts/*', 'node scripts/../evil.js', 'no'],
    ['node scripts/*', 'node scripts/..', 'no'],
    ['node scripts/*', 'node scripts/a..b.js', 'yes'],
    ['./scripts/*', './scripts/../../bin/rm', 'no'],
    ['cat ../docs/*', 'cat ../docs/a', 'yes'],
    ['cat ../docs/*', 'cat ../docs/../a', 'no'],
    ['cp * out/', 'cp ../a out/', 'yes'],
  ])('a star is no way up: %j of %j: %s', (pattern, text, answer) => {
    expect(matchesCommand(pattern, line(text), { loosely: false })).toBe(answer);
  });

  test.each([
    ['git push *', 'git -C . push', 'maybe'],
    ['git push *', 'git --no-pager push origin', 'maybe'],
    ['git push *', 'git -c a=b -C x push', 'maybe'],
    ['git push *', 'git -C x status', 'no'],
    ['git push *', 'git commit -m push', 'no'],
    ['git push *', 'git stash push', 'no'],
    ['git push --force *', 'git push origin main --force', 'maybe'],
    ['git push --force *', 'git push origin main', 'no'],
    ['npm publish *', 'npm --silent publish', 'maybe'],
    ['curl', 'curl https://example.org', 'maybe'],
    ['curl*', 'curl https://example.org', 'maybe'],
    ['git push', 'git push origin', 'maybe'],
    ['git push*', 'git pull', 'no'],
    ['rm *', 'RM x', 'yes'],
  ])('what may be forbidden, written in another way: %j of %j: %s', (pattern, text, answer) => {
    expect(matchesCommand(pattern, line(text), { loosely: true })).toBe(answer);
  });

  test('an option whose value is made as it runs may be followed by any word', () => {
    const made = line('npm --prefix $X $Y', { dynamic: [2, 3] });
    expect(matchesCommand('npm publish *', made, { loosely: true })).toBe('maybe');
    expect(matchesCommand('npm publish *', line('npm -s', { via: 'xargs' }), { loosely: true })).toBe('maybe');
  });
});

test.each([
  ['src/**', '/p/src/a/b.ts', true],
  ['src/**', '/p/src', true],
  ['src/*', '/p/src/a/b.ts', false],
  ['src/*.ts', '/p/src/b.ts', true],
  ['**', '/p/src/b.ts', true],
  ['**', '/etc/passwd', false],
  ['**/.env', '/p/a/b/.env', true],
  ['**/.env', '/p/.env', true],
  ['/data/**', '/data/x', true],
  ['/data/**', '/database/x', false],
  ['a/**/z/**/b', '/p/a/z/z/c/b', true],
  ['a/**/z/**/b', '/p/a/c/b', false],
  ['./src/a', '/p/src/a', true],
])('the path pattern %j and %j: %s', (pattern, real, expected) => {
  expect(matchesPath(pattern, pathFact(real), '/p')).toBe(expected);
});

test('a project may be all there is', () => {
  expect(matchesPath('etc/*', pathFact('/etc/hosts'), '/')).toBe(true);
});

test.each([
  ['example.org', 'example.org', 443, true],
  ['example.org', 'www.example.org', 443, false],
  ['*.example.org', 'www.example.org', 443, true],
  ['*.example.org', 'a.b.example.org', 443, true],
  ['*.example.org', 'example.org', 443, false],
  ['*.example.org', 'badexample.org', 443, false],
  ['example.org', 'example.org.evil.test', 443, false],
  ['example.org:8443', 'example.org', 8443, true],
  ['example.org:8443', 'example.org', 443, false],
  ['EXAMPLE.org', 'example.org', 443, true],
  ['*', 'example.org', 1, true],
  ['*:80', 'example.org', 443, false],
])('the host pattern %j and %s:%d: %s', (pattern, host, port, expected) => {
  expect(matchesHost(pattern, { host, port })).toBe(expected);
});

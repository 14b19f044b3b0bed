import { expect, test } from 'vitest';
import type { CommandContext } from '../context.ts';
import { commandTree } from '../tree.ts';
import { positionBehind } from './position.ts';

const { program } = commandTree({} as CommandContext);

/** What a person would say of the place behind these words. */
function at(...words: string[]) {
  const { path, valueFor, argument, literal, options, overrides } = positionBehind(program, words);
  return {
    path,
    ...(valueFor !== undefined && { valueFor: typeof valueFor === 'string' ? valueFor : valueFor.long }),
    ...(argument !== undefined && { argument: argument.name() }),
    ...(literal && { literal }),
    options: Object.fromEntries([...options].map(([{ long }, value]) => [long, value])),
    ...(overrides.size > 0 && { overrides: Object.fromEntries(overrides) }),
  };
}

test('commands lead down the tree, arguments are counted', () => {
  expect(at()).toEqual({ path: '', options: {} });
  expect(at('session')).toEqual({ path: 'session', options: {} });
  expect(at('policy', 'check')).toMatchObject({ path: 'policy check', argument: 'tool' });
  expect(at('policy', 'check', 'time')).toMatchObject({ argument: 'arguments' });
  expect(at('policy', 'check', 'time', '{}')).not.toHaveProperty('argument');
  expect(at('help', 'session', 'show')).toMatchObject({ path: 'help', argument: 'words' });
});

test('an option takes the next word as its value, when it takes one', () => {
  expect(at('run', '--session')).toMatchObject({ path: 'run', valueFor: '--session', argument: 'message' });
  expect(at('run', '--session', 'a')).toMatchObject({ argument: 'message', options: { '--session': 'a' } });
  expect(at('approve', '--session')).toMatchObject({ argument: 'id', options: { '--session': '' } });
  expect(at('run', '--session=a')).toMatchObject({ options: { '--session': 'a' } });
  expect(at('-o')).toEqual({ path: '', options: {} }); // the program has none
  expect(at('session', 'ls', '-o')).toMatchObject({ valueFor: '--output' });
});

test('global options stand anywhere', () => {
  expect(at('--workspace', 'a', 'session', 'rm', '--config', 'b')).toEqual({
    path: 'session rm',
    argument: 'id',
    options: { '--workspace': 'a', '--config': 'b' },
  });
});

test('configuration keys are options, too', () => {
  expect(at('run', '--store.workspace')).toMatchObject({ valueFor: 'store.workspace' });
  expect(at('--store.workspace', 'a', 'run', '--sandbox.mode=off')).toMatchObject({
    path: 'run',
    overrides: { 'store.workspace': 'a', 'sandbox.mode': 'off' },
  });
});

test('behind -- nothing is an option or a command', () => {
  expect(at('run', '--', '--session')).toEqual({ path: 'run', literal: true, options: {} });
});

test('what is wrong is passed over', () => {
  expect(at('run', '--nonsense', 'message', '--timeout')).toMatchObject({ path: 'run', valueFor: '--timeout' });
});

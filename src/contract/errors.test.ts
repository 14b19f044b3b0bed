import { describe, expect, test } from 'vitest';
import { type ErrorCode, errorCatalogue, naming, RuntimeError } from './errors.ts';

const CODES = Object.keys(errorCatalogue) as ErrorCode[];

describe('what to do next', () => {
  test.for(CODES)('%s: a step that can be taken as it stands', (code) => {
    const { next } = new RuntimeError(code, 'x');
    expect(next).toMatch(/^\p{Lu}.*[.!?"]$/su);
    expect(next).not.toMatch(/[<>]/);
    expect(new RuntimeError(code, 'x', { id: 'nightly' }).next).not.toMatch(/[<>]/);
    expect(new RuntimeError(code, 'x', { next: 'Do this.', id: 'nightly' }).next).toBe('Do this.');
  });

  test('names the session it is about, also when only its catcher knows that', () => {
    const next = 'Carry its turn on with `runtime run --session nightly`, or repeat with --force.';
    expect(new RuntimeError('session_busy', 'x', { id: 'nightly' }).next).toBe(next);
    const thrown = new RuntimeError('session_busy', 'x');
    expect(naming(thrown, 'nightly')).toMatchObject({ code: 'session_busy', message: 'x', next, cause: thrown });
    const own = new RuntimeError('session_busy', 'x', { next: 'Do this.' });
    expect(naming(own, 'nightly')).toBe(own);
  });
});

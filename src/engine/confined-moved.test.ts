/** A secret of the project that a command moves to where nobody looks for it, with the folder around it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Confined, confined, LEVELS, levelsUnmet } from './testing/confined.ts';

const [bubblewrap] = LEVELS;
const unmet = (await levelsUnmet()).get(bubblewrap!.name) ?? '';

describe.skipIf(unmet !== '')(`${bubblewrap!.name}${unmet}`, () => {
  let c: Confined;
  beforeEach(() => {
    c = confined(bubblewrap!);
    c.t.file('config/.env', 'KEY=geheim\n');
    c.t.file('config/a.txt', 'one\n');
    mkdirSync(join(c.t.root, 'node_modules'));
  });
  afterEach(() => c.remove());
  const everything = (): Promise<string> => c.output('grep -rs . . .git');

  test.each([
    ['node_modules/x', 'mv config node_modules/x'],
    ['\ufffd', "mv config $'\\xff'"],
    ['d/\ufffd/x', "mkdir -p d/$'\\xff'; mv config d/$'\\xff'/x"],
  ])('is put back from %s', async (to, line) => {
    expect(await c.output(line)).toContain(
      `[put back: config/.env (from ${JSON.stringify(`${to}/.env`).slice(1, -1)})]`,
    );
    expect(c.t.text('config/.env')).toBe('KEY=geheim\n');
    expect(await everything()).not.toContain('geheim');
    expect(readdirSync(join(c.t.root, 'config'))).toEqual(['.env']);
  });

  test('also of a kind that is hidden in the upper folders only', async () => {
    c.t.file('config/key.pem', 'geheim\n');
    expect(await c.output('mkdir -p a/b; mv config a/b')).toContain('put back: config/key.pem');
    expect(c.t.text('config/key.pem')).toBe('geheim\n');
    expect(c.t.text('a/b/config/.env')).toBe('KEY=geheim\n');
    expect(await everything()).not.toContain('geheim');
  });

  test('what came in its place is set aside', async () => {
    const said = await c.output('mv config node_modules/x; mkdir config; echo mine >config/.env');
    expect(said).toContain('put back: config/.env');
    expect(c.t.text('config/.env')).toBe('KEY=geheim\n');
    expect(c.t.text('config/.env.set-aside')).toBe('mine\n');
    await c.output('mv config node_modules/y; ln -s /tmp config');
    expect(c.t.text('config/.env')).toBe('KEY=geheim\n');
  });

  test('stays where it is hidden as well', async () => {
    expect(await c.output('mv config settings')).not.toContain('put back');
    expect(readdirSync(c.t.root)).not.toContain('config');
    expect(await everything()).not.toContain('geheim');
  });

  test('what its owner moved or removed meanwhile stays as it is', async () => {
    c.t.file('other/.env', 'KEY=geheim\n');
    const said = c.output('touch began; until [ -e go ]; do sleep 0.01; done');
    await vi.waitFor(() => expect(existsSync(join(c.t.root, 'began'))).toBe(true), { timeout: 10_000 });
    writeFileSync(join(c.t.root, 'config/.env.new'), 'KEY=geheim2\n');
    renameSync(join(c.t.root, 'config/.env.new'), join(c.t.root, 'config/.env'));
    renameSync(join(c.t.root, 'other'), join(c.around, 'other'));
    writeFileSync(join(c.t.root, 'go'), '');
    expect(await said).not.toContain('put back');
    expect(c.t.text('config/.env')).toBe('KEY=geheim2\n');
    expect(readFileSync(join(c.around, 'other/.env'), 'utf8')).toBe('KEY=geheim\n');
  });

  test('is hidden from a command that begins meanwhile', async () => {
    const said = c.output('mv config node_modules/x; touch began; until [ -e go ]; do sleep 0.01; done');
    await vi.waitFor(() => expect(existsSync(join(c.t.root, 'began'))).toBe(true), { timeout: 10_000 });
    const beside = await everything();
    writeFileSync(join(c.t.root, 'go'), '');
    expect(beside + (await said)).toContain('put back: config/.env');
    expect(c.t.text('config/.env')).toBe('KEY=geheim\n');
    expect(beside).toContain('node_modules/x/a.txt');
    expect(beside).not.toContain('geheim');
  });
});

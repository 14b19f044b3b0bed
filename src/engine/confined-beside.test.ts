/** What others change while a command runs: what hides or keeps a file from it stands on that very file. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Confined, confined, LEVELS, levelsUnmet } from './testing/confined.ts';

const [bubblewrap] = LEVELS;
const unmet = (await levelsUnmet()).get(bubblewrap!.name) ?? '';

describe.skipIf(unmet !== '')(`${bubblewrap!.name}${unmet}`, () => {
  let c: Confined;
  beforeEach(() => void (c = confined(bubblewrap!)));
  afterEach(() => c.remove());
  const at = (path: string): string => join(c.t.root, path);
  /** Runs what does this again and again, for as long as `go` isn't there. */
  const keepDoing = async (what: string, where = c): Promise<{ said: Promise<string> }> => {
    const said = where.output(`touch began; until [ -e go ]; do ${what}; sleep 0.01; done; ${what}`);
    await vi.waitFor(() => expect(existsSync(at('began'))).toBe(true), { timeout: 10_000 });
    return { said };
  };

  test.each([
    ['.env', '*** Update File: .env\n-KEY=geheim\n+KEY=geheim2'],
    ['what is made', '*** Add File: .env.local\n+KEY=geheim'],
  ])('a patch of a secret waits until none runs: %s', async (_, section) => {
    c.t.file('.env', 'KEY=geheim\n');
    const { said } = await keepDoing('cat .env* .runtime-patch-*');
    const patch = c.t.call('apply_patch', { patch: `*** Begin Patch\n${section}\n*** End Patch\n` });
    await new Promise((resolve) => setTimeout(resolve, 200));
    writeFileSync(at('go'), '');
    expect(await said).not.toContain('geheim');
    expect(await patch).toMatchObject({ outcome: 'ok' });
  });

  test('so does one of a file that settings hide', async () => {
    const own = c.again({ places: { hide: ['customers.csv'] } });
    c.t.file('customers.csv', 'nobody\n');
    const { said } = await keepDoing('cat customers.csv', own);
    const patch = own.t.call('apply_patch', {
      patch: '*** Begin Patch\n*** Update File: customers.csv\n-nobody\n+geheim\n*** End Patch\n',
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    writeFileSync(at('go'), '');
    expect(await said).not.toContain('geheim');
    expect(await patch).toMatchObject({ outcome: 'ok' });
  });

  test('what it writes into git’s settings, once somebody has put another file in their place, is set aside', async () => {
    const { said } = await keepDoing('echo "[alias]" >>.git/config && echo "st = !./x" >>.git/config && echo written');
    writeFileSync(at('.git/config.lock'), '[core]\n[branch "main"]\n\tremote = origin\n');
    renameSync(at('.git/config.lock'), at('.git/config'));
    await vi.waitFor(() => expect(readFileSync(at('.git/config'), 'utf8')).toContain('!./x'), { timeout: 10_000 });
    writeFileSync(at('go'), '');
    expect(await said).toMatch(/written[^]*\n\[set aside: \.git\/config\]/);
    expect(readFileSync(at('.git/config'), 'utf8')).toBe('[core]\n');
    expect(readFileSync(at('.git/config.set-aside'), 'utf8')).toContain('remote = origin');
  });
});

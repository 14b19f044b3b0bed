/** What others change while a command runs: what hides or keeps a file from it stands on that very file. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { tryOut } from '../adapters/sandbox/try-out.ts';
import type { ToolResult } from '../contract/ports.ts';
import type { Sandbox } from '../contract/sandbox.ts';
import { type Confined, confined, LEVELS, levelsUnmet, PATH } from './testing/confined.ts';

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

  const slow = (): Promise<ToolResult> => {
    c.t.file('slow.sh', 'touch began\nuntil [ -e go ]; do sleep 0.01; done\necho as it was\n');
    return c.t.call('exec_command', { cmd: 'sh slow.sh', sandbox_permissions: 'require_escalated' });
  };

  const PATCH = '*** Begin Patch\n*** Update File: slow.sh\n-echo as it was\n+echo otherwise\n*** End Patch\n';
  test.each([
    ['a command', () => c.output('echo echo otherwise >> slow.sh')],
    ['a patch', () => c.t.call('apply_patch', { patch: PATCH })],
  ])('what changes a script that runs without a sandbox waits until it has ended: %s', async (_, change) => {
    const ran = slow();
    await vi.waitFor(() => expect(existsSync(at('began'))).toBe(true), { timeout: 10_000 });
    const changed = change();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(c.t.text('slow.sh')).not.toContain('otherwise');
    writeFileSync(at('go'), '');
    expect(await ran).toMatchObject({ output: 'as it was\n[exit code 0]' });
    await changed;
    expect(c.t.text('slow.sh')).toContain('otherwise');
  });

  test('whoever waits says so, and nobody else', async () => {
    const said: string[] = [];
    const patch = (): Promise<ToolResult> =>
      c.t.call('apply_patch', { patch: PATCH }, { onOutput: (text) => void said.push(text) });
    const ran = slow();
    await vi.waitFor(() => expect(existsSync(at('began'))).toBe(true), { timeout: 10_000 });
    const patched = patch();
    await vi.waitFor(() => expect(said).toEqual(['[waits until what runs beside it in this project has ended]\n']));
    writeFileSync(at('go'), '');
    await ran;
    expect((await patched).output).not.toContain('waits');
    c.t.file('slow.sh', 'echo as it was\n');
    await patch();
    expect(said).toHaveLength(1);
  });

  test('a script without a sandbox waits for the commands that may change it, and doesn’t run if they have', async () => {
    const said = c.output('touch began; until [ -e go ]; do sleep 0.01; done; echo echo otherwise > slow.sh');
    await vi.waitFor(() => expect(existsSync(at('began'))).toBe(true), { timeout: 10_000 });
    c.t.file('slow.sh', 'echo as it was\n');
    const request = c.t.request('exec_command', { cmd: 'sh slow.sh', sandbox_permissions: 'require_escalated' });
    const ran = c.t.run(request, await c.t.host.inspect(request));
    await new Promise((resolve) => setTimeout(resolve, 200));
    writeFileSync(at('go'), '');
    await said;
    expect(await ran).toMatchObject({ outcome: 'void' });
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

for (const level of LEVELS) {
  const why = (await levelsUnmet()).get(level.name) ?? '';
  describe.skipIf(why !== '')(
    `${level.name}${why}: what another command puts in the place of something while the sandbox is made`,
    () => {
      let c: Confined;
      beforeEach(() => {
        c = confined(level);
        mkdirSync(join(c.around, 'elsewhere/hooks'), { recursive: true });
        c.t.file('config/.env', 'KEY=geheim\n');
      });
      afterEach(() => c.remove());

      /** What is said when a command is run in a sandbox that was found before that: `late`, after what it is made of was held. */
      const runAfter = async (swap: () => void, line: string, late = false): Promise<unknown> => {
        const sandbox = await c.sandboxes.find(c.t.root);
        if ('none' in sandbox) throw new Error(sandbox.none);
        if (!late) swap();
        const confine: Sandbox['confine'] = (command) => {
          const made = sandbox.confine(command);
          if (late) swap();
          return made;
        };
        return tryOut({ ...sandbox, confine }, '/', { PATH }, ['-c', `cd ${c.t.root}; ${line}; exit 42`]).catch(
          (error: unknown) => String(error),
        );
      };
      const swapped = (path: string, target: string): void => {
        renameSync(path, `${path}.was`);
        symlinkSync(target, path);
      };

      test.each([
      ['itself', false], ['itself', true], ['a folder around it', false], ['a folder around it', true],
    ])('of the project: %s (late: %j)', async (which, late) => {
      rmSync(join(c.t.root, '.git'), { recursive: true });
      mkdirSync(join(c.around, 'elsewhere/project'));
      const [path, target] = which === 'itself' ? [c.t.root, 'elsewhere/project'] : [c.home, 'elsewhere'];
      await runAfter(() => swapped(path, join(c.around, target)), 'touch pwned', late);
      expect(readdirSync(join(c.around, 'elsewhere/project'))).toEqual([]);
    }); // prettier-ignore

      test('and the command is told not to have run', async () => {
        rmSync(join(c.t.root, '.git'), { recursive: true });
        const own = c.again({ secrets: { TOKEN: 'deploy' } });
        const late = (): Promise<string> => Promise.resolve(swapped(c.t.root, c.around)).then(() => 'value');
        const result = await own.run('touch pwned', { secrets: ['TOKEN'] }, { secret: late });
        expect(result).toMatchObject({ outcome: 'error', error: { code: 'sandbox_failed' } });
      });

      test.runIf(level === bubblewrap)('bubblewrap itself makes nothing elsewhere, where others run', async () => {
      c.t.file('own/server.pem', 'of a command\n');
      const said = c.output('touch began; until [ -e go ]; do sleep 0.01; done');
      await vi.waitFor(() => expect(existsSync(join(c.t.root, 'began'))).toBe(true), { timeout: 10_000 });
      const elsewhere = join(c.around, 'elsewhere');
      await runAfter(() => swapped(join(c.t.root, 'own'), `/oldroot${elsewhere}`), 'true', true);
      expect(readdirSync(elsewhere, { recursive: true })).toEqual(['hooks']);
      expect(await c.output('cat config/.env; touch here && cat /proc/self/status; echo a >$TMPDIR/x && cat $TMPDIR/x')).toMatch(/NoNewPrivs:\t1[^]*\na\n/);
      writeFileSync(join(c.t.root, 'go'), '');
      await said;
    }); // prettier-ignore

      test('a command finds nothing open but its own', async () => {
        expect(await c.output('for fd in /proc/self/fd/*; do readlink $fd; done')).not.toContain(c.around);
      });

      test.each([false, true])(
        'of .git: neither a command nor the runtime writes elsewhere (late: %j)',
        async (late) => {
          await runAfter(() => swapped(join(c.t.root, '.git'), join(c.around, 'elsewhere')), 'touch .git/pwned', late);
          expect(readdirSync(join(c.around, 'elsewhere'), { recursive: true })).toEqual(['hooks']);
        },
      );

      test.runIf(level === bubblewrap)('of a folder in which something is hidden', async () => {
        mkdirSync(join(c.t.root, 'other'));
        const said = await runAfter(
          () => swapped(join(c.t.root, 'config'), 'other'),
          'grep . config.was/.env >&2',
          true,
        );
        expect(said).toMatch(/was changed while the sandbox was made|Race condition/);
      });
    },
  );
}

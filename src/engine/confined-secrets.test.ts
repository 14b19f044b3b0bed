/** A secret that a confined command gets: it is in its environment, and no list of processes shows it. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { confined, LEVELS, levelsUnmet } from './testing/confined.ts';

const VALUE = `geheim "$HOME" \\ 'x'\nline two`;
const why = await levelsUnmet();

for (const level of LEVELS) {
  const unmet = why.get(level.name) ?? '';
  describe.skipIf(unmet !== '')(`${level.name}${unmet}`, () => {
    test('gives it to the command as it is, by its environment alone', async () => {
      const first = confined(level);
      const c = first.again({ secrets: { DEPLOY_TOKEN: 'deploy' } });
      const cmd = 'printf %s "$DEPLOY_TOKEN" >got; env >all; touch begun; while [ ! -e seen ]; do sleep 0.02; done';
      const running = c.run(cmd, { secrets: ['DEPLOY_TOKEN'] }, { secret: () => Promise.resolve(VALUE) });
      while (!readdirSync(c.t.root).includes('begun')) await new Promise((resolve) => setTimeout(resolve, 10));
      const lines = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(commandLine); // prettier-ignore
      writeFileSync(join(c.t.root, 'seen'), '');
      expect(await running).toMatchObject({ exit_code: 0 });
      expect(lines.filter((line) => line.includes('touch begun')).length).toBeGreaterThan(0);
      expect(lines.filter((line) => line.includes('geheim') || line.includes('line two'))).toEqual([]);
      expect(c.t.text('got')).toBe(VALUE);
      expect(c.t.text('all').match(/geheim/g)).toHaveLength(1);
      expect(await c.output('env')).not.toContain('geheim');
      first.remove();
    });

    test('steers nothing that makes the sandbox', async () => {
      const first = confined(level);
      const c = first.again({ secrets: { BASH_ENV: 'deploy' } });
      const script = c.t.file('script', `echo ran >> ${join(c.around, 'outside')}; echo sourced >> ${join(c.t.root, 'inside')}`);
      const secret = (): Promise<string> => Promise.resolve(script);
      expect(await c.run('true', { secrets: ['BASH_ENV'] }, { secret })).toMatchObject({ exit_code: 0 });
      expect(c.t.text('inside')).toBe('sourced\n');
      expect(readdirSync(c.around)).not.toContain('outside');
      first.remove();
    }); // prettier-ignore
  });
}

function commandLine(process: string): string {
  try {
    return readFileSync(`/proc/${process}/cmdline`, 'utf8');
  } catch {
    return ''; // it has ended
  }
}

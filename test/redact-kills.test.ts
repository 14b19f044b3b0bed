/**
 * `session redact`, killed or failed at the k-th system call that changes something: it is wholly done, or never was. Here a
 * slice, `SWEEP=all` for the whole.
 */
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { StoreCheck } from '../src/contract/store-care.ts';
import { ANSWERS, does, plans, step } from './support/goals.ts';
import { type Place, test } from './support/place.ts';
import { hasStrace } from './support/syncs.ts';

const SECRET = 'tangerine-4711-dream';
/** What changes something; the kernel counts each by itself. */
const CALLS = ['write', 'rename', 'fsync', 'fdatasync', 'unlink', 'mkdir', 'rmdir', 'pwrite64'];
const LONG = { timeout: 580_000 };
/** One in so many points, others for each kind of disturbance. */
const EVERY = process.env['SWEEP'] === 'all' ? 1 : 5;

function holding(home: string): string[] {
  return readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile() && file.name !== 'config.yaml')
    .map((file) => join(file.parentPath, file.name))
    .filter((path) => readFileSync(path, 'latin1').includes(SECRET))
    .map((path) => path.slice(home.length + 1));
}

/** Does it in a copy of the home at points until one lies behind the end. */
async function atEachPoint(
  place: Place,
  { how, first }: { how: string; first: number },
  afterwards: (home: string, point: string) => Promise<void>,
): Promise<number> {
  let points = 0;
  for (const call of CALLS) {
    for (let k = Math.min(first, EVERY); ; k += EVERY) {
      const home = join(place.project, `home-${call}-${k}`);
      cpSync(place.home, home, { recursive: true, preserveTimestamps: true });
      const log = join(place.project, `${call}-${k}.log`);
      const trace = `strace -f -qq -o ${log} -e trace=${call} -e inject=${call}:${how}:when=${k}`;
      const ran = await place.run(['session', 'redact', '--all'], {
        // One thread of the pool: calls are counted by thread.
        environment: { RUNTIME_HOME: home, UV_THREADPOOL_SIZE: '1' },
        input: `${SECRET}\n`,
        shell: `exec ${trace} "$@"`,
      });
      const wasHit = ran.code !== 0 || readFileSync(log, 'utf8').includes('INJECTED');
      if (wasHit) await afterwards(home, `${call} ${k}`);
      rmSync(home, { recursive: true });
      if (!wasHit) break;
      points++;
    }
  }
  return points;
}

async function expectWhole(place: Place, home: string): Promise<void> {
  const environment = { RUNTIME_HOME: home };
  const { code, stdout } = await place.run(['store', 'check', '--deep', '-o', 'json'], { environment });
  const { problems } = JSON.parse(stdout) as StoreCheck;
  expect({ code, problems }).toEqual({ code: 0, problems: [] });
  const all = await place.run(['session', 'verify', '--all'], { environment });
  expect(all).toMatchObject({ code: 0 });
  expect(await place.run(['audit', 'verify'], { environment })).toMatchObject({ code: 0 });
}

const sessions = (home: string): string[] => {
  const folder = join(home, 'workspaces/default/sessions');
  return readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'));
};

async function prepared(place: Place): Promise<void> {
  place.write('long.txt', `${'x'.repeat(20_000)}${SECRET}${'y'.repeat(20_000)}`);
  place.play(
    [
      plans(step('a', [], { task: `please do a: ${SECRET}` }), step('b')), // its session gets another id
      does('a', { text: `A found ${SECRET}` }),
      does('b', { text: 'B' }),
      ANSWERS,
      { match: { tool_result: 'exec_command' }, reply: { text: 'It is long.' } },
      { match: { any: true }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'cat long.txt' } }] } },
    ],
    { governance: { auto_allow: ['exec_command'] } },
  );
  await place.run(['run', '--session', 'one', `look for ${SECRET}`]);
  await place.run(['goal', '--session', 'g', 'find it']);
}

describe.skipIf(!hasStrace)(
  `disturbed${hasStrace ? '' : ' (skipped: strace is not installed, or may not trace here)'}`,
  () => {
    test.for([
      ['killed', { how: 'signal=SIGKILL', first: 1 }],
      ['failed', { how: 'error=EIO', first: 3 }],
    ] as const)('%s', LONG, async ([, how], { place }) => {
      await prepared(place);
      const before = sessions(place.home);
      expect(before.filter((text) => text.includes(SECRET))).toHaveLength(3);
      const seen = new Set<string>();
      const points = await atEachPoint(place, how, async (home, point) => {
        await expectWhole(place, home);
        const held = holding(home);
        const texts = sessions(home);
        const isBefore = texts.every((text, index) => text === before[index]);
        const isAfter = held.length === 0;
        expect({ point, isBefore, isAfter, held }).toMatchObject({ isAfter: !isBefore });
        expect(held.filter((name) => name.includes('redaction'))).toEqual([]);
        seen.add(isBefore ? 'before' : 'after');
        const again = await place.run(['session', 'redact', '--all'], { environment: { RUNTIME_HOME: home }, input: SECRET }); // prettier-ignore
        expect(again).toMatchObject({ code: 0 });
        expect(holding(home)).toEqual([]);
      });
      expect(points).toBeGreaterThan(60 / EVERY);
      expect(seen).toEqual(new Set(['before', 'after']));
    });
  },
);

/** Repair, restore and gc, killed at the k-th system call that changes something: what stands then is whole, and doing it again ends it. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { describe, expect } from 'vitest';
import type { StoreCheck } from '../src/contract/store-care.ts';
import { type Place, type Ran, test } from './support/place.ts';
import { hasStrace } from './support/syncs.ts';

const CALLS = 'rename,fsync,fdatasync,unlink,ftruncate,mkdir,rmdir';
/** Each of them would take minutes; these fall everywhere. */
const STEP = 2;
const LONG = { timeout: 240_000 };

/** Runs a command in a copy of the home, killed at the k-th such call. */
function killedAt(place: Place, home: string, k: number, args: string[]): Promise<Ran> {
  const environment = { RUNTIME_HOME: home };
  const trace = `strace -f -qq -o /dev/null -e trace=${CALLS} -e inject=${CALLS}:signal=SIGKILL:when=${k}`;
  return place.run(args, { environment, shell: `exec ${trace} "$@"` });
}

/** Tries every STEP-th point until one lies behind the end. Gives how many kills there were. */
async function atEachPoint(place: Place, args: string[], afterwards: (home: string) => Promise<void>): Promise<number> {
  let kills = 0;
  for (let k = 1; ; k += STEP) {
    const home = join(place.project, `home-${k}`);
    cpSync(place.home, home, { recursive: true, preserveTimestamps: true });
    const ran = await killedAt(place, home, k, args);
    await afterwards(home);
    rmSync(home, { recursive: true });
    if (ran.code === 0) return kills;
    kills++;
  }
}

async function expectWhole(place: Place, home: string): Promise<StoreCheck> {
  const { code, stdout } = await place.run(['store', 'check', '--deep', '-o', 'json'], {
    environment: { RUNTIME_HOME: home },
  });
  const found = JSON.parse(stdout) as StoreCheck;
  expect({ code, problems: found.problems }).toEqual({ code: 0, problems: [] });
  return found;
}

async function again(place: Place, home: string, args: string[]): Promise<void> {
  const { code, stderr } = await place.run(args, { environment: { RUNTIME_HOME: home } });
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
}

const session = (home: string, id: string): string => join(home, `workspaces/default/sessions/${id}.jsonl`);

describe.skipIf(!hasStrace)(
  `killed${hasStrace ? '' : ' (skipped: strace is not installed, or may not trace here)'}`,
  () => {
    test('repair --apply: a heal, a cut, the audit log and accepted messages', LONG, async ({ place }) => {
      place.play([{ match: { any: true }, reply: { text: 'Hello.' } }]);
      for (const id of ['healed', 'cut', 'fine']) await place.run(['run', '--session', id, 'hi']);
      await place.run(['run', '--session', 'cut', 'and more']);
      const healed = readFileSync(session(place.home, 'healed'));
      const flipped = Buffer.from(healed);
      flipped[700]! ^= 1;
      writeFileSync(session(place.home, 'healed'), flipped);
      const lines = readFileSync(session(place.home, 'cut'), 'utf8').trimEnd().split('\n');
      const at = lines.findIndex((line) => line.includes('and more'));
      writeFileSync(session(place.home, 'cut'), `${lines.toSpliced(at, 1).join('\n')}\n`);
      const audit = join(place.home, 'workspaces/default/audit.jsonl');
      const records = readFileSync(audit, 'utf8').trimEnd().split('\n');
      writeFileSync(audit, `${records.with(1, 'gone').join('\n')}\n`);
      const segment = join(place.home, 'workspaces/default/ingress/1.jsonl');
      const events = readFileSync(segment, 'utf8').trimEnd().split('\n');
      writeFileSync(segment, `${events.with(1, 'gone').join('\n')}\n`);

      const kills = await atEachPoint(place, ['store', 'repair', '--apply'], async (home) => {
        await again(place, home, ['store', 'repair', '--apply']);
        await expectWhole(place, home);
        expect(readFileSync(session(home, 'healed')).equals(healed)).toBe(true);
        expect(readFileSync(session(home, 'cut'), 'utf8')).toBe(`${lines.slice(0, at).join('\n')}\n`);
        const kept = join(home, 'workspaces/default/repairs');
        const originals = readdirSync(kept, { recursive: true }).map((name) => join(kept, name.toString()));
        expect(originals.some((path) => path.endsWith('healed.jsonl') && readFileSync(path).equals(flipped))).toBe(
          true,
        );
        await again(place, home, ['run', '--session', 'cut', 'on']);
        expect(readFileSync(session(home, 'cut'), 'utf8')).toContain('"reason":"repair"');
      });
      expect(kills).toBeGreaterThan(4);
    });

    test('restore --force: the old workspace stands, or the new one', LONG, async ({ place }) => {
      place.play([{ match: { any: true }, reply: { text: 'Hello.' } }]);
      await place.run(['run', '--session', 'one', 'hi']);
      const backup = join(place.project, 'backup');
      await place.run(['store', 'backup', backup]);
      await place.run(['run', '--session', 'two', 'hi']);
      const args = ['store', 'restore', backup, '--force'];
      const seen = new Set<number>();
      const kills = await atEachPoint(place, args, async (home) => {
        const { epoch, counts } = await expectWhole(place, home);
        expect([epoch, counts.journals]).toEqual(epoch === 1 ? [1, 2] : [2, 1]);
        seen.add(epoch);
        await again(place, home, ['run', '--session', 'one', 'on']);
        await again(place, home, args);
        const { notes } = await expectWhole(place, home);
        expect(notes.map(({ code }) => code)).not.toContain('leftover');
      });
      expect(kills).toBeGreaterThan(4);
      expect(seen).toEqual(new Set([1, 2]));
    });

    test('gc: nothing that is needed is gone', LONG, async ({ place }) => {
      place.play([{ match: { any: true }, reply: { text: 'Hello.' } }]);
      await place.run(['run', '--session', 'one', 'x'.repeat(20_000)]);
      const blobs = join(place.home, 'workspaces/default/blobs/sha256');
      for (let n = 0; n < 12; n++) {
        const text = `stray ${n}`;
        const hex = createHash('sha256').update(text).digest('hex');
        const path = join(blobs, hex.slice(0, 2), hex);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, text);
        utimesSync(path, 1_700_000_000, 1_700_000_000);
      }
      const kills = await atEachPoint(place, ['store', 'gc'], async (home) => {
        await expectWhole(place, home);
        await again(place, home, ['store', 'gc']);
        const { notes, counts } = await expectWhole(place, home);
        expect(notes.filter(({ code }) => code === 'stray_blobs')).toEqual([]);
        expect(counts.blobs).toBeLessThan(6);
        expect(existsSync(session(home, 'one'))).toBe(true);
      });
      expect(kills).toBeGreaterThan(2);
    });
  },
);

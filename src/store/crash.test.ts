/**
 * Real processes on a real disk: killed at any instant, and with I/O errors. The errors are injected into the system calls
 * by strace, so the product has no hook for it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { entry, ownedStore, runProgram, storeIn, temporaryHome } from './testing.ts';

let home: string;
let remove: () => void;

beforeEach(() => ({ home, remove } = temporaryHome()));
afterEach(() => remove());

/** Appends and accepts without end; says what was acknowledged. */
const WRITER = `
const { store: mine, fence } = testing.ownedStore(process.argv[1]);
const { seq: from } = await mine.journal.open('s-1', () => {});
said({ opened: from });
let seq = from;
const appending = async () => {
  for (;;) {
    const expected_seq = seq;
    const entries = [testing.entry(++seq), testing.entry(++seq, 'x'.repeat(seq % 3000))];
    const { durable } = await mine.journal.append('s-1', { expected_seq, fence }, entries, { sync: seq % 4 === 0 });
    said({ durable });
  }
};
const accepting = async () => {
  for (let n = 0; ; n++) {
    const id = 'e-' + process.pid + '-' + n;
    await mine.ingress.accept(testing.event(id));
    said({ accepted: id });
    if (n % 2 === 0) { await mine.ingress.done(id, 'success'); }
  }
};
await Promise.all([appending(), accepting()]);
`;

test(
  'killed at any instant, nothing that was acknowledged is lost, and the next one goes on',
  { timeout: 60_000 },
  async () => {
    let durable = 0;
    const accepted: string[] = [];
    for (let round = 0; round < 24; round++) {
      const writer = runProgram(WRITER, home);
      // The instant is when so many things were said: it falls anywhere in what the writer does then.
      for (let left = 1 + round * 7; left > 0; left--) {
        const said = (await writer.next()) as { durable?: number; accepted?: string } | undefined;
        if (said === undefined) throw new Error((await writer.ended).stderr);
        durable = Math.max(durable, said.durable ?? 0);
        if (said.accepted !== undefined) accepted.push(said.accepted);
      }
      writer.child.kill('SIGKILL');
      for (let said = await writer.next(); said !== undefined; said = await writer.next()) {
        const { durable: seq = 0, accepted: id } = said as { durable?: number; accepted?: string };
        durable = Math.max(durable, seq);
        if (id !== undefined) accepted.push(id);
      }
      await writer.ended;
      const end = await storeIn(home).journal.read('s-1', () => {});
      expect(['whole', 'crash_tail', 'absent']).toContain(end.status);
      expect(end.seq).toBeGreaterThanOrEqual(durable);
    }
    const lines = readFileSync(join(storeIn(home).folder, 'ingress', '1.jsonl'), 'utf8');
    expect(accepted.filter((id) => !lines.includes(`"event_id":"${id}"`))).toEqual([]);
    const { store } = ownedStore(home);
    expect(await store.journal.open('s-1', () => {})).toMatchObject({ status: 'whole' });
    expect(await store.ingress.pending()).toEqual(expect.any(Array));
    await store.close();
  },
);

const QUIET_STRACE = ['strace', '-f', '-qq', '-o'];
const STRACE = spawnSync(QUIET_STRACE[0]!, [...QUIET_STRACE.slice(1), '/dev/null', 'true']).status === 0;
const WHY_NOT = STRACE ? '' : ' (skipped: strace is not installed, or may not trace here)';

/** Opens a session, then does a turn's writes; says the code of each refusal. */
const TURNS = `
const { store: mine, fence } = testing.ownedStore(process.argv[1]);
await mine.journal.open('s-1', () => {});
await mine.journal.open('s-2', () => {});
said('ready');
let last = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const { session, from, sync } = JSON.parse(line);
  const entries = [testing.entry(from + 1), testing.entry(from + 2)];
  said(await mine.journal.append(session, { expected_seq: from, fence }, entries, { sync })
    .then(({ durable }) => ({ durable }), ({ code, message }) => ({ code, message })));
}
`;

describe.skipIf(!STRACE)(`injected errors${WHY_NOT}`, () => {
  /** Runs TURNS with these system calls failing on the journal of s-1. */
  const start = async (inject: string) => {
    await ownedStore(home).store.close(); // so that the workspace is there
    const path = join(storeIn(home).folder, 'sessions', 's-1.jsonl');
    const calls = inject.split(':')[0]!;
    const wrapper = [...QUIET_STRACE, '/dev/null', '-P', path, '-e', `trace=${calls}`, '-e', `inject=${inject}`];
    const program = runProgram(TURNS, home, wrapper);
    expect(await program.next()).toBe('ready');
    const append = async (session: string, from: number, sync: boolean) => {
      program.say(JSON.stringify({ session, from, sync }));
      return program.next();
    };
    const stop = async () => {
      program.child.stdin!.end();
      await program.ended;
    };
    return { append, stop, path };
  };
  const refused = { code: 'store_unavailable', message: expect.stringMatching(/Session s-1/) as string };

  test('a failed sync is final: nothing more is acknowledged, other sessions go on, opening anew heals', async () => {
    const { append, stop } = await start('fdatasync:error=EIO');
    expect(await append('s-1', 0, false)).toEqual({ durable: 0 });
    expect(await append('s-1', 2, true)).toEqual(refused);
    expect(await append('s-1', 4, false)).toEqual(refused);
    expect(await append('s-1', 2, true)).toEqual(refused);
    expect(await append('s-2', 0, true)).toEqual({ durable: 2 });
    await stop();
    const { store, fence } = ownedStore(home);
    const { seq, durable } = await store.journal.open('s-1', () => {});
    expect([seq, durable]).toEqual([4, 0]);
    const appended = await store.journal.append('s-1', { expected_seq: 4, fence }, [entry(5)], { sync: true });
    expect(appended.durable).toBe(5);
    await store.close();
  });

  test('a failed sync of the sessions folder is final, too', async () => {
    await ownedStore(home).store.close();
    const folder = join(storeIn(home).folder, 'sessions');
    const wrapper = [...QUIET_STRACE, '/dev/null', '-P', folder, '-e', 'trace=fsync', '-e', 'inject=fsync:error=EIO'];
    const program = runProgram(TURNS, home, wrapper);
    await program.next();
    program.say(JSON.stringify({ session: 's-1', from: 0, sync: true }));
    expect(await program.next()).toEqual(refused);
    program.say(JSON.stringify({ session: 's-1', from: 2, sync: false }));
    expect(await program.next()).toEqual(refused);
    program.child.stdin!.end();
    await program.ended;
  });

  test('a failed sync of the grants closes them for one use only: the next one finds what is there', async () => {
    await ownedStore(home).store.close(); // so that the workspace is there
    const path = join(storeIn(home).folder, 'governance', 'grants.jsonl');
    const inject = ['-P', path, '-e', 'trace=fdatasync', '-e', 'inject=fdatasync:error=EIO:when=1'];
    const program = runProgram(
      `
      const { store: mine } = testing.ownedStore(process.argv[1]);
      const rule = { tool: 'time', args_digest: '', facts_digest: '', project_root: '/' };
      const add = (grant_id) => mine.grants
        .append({ type: 'grant.added', data: { grant_id, rule, by: 'local', session_id: 's-1', approval_id: 'a' } })
        .then(() => 'added', ({ code }) => code);
      said([await add('g-1'), await add('g-2'), await mine.grants.holds('g-1')]);
      said((await mine.grants.list()).map(({ grant_id }) => grant_id));
    `,
      home,
      // One thread for all syncs: strace counts the calls of each by themselves.
      ['env', 'UV_THREADPOOL_SIZE=1', ...QUIET_STRACE, '/dev/null', ...inject],
    );
    expect(await program.next()).toEqual(['store_unavailable', 'added', true]);
    expect(await program.next()).toEqual(['g-1', 'g-2']);
    expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('a lock file that may only be read gives no lock, beside an owner or without one', async () => {
    const { store } = ownedStore(home);
    const path = join(store.folder, 'workspace.lock');
    const inject = ['-P', path, '-e', 'trace=openat', '-e', 'inject=openat:error=EACCES:when=1'];
    const taking = `
      try { said(testing.storeIn(process.argv[1]).takeLock().ok); } catch ({ code, message }) { said({ code, message }); }
    `;
    const take = () => runProgram(taking, home, [...QUIET_STRACE, '/dev/null', ...inject]).next();
    const unlocked = { code: 'no_permission', message: expect.stringContaining(path) as string };
    expect(await take()).toEqual(unlocked);
    await store.close();
    expect(await take()).toEqual(unlocked);
  });

  test('a record of the holder that cannot be removed keeps nobody from the lock', async () => {
    await ownedStore(home).store.close(); // so that the workspace is there
    const inject = ['-P', join(storeIn(home).folder, 'owner.json'), '-e', 'inject=unlink:error=EIO'];
    const program = runProgram(
      `
      for (let n = 0; n < 2; n++) {
        const { ok, release } = testing.storeIn(process.argv[1]).takeLock();
        said(ok);
        release();
      }
    `,
      home,
      [...QUIET_STRACE, '/dev/null', ...inject],
    );
    expect([await program.next(), await program.next()]).toEqual([true, true]);
    expect(await program.ended).toMatchObject({ code: 0 });
    expect(existsSync(join(storeIn(home).folder, 'owner.json'))).toBe(true);
  });

  test('a failed write is final, and what was durable before stays', async () => {
    const { append, stop } = await start('write:error=EIO:when=2+');
    expect(await append('s-1', 0, true)).toEqual({ durable: 2 });
    expect(await append('s-1', 2, true)).toEqual(refused);
    expect(await append('s-1', 2, true)).toEqual(refused);
    await stop();
    expect(await storeIn(home).journal.read('s-1', () => {})).toMatchObject({ status: 'whole', seq: 2 });
  });

  test('on a full disk the ballast is given up and the write is done; when that is gone the end is clean', async () => {
    const { append, stop, path } = await start('write:error=ENOSPC:when=2..4+2');
    const ballast = join(storeIn(home).folder, 'ballast');
    expect(statSync(ballast).size).toBe(64 * 1024);
    expect(await append('s-1', 0, true)).toEqual({ durable: 2 });
    expect(await append('s-1', 2, true)).toEqual({ durable: 4 }); // the second write fails, the third is the same again
    expect(existsSync(ballast)).toBe(false);
    const full = { code: 'disk_full', message: expect.stringMatching(/ENOSPC/) as string };
    expect(await append('s-1', 4, true)).toEqual(full);
    expect(await append('s-1', 4, true)).toEqual(full);
    await stop();
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(4 + 1);
    const { store } = ownedStore(home);
    expect(statSync(ballast).size).toBe(64 * 1024); // there is room again
    expect(await store.journal.open('s-1', () => {})).toMatchObject({ status: 'whole', seq: 4 });
    await store.close();
  });
});

describe.skipIf(!STRACE)(`the syncs of a plain turn${WHY_NOT}`, () => {
  const TURN = `
    const { store: mine, fence } = testing.ownedStore(process.argv[1]);
    const session = process.env.SESSION;
    const { seq } = await mine.journal.open(session, () => {});
    await mine.ingress.accept(testing.event('e-' + session + seq));
    await mine.blobs.put('the manifest');
    await mine.journal.append(session, { expected_seq: seq, fence }, [testing.entry(seq + 1)], { sync: false });
    await mine.journal.append(session, { expected_seq: seq + 1, fence }, [testing.entry(seq + 2)], { sync: false });
    const { stored } = await mine.journal.append(session, { expected_seq: seq + 2, fence }, [testing.entry(seq + 3)], { sync: true });
    await mine.ingress.done('e-' + session + seq, 'success');
    await mine.audit.append({ type: 'head', data: { session, seq: seq + 3, hash: stored[0].hash } });
    await mine.close();
  `;
  const syncs = async (session: string) => {
    const log = join(home, 'syncs');
    const wrapper = ['env', `SESSION=${session}`, ...QUIET_STRACE, log, '-e', 'trace=fsync,fdatasync,sync'];
    expect(await runProgram(TURN, home, wrapper).ended).toMatchObject({ code: 0, stderr: '' });
    const text = readFileSync(log, 'utf8');
    return { fdatasync: text.match(/fdatasync\(/g)?.length ?? 0, fsync: text.match(/[^a]fsync\(/g)?.length ?? 0 };
  };

  test('known manifest: accept and turn end, and the folder when the session is new', async () => {
    await syncs('s-0'); // makes the workspace
    expect(await syncs('s-1')).toEqual({ fdatasync: 2, fsync: 1 });
    expect(await syncs('s-1')).toEqual({ fdatasync: 2, fsync: 0 });
  });
});

/** A tmpfs of its own in a mount namespace that ends with the process. */
const TMPFS = [
  'unshare',
  '-rm',
  'sh',
  '-c',
  'mkdir -p "$1" && mount -t tmpfs -o size=400k,mode=700 none "$1" && shift && exec "$@"',
  'sh',
];
const MAY_MOUNT = spawnSync(TMPFS[0]!, [...TMPFS.slice(1), '/tmp', 'true']).status === 0;

describe.skipIf(!MAY_MOUNT)(`a disk that is full${MAY_MOUNT ? '' : ' (skipped: no tmpfs can be mounted here)'}`, () => {
  test('a turn that fills the disk still records its end; then all is refused and stays whole', async () => {
    const source = `
      const fs = await import('node:fs');
      const { store: mine, fence } = testing.ownedStore(process.argv[1]);
      await mine.ingress.accept(testing.event('e-1'));
      await mine.journal.open('s-1', () => {});
      fs.writeFileSync(process.argv[1] + '/filler', '');
      try { for (;;) fs.appendFileSync(process.argv[1] + '/filler', 'x'.repeat(4096)); } catch {}
      let seq = 0, refused;
      while (refused === undefined) {
        const entries = [testing.entry(seq + 1, 'x'.repeat(2000))];
        await mine.journal.append('s-1', { expected_seq: seq, fence }, entries, { sync: true })
          .then(() => seq++, ({ code }) => (refused = code));
      }
      const again = await mine.journal.append('s-1', { expected_seq: seq, fence }, [testing.entry(seq + 1)], { sync: true }).catch(({ code }) => code);
      const accept = await mine.ingress.accept(testing.event('e-2', { parts: [{ type: 'text', text: 'y'.repeat(9000) }] })).catch(({ code }) => code);
      const blob = await mine.blobs.put('z'.repeat(9000)).catch(({ code }) => code);
      await mine.close();
      const whole = await testing.storeIn(process.argv[1]).journal.read('s-1', () => {});
      fs.rmSync(process.argv[1] + '/filler');
      const later = testing.ownedStore(process.argv[1]).store;
      const reopened = await later.journal.open('s-1', () => {});
      said({ seq, refused, again, accept, blob, whole, reopened, pending: (await later.ingress.pending()).length });
    `;
    const program = runProgram(source, home, [...TMPFS, home]);
    const said = (await program.next()) as { seq: number };
    expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
    expect(said.seq).toBeGreaterThan(20); // some in the last page, then what the ballast had room for
    expect(said).toMatchObject({
      refused: 'disk_full',
      again: 'disk_full',
      accept: 'disk_full',
      blob: 'disk_full',
      whole: { status: 'whole', seq: said.seq },
      reopened: { status: 'whole', seq: said.seq },
      pending: 1,
    });
  });
});

/** What `runtime store restore` doesn't undo: grants that were taken back, what was used of limits, the rules in force. */
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { StoreCheck, StoreRestored } from '../src/contract/store-care.ts';
import { CONFINED, test } from './support/confined.ts';
import { approvalsIn, type Place, type Ran } from './support/place.ts';

const inStore = (place: Place, ...names: string[]): string => join(place.home, 'workspaces/default', ...names);
const rulesIn = (folder: string): string => join(folder, 'policy.yaml');
const rules = (decision: string): string => `rules:\n  - {tool: exec_command, decision: ${decision}}\n`;

/** A model that runs whatever command it is told. */
const obedient = (place: Place, governance: object = {}): void =>
  place.play(
    [
      { match: { tool_result: 'exec_command' }, reply: { text: 'done' } },
      { match: { any: true }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: '{{asked}}' } }] } },
    ],
    { governance, ...CONFINED },
  );

async function backUp(place: Place, name = 'backup'): Promise<string> {
  const folder = join(place.project, '..', name);
  expect(await place.run(['store', 'backup', folder])).toMatchObject({ code: 0 });
  return folder;
}

async function restore(place: Place, folder: string): Promise<Ran> {
  const ran = await place.run(['store', 'restore', folder, '--force']);
  expect(ran.code).toBe(0);
  expect(await place.run(['store', 'check', '--deep'])).toMatchObject({ code: 0 });
  return ran;
}

async function restored(place: Place, folder: string): Promise<StoreRestored> {
  const { stdout } = await place.run(['store', 'restore', folder, '--force', '-o', 'json']);
  return JSON.parse(stdout) as StoreRestored;
}

const ask = (place: Place, command: string) => place.run(['run', '--session', command.replaceAll(' ', '-'), command]);

async function grant(place: Place, command: string): Promise<string> {
  const [id = ''] = approvalsIn(await ask(place, command));
  expect(await place.run(['approve', id, '--always', '--resume'])).toMatchObject({ code: 0 });
  const { stdout } = await place.run(['approvals', 'grants', '-o', 'json']);
  return (JSON.parse(stdout) as { grant_id: string }[]).at(-1)!.grant_id;
}

describe('grants', () => {
  test('one that was taken back since the backup is not in force again, which is said; others are', async ({
    place,
  }) => {
    obedient(place);
    const [revoked] = [await grant(place, 'touch a'), await grant(place, 'touch b')];
    const folder = await backUp(place);
    await place.run(['approvals', 'revoke', revoked]);
    const { stderr } = await restore(place, folder);
    expect(stderr).toContain(`Grants that were taken back since stay so: ${revoked}\n`);
    expect((await ask(place, 'touch a')).code).toBe(5);
    expect((await ask(place, 'touch b')).code).toBe(0);
    expect(await restored(place, folder)).toMatchObject({ still_revoked: [revoked] }); // it knows of that by now
    expect(await restored(place, await backUp(place, 'later'))).toMatchObject({ still_revoked: [] });
  });

  test('those of a session end, whether or not it was removed since', async ({ place }) => {
    obedient(place);
    for (const command of ['touch a', 'touch b']) {
      const [id = ''] = approvalsIn(await ask(place, command));
      expect(await place.run(['approve', id, '--session', '--resume'])).toMatchObject({ code: 0 });
      expect((await ask(place, command)).code).toBe(0);
    }
    const folder = await backUp(place);
    await place.run(['session', 'rm', 'touch-a']);
    await restore(place, folder);
    for (const command of ['touch a', 'touch b']) {
      expect((await ask(place, command)).code).toBe(5);
      expect(await place.run(['session', 'verify', command.replace(' ', '-')])).toMatchObject({ code: 0 });
    }
    expect((await place.run(['approvals', 'grants'])).stdout).not.toContain('touch');
  });

  test('one of which the workspace that is replaced knows nothing holds', async ({ place }) => {
    obedient(place);
    await grant(place, 'touch a');
    const folder = await backUp(place);
    rmSync(inStore(place), { recursive: true });
    expect((await ask(place, 'touch a')).code).toBe(5);
    expect((await restore(place, folder)).stderr).not.toContain('Grants');
    expect((await ask(place, 'touch a')).code).toBe(0);
  });

  test('none is in force where nobody can read any more what was taken back', async ({ place }) => {
    obedient(place);
    const granted = await grant(place, 'touch a');
    const folder = await backUp(place);
    const file = inStore(place, 'governance/grants.jsonl');
    writeFileSync(file, readFileSync(file, 'utf8').replace('touch', 'tough'));
    expect((await restore(place, folder)).stderr).toContain(granted);
    expect((await ask(place, 'touch a')).code).toBe(5);
  });
});

describe('limits', () => {
  test('calls of today are not forgotten, and the higher count holds', async ({ place }) => {
    const ran = (): number => place.read('ran').length;
    const governance = { auto_allow: ['exec_command'], daily_tool_limit: 3 };
    const go = (session: string) => place.run(['run', '--session', session, 'printf x >> ran']);
    obedient(place, governance);
    await go('one');
    const older = await backUp(place, 'older');
    await go('two');
    await restore(place, older);
    await go('three');
    await go('four');
    expect(ran()).toBe(3);
    const newer = await backUp(place, 'newer');
    rmSync(inStore(place), { recursive: true });
    await go('five');
    expect(ran()).toBe(4);
    await restore(place, newer);
    await go('six');
    expect(ran()).toBe(4);
  });

  test('what models were asked today is not either', async ({ place }) => {
    place.play([{ match: { any: true }, reply: { text: 'Hello.' } }], { budget: { day: { calls: 2 } } });
    await place.run(['run', '--session', 'one', 'go']);
    const folder = await backUp(place);
    await place.run(['run', '--session', 'two', 'go']);
    await restore(place, folder);
    const refused = await place.run(['run', '--session', 'three', 'go']);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('budget_exceeded') as string });
  });
});

describe('policy.yaml', () => {
  test('is in a backup, and comes back where there is no workspace', async ({ place }) => {
    obedient(place);
    await ask(place, 'touch a');
    writeFileSync(rulesIn(inStore(place)), rules('deny'));
    const check = JSON.parse((await place.run(['store', 'check', '-o', 'json'])).stdout) as StoreCheck;
    expect(check.notes).toEqual([]);
    const folder = await backUp(place);
    expect(readFileSync(rulesIn(join(folder, 'workspace')), 'utf8')).toBe(rules('deny'));
    rmSync(inStore(place), { recursive: true });
    const { stderr } = await restore(place, folder);
    expect(stderr).not.toContain('policy.yaml');
    expect(readFileSync(rulesIn(inStore(place)), 'utf8')).toBe(rules('deny'));
  });

  test.for([
    ['others', rules('deny'), rules('allow')],
    ['none', rules('deny'), undefined],
    ['some, where there were none', undefined, rules('deny')],
    ['the same', rules('deny'), rules('deny')],
  ] as const)('a workspace that is replaced keeps its own: %s', async ([, then, now], { place }) => {
    obedient(place);
    const put = (text: string | undefined): void => {
      rmSync(rulesIn(inStore(place)), { force: true });
      if (text !== undefined) writeFileSync(rulesIn(inStore(place)), text, { mode: 0o600 });
    };
    await ask(place, 'touch a');
    put(then);
    const folder = await backUp(place);
    put(now);
    const { stderr } = await restore(place, folder);
    expect(existsSync(rulesIn(inStore(place)))).toBe(now !== undefined);
    if (now !== undefined) expect(readFileSync(rulesIn(inStore(place)), 'utf8')).toBe(now);
    const told = `The rules in force stay as they were; those of the backup are others: ${rulesIn(join(folder, 'workspace'))}\n`;
    if (then === now || then === undefined) expect(stderr).not.toContain('rules');
    else expect(stderr).toContain(told);
  });

  test('also where it is a link', async ({ place }) => {
    obedient(place);
    await ask(place, 'touch a');
    const own = join(place.home, 'rules-of-mine.yaml');
    writeFileSync(own, rules('deny'));
    symlinkSync('../../rules-of-mine.yaml', rulesIn(inStore(place)));
    const folder = await backUp(place);
    expect(readFileSync(rulesIn(join(folder, 'workspace')), 'utf8')).toBe(rules('deny'));
    writeFileSync(own, rules('require_approval'));
    await restore(place, folder);
    writeFileSync(own, rules('deny'));
    expect((await place.run(['policy', 'show'])).stdout).toMatch(/exec_command.*deny/);
  });
});

describe('jobs', () => {
  const add = async (place: Place, name: string, ...more: string[]): Promise<void> => {
    const added = await place.run(['cron', 'add', name, '--schedule', '@yearly', '--command', 'echo ran >> ran.txt', ...more]); // prettier-ignore
    expect(added).toMatchObject({ code: 0 });
  };
  const jobs = async (place: Place): Promise<string[]> => {
    const { stdout } = await place.run(['cron', 'ls', '-o', 'json']);
    const all = JSON.parse(stdout) as { name: string; status: string }[];
    return all.map(({ name, status }) => `${name} ${status}`);
  };

  test('what was in force no more is paused, which is said', async ({ place }) => {
    obedient(place);
    for (const name of ['removed', 'paused', 'other', 'same']) await add(place, name);
    const folder = await backUp(place);
    for (const name of ['removed', 'other']) await place.run(['cron', 'rm', name]);
    await place.run(['cron', 'pause', 'paused']);
    await add(place, 'other', '--jitter', '1m');
    await add(place, 'new');
    const { stderr } = await restore(place, folder);
    const said = "Jobs that weren't in force are paused: removed, paused, other; let one fire again: runtime cron resume <name>\n"; // prettier-ignore
    expect(stderr).toContain(said);
    expect(await jobs(place)).toEqual(['removed paused', 'paused paused', 'other paused', 'same active']);
    expect((await restored(place, folder)).paused_jobs).toEqual(['removed', 'paused', 'other']);
  });

  test('where nobody can read what was, all are; where there were none, none', async ({ place }) => {
    obedient(place);
    await add(place, 'one');
    const folder = await backUp(place);
    rmSync(inStore(place, 'schedules.jsonl'));
    await ask(place, 'touch a');
    expect((await restored(place, folder)).paused_jobs).toEqual([]);
    expect(await jobs(place)).toEqual(['one active']);
    writeFileSync(inStore(place, 'schedules.jsonl'), 'garbage\n', { mode: 0o600 });
    expect((await restored(place, folder)).paused_jobs).toEqual(['one']);
  });
});

/** The configuration of a daemon and of an open terminal follows its files, without a signal. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect } from 'vitest';
import { startDaemon } from './support/daemon.ts';
import { entriesOf, linesOf, type Place, test } from './support/place.ts';
import { answerApproval, openRepl, send } from './support/repl.ts';

const rulesFile = (place: Place): string => join(place.home, 'workspaces/default/policy.yaml');
const touch = { calls: [{ name: 'exec_command', arguments: { cmd: 'touch ran' } }] };
const allowed = 'rules:\n  - { tool: exec_command, command: touch *, decision: allow }\n';

test('a daemon judges by rules that are written while it runs, and by none that are broken', async ({
  place,
  mock,
}) => {
  place.connect(mock);
  const daemon = await startDaemon(place);
  writeFileSync(`${rulesFile(place)}.new`, allowed);
  renameSync(`${rulesFile(place)}.new`, rulesFile(place));
  await daemon.says('"configuration reloaded"');
  mock.reply(touch, { text: 'Done.' });
  expect((await daemon.send({ content: 'touch' })).status).toMatchObject({ text: 'Done.' });
  expect(existsSync(join(place.project, 'ran'))).toBe(true);
  expect((await place.run(['policy', 'audit'])).stdout).toContain('policy.yaml');

  writeFileSync(rulesFile(place), 'rules:\n  - { tool: exec_comand, decision: allow }\n');
  await daemon.says('configuration refused');
  rmSync(join(place.project, 'ran'));
  mock.reply(touch, { text: 'As before.' });
  expect((await daemon.send({ content: 'touch' })).status).toMatchObject({ text: 'As before.' });
  expect(existsSync(join(place.project, 'ran'))).toBe(true);

  writeFileSync(rulesFile(place), allowed);
  place.connect(mock, {}, { governance: { deny: ['exec_command'] } });
  await daemon.says('"governance.deny"');
  rmSync(join(place.project, 'ran'));
  mock.reply(touch, { text: 'Denied.' });
  expect((await daemon.send({ content: 'touch' })).status).toMatchObject({ text: 'Denied.' });
  expect(existsSync(join(place.project, 'ran'))).toBe(false);
  process.kill(daemon.pid, 'SIGTERM');
  const told = linesOf((await daemon.ended).stderr).map((line) => String((line as { msg?: unknown }).msg));
  expect(told.filter((text) => text.startsWith('configuration'))).toEqual([
    'configuration reloaded',
    'configuration refused; the one before holds',
    'configuration reloaded',
  ]);
});

test('an open terminal says that its configuration changed, and goes by it', async ({ place, mock }) => {
  place.connect(mock);
  const terminal = await openRepl(place);
  mock.reply(touch, { text: 'Not done.' });
  await send(terminal, 'touch', 'y yes');
  await answerApproval(terminal, 'n');
  await terminal.waitFor('why not?');
  terminal.press('enter');
  await terminal.waitFor('Not done.');
  // As those do who keep their files in a repository.
  const kept = join(place.project, 'kept.yaml');
  writeFileSync(kept, 'rules: {}\n');
  symlinkSync(kept, rulesFile(place));
  await terminal.waitFor('the configuration is refused, the one before holds');
  writeFileSync(kept, allowed);
  await terminal.waitFor('the configuration was read again: policy.yaml');
  mock.reply(touch, { text: 'Done now.' });
  await send(terminal, 'again', 'Done now.');
  expect(existsSync(join(place.project, 'ran'))).toBe(true);
});

const denies = { governance: { deny: ['exec_command'], auto_allow: ['exec_command'] } };

test.for([
  ['a config.yaml that is gone', (place: Place) => rmSync(join(place.home, 'config.yaml')), 'it is gone'],
  [
    'a config.yaml that is emptied',
    (place: Place) => writeFileSync(join(place.home, 'config.yaml'), '\n'),
    'it is empty',
  ],
  [
    'a config.yaml that is a link to nothing',
    (place: Place) => {
      rmSync(join(place.home, 'config.yaml'));
      symlinkSync(join(place.project, 'nothing.yaml'), join(place.home, 'config.yaml'));
    },
    'link to nothing',
  ],
  [
    'a policy.yaml that is a link to nothing',
    (place: Place) => symlinkSync(join(place.project, 'nothing.yaml'), rulesFile(place)),
    'link to nothing',
  ],
  ['a pipe', (place: Place) => execFileSync('/bin/sh', ['-c', 'mkfifo "$0"', rulesFile(place)]), 'it is no file'],
] as const)('%s lets nothing run that was denied before', async ([, change, why], { place, mock }) => {
  place.connect(mock, {}, denies);
  const daemon = await startDaemon(place);
  change(place);
  await daemon.says(why);
  mock.reply(touch, { text: 'Denied.' });
  expect((await daemon.send({ content: 'touch' })).status).toMatchObject({ text: 'Denied.' });
  expect(existsSync(join(place.project, 'ran'))).toBe(false);
});

test('what a daemon was started with by a pipe holds on', async ({ place, mock }) => {
  place.connect(mock, {}, denies);
  const config = join(place.home, 'config.yaml');
  const daemon = place.start(['daemon', '--port', '0'], {
    shell: `exec bash -c 'exec "$0" "$@" --config <(cat "${config}")' "$@"`,
  });
  await daemon.says('runtime.ready');
  await daemon.says('configuration refused');
  const { stdout } = await place.run(['policy', 'audit', '-o', 'json']);
  expect(JSON.parse(stdout)).toMatchObject({ changes: [] });
});

test('a link to nothing is no missing policy: nothing starts', async ({ place, mock }) => {
  place.connect(mock, {}, denies);
  mkdirSync(join(place.home, 'workspaces/default'), { recursive: true, mode: 0o700 });
  symlinkSync(join(place.project, 'nothing.yaml'), rulesFile(place));
  const ran = await place.run(['run', 'touch']);
  expect(ran.code).not.toBe(0);
  expect(ran.stderr).toContain('link to nothing');
});

test('a configuration that lies in the project is closed to tools', async ({ place, mock }) => {
  place.connect(mock, {}, { governance: { auto_allow: ['apply_patch', 'read_file', 'exec_command'] } });
  const config = join(place.project, 'runtime.yaml');
  renameSync(join(place.home, 'config.yaml'), config);
  const was = readFileSync(config, 'utf8');
  const change = `*** Begin Patch\n*** Delete File: runtime.yaml\n*** End Patch`;
  mock.reply(
    {
      calls: [
        { name: 'apply_patch', arguments: { patch: change } },
        { name: 'read_file', arguments: { path: 'runtime.yaml' } },
      ],
    },
    { text: 'Neither.' },
  );
  expect(await place.run(['run', 'change it', '--config', config])).toMatchObject({ code: 0, stdout: 'Neither.\n' });
  expect(readFileSync(config, 'utf8')).toBe(was);
  const decided = entriesOf(place.journal(basename(place.journalFile(), '.jsonl')), 'policy.decided');
  expect(decided.map(({ verdict }) => verdict)).toEqual(['deny', 'deny']);
});

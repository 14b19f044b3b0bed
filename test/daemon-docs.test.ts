/** Every example of docs/http.md, run as it stands there. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { startDaemon } from './support/daemon.ts';
import { plans, step } from './support/goals.ts';
import { expectVerified, LAUNCHER, type Place, test } from './support/place.ts';

const PAGE = join(import.meta.dirname, '../docs/http.md');
const START = 'runtime daemon\n';

function examples(): string[] {
  const blocks = [...readFileSync(PAGE, 'utf8').matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block!);
  expect(blocks.filter((block) => block === START)).toHaveLength(1);
  return blocks.filter((block) => block !== START);
}

/** Runs all blocks in one shell, and gives what each said. */
function runAll(place: Place, url: string): string[] {
  const blocks = examples().map((block) => block.replace('http://127.0.0.1:8080', url));
  const script = ['set -e', 'runtime() { "$PROGRAM" "$@"; }', ...blocks.map((block) => `${block}echo; echo '--- end'`)];
  const file = join(place.project, 'examples.sh');
  writeFileSync(file, `${script.join('\n')}\n`);
  const environment = { ...place.environment, PROGRAM: LAUNCHER };
  const { status, stdout, stderr } = spawnSync('sh', [file], {
    cwd: place.project,
    env: environment,
    encoding: 'utf8',
  });
  expect(status, stdout + stderr).toBe(0);
  return stdout.split('--- end\n').slice(0, -1);
}

test('does what the page says', async ({ place, skip }) => {
  if (spawnSync('curl', ['--version']).status !== 0) return skip('no curl here');
  place.play([
    plans(step('a'), step('b')),
    { match: { tool_result: 'exec_command' }, reply: { text: 'All pass.' } },
    { match: { contains: 'run the tests' }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'true' } }] } },
    { match: { any: true }, reply: { text: 'It answers.' } },
  ]);
  const daemon = await startDaemon(place);
  const [token, message, key, image, goal, steered, stream, resumed, approval, error, health, ...more] = runAll(
    place,
    daemon.url,
  );
  expect(more).toEqual([]);
  expect(token).toContain('"program":"runtime"');
  expect(message).toMatch(/"status":"done".*"text":"It answers\."/);
  const [first, second] = [...key!.matchAll(/"event_id":"([^"]+)".*?"duplicate":(true|false)/g)];
  expect([first![2], second![2], first![1] === second![1]]).toEqual(['false', 'true', true]);
  expect(image).toMatch(/"status":"queued"/);
  expect(goal).toMatch(/"status":"done".*"text":"It answers\."/);
  expect(steered).toMatch(/"session_id":"docs","duplicate":false/);
  expect(stream).toMatch(/^id: 1-.*^event: turn\.ended$/ms);
  expect(resumed).not.toContain('event: turn.started');
  expect(approval).toMatch(/"status":"granted".*"text":"All pass\."/s);
  expect(error).toMatch(/"status":404,"code":"not_found".*"next":".*"request_id":"r-/);
  expect(health).toMatch(/"status":"ok".*"status":"ready"/s);
  for (const session of ['docs', 'find']) await expectVerified(place, session);
});

/** What 100,000 finished sessions cost a start: a turn in a new session, and one in a session among them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '../../src/base/digest.ts';
import { buildLine } from '../../src/store/chain/line.ts';
import { program, runOnce, runRounds, type Variant } from './measure.ts';
import { printTable, printTitle, RATIO_HEAD, ratioCells } from './report.ts';

const SESSIONS = 100_000;
const ROUNDS = 15;
const ASKED = '≤ 1.5';

const home = mkdtempSync(join(tmpdir(), 'runtime-bench-'));
try {
  const turn = (name: string, session: string): Variant => ({
    name,
    command: [...program, 'run', '--session', session, 'hi'],
    environment: { HOME: home, RUNTIME_HOME: makeHome(name) },
  });
  const empty = turn('a turn, empty store', 'mine');
  const full = turn(`a turn, ${SESSIONS.toLocaleString('en')} sessions`, 'mine');
  for (const variant of [empty, full]) await runOnce(variant); // makes the workspace
  fill(join(full.environment!['RUNTIME_HOME']!, 'workspaces/default/sessions'));
  const samples = await runRounds([empty, full], ROUNDS);
  const floors = samples.get(empty.name)!;
  printTitle(`many-sessions: ${ROUNDS} rounds`);
  printTable([
    [...RATIO_HEAD, 'asked'],
    ratioCells(empty.name, floors, floors),
    [...ratioCells(full.name, samples.get(full.name)!, floors), ASKED],
  ]);
} finally {
  rmSync(home, { recursive: true, force: true });
}

function makeHome(name: string): string {
  const folder = join(home, sha256(name).slice(0, 8));
  mkdirSync(folder, { mode: 0o700 });
  const script = join(folder, 'script.yaml');
  writeFileSync(script, 'model: script/v1\nturns:\n  - {match: {any: true}, reply: {text: ok}}\n');
  writeFileSync(
    join(folder, 'config.yaml'),
    `models: {registry: [{name: m, provider: script, script: '${script}'}]}\n`,
  );
  return folder;
}

/** Journals of one entry each: how long they are doesn't matter to who doesn't read them. */
function fill(sessions: string): void {
  for (let n = 0; n < SESSIONS; n++) {
    const id = `s-${n}`;
    const record = { at: n, type: 'timer.fired', data: { timer_id: id } };
    const { text } = buildLine(record, { seq: 1, durable: 0, prev: sha256(id) });
    writeFileSync(join(sessions, `${id}.jsonl`), text, { mode: 0o600 });
  }
}

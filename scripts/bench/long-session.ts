/**
 * What a turn costs the runtime when its session is long: turn 1,000 against turn 10, in one process, through the engine,
 * with a model that answers at once. CPU time, as the work of the disk is the same. And what it costs to open the
 * session then: by its snapshot, and folded whole.
 */
import { rmSync } from 'node:fs';
import { LOCAL_ACTOR } from '../../src/engine/principal.ts';
import { takeEchoWorkspace } from './echo-workspace.ts';
import { median } from './measure.ts';
import { printTable, printTitle } from './report.ts';

const SESSIONS = 5;
/** Turns are too short to be measured one by one. */
const AROUND = 9;
const HALF = Math.floor(AROUND / 2);
const EARLY = 10;
const LATE = 1000;

const { home, owned } = await takeEchoWorkspace();
const { owner, release } = owned;
try {
  await costs(); // first a session in which V8 learns the code
  const sessions: Costs[] = [];
  for (let n = 0; n < SESSIONS; n++) sessions.push(await costs());
  const medianOf = (part: (costs: Costs) => number): number => median(sessions.map(part));
  const early = medianOf((costs) => costs.early);
  const late = medianOf((costs) => costs.late);
  const whole = medianOf((costs) => costs.openWhole);
  const opened = medianOf((costs) => costs.open);
  printTitle(`long-session: ${SESSIONS} sessions of ${LATE} turns; the ${AROUND} turns around each`);
  printTable([
    ['', 'CPU ms', '×', 'asked'],
    [`turn ${EARLY}`, early.toFixed(3), '1.00'],
    [`turn ${LATE}`, late.toFixed(3), (late / early).toFixed(2), '≤ 1.5'],
    [`opening after turn ${LATE + HALF}, folded whole`, whole.toFixed(3), '1.00'],
    ['opening by its snapshot', opened.toFixed(3), (opened / whole).toFixed(2)],
  ]);
} finally {
  await release();
  rmSync(home, { recursive: true, force: true });
}

/** CPU time in ms of a turn around the early and around the late one of a new session, and of opening it then. */
interface Costs {
  early: number;
  late: number;
  open: number;
  openWhole: number;
}

async function costs(): Promise<Costs> {
  const live = await owner.open(owner.newSessionId());
  const turn = async (text: string): Promise<void> => {
    const parts = [{ type: 'text' as const, text }];
    await owner.accept({ session: live.id, parts, actor: LOCAL_ACTOR, source: 'bench', root: home });
    await owner.enter(live);
    await live.runner.rest();
  };
  const run = async (until: number): Promise<number> => {
    const first = live.runner.state().turns;
    const all = await cpuOf(async () => {
      while (live.runner.state().turns < until) await turn(`message ${live.runner.state().turns}`);
    });
    return all / (until - first);
  };
  await run(EARLY - HALF - 1);
  const early = await run(EARLY + HALF);
  await run(LATE - HALF - 1);
  const late = await run(LATE + HALF);
  await owner.close(live);
  const openWhole = await cpuOf(async () => owner.close(await owner.open(live.id, { whole: true })));
  const open = await cpuOf(async () => owner.close(await owner.open(live.id)));
  return { early, late, open, openWhole };
}

async function cpuOf(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

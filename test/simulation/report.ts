/** What the command prints. */
import { INVARIANTS } from './invariants/all.ts';
import type { Outcome } from './run.ts';
import type { Summary } from './pool.ts';

export function summaryLines({ runs, counts, simulated_ms, wall_ms, cpu_ms }: Summary): string[] {
  const count = (what: string): string => (counts[what] ?? 0).toLocaleString('en');
  const faults = Object.keys(counts)
    .filter((what) => what.startsWith('fault '))
    .sort()
    .map((what) => `${what.slice('fault '.length)} ${count(what)}`);
  const refused = Object.entries(counts).filter(([what]) => what.startsWith('answers refused: '));
  const refusals = refused.reduce((sum, [, times]) => sum + times, 0).toLocaleString('en');
  const turns = counts['turns'] ?? 0;
  const rows: [string, string][] = [
    ['runs', runs.toLocaleString('en')],
    ['whole turns', count('turns')],
    ['crashes', count('crashes')],
    ['power cuts', count('power cuts')],
    ['disk faults', faults.join(', ') || 'none'],
    ['messages accepted', count('accepted')],
    ['model calls', count('model calls')],
    ['effects', count('effects')],
    [
      'approvals answered',
      `${count('approvals answered')}; by a rule ${count('rules granted')}; too late or not allowed ${refusals}`,
    ],
    ['journals verified', count('journals verified')],
    ['simulated time', durationOf(simulated_ms)],
    ['wall time', `${(wall_ms / 1000).toFixed(1)} s`],
    ['processor time', `${(cpu_ms / 1000).toFixed(1)} s`],
    ['turns a second', `${rate(turns, wall_ms)}; ${rate(turns, cpu_ms)} a second of processor time`],
    ['faster than time by', `${Math.round(simulated_ms / wall_ms).toLocaleString('en')} times`],
  ];
  return rows.map(([what, value]) => `${what.padEnd(20)} ${value}`);
}

export function failureLines(violation: NonNullable<Outcome['violation']>, trace: readonly string[]): string[] {
  const says = INVARIANTS.find(({ letter }) => letter === violation.letter)?.says ?? 'this never happens at all';
  return [`invariant ${violation.letter}: ${says}`, violation.message, '', ...trace];
}

function rate(turns: number, ms: number): string {
  return (turns / (ms / 1000)).toFixed(0);
}

const UNITS = [
  ['days', 86_400_000],
  ['hours', 3_600_000],
  ['minutes', 60_000],
] as const;

function durationOf(ms: number): string {
  const [unit, size] = UNITS.find(([, of]) => ms >= of) ?? (['seconds', 1000] as const);
  return `${(ms / size).toFixed(1)} ${unit}`;
}

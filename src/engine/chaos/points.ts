/** The crash points of the workload's turn: their names, as `RUNTIME_CRASH_AT` takes them, and words for people. */
import { EFFECTS, ENTRIES, SYNCED } from './workload.ts';

export interface Point {
  /** `<before|after>-<append|sync>-<entry type>[:n]`, `<before|after>-effect:n`, `before-ack`. */
  name: string;
  words: string;
}

/** Every pass of every point, in the order of the turn as far as one can be told. */
export const POINTS: readonly Point[] = [
  { name: 'before-ack', words: 'the message is durable, nobody was told' },
  ...ENTRIES.flatMap(([type, words], index) => {
    const pass = ENTRIES.slice(0, index + 1).filter(([other]) => other === type).length;
    return [
      { name: `before-append-${type}:${pass}`, words: `about to write ${words}` },
      { name: `after-append-${type}:${pass}`, words: `written: ${words}` },
    ];
  }),
  ...SYNCED.flatMap(([type, words]) => [
    { name: `before-sync-${type}`, words: `about to sync ${words}` },
    { name: `after-sync-${type}`, words: `durable: ${words}` },
  ]),
  ...EFFECTS.flatMap(([begin, done], index) => [
    { name: `before-effect:${index + 1}`, words: `about to ${begin}` },
    { name: `after-effect:${index + 1}`, words: `${done}, unwritten` },
  ]),
];

/** One of each kind of thing that can be cut, in the order of the turn. */
const TELLING = [
  'before-ack',
  'before-append-session.created:1',
  'after-append-input.received:1',
  'before-effect:1',
  'after-append-turn.started:1',
  'before-effect:2',
  'after-effect:2',
  'after-append-model.replied:1',
  'after-append-call.started:1',
  'after-effect:5',
  'before-sync-call.started',
  'after-sync-call.started',
  'before-effect:9',
  'after-effect:9',
  'before-append-call.started:4',
  'after-append-call.started:4',
  'before-effect:12',
  'after-effect:12',
  'after-append-call.finished:4',
  'after-effect:13',
  'before-sync-turn.ended',
  'after-sync-turn.ended',
];

/**
 * The points to kill at: all, a telling selection, or those of all whose name or words hold the pattern (`*` stands for
 * anything).
 */
export function choosePoints({ all, pattern }: { all: boolean; pattern?: string }): Point[] {
  if (pattern !== undefined) {
    const parts = pattern.split('*').map((part) => part.replaceAll(/[\\^$.|?+()[\]{}]/g, '\\$&'));
    const wanted = new RegExp(parts.join('.*'), 'i');
    return POINTS.filter(({ name, words }) => wanted.test(name) || wanted.test(words));
  }
  return all ? [...POINTS] : TELLING.map((name) => POINTS.find((point) => point.name === name)!);
}

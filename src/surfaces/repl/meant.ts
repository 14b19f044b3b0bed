/**
 * Which approval `/approve` and `/deny` mean where none is named: the only one that waits here, if it could be looked at before
 * the command was begun to be typed. What came meanwhile, in the place of one that somebody else answered, was not meant.
 */
import { RuntimeError } from '../../contract/errors.ts';
import { createLook, type Look, type LookOptions } from './look.ts';

export interface Meant {
  /** These wait, and are on the terminal. */
  painted(ids: readonly string[]): void;
  /** A line was begun. */
  begun(): void;
  /** Of these, which wait. `byLine`: nobody tells when a line was begun. @throws RuntimeError usage, where it isn't clear */
  only(ids: readonly string[], byLine: boolean): string;
  close(): void;
}

export function createMeant(options: LookOptions): Meant {
  const looks = new Map<string, Look>();
  /** As the line was begun. */
  let seen = new Set<string>();

  const lookedAt = (): Set<string> => new Set([...looks].filter(([, look]) => look.isOver()).map(([id]) => id));

  function forgetBut(ids: readonly string[]): void {
    for (const [id, look] of looks) {
      if (ids.includes(id)) continue;
      look.forget();
      looks.delete(id);
    }
  }

  return {
    painted(ids) {
      forgetBut(ids);
      for (const id of ids) {
        if (looks.has(id)) continue;
        const look = createLook(options);
        looks.set(id, look);
        look.begin();
      }
    },
    begun() {
      seen = lookedAt();
      for (const [id, look] of looks) if (!seen.has(id)) look.again();
    },
    only(ids, byLine) {
      const [id, another] = ids;
      if (id === undefined) throw new RuntimeError('usage', 'nothing waits for an answer here', { next: '/approvals lists what waits elsewhere.' }); // prettier-ignore
      if (another !== undefined) throw new RuntimeError('usage', `${ids.length} calls wait here`, { next: 'Name one: /approvals lists them.' }); // prettier-ignore
      if ((byLine ? lookedAt() : seen).has(id)) return id;
      throw new RuntimeError('usage', `${id} was asked for as you typed: nothing was answered`, {
        next: `Look at it, and say it again, or name it: ${id}`,
      });
    },
    close: () => forgetBut([]),
  };
}

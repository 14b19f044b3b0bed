/**
 * Replaces what looks like a secret, in a text that comes in pieces. One pass: the anchors of all shapes are looked for at
 * once, and behind each what its shape asks for. What was replaced goes on for as long as its characters come, so that
 * little is ever held back; no text makes it slow, as nothing is looked at again and again (`Runs`).
 */
import { IN_PEM, Runs, type CharClass } from './shape-classes.ts';
import { anchorsAt, longestBeginning, nextAnchor } from './shape-anchors.ts';
import { MOST_HELD, type Found, type Place } from './shape-finders.ts';

/** What a shape may look at before its anchor: as the number of a bot. */
const CONTEXT = 16;

/** A whole text. */
export function redactShapes(text: string): string {
  return nextAnchor(text, 0) < text.length ? new ShapeScanner().push(text, true) : text;
}

export class ShapeScanner {
  /** What was given out last, as it was. */
  #before = '';
  #held = '';
  #onward: CharClass | 'pem' | undefined;

  /** What is decided now. With `isEnd` all is. */
  push(piece: string, isEnd = false): string {
    const text = this.#before + this.#held + piece;
    const runs = new Runs(text);
    const out: string[] = [];
    let done = this.#before.length;
    let at = done;
    for (;;) {
      if (this.#onward !== undefined) {
        const { to, isOver } = onwardTo(this.#onward, text, at, runs, isEnd);
        at = done = to;
        if (!isOver) break;
        this.#onward = undefined;
      }
      at = nextAnchor(text, at);
      if (at === text.length) break;
      const { name, found } = findAt({ text, at, runs, isEnd });
      if (found === 'more' && text.length - at <= MOST_HELD) break;
      if (found === undefined || found === 'more') {
        at++;
        continue;
      }
      const placeholder = `[REDACTED:${name}]`;
      out.push(text.slice(done, found.from), placeholder);
      if (found.also) out.push(text.slice(found.to, found.also.from), placeholder);
      at = done = (found.also ?? found).to;
      this.#onward = found.onward;
    }
    // A longer anchor than one that came to nothing may begin before.
    const hold = isEnd ? at : Math.min(at, text.length - longestBeginning(text, done));
    out.push(text.slice(done, hold));
    this.#held = text.slice(hold);
    this.#before = text.slice(Math.max(0, hold - CONTEXT), hold);
    return out.join('');
  }
}

function findAt({ text, at, runs, isEnd }: Omit<Place, 'after'>): { name?: string; found: Found | 'more' | undefined } {
  for (const [anchor, { name, find }] of anchorsAt(text, at)) {
    const found = find({ text, at, after: at + anchor.length, runs, isEnd });
    if (found !== undefined) return { name, found };
  }
  return { found: undefined };
}

const END = '-----END ';

/** How far what was replaced goes on, and whether it ends there. */
function onwardTo(
  onward: CharClass | 'pem',
  text: string,
  from: number,
  runs: Runs,
  isEnd: boolean,
): { to: number; isOver: boolean } {
  if (onward !== 'pem') {
    const to = runs.end(onward, from);
    return { to, isOver: to < text.length || isEnd };
  }
  const stop = runs.end(IN_PEM, from);
  const end = text.slice(from, stop).indexOf(END);
  if (end >= 0) {
    const behind = from + end + END.length;
    const dashes = text.slice(behind, behind + 80).indexOf('-----');
    if (dashes >= 0) return { to: behind + dashes + '-----'.length, isOver: true };
    if (text.length - behind < 80 && !isEnd) return { to: from + end, isOver: false };
    return { to: behind, isOver: true };
  }
  if (stop < text.length || isEnd) return { to: stop, isOver: true };
  return { to: Math.max(from, stop - END.length + 1), isOver: false };
}

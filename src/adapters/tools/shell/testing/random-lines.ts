/**
 * Lines in which the shell's things stand in each other at random, as bash itself would never be given them, each with
 * `touch PWNED` in one place. They hold no `/` and no `~`: run in a folder, they leave nothing elsewhere.
 */
import fc from 'fast-check';

const AROUND = [
  ["'", "'"], ['"', '"'], ['`', '`'], ["$'", "'"], ['$"', '"'], ['$(', ')'], ['"$(', ')"'], ['(', ')'], ['{ ', ';}'], ['<(', ')'], ['>(', ')'],
  ['((', '))'], ['((', ') )'], ['$((', '))'], ['$((', ') )'], ['$[', ']'], ['${ ', ';}'], ['for ((', ';;)) do break; done'],
  ['${x:-', '}'], ['${x-', '}'], ['${x#', '}'], ['${x:', '}'], ['${x@', '}'], ['${#', '}'], ['${a[', ']}'], ['"${x:-', '}"'], ['"${x#', '}"'],
  ['a[', ']'], ['a=(', ')'], ['a=([', ']=1)'], ['x=', ' '], ['[', ']'], ['{a,', '}'], ['@(', ')'], ['*(', ')'],
  ['[[ ', ' ]]'], ['[[ a == ', ' ]]'], ['[[ a =~ ', ' ]]'], ['[ ', ' ]'],
  ['<<E\n', '\nE\n'], ['cat <<E\n', '\nE\n'], ["cat <<'E'\n", '\nE\n'], ['cat <<-E\n', '\n\tE\n'], ['cat <<E;', '\nE\n'], ['<<<', ' '],
  ['>&', ' '], ['<&', ' '], ['2>&', ' '], ['&>', ' '], ['>', ' '], ['{fd}>', ' '], ['{a[', ']}>x '], ['{a[', ']}<<<x '], ['echo ', '\n'], ['echo ', ';'], ['declare ', ';'],
  ['case a in a) ', ' esac'], ['$(case a in a) ', ' esac)'], ['case ', ' in a) :;; esac'], ['case a in ', ') :;; esac'], ['if ', '; then :; fi'],
  ['for i in ', '; do :; done'], ['for i in a; do ', '\ndone'], ['f() {', '\n}'], ['time ', ''], ['! ', ''], ['coproc ', ''], ['coproc N ', '\n'],
] as const; // prettier-ignore

const BETWEEN = [
  'a', 'x', '1', ' ', ' ', '\n', ';', '\\\n', '\\\n', "\\'", '\\"', '\\`', '#', ' #', '# c\n', '$', '$x', '${x}', '=', '+=', ':', '-', '%', '!',
  '*', '?', '@', '|', '&', "'", '"', "''", '""', '{', '}', '(', ')', '[', ']', '))', '<', '>', '<<E', '\nE\n', '<(', '>(', '$(', '${', "$'",
  '>&', ';;', ' esac ', ' in ', 'echo ', 'cat ', 'a=',
]; // prettier-ignore

const PAYLOADS = ['$(touch PWNED)', '`touch PWNED`', 'touch PWNED', '<(touch PWNED)', '\'$(touch PWNED)\'', '\'`touch PWNED`\'', '"`touch PWNED`"']; // prettier-ignore

const PLACE = '\u0001';

const { text } = fc.letrec<{ text: string; around: string }>((tie) => ({
  text: fc
    .array(
      fc.oneof(
        { depthSize: 'medium', maxDepth: 4 },
        { weight: 3, arbitrary: fc.constant(PLACE) },
        { weight: 2, arbitrary: fc.constantFrom(...BETWEEN) },
        { weight: 4, arbitrary: tie('around') },
      ),
      { minLength: 1, maxLength: 4 },
    )
    .map((pieces) => pieces.join('')),
  around: fc.tuple(fc.constantFrom(...AROUND), tie('text')).map(([[before, behind], inner]) => before + inner + behind),
}));

/** The same for the same seed. */
export function randomLines(seed: number, many: number): string[] {
  const line = fc.tuple(text, fc.nat(), fc.constantFrom(...PAYLOADS)).map(([pattern, nth, payload]) => {
    const pieces = pattern.split(PLACE);
    const chosen = pieces.length < 2 ? -1 : nth % (pieces.length - 1);
    return pieces.map((piece, at) => piece + (at === chosen ? payload : '')).join('');
  });
  return fc.sample(line, { seed, numRuns: many }).filter((one) => one.includes('touch PWNED'));
}

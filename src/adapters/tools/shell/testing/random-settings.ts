/**
 * Lines that set variables in whatever way bash has, at random: those that do something to commands, or others, by texts that name
 * them. They hold no `/`: run in a folder, they leave nothing elsewhere.
 */
import fc from 'fast-check';

const NAMES = [
  'PATH',
  'HOME',
  'IFS',
  'POSIXLY_CORRECT',
  'BASH_COMPAT',
  'GIT_DIR',
  'https_proxy',
  'x',
  'y',
  'a',
  '$x',
  'PA',
  'TH',
];
const VALUES = [
  '1', '=1', 'PATH=1', 'x', '$x', '"$x"', "'PATH=1'", '$((1))', 'a[PATH=1]', '{1,2}', '$@', '$1', 'P*', '$(echo PATH=1)', '${x}', 'PA""TH', '$y', 'P{ATH=1,x}', '*',
]; // prettier-ignore

/** `N`: a name, `V`: a value, `E`: what is calculated. */
const CALCULATED = [
  'N=V',
  'N',
  'N++',
  '--N',
  'a[N=1]',
  'x,N=2',
  '(N=1)',
  '1?N=1:2',
  '$x',
  'N+=1',
  'N<<=1',
  '"N"=1',
  '$((N=1))',
  '${x}=1',
  '$x$y',
];
const SETTERS = [
  'x=V', 'y=V', 'echo $((E))', '((E))', 'let E', 'let "E"', 'let V', 'test -v V', '[ -v V ]', '[[ E -eq 1 ]]', '[[ 1 -lt N ]]', 'echo $[E]', 'for N in V; do :; done', 'for ((E;0;E)); do :; done',
  'read N <<< V', 'read -r N <<< V', 'read -aN <<< V', 'read -raN <<< V', 'mapfile -t N <<< V', 'printf -v N V', 'printf -vN V', 'declare N=V', 'declare -i N=V', 'declare -n N=V',
  'declare -A N=V', 'export N=V', 'readonly N', 'local N=V', 'N+=V', ': ${N:=V}', ': "${N=V}"', ': ${x:E}', ': ${a[E]}', ': ${#a[E]}', 'a[E]=1', 'a=([E]=1)', 'a=(V V)', 'unset N',
  "unset 'a[E]'", 'set -- V V', 'getopts a N', "test -v 'a[N]'", 'coproc N { :; }', 'select N in 1; do break; done <<< 1', 'RANDOM=V', 'OPTIND=V', 'read RANDOM <<< V', 'wait -p N',
  'f() { : $(($1)); }; f V', 'if ((E)); then :; fi', ': $((${x}))', ': $(($1))', ': $((a))', ': ${!x}', ': ${!x:=1}', ': ${x@P}', ': ${x:-$((E))}', 'cat <<EOF\n$((E))\nEOF\n', ': <<< $((E))',
  'set -o posix', 'set -euo pipefail', ': $((${x^^}))', 'x=path=1', 'time :',
]; // prettier-ignore

/** Behind a line: what bash has by then, in one line of its own. */
export const PROBE =
  '\n/bin/echo "::$PATH|$HOME|${IFS@Q}|${POSIXLY_CORRECT-}|${BASH_COMPAT-}|${GIT_DIR-}|${https_proxy-}|$([[ -o posix ]] && echo posix)"';

/** The same for the same seed. */
export function randomSettings(seed: number, many: number): string[] {
  const filled = fc
    .tuple(fc.constantFrom(...SETTERS), fc.infiniteStream(fc.nat()))
    .map(([pattern, numbers]) => pattern.replaceAll(/\bE\b/g, () => take(CALCULATED, numbers)).replaceAll(/\b[NV]\b/g, (one) => take(one === 'N' ? NAMES : VALUES, numbers)).replaceAll(/(?<=-v|-r?a)N\b/g, () => take(NAMES, numbers))); // prettier-ignore
  const line = fc.array(filled, { minLength: 1, maxLength: 3 }).map((setters) => setters.join('; '));
  return fc.sample(line, { seed, numRuns: many });
}

function take(list: readonly string[], numbers: Iterator<number>): string {
  return list[(numbers.next().value as number) % list.length]!;
}

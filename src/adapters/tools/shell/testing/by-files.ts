/** Lines without anything that runs, but for what a file says by then: how texts of it are taken, and what is done with them. */
const TAKEN = [
  'read -r a b < f; X', 'read a b < f; X', 'a=$(head -1 f); b=$(tail -1 f); X', 'mapfile -t a < f; b=${a[1]}; X', 'mapfile -t a < f; X', 'while read -r a b; do X; done < f',
  'while IFS= read -r a; do b=$a; X; done < f', 'for a in $(cat f); do b=$a; X; done', 'set -- $(cat f); a=$1; b=$2; X', 'read -ra a < f; X', 'a=$(<f); b=$a; X', 'IFS=: read -r a b < f; X',
  'cat f | while read -r a b; do X; done', 'read -r a b <<< "$(cat f)"; X', 'a=(*); b=${a[1]}; X', 'for a in *; do b=$a; X; done', 'read -d "" -r a < f; b=$a; X', 'select a in $(cat f); do b=$a; X; break; done <<< 1',
  'getopts x: a $(cat f); b=$OPTARG; X', 'printf -v a %s "$(cat f)"; b=$a; X', 'a=x; a+=$(cat f); b=$a; X', 'export a=$(cat f); b=$a; X', 'exec 3<f; read -r a b <&3; X', 'f() { a=$1; b=$2; X; }; f $(cat f)',
  'f() { local a=$1 b=$2; X; }; f $(cat f)', 'x=$(cat f) && for a in $x; do b=$a; X; done',
]; // prettier-ignore

const DONE = [
  '[ "$a" "$b" ]', '[ "$a" ]', '[ $a ]', '[ $a $b ]', '[ -n $a ]', '[ -n "$a" ]',
  '[ -z "$a" -o "$b" ]', '[ "$a" -a "$b" ]', '[ "$a" = "$b" ]', '[ $a = x ]', '[ $a -eq 1 ]', '[ "$a" -eq 1 ]',
  'test $a', 'test "$a" "$b"', 'test ! "$a"', 'test ! $a', '[ \\( "$a" \\) ]', '[ "$1" ]',
  '[ "$@" ]', '[ "${a[@]}" ]', '[ "${!a}" ]', '[ -f "$a" ]', '[ -t "$a" ]', '[ -o "$a" ]',
  '[ -R "$a" ]', '[ -v "$a" ]', '[ "$a" -nt "$b" ]', '[[ $a ]]', '[[ $a == $b ]]', '[[ $a =~ $b ]]',
  '[[ $a -eq 1 ]]', '[[ -t $a ]]', '[[ -o $a ]]', '[[ -v $a ]]', '[[ -R $a ]]', '((a))',
  '(( $a ))', 'let a', 'let "$a"', 'wait $a', 'wait "$a"', 'wait -n "$a"',
  'wait -p "$a"', 'wait %"$a"', 'wait -- "$a"', 'kill $a', 'kill "$a"', 'kill -l "$a"',
  'kill -n "$a" 999999', 'printf -v "$a" x', 'printf "$a"', 'printf "$a" "$b"', 'printf %d "$a"', 'printf %s "$a"',
  'printf -- "$a"', 'printf "%*d" "$a" 1', 'printf "%(%F)T" "$a"', 'printf %b "$a"', 'echo ${!a}', 'echo ${a@P}',
  'echo ${a@Q}', 'echo ${a^^$b}', 'echo ${a/$b/x}', 'echo ${a#$b}', 'echo ${#a}', 'echo ${a:$b}',
  'echo ${a:b}', 'echo ${a:-$b}', 'echo ${a:=$b}', 'echo ${x:?$a}', 'echo ${x[a]}', 'echo ${x[$a]}',
  'echo ${x["$a"]}', 'x[a]=1', 'x[$a]=1', 'x["$a"]=1', 'x=([a]=1)', 'x=([$a]=1)',
  'x=($a)', 'declare "$a"', 'declare $a', 'declare x="$a"', 'declare -i x=$a', 'declare -n x=$a; echo $x',
  'export "$a"', 'export x=$a', 'readonly x=$a', 'unset "$a"', 'unset $a', 'unset x["$a"]',
  'read "$a" < g', 'read -r x"$a" < g', 'read -n "$a" x < g', 'read -t "$a" x < g', 'read -u "$a" x < g', 'mapfile -n "$a" x < g',
  'mapfile -O "$a" x < g', 'mapfile -C "$a" -c 1 x < g', 'mapfile "$a" < g', 'getopts "$a" o', 'getopts x "$a"', 'shift "$a"',
  'exit "$a"', 'return "$a"', 'break "$a"', 'cd "$a"', 'pushd "$a"', 'popd "$a"',
  'dirs "$a"', 'umask "$a"', 'ulimit -n "$a"', 'type "$a"', 'command -v "$a"', 'hash "$a"',
  'caller "$a"', 'jobs "$a"', 'disown "$a"', 'bg "$a"', 'history "$a"', 'enable "$a"',
  'shopt -q "$a"', 'set -- "$a"', 'set -- $a', 'trap -- "$a" 0', 'trap - "$a"', 'alias "$a"',
  'complete -p "$a"', 'compgen -A "$a"', 'builtin type "$a"', 'ls >"$a"', 'ls <"$a"', 'ls <<<"$a"',
  'ls 2>&"$a"', 'ls <&"$a"', 'exec 4<&"$a"', 'case $a in $b) ;; esac', 'RANDOM=$a', 'SECONDS=$a',
  'OPTIND=$a', 'LINENO=$a', 'BASH_ARGV0=$a', 'HISTSIZE=$a', 'FUNCNEST=$a', 'DIRSTACK[0]=$a',
  'PS4=$a; set -x; :', 'BASH_XTRACEFD=$a', 'x=$a; ((x))', 'x=$a; echo $((x+1))', 'x=$a; for ((i=0;i<x;i++)); do break; done', 'echo {1..$a}',
  'echo $((a))', 'echo $(($a))', 'echo $[$a]', 'echo ~$a', 'echo "$a"', 'seq "$a"',
  'x=1; x+=$a', 'declare -i x; x=$a', 'coproc echo "$a"', 'echo `echo $a`', 'x="${a}"; echo "${!x}"', 'x="$a$b"; [ "$x" ]',
  'ls "$a" "$b"', 'echo "${a[$b]}"', 'echo ${a[@]:b}', 'echo "${@:$a}"', 'shift $((a))', '[ x"$a" = x ]',
  '[ "$a" == "$b" -o "$b" ]', 'test -z $b', 'until ((a)); do break; done', 'echo ${a%%$b}', 'echo ${a:b?1:2}', 'test "$a" -gt "$b"',
  '[ 1 -eq "$((b))" ]', 'declare -a x="($a)"', 'declare -a x="$a"', 'declare -a x=$a', 'declare -A x="$a"', 'declare -A x="($a)"',
  'typeset -a x="$a"', 'local -a x="$a"', 'readonly -a x="$a"', 'export -a x="$a"', 'x=(1); declare x="($a)"', 'declare -a x; declare x="$a"',
  'declare -a x; x="$a"', 'declare -A x; declare x="$a"', 'x=(1); export x="$a"', 'x=(1); readonly x="$a"', 'x=(1); typeset x="($a)"', 'x=(1); local x="$a"',
  'x=(1); x="$a"', 'x=(1); x+="$a"', 'x=(1); declare x+="$a"', 'declare "x=$a"', 'declare "x[0]=$a"', 'declare x[0]="$a"',
  'declare -a x[0]="$a"', 'declare x[0]="($a)"', 'declare -a x=($a)', 'declare -a x=("$a")', 'declare -a x=([0]="$a")', 'declare -a x=${a}',
  'declare -a x=${a[@]}', 'declare -a x="$(echo "$a")"', 'declare -a x=`cat f`', 'declare -a x="$(<f)"', 'declare -a x="$1"',
]; // prettier-ignore

/** Two words of a file `f`, as they would run something where they were read as code. */
export const CONTENTS = [
  ['-v', 'a[$(>PWNED)]'], ['a[$(>PWNED)]', 'x'], ['-npa[$(>PWNED)0]', '-v'], ['x[$(>PWNED)]=1', 'x[$(>PWNED)]'], ['$(>PWNED)', '`>PWNED`'],
  ['!', '-v'], ['1+a[$(>PWNED)]', 'a[$(>PWNED)]'], ['($(>PWNED))', 'x'], ['x', '($(>PWNED))'],
] as const; // prettier-ignore

/** Each way with each thing; `f` holds two words, in one line or in two. */
export const linesByFiles = (): string[] =>
  DONE.flatMap((done) => TAKEN.map((taken) => taken.replace('X', () => done)));

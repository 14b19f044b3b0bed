/**
 * What bash has, each with a place (`P`) for what it is given, and texts that would run something in such a place if it was read as
 * code. Together lines which nobody writes, of which bash itself says what they run.
 */
const FEATURES = [
  'ls P', 'ls {a[P]}>x', 'ls {aP}>x', 'ls <<<P', 'ls <<P\nx\nP', 'ls <<-E\nP\nE',
  "ls <<'E'\nP\nE", 'ls <<\\E\nP\nE', "ls <<E'F'\nP\nEF", 'cat <<E; ls\n${x:-P}\nE', 'cat <<E\n${x:-"P"}\nE', 'x=P; ls',
  'x=P ls', 'x[P]=1', 'x[P]=1 ls', 'x=([P]=1)', 'x=(P)', 'x+=P; ls',
  'declare x=P', 'declare x[P]=1', 'declare -a x=P', "declare -a 'x=P'", 'declare -A x=([P]=1)', 'export x=P',
  'local x=P', 'readonly x[P]=1', 'typeset -i x=P', 'declare -i x=P', 'declare -n x=P; ls $x', 'read x P <<< a',
  'read a[P] <<< a', 'mapfile a[P] <<< a', 'mapfile -C P -c1 <<< a', 'printf -v P x', 'printf -v a[P] x', 'printf %d P',
  'printf %s P', 'test -v P', 'test -v a[P]', '[ -v a[P] ]', '[ a -eq P ]', '[ P -eq 1 ]',
  'test P -lt 1', '[[ a == P ]]', '[[ a =~ P ]]', '[[ P -eq 1 ]]', '[[ -v a[P] ]]', '[[ -v P ]]',
  '[[ -t P ]]', '[ -t P ]', '[[ -R P ]]', '[[ -o P ]]', 'let P', 'let x=P',
  '((P))', 'echo $((P))', 'echo $[P]', 'echo ${x:P}', 'echo ${x:1:P}', 'echo ${x:-P}',
  'echo "${x:-P}"', 'echo ${x:+P}', 'x=1; echo ${x:+P}', 'x=1; echo "${x:+P}"', 'echo ${x:=P}', 'echo "${x:=P}"',
  'echo ${x:?P}', 'x=a; echo ${x/a/P}', 'x=a; echo ${x/P/b}', 'x=a; echo "${x/a/P}"', 'echo ${x#P}', 'echo "${x#P}"',
  'echo ${x^P}', 'echo ${a[P]}', 'echo "${a[P]}"', 'echo ${#a[P]}', 'echo ${!a[P]}', 'echo ${!x}',
  'x=P; echo ${x@P}', 'x=P; echo ${x@E}', 'x=P; echo ${x@Q}', 'x=P; echo ${!x}', 'unset a[P]', 'unset P',
  "unset -v 'a[P]'", 'for x in P; do :; done', 'for ((i=P;0;)); do :; done', 'for P in a; do :; done', 'select x in P; do break; done <<< 1', 'case P in *) ;; esac',
  'case a in P) ;; esac', 'case a in [P]) ;; esac', 'f() { :; }; f P', 'function f { :; }; f P', 'P() { :; }', 'coproc P',
  'coproc x { ls; } P', 'time P', '! P', 'exec {x}>P', 'exec {a[P]}>x', 'exec 3>P',
  'ls 3>P', 'ls >&P', 'ls &>P', 'ls <P', 'ls <>P', 'ls >|P',
  'ls 2>P', 'ls P>x', 'ls >x P', 'if [ P ]; then :; fi', 'while false P; do :; done', 'until true P; do :; done',
  '{ ls P; }', '( ls P )', 'ls | cat P', 'ls && echo P', 'ls & echo P', 'wait -p P',
  'wait -p a[P] 1', 'getopts a P', 'getopts a a[P]', 'getopts P x', 'shift P', 'return P',
  'exit P', 'break P', 'kill P', 'kill -P 1', 'trap P EXIT', "trap 'ls' P",
  'umask P', 'ulimit -n P', 'set -- P', 'set -o P', 'shopt P', 'alias x=P',
  'alias x=P; x', 'bind P', 'complete -C P x', 'compgen -W P', "compgen -W 'P'", 'compgen -C P',
  'compgen -F P', 'hash P', 'type P', 'command -v P', 'command P', 'builtin P',
  'eval P', 'eval x=P', 'source P', '. P', 'enable P', 'history P',
  'fc P', 'jobs -x P', 'disown P', 'suspend P', 'dirs P', 'pushd P',
  'popd P', 'cd P', 'caller P', 'times P', 'PS4=P; set -x; ls', 'set -x; PS4=P ls',
  'PROMPT_COMMAND=P', 'HISTFILE=P', 'BASH_ENV=P bash -c ls', 'ENV=P sh -c ls', 'IFS=P ls', 'x=P; ls $x',
  'x=P; ls "$x"', 'x=P; eval ls', 'x=P; let x', 'x=P; ((x))', 'x=P; a[x]=1', 'x=P; echo ${a[x]}',
  'x=P; [[ x -eq 1 ]]', 'x=P; [ -v x ]', "x='a[P]'; [ -v $x ]", "x='a[P]'; echo ${!x}", "x='a[P]'; read $x <<< 1", "x='a[P]'; printf -v $x 1",
  "x='a[P]'; unset $x", "x='a[P]'; declare $x=1", "x='a[P]'; export $x", "x='a[P]'; test -v $x", "x='a[P]'; [[ -v $x ]]", "x='a[P]'; ls {$x}>y",
  "x='a[P]'; ulimit -n $x", "x='a[P]'; exit $x", "x='a[P]'; shift $x", "x='a[P]'; echo ${y:x}", "x='a[P]'; seq $((x))", 'RANDOM=P',
  'SECONDS=P', 'OPTIND=P', 'LINENO=P', 'BASH_ARGV0=P', 'HISTCMD=P', 'DIRSTACK[P]=1',
  'x=P y=$((x)) ls', 'echo {P,a}', 'echo {1..P}', 'echo ~P', 'echo *P', 'echo [P]',
  'echo a[P]', 'echo @(P)', 'echo !(P)', 'ls\\\n P', 'ls ;P', 'ls;#P',
  'ls #P', '# P', 'echo a#P', "ls $'P'", 'ls $"P"', 'ls "$(echo P)"',
  'ls "`echo P`"', 'ls `echo P`', 'ls `echo \\`P\\``', 'ls $(<P)', 'ls <(P)', 'ls <(echo P)',
  'ls >(P)', 'ls ${ P; }', 'ls ${| P; }', 'ls $(( $(P) ))', 'ls $(P # )\n)', 'ls $(case a in a) P;; esac)',
  'ls "${x:-$(P)}"', 'ls ${x:-$(P)}', 'ls ${x[$(P)]}', "ls '${x}' P", 'ls <<E\n`P`\nE', 'ls <<E\n$(P)\nE',
  'ls <<"E"\n$(P)\nE', 'exec -a P ls', 'env P', 'env -S P', 'xargs P', 'find . -exec P \\;',
  'nohup P', 'timeout 1 P', 'nice P', 'sort -P', 'printf P', 'echo -e P',
  'x=(a P)', 'x=([0]=P)', 'x=([1]+=P)', 'declare -A x; x[P]=1', "declare -A x; x['P']=1; ls", 'declare -A x; unset x[P]',
  'declare -A x; echo ${x[P]}', 'declare -A x; read x[P] <<< 1', 'declare -A x; [[ -v x[P] ]]', 'declare -A x; ((x[P]++))', 'declare -A x; let x[P]++', 'ls 2>&1P',
  'ls P 2>&1 {b[P]}<&0', 'ls {a[0]}>x{b[P]}>y', 'ls {a[P]}>&-', 'ls {a[P]}<<<x', 'ls >x{a[P]}', 'ls {a\\[P]}>x',
  '{a[P]}>x ls', '{a[P]}>x', 'f() { :; } {a[P]}>x; f', 'while false; do :; done {a[P]}>x', 'if :; then :; fi {a[P]}>x', '(:) {a[P]}>x',
  '[[ a ]] {a[P]}>x', '((1)) {a[P]}>x', 'case a in a) ;; esac {a[P]}>x', 'coproc {a[P]}>x ls', 'time {a[P]}>x ls', '! {a[P]}>x ls',
  'x=1 {a[P]}>x ls', 'ls | {a[P]}>x cat', 'ls |& cat {a[P]}>x',
]; // prettier-ignore

const TEXTS = [
  '$(touch PWNED)', "'$(touch PWNED)'", '"\\$(touch PWNED)"', '`touch PWNED`', "'`touch PWNED`'", 'touch PWNED',
  "'touch PWNED'", "'a[$(touch PWNED)]'", 'a[$(touch PWNED)]', '"a[\\$(touch PWNED)]"', "$'\\x24(touch PWNED)'", "$'a[\\x24(touch PWNED)]'",
  '\\$\\(touch\\ PWNED\\)', "'x; touch PWNED'", "$'x\\ntouch PWNED'", "'x[$(touch PWNED)]=1'", "x['$(touch PWNED)']", "'$x'",
  "${x:-'$(touch PWNED)'}", "\"${x:-'$(touch PWNED)'}\"", '"${x:-\\$(touch PWNED)}"',
]; // prettier-ignore

/** Each feature with each text, which makes a file PWNED where it is run. */
export const featureLines = (): string[] =>
  FEATURES.flatMap((feature) => TEXTS.map((text) => feature.replaceAll('P', () => text)));

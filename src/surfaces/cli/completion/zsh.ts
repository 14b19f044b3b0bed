export const zshScript = `#compdef runtime
# Completion of runtime for zsh. To install it, put into ~/.zshrc, behind compinit:
#
#   source <(runtime completion zsh)
#
# or keep it in a folder of $fpath, where it is loaded at its first use:
#
#   runtime completion zsh >"\${fpath[1]}/_runtime"

_runtime() {
  local program=\${words[1]/#\\~\\//$HOME/} line names=
  whence -p -- $program >/dev/null || program=runtime
  local -a typed values shown
  (( CURRENT > 2 )) && typed=("\${(@Q)words[2,CURRENT-1]}")
  local -i width=0
  for line in "\${(@f)$(command $program __complete "\${typed[@]}" "\${(Q)PREFIX}" 2>/dev/null </dev/null)}"; do
    case $line in
      '') ;;
      :*) names=\${line#:} ;;
      *) values+=("\${line%%$'\\t'*}") shown+=("\${line#*$'\\t'}") ;;
    esac
  done
  for line in $values; do (( \${#line} > width )) && width=\${#line}; done
  local -i i
  for (( i = 1; i <= $#values; i++ )); do
    [[ -z $shown[i] ]] && shown[i]=$values[i] || shown[i]="\${(r:width:)values[i]}  $shown[i]"
  done
  (( $#values )) && compadd -l -V runtime -d shown -a -- values
  [[ -n $names ]] && compset -P '--*='
  case $names in
    files) _files ;;
    folders) _files -/ ;;
  esac
}

if [[ $funcstack[1] == _runtime ]]; then
  _runtime "$@"
else
  compdef _runtime runtime
fi
`;

export const bashScript = `# Completion of runtime for bash. To install it, put into ~/.bashrc:
#
#   eval "$(runtime completion bash)"
#
# or, where the package bash-completion is installed, keep it where it is loaded at its first use:
#
#   runtime completion bash >~/.local/share/bash-completion/completions/runtime

_runtime() {
  # bash breaks words at : = and @, which ids and flags hold. The line tells what belongs together: no blank stands
  # between. What is typed ends at the cursor.
  local line=\${COMP_LINE:0:COMP_POINT} word trimmed last i
  local -a words=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    trimmed=\${line#"\${line%%[![:space:]]*}"}
    ((i == COMP_CWORD)) && word=$trimmed
    last=$((\${#words[@]} - 1))
    if ((last < 0)) || [[ $line != "$trimmed" ]]; then
      words+=("$word")
    else
      words[last]+=$word
    fi
    line=\${trimmed#"$word"}
  done
  last=$((\${#words[@]} - 1))
  for ((i = 1; i <= last; i++)); do words[i]=\${words[i]//[\\"\\'\\\\]/}; done

  local program=\${words[0]} typed=\${words[last]} value meaning names= width=0
  program=\${program/#\\~\\//$HOME/}
  type -P -- "$program" >/dev/null || program=runtime
  local -a values=() meanings=()
  while IFS=$'\\t' read -r value meaning; do
    case $value in
      :*) names=\${value#:} ;;
      *) values+=("$value") meanings+=("$meaning") ;;
    esac
  done < <(command "$program" __complete "\${words[@]:1}" 2>/dev/null </dev/null)

  # bash puts in what stands behind the last break.
  local breaks= before= shown
  for value in = @ :; do
    if [[ $COMP_WORDBREAKS == *"$value"* ]]; then breaks+=$value; fi
  done
  [[ -z $breaks ]] || before=\${typed%"\${typed##*[$breaks]}"}
  COMPREPLY=()
  for ((i = 0; i < \${#values[@]}; i++)); do
    printf -v value %q "\${values[i]#"$before"}"
    ((\${#value} > width)) && width=\${#value}
    COMPREPLY+=("$value")
  done
  # Where they are listed and not put in, with what they are.
  if ((\${#values[@]} > 1)) && [[ $COMP_TYPE == 63 || $COMP_TYPE == 33 || $COMP_TYPE == 64 ]]; then
    for ((i = 0; i < \${#values[@]}; i++)); do
      [[ -z \${meanings[i]} ]] && continue
      printf -v shown '%-*s  %s' "$width" "\${COMPREPLY[i]}" "\${meanings[i]}"
      printf -v shown '%-*s' $((\${COLUMNS:-80} - 2)) "\${shown:0:\${COLUMNS:-80}-2}" # one a line
      COMPREPLY[i]=$shown
    done
  fi
  case $names in
    files) _runtime_names default -f "\${typed#*=}" ;;
    folders) _runtime_names dirnames -d "\${typed#*=}" ;;
  esac
}

# Lets bash offer names of files, which it can quote; adds them itself where it can't be told so.
_runtime_names() {
  local name
  if ((\${#COMPREPLY[@]} == 0)) && compopt -o "$1" 2>/dev/null; then return; fi
  while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen "$2" -- "$3")
}

complete -o nosort -F _runtime runtime 2>/dev/null || complete -F _runtime runtime
`;

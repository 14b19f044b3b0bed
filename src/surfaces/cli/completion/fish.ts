export const fishScript = `# Completion of runtime for fish. To install it:
#
#   runtime completion fish >~/.config/fish/completions/runtime.fish

function __runtime_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    set -l program $words[1]
    type -q -- $program; or set program runtime
    set -l before (string match -r -- '^--[^=]+=' $typed)
    set -l name (string replace -- "$before" '' $typed)
    for line in (command $program __complete $words[2..-1] "$typed" 2>/dev/null </dev/null)
        switch $line
            case ':files'
                printf "%s\\n" "$before"(__fish_complete_path $name)
            case ':folders'
                printf "%s\\n" "$before"(__fish_complete_directories $name)
            case '*'
                echo -- $line
        end
    end
end

complete -c runtime -f -k -a '(__runtime_complete)'
`;

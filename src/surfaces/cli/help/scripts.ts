export const page = `# Scripts and CI

\`\`\`sh
answer=$(runtime run -p "Summarise the last commit")     # nothing but it
git diff | runtime run "Review this change" >review.md   # input goes along
runtime run --json -p "…" | jq -r .type                  # as it grows
runtime run --session build-7 -p "…" --timeout 5m --max-cost 0.50
runtime session ls -o json                               # all lists can
\`\`\`

- The exit code says how it went: \`runtime help exit-codes\`.
- Nobody answers there: a call that asks ends the run with exit code 5. Allow
  before what may run with \`runtime policy set\`, or approve afterwards with
  \`runtime approve\` and its --resume.
- A name for the session makes a run repeatable: the same command without a
  message carries on what was cut off.
- Beside an open terminal a run joins it, and both see what happens.
- --config names a configuration of its own, RUNTIME_HOME keeps all state in a
  folder of its own.
- Give it \`</dev/null\` where standard input is a pipe that nobody closes.

## Without a model

A script model (\`provider: script\`) plays a file: it costs nothing and answers
always the same. It rehearses policy and approvals before a real model meets
them. \`--model demo\` needs no file at all.
`;

export const page = `# Approvals: what waits for you

A call that asks waits until you answer. In the terminal you are shown what
would run: y runs it, n refuses, s and a also let it run again. Elsewhere a run
ends with exit code 5 and names the approval on standard error.

\`\`\`sh
runtime approvals ls                           # what waits
runtime approvals show a-9f2c41                # exactly what would run
runtime approve a-9f2c41 --resume              # run it, carry the turn on
runtime deny a-9f2c41 --reason "not on main"   # the model is told why
runtime run --continue                         # carry the turn on later
\`\`\`

- The first 6 characters of an id are enough.
- It may be answered from any terminal; the one that waits goes on by itself.
- It is for this call only: should anything that it touches have changed, it
  does not run.
- It may be answered for an hour (\`governance.approval_ttl\`) and outlives
  crashes and restarts.
- The agent can't approve itself: these commands refuse to run below one of its
  tools.

## Fewer questions

\`\`\`sh
runtime approve a-9f2c41 --session        # the same call, in this session
runtime approve a-9f2c41 --always         # all that its rule covers
runtime approve a-9f2c41 --always --edit  # the rule in your editor first
runtime approvals grants                  # what was given for good
runtime approvals revoke g-01m7w6zw       # take it back
runtime policy set exec_command --allow   # all calls of a tool
\`\`\`
`;

export const page = `# Sessions: going on, looking, proving

Each message goes through a session. Its journal holds every step, and each line
of it vouches for the one before.

\`\`\`sh
runtime run "Why does the build fail?"          # a new session
runtime run --continue "And the tests?"         # the one used last
runtime run --session nightly "What changed?"   # by name, new or not
runtime run --session nightly                   # carry on what was cut off
runtime session ls
runtime session show nightly --limit 20
runtime session verify nightly                  # derive every decision again
runtime session rm nightly                      # for good
\`\`\`

- A session belongs to the folder in which it was begun (\`--root\` chooses
  another): tools work there.
- Killed at any moment, it goes on where it stopped; no side effect is silently
  repeated.
- \`--workspace\` keeps sessions apart. One process at a time writes to a
  workspace; another one gets exit code 3.
- The journals are plain files, one JSON object a line, below workspaces/ in
  RUNTIME_HOME (~/.runtime).
`;

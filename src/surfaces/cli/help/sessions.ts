export const page = `# Sessions: going on, looking, proving

Each message goes through a session. Its journal holds every step, and each line
of it vouches for the one before.

\`\`\`sh
runtime run "Why does the build fail?"          # a new session
runtime run --continue "And the tests?"         # the one used last
runtime run --session nightly "What changed?"   # by name, new or not
runtime run --session nightly                   # carry on what was cut off
runtime session ls                              # and what is running where
runtime session show nightly --limit 20
runtime session show nightly --follow           # live, whoever works on it
runtime session verify nightly                  # derive every decision again
runtime session verify --all
runtime session replay nightly                  # watch it again
runtime why nightly/c1.2.1                      # why did that call run
runtime session undo nightly                    # put a turn's files back
runtime session rm nightly                      # for good
\`\`\`

- A session belongs to the folder in which it was begun (\`--root\` chooses
  another): tools work there.
- Killed at any moment, it goes on where it stopped; no side effect is silently
  repeated.
- One process at a time owns a workspace. Further terminals and commands join
  it and work in the same sessions; when it leaves, one of them takes over.
- \`--workspace\` keeps sessions apart: each has an owner of its own.
- The journals are plain files, one JSON object a line, below workspaces/ in
  RUNTIME_HOME (~/.runtime).
`;

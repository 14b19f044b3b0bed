export const page = `# Policy: which tools may run

Before each call of a tool a verdict is derived: it runs, it asks you, or it is
denied.

\`\`\`sh
runtime policy show                       # each tool, its verdict, and why
runtime policy set exec_command --allow   # or --require-approval, --deny
runtime policy check read_file '{"path":"../other/a"}'   # runs nothing
\`\`\`

Write tests beside the rules of the workspace's policy.yaml, and
\`runtime policy test\` tells whether the policy does as they say.

\`runtime policy explain\` tells why a recorded call was judged so, \`policy stats\`
how often which rule applied, \`policy audit\` what changed.

The strictest rule that applies wins: deny, then ask, then allow.

## Lists

They are keys of the configuration; \`policy set\` edits them and leaves the
rest of the file as it is.

- \`governance.deny\`: never runs.
- \`governance.require_approval\`: asks each time.
- \`governance.auto_allow\`: runs without asking.

Without lists, time, read_file, list_files, search_files and read_output run;
exec_command and apply_patch ask.

## What no list overrides

- The runtime's own folder is closed to tools.
- A path outside the project root, or one that looks like a secret (.env, keys,
  tokens), asks.
- A command that names this program asks, whatever was granted.
- A call that ran before and nobody knows how it ended asks.

- A command that would run without a sandbox asks (sandbox.mode: auto), or is
  refused (required). See runtime doctor.
Made stricter, a policy holds at once, also for calls that wait; made looser,
from the next turn on.
`;

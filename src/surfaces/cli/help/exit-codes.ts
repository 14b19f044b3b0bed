export const page = `# Exit codes

-   0  Done.
-   1  The turn failed, ran out of time or budget, or was interrupted; not
       found; already decided.
-   2  Usage, configuration, or an id that can't be one. Nothing was started.
-   3  The process that holds the workspace can't be joined: it doesn't
       answer, is another version, or has another configuration than was set
       here. Otherwise this one joins it.
-   4  A key is missing, or the provider refused it.
-   5  Waits for an approval; standard error names it.
-   6  Denied by policy, or not allowed to you.
-   7  The store is damaged or too new, or a session could not be verified.
- 129  The terminal went away (SIGHUP); the turn can be carried on.
- 130  Stopped by Ctrl-C.
- 143  Ended by SIGTERM; the turn can be carried on.

Standard output has results only. What is wrong, and what to do next, stands on
standard error:

\`\`\`text
error: unknown command 'rnu' (Did you mean run?)
next: See \`runtime --help\`.
\`\`\`

With \`--json\` the last line is \`run.finished\`; its data has exit_code and,
after an error, a code that stays the same from version to version.
`;

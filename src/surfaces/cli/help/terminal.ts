export const page = `# The interactive terminal

\`runtime\` on a terminal, or \`runtime run\` without a message, opens it.
Without a terminal there is none: messages are arguments or piped in.

## Keys

- Enter: send
- Alt+Enter, Shift+Enter, Ctrl+J: new line
- Tab: complete
- Ctrl+R: search what was typed before
- Ctrl+X Ctrl+E, Ctrl+G: write the message in $EDITOR
- Ctrl+C: cancel the turn; twice: leave
- Ctrl+D: leave

## In a message

- @file: attach a file
- !command: run a command of your own; the agent doesn't run it, and no policy
  judges it

## Commands

- /help, /clear, /exit
- /model, /tools, /policy, /status, /cost: see or choose what answers, what may
  run, what it took
- /new, /sessions, /resume, /fork: another session
- /stop, /steer: cancel the turn; say something to the model while it works
- /approvals, /approve, /deny: answer what waits
- /verify: prove this session
`;

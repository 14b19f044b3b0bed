export const page = `# The interactive terminal

\`runtime\` on a terminal, or \`runtime run\` without a message, opens it.
Where standard input or output is something else, \`runtime\` prints its help and
\`runtime run\` takes its message from the arguments, or what is piped in.

## Keys

- Enter: send
- Alt+Enter, Shift+Enter, Ctrl+J, \\ Enter: new line
- Tab: complete
- Up, Down, Ctrl+R: what was typed before; search it
- Ctrl+X Ctrl+E, Ctrl+G: write the message in $VISUAL or $EDITOR
- Ctrl+C: clear the input, else cancel the turn; twice: leave
- Esc: cancel the turn; leave a question for later
- Ctrl+D: leave

## In a message

- @file: attach a file
- !command: run a command of your own; the agent doesn't run it, and no policy
  judges it

## Commands

- /help, /clear, /exit
- /model, /instructions, /tools, /policy, /status, /cost: see or choose what
  answers, what it is told, what may run, what it took
- /pin, /unpin: facts that the model is told for good
- /trust: you looked at what came from outside; it makes nothing ask now
- /compact: sum the conversation up before the next message
- /new, /sessions, /resume, /fork: another session
- /plan: have an objective planned, its steps done, and answered once
- /stop, /steer: cancel the turn; say something to the model while it works
- /approvals: what waits, in all sessions; with an id: all of one
- /approve, /deny: answer what waits
- /verify, /undo: prove this session; put back what a turn did to files

## When it asks

y runs the call once, n refuses it, s lets the same call run in this session, a
for good; v shows what is longer than the screen in your pager. Esc leaves it
for later: /approve, /deny, or another terminal.

## Several terminals

The first one on a workspace owns it, all others join it: they see the same
sessions live, and any of them may answer. When the owner leaves, another one
takes over. Leaving loses nothing: \`runtime run --continue\` goes on.
`;

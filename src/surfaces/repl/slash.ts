/** What of a typed line is a command: `/word`, alone or with arguments. Any other text that begins with `/` is a message. */
import { nearest } from '../../base/nearest.ts';

export const COMMANDS = {
  help: { usage: '', summary: 'these commands and the keys' },
  model: { usage: '[name]', summary: 'the model from now on; without a name: which there are' },
  status: { usage: '', summary: 'what this session and its workspace are doing' },
  clear: { usage: '', summary: 'a new session on a clean screen' },
  new: { usage: '[title]', summary: 'a new session in the same folder, with the same model' },
  sessions: { usage: '', summary: 'all sessions, and what is running where' },
  resume: { usage: '[session]', summary: 'go on with another session; without an id: the latest' },
  fork: { usage: '[turn]', summary: 'go on with a copy of this session, up to its last ended turn or that one' },
  tools: { usage: '', summary: 'the tools, and what each does' },
  policy: { usage: '[tool allow|ask|deny]', summary: 'what runs without asking; or change it for a tool' },
  approvals: { usage: '[id]', summary: 'what waits for an answer, in all sessions; or one of them, whole' },
  compact: { usage: '', summary: 'sum the conversation up before the next message is answered' },
  instructions: { usage: '[text|none]', summary: 'what the model is told in this session beside all else' },
  pin: { usage: '[fact]', summary: 'tell the model a fact for good; without one: what is pinned' },
  unpin: { usage: '<id>', summary: 'take a pinned fact back' },
  trust: {
    usage: '[source|files]',
    summary: 'you looked at what came from outside: it makes nothing ask now',
  },
  cost: { usage: '', summary: 'tokens and money of this session' },
  stop: { usage: '', summary: 'cancel the running turn' },
  plan: { usage: '<objective>', summary: 'plan it, do its steps in sessions of their own, answer once' },
  steer: { usage: '<text>', summary: 'say something to the running turn' },
  approve: { usage: '[id] [scope] [{rule}]', summary: 'let a call run: once, for the session, or always' },
  deny: { usage: '[id] [reason]', summary: 'refuse a call' },
  undo: { usage: '[turn] [yes]', summary: 'show, or put back, what a turn did to files' },
  verify: { usage: '', summary: 'prove this session: derive every decision again' },
  exit: { usage: '', summary: 'leave; what is open goes on at the next start' },
} as const satisfies Record<string, { usage: string; summary: string }>;

export type CommandName = keyof typeof COMMANDS;

export type Typed =
  | { kind: 'message' }
  | { kind: 'command'; name: CommandName; rest: string }
  | { kind: 'unknown'; name: string; nearest?: string }
  | { kind: 'shell'; command: string };

const COMMAND = /^\/([a-z]+)(?:\s+([\s\S]*))?$/;

/** `!command` is the person's own; a message that begins so can be sent with a space in front. */
export function readTyped(text: string): Typed {
  if (text.startsWith('!') && text.slice(1).trim() !== '') return { kind: 'shell', command: text.slice(1).trim() };
  const [, name, rest = ''] = COMMAND.exec(text.trimEnd()) ?? [];
  if (name === undefined) return { kind: 'message' };
  if (name === 'quit' || name === 'q') return { kind: 'command', name: 'exit', rest: '' };
  if (isCommand(name)) return { kind: 'command', name, rest: rest.trim() };
  if (rest !== '') return { kind: 'message' };
  const near = nearest(name, Object.keys(COMMANDS));
  return { kind: 'unknown', name, ...(near !== undefined && { nearest: near }) };
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

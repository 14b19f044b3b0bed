/**
 * `node trial-run.ts <dist> <home>`, in a folder: does with a build what most starts do, in one process, against a model service
 * of its own on the loopback; then writes beside each script what V8 has compiled of it (src/scripts.ts).
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { AcceptedAnswer } from '../../src/contract/answers.ts';
import { createScripts } from '../../src/scripts.ts';
import type * as Cli from '../../src/surfaces/cli/cli.ts';
import type { Io, Output } from '../../src/surfaces/cli/io.ts';
import type { TerminalStreams } from '../../src/surfaces/terminal/streams.ts';

const CTRL_D = '\x04';
/** Some of all that answers are made of, so that what shows it is kept compiled. */
const ANSWER = `# An answer

It has **bold**, _emphasized_ and ~~struck~~ words, \`code\`, [a link](https://example.com) and two
lines.

- an item
  1. in it another

> a quote

| a   | table |
| --- | ----: |
| of  |   one |

\`\`\`js
const code = 'coloured'; // and ended
\`\`\`

---

done`;

const [dist, home] = process.argv.slice(2) as [string, string];
const scripts = createScripts(dist);
const { runCommand } = scripts.load('program') as typeof Cli;

const server = createServer(answerTurn());
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address() as AddressInfo;
writeFileSync(
  join(home, 'config.yaml'),
  `models:
  default: responses
  registry: # every wire format
    - {name: responses, wire: responses, base_url: 'http://127.0.0.1:${port}', api_key: none}
    - {name: chat, wire: chat, base_url: 'http://127.0.0.1:${port}', api_key: none}
    - {name: claude, provider: anthropic, base_url: 'http://127.0.0.1:${port}', api_key: none}
    - {name: gemini, provider: gemini, base_url: 'http://127.0.0.1:${port}', api_key: none}
sandbox:
  mode: off
governance:
  auto_allow: [read_file, exec_command]
`,
);
const LINES = [
  ['run', 'hello'],
  ['run', '--model', 'chat', 'hello'],
  ['run', '--model', 'claude', 'hello'],
  ['run', '--model', 'gemini', 'hello'],
  ['--help'],
  ['session', 'ls'],
  ['session', 'verify', '--all'],
];
for (const args of LINES) await succeed(args);
// Where this machine has no sandbox, the command asks, and the turn waits.
await succeed(['run', 'hello'], { environment: { RUNTIME_SANDBOX_MODE: 'auto' }, codes: [0, 5] });
await converse();
await serve();
server.close();
for (const [name, { script }] of scripts.loaded) {
  // To the disk at once: V8 refuses a record that is cut, but stumbles over one that is torn.
  writeFileSync(join(dist, `${name}.compiled`), script.createCachedData(), { flush: true });
}

/** Asks something in the interactive terminal, and leaves when the answer is there. */
async function converse(): Promise<void> {
  const input = new PassThrough();
  const output = Object.assign(new PassThrough({ encoding: 'utf8' }), { columns: 80, rows: 24 });
  let shown = '';
  output.on('data', (text: string) => {
    shown += text;
    if (shown.includes('done')) input.write(CTRL_D);
  });
  input.write('hello\r');
  await succeed([], { terminal: { input, output } });
}

/** Starts a daemon, asks whether it is well, sends it a message, waits for the answer, and stops it. */
async function serve(): Promise<void> {
  const ready = Promise.withResolvers<{ url: string }>();
  const ended = succeed(['daemon', '--port', '0'], { onLine: (line) => ready.resolve(JSON.parse(line)) });
  const { url } = await Promise.race([ready.promise, ended.then(() => Promise.reject(new Error('it was not ready')))]);
  const headers = {
    authorization: `Bearer ${readFileSync(join(home, 'daemon.token'), 'utf8').trim()}`,
    'content-type': 'application/json',
  };
  const ask = async (path: string, options: RequestInit = {}): Promise<unknown> => {
    const response = await fetch(`${url}${path}`, { headers, ...options });
    if (!response.ok) throw new Error(`${path} was answered with ${response.status}: ${await response.text()}`);
    return response.json();
  };
  await ask('/health');
  const sent = await ask('/v1/events', { method: 'POST', body: JSON.stringify({ content: 'hello' }) });
  await ask(`${(sent as AcceptedAnswer).status_url}?wait_ms=10000`);
  process.emit('SIGTERM');
  await ended;
}

interface Surroundings {
  terminal?: TerminalStreams;
  /** Told the first line of standard output. */
  onLine?: (line: string) => void;
  environment?: Record<string, string>;
  /** By which it may end. */
  codes?: readonly number[];
}

async function succeed(args: string[], around: Surroundings = {}): Promise<void> {
  const { terminal, onLine, environment, codes = [0] } = around;
  let said = '';
  const output: Output = { write: (text) => void (said += text), isTty: false, colour: false, columns: undefined };
  const stdout: Output = {
    ...output,
    write(text) {
      output.write(text);
      onLine?.(text);
    },
  };
  const io: Io = {
    stdout,
    stderr: output,
    stdin: { stream: () => process.stdin },
    terminal: () => terminal,
    flush: () => Promise.resolve(),
  };
  const own = { HOME: home, RUNTIME_HOME: home, PATH: process.env['PATH'] };
  const exitCode = await runCommand(args, io, { ...own, ...environment });
  if (!codes.includes(exitCode)) throw new Error(`runtime ${args.join(' ')} ended with ${exitCode}: ${said}`);
}

/** A model that reads a file and runs a command, then answers. */
function answerTurn(): RequestListener {
  return (incoming, outgoing) => {
    let body = '';
    incoming.setEncoding('utf8').on('data', (text: string) => (body += text));
    incoming.on('end', () => {
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const event of replyTo(incoming.url!, body)) {
        if ('type' in event) outgoing.write(`event: ${String(event.type)}\n`);
        outgoing.write(`data: ${JSON.stringify(event)}\n\n`);
      }
      outgoing.end();
    });
  };
}

function replyTo(url: string, body: string): object[] {
  if (url === '/responses') return responsesReply(body);
  if (url === '/v1/messages') return messagesReply();
  return url.includes(':streamGenerateContent') ? geminiReply() : chatReply();
}

function responsesReply(body: string): object[] {
  const calls = [
    { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'read_file', arguments: '{"path":"notes.txt"}' },
    { type: 'function_call', id: 'fc_2', call_id: 'call_2', name: 'exec_command', arguments: '{"cmd":"true"}' },
  ];
  const content = [{ type: 'output_text', text: ANSWER, annotations: [] }];
  const answer = [{ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content }];
  const output = body.includes('function_call_output') ? answer : calls;
  const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };
  return [
    { type: 'response.created', response: { id: 'resp_1', model: 'trial', status: 'in_progress', output: [] } },
    ...output.flatMap((item, output_index) => [
      { type: 'response.output_item.added', output_index, item },
      ...(item.type === 'message'
        ? [{ type: 'response.output_text.delta', item_id: item.id, output_index, content_index: 0, delta: ANSWER }]
        : []),
      { type: 'response.output_item.done', output_index, item },
    ]),
    { type: 'response.completed', response: { id: 'resp_1', model: 'trial', status: 'completed', output, usage } },
  ];
}

function messagesReply(): object[] {
  return [
    { type: 'message_start', message: { model: 'trial', usage: { input_tokens: 1, output_tokens: 1 } } },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: ANSWER } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 1 } },
    { type: 'message_stop' },
  ];
}

function geminiReply(): object[] {
  const candidates = [{ index: 0, content: { role: 'model', parts: [{ text: ANSWER }] }, finishReason: 'STOP' }];
  return [{ candidates, modelVersion: 'trial', usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1 } }];
}

function chatReply(): object[] {
  const chunk = (delta: object, finish_reason: string | null): object => ({
    id: 'chat_1',
    model: 'trial',
    choices: [{ index: 0, delta, finish_reason }],
  });
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
  return [
    chunk({ role: 'assistant', content: ANSWER }, null),
    chunk({}, 'stop'),
    { id: 'chat_1', model: 'trial', choices: [], usage },
  ];
}

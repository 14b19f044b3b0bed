import type { Message, ModelRequest } from '../../../contract/messages.ts';
import type { Script, ScriptStep } from '../../../contract/script.ts';
import { textOf } from '../reply/estimate.ts';
import { fits } from './pattern.ts';

/** What a script sees of a request. */
export interface Scene {
  request: number;
  purpose: ModelRequest['purpose'];
  /** The person's latest message. */
  asked: string;
  /** The last message: the person's, or the result of this tool. Notes of the runtime are passed over. */
  last: { tool: string | undefined; text: string };
  /** Of a tool result the arguments of its call, as far as they are texts. */
  args: Record<string, string>;
  /** The last result of each tool. */
  results: Record<string, string>;
}

export function sceneOf(request: ModelRequest): Scene {
  const { messages } = request;
  const last = messages.findLast((message) => message.role === 'user' || message.role === 'tool');
  const asked = messages.findLast((message) => message.role === 'user');
  const results: Scene['results'] = {};
  for (const message of messages) if (message.role === 'tool') results[message.name] = message.output;
  return {
    request: request.request,
    purpose: request.purpose,
    asked: asked ? textOf(asked.parts) : '',
    last:
      last?.role === 'tool'
        ? { tool: last.name, text: last.output }
        : { tool: undefined, text: last ? textOf(last.parts) : '' },
    args: last?.role === 'tool' ? argumentsOf(messages, last.call_id) : {},
    results,
  };
}

/** The first step that matches, and the line that its `line` found. */
export function findStep(script: Script, scene: Scene): { step: ScriptStep; line: string | undefined } | undefined {
  for (const step of script.turns) {
    const { contains, equals, tool_result, request, purpose = 'think', asked, line } = step.match;
    if (purpose !== scene.purpose) continue;
    // The text of a tool result is looked at only where the step names the tool.
    if (
      tool_result === undefined
        ? scene.last.tool !== undefined && (contains ?? equals) !== undefined
        : scene.last.tool !== tool_result
    )
      continue;
    if (contains !== undefined && !scene.last.text.includes(contains)) continue;
    if (equals !== undefined && scene.last.text !== equals) continue;
    if (request !== undefined && scene.request !== request) continue;
    if (asked && !asked.some((word) => holdsWord(scene.asked, word))) continue;
    const found = line && firstLine(scene.last.text, line);
    if (line && found === undefined) continue;
    return { step, line: found };
  }
  return undefined;
}

function argumentsOf(messages: Message[], callId: string): Record<string, string> {
  for (const message of messages.toReversed()) {
    const call =
      message.role === 'assistant' ? message.tool_calls.find(({ call_id }) => call_id === callId) : undefined;
    if (!call) continue;
    try {
      const parsed = JSON.parse(call.arguments_raw) as unknown;
      const entries = Object.entries(typeof parsed === 'object' && parsed ? parsed : {});
      return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
    } catch {
      return {};
    }
  }
  return {};
}

/** As a whole word, in any case. */
function holdsWord(text: string, word: string): boolean {
  const words = text.toLowerCase().split(/[^\p{L}\p{N}_]+/u);
  return words.includes(word.toLowerCase());
}

function firstLine(text: string, patterns: string[]): string | undefined {
  const excluded = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1));
  const lines = text.split('\n').filter((line) => line !== '' && !excluded.some((pattern) => fits(line, pattern)));
  for (const pattern of patterns) {
    const found = pattern.startsWith('!') ? undefined : lines.find((line) => fits(line, pattern));
    if (found !== undefined) return found;
  }
  return undefined;
}

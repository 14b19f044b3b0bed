/** A model that plays a script: offline, and always the same. Its pauses are the clock's. */
import { sha256 } from '../../../base/digest.ts';
import type { Clock } from '../../../base/clock.ts';
import { parseDuration } from '../../../base/duration.ts';
import type { ModelAnswer, ModelDelta, ModelReply, ModelRequest } from '../../../contract/messages.ts';
import type { ModelClient } from '../../../contract/ports.ts';
import type { Script, ScriptStep } from '../../../contract/script.ts';
import { estimateTokens, requestBytes } from '../reply/estimate.ts';
import { abortFault, failureOf, ModelFault } from '../reply/fault.ts';
import { render, renderAll } from './render.ts';
import { findStep, type Scene, sceneOf } from './scene.ts';

type Reply = NonNullable<ScriptStep['reply']>;

interface Stage {
  clock: Clock;
  signal: AbortSignal;
  onDelta: (delta: ModelDelta) => void;
  /** A stall that is longer ends as the silence of a real model would. */
  timeoutMs: number;
}

export function createScriptClient(
  script: Script,
  { clock, timeoutMs }: Pick<Stage, 'clock' | 'timeoutMs'>,
): ModelClient {
  return {
    async ask(request, { signal, onDelta }) {
      let streamed = '';
      const stage: Stage = {
        clock,
        signal,
        timeoutMs,
        onDelta: (delta) => {
          if (delta.kind === 'text') streamed += delta.text;
          onDelta(delta);
        },
      };
      try {
        return await play(script, request, stage);
      } catch (thrown) {
        if (!(thrown instanceof ModelFault)) throw thrown;
        return failureOf(thrown, { partial: streamed });
      }
    },
  };
}

async function play(script: Script, request: ModelRequest, stage: Stage): Promise<ModelAnswer> {
  const scene = sceneOf(request);
  const found = findStep(script, scene);
  if (stage.signal.aborted) throw abortFault();
  if (!found) throw new ModelFault('invalid_request', 'no_step', `no step of the script matches ${describe(scene)}`);
  const { step, line } = found;
  const reply = step.reply ?? {};
  await silence(step.stall ?? reply.stall, stage);
  if (step.fail) {
    const { class: failureClass, message, retry_after } = step.fail;
    throw new ModelFault(failureClass, failureClass, message ?? `the script fails here: ${failureClass}`, {
      retryAfterMs: retry_after === undefined ? undefined : parseDuration(retry_after),
    });
  }
  const text = render(reply.text ?? '', scene, line);
  const whole = !step.reply && step.stall !== undefined ? 0 : (step.cut_after ?? reply.cut_after);
  const calls = callsOf(reply, scene, line);
  await stream(reply, { text, calls, cutAfter: whole }, stage);
  return replyOf(request, reply, text, calls);
}

/** Sends the reply in its pieces. @throws ModelFault network when it is to be cut, aborted */
async function stream(
  reply: Reply,
  { text, calls, cutAfter }: { text: string; calls: ModelReply['tool_calls']; cutAfter: number | undefined },
  stage: Stage,
): Promise<void> {
  if (reply.reasoning) stage.onDelta({ kind: 'reasoning', text: reply.reasoning });
  for (const [index, piece] of pieces(text, reply.chunks ?? 1).entries()) {
    if (index === cutAfter) break;
    await silence(reply.delay, stage);
    stage.onDelta({ kind: 'text', text: piece });
  }
  if (cutAfter !== undefined) throw new ModelFault('network', 'stream_cut', 'the script cuts the reply here');
  for (const call of calls) stage.onDelta({ kind: 'arguments', text: call.arguments_raw });
}

function callsOf(reply: Reply, scene: Scene, line: string | undefined): ModelReply['tool_calls'] {
  return (reply.calls ?? []).map((call, index) => ({
    provider_id: `call_${index + 1}`,
    name: call.tool,
    arguments_raw: call.arguments_raw ?? JSON.stringify(renderAll(call.arguments ?? {}, scene, line)),
  }));
}

function replyOf(request: ModelRequest, reply: Reply, text: string, tool_calls: ModelReply['tool_calls']): ModelReply {
  const parts: ModelReply['parts'] = [];
  if (reply.reasoning) parts.push({ type: 'reasoning', text: reply.reasoning });
  if (text !== '') parts.push({ type: 'text', text });
  const stop_reason = reply.stop_reason ?? (tool_calls.length > 0 ? 'tool_calls' : 'end');
  let bytes = Buffer.byteLength(text + (reply.reasoning ?? ''));
  for (const call of tool_calls) bytes += Buffer.byteLength(call.name + call.arguments_raw);
  const usage = reply.usage ?? {
    input: estimateTokens(requestBytes(request)),
    output: estimateTokens(bytes),
  };
  return {
    ok: true,
    parts,
    tool_calls,
    stop_reason,
    usage: { cached: 0, reasoning: 0, ...usage },
    model_served: request.model,
    wire_hash: sha256(JSON.stringify({ parts, tool_calls, stop_reason })),
  };
}

/** @throws ModelFault aborted | timeout */
async function silence(duration: string | undefined, { clock, signal, timeoutMs }: Stage): Promise<void> {
  const ms = duration === undefined ? 0 : parseDuration(duration)!;
  if (ms > 0) await pause(Math.min(ms, timeoutMs), clock, signal);
  if (signal.aborted) throw abortFault();
  if (ms > timeoutMs) throw new ModelFault('timeout', 'idle_timeout', `nothing came for ${timeoutMs / 1000} s`);
}

/** Ends early when the signal aborts. */
function pause(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.at(clock.now() + ms, end);
    signal.addEventListener('abort', end);
  });
}

/** About equal pieces; no character is cut in two. */
function pieces(text: string, wanted: number): string[] {
  const characters = [...text];
  const size = Math.max(1, Math.ceil(characters.length / wanted));
  const found: string[] = [];
  for (let start = 0; start < characters.length; start += size) {
    found.push(characters.slice(start, start + size).join(''));
  }
  return found;
}

const SHOWN_CHARACTERS = 80;

function describe({ last, request }: Scene): string {
  const [head = ''] = last.text.split('\n');
  const shown = head.length > SHOWN_CHARACTERS ? `${head.slice(0, SHOWN_CHARACTERS)}…` : head;
  const what = last.tool === undefined ? 'the message' : `the result of ${last.tool}`;
  return `${what} "${shown}" (request ${request} of the turn)`;
}

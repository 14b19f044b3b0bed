/** The provider-neutral request and its answer: what the kernel asks for and what every model adapter speaks. */
import type { JsonObject } from '../base/json.ts';
import type { ModelFailureClass, Part, StopReason, Usage } from './values.ts';
import type { ToolSpec } from './manifest.ts';

/** What one joined journal entry gave to the history. Long texts stay blob references; the engine resolves them. */
export type Content =
  | { role: 'user'; parts: Part[] }
  | { role: 'assistant'; parts: Part[]; tool_calls: ContentCall[] }
  | { role: 'tool'; call_id: string; provider_id: string; name: string; status: string; parts: Part[] }
  | { role: 'note'; text: string };

export interface ContentCall {
  call_id: string;
  provider_id: string;
  name: string;
  arguments_raw: Part & { type: 'text' };
}

/** A content with every long text resolved to what the model is given. Files and images carry base64 bytes. */
export type Message =
  | { role: 'user'; parts: MessagePart[] }
  | { role: 'assistant'; parts: MessagePart[]; tool_calls: MessageCall[] }
  | { role: 'tool'; call_id: string; provider_id: string; name: string; output: string }
  | { role: 'note'; text: string };

export type MessagePart =
  | { type: 'text'; text: string }
  | { type: 'image' | 'file'; base64: string; media_type: string; name?: string }
  | { type: 'reasoning'; text?: string; opaque?: string; provider?: string };

export interface MessageCall {
  call_id: string;
  provider_id: string;
  name: string;
  arguments_raw: string;
}

export interface ModelRequest {
  /** The name in the registry; it selects credentials, wire format and base URL. */
  name: string;
  provider: string;
  model: string;
  instructions: string;
  tools: Pick<ToolSpec, 'name' | 'description' | 'parameters'>[];
  messages: Message[];
  max_output_tokens: number;
  /** What the answer is for. */
  purpose: 'think' | 'compact' | 'plan';
  /** Number of this model request within its turn, from 1; each attempt counts. */
  request: number;
  /** Stable for a session, so that a provider may route its prompt cache by it. */
  cache_key: string;
  /** The reply's text must be JSON that follows this JSON schema of an object. Script models take no notice. */
  output_schema?: { name: string; schema: JsonObject };
}

/** Called while the reply arrives. Ephemeral: what counts is the answer. */
export type ModelDelta = { kind: 'text' | 'reasoning' | 'arguments'; text: string };

/** What a model answered, or how it failed. A failure is a value; adapters never throw for it. */
export type ModelAnswer = ModelReply | ModelFailure;

export interface ModelReply {
  ok: true;
  parts: MessagePart[];
  tool_calls: { provider_id: string; name: string; arguments_raw: string }[];
  stop_reason: StopReason;
  usage: Usage;
  model_served: string;
  provider_request_id?: string;
  /** SHA-256 (hex) over the bytes of the reply's events as they came. */
  wire_hash: string;
}

export interface ModelFailure {
  ok: false;
  class: ModelFailureClass;
  /** A stable code: the provider's own where it gives one. */
  code: string;
  /** Says provider, status and the provider's message. */
  message: string;
  retry_after_ms?: number;
  hint?: 'other_key' | 'endpoint_down';
  usage?: Usage;
  partial?: string;
}

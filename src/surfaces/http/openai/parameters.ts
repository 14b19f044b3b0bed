/**
 * Parameters that aren't honoured. Hints to the model are ignored, and named in a header; what would change what the
 * caller gets, or what it costs, is refused unless it says nothing. docs/openai-compatible.md has the table.
 */
import { refused } from './errors.ts';

/** What the request may hold without effect, and what it may not hold, with why. */
interface Parameters {
  honoured: readonly string[];
  ignored: readonly string[];
  refused: Readonly<Record<string, Refused>>;
}

interface Refused {
  why: string;
  /** Values that ask for nothing, beside null, an empty list and an empty object. */
  unless?: (value: unknown) => boolean;
}

const is =
  (...values: unknown[]) =>
  (value: unknown): boolean =>
    values.includes(value);

const TOOLS: Refused = { why: 'Tools run in this runtime, by its policy; a client brings none of its own.' };
const CHOICE: Refused = { ...TOOLS, unless: is('auto', 'none') };
const LENGTH: Refused = {
  why: "A reply's length is limited by `max_output` of the model's entry in the configuration.",
};
const FORMAT = 'Replies are text; no other format can be promised.';
const LOGPROBS: Refused = { why: 'Log probabilities are not kept.', unless: is(false, 0) };
const MODERATION: Refused = { why: 'There is no moderation.' };

/** Hints to the model or to its provider's cache, and what concerns client tools alone. */
const HINTS = [
  'temperature', 'top_p', 'parallel_tool_calls', 'prompt_cache_key', 'prompt_cache_options', 'prompt_cache_retention',
  'safety_identifier', 'service_tier',
] as const; // prettier-ignore

export const CHAT_PARAMETERS: Parameters = {
  honoured: ['messages', 'model', 'stream', 'stream_options', 'user', 'metadata'],
  ignored: [
    ...HINTS, 'frequency_penalty', 'presence_penalty', 'prediction', 'reasoning_effort', 'seed', 'store', 'verbosity',
  ], // prettier-ignore
  refused: {
    tools: TOOLS,
    functions: TOOLS,
    tool_choice: CHOICE,
    function_call: CHOICE,
    max_tokens: LENGTH,
    max_completion_tokens: LENGTH,
    n: { why: 'One reply is given, not several.', unless: is(1) },
    response_format: { why: FORMAT, unless: isText },
    modalities: { why: FORMAT, unless: (value) => Array.isArray(value) && value.every(is('text')) },
    audio: { why: FORMAT },
    logprobs: LOGPROBS,
    top_logprobs: LOGPROBS,
    logit_bias: { why: 'Tokens can not be weighed.' },
    stop: { why: 'A reply ends where the model ends it.' },
    web_search_options: { why: 'There is no such search.' },
    moderation: MODERATION,
  },
};

export const RESPONSES_PARAMETERS: Parameters = {
  honoured: [
    'input', 'model', 'instructions', 'previous_response_id', 'conversation', 'background', 'stream', 'metadata',
  ], // prettier-ignore
  ignored: [...HINTS, 'reasoning', 'stream_options', 'user'],
  refused: {
    tools: TOOLS,
    tool_choice: CHOICE,
    max_output_tokens: LENGTH,
    max_tool_calls: { why: 'Calls are limited by the configuration.' },
    text: { why: FORMAT, unless: isTextFormat },
    include: { why: 'Nothing further is included.' },
    top_logprobs: LOGPROBS,
    prompt: { why: 'There are no stored prompts.' },
    truncation: { why: 'What the model is given is not cut.', unless: is('disabled') },
    context_management: { why: 'What the model is given is not cut.' },
    store: { why: 'Everything is kept in the journal of its session: `store` can not be false.', unless: is(true) },
    moderation: MODERATION,
  },
};

/** Gives the names of those that were ignored. @throws ProblemWith for one that can't be */
export function checkParameters(body: Record<string, unknown>, known: Parameters): string[] {
  const ignored: string[] = [];
  for (const [name, value] of Object.entries(body)) {
    if (value === null || known.honoured.includes(name)) continue;
    if (known.ignored.includes(name)) {
      ignored.push(name);
      continue;
    }
    const rule = Object.hasOwn(known.refused, name) ? known.refused[name]! : undefined;
    if (rule === undefined) throw refused(name, `Unknown parameter: ${JSON.stringify(name)}.`, 'unknown_parameter');
    if (!isEmpty(value) && rule.unless?.(value) !== true) {
      throw refused(name, `\`${name}\` is not supported here. ${rule.why}`);
    }
  }
  return ignored;
}

function isText(format: unknown): boolean {
  return typeof format === 'object' && format !== null && 'type' in format && format.type === 'text';
}

/** `text` of a response, with nothing but that. */
function isTextFormat(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.entries(value).every(([key, format]) => key === 'format' && isText(format))
  );
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** Replies of Google's Gemini API: each event has further parts of the first candidate; calls come whole. */
import type { FinishReason, GenerateContentResponse, Part } from '@google/genai/web';
import { count, type Draft, type Finished, type Reader, textIn } from '../reply/draft.ts';
import { ModelFault } from '../reply/fault.ts';
import { seal, type Signatures } from './sealed.ts';

/** As the API writes them; the SDK's enums are values, which would be loaded. */
type Ending = `${FinishReason}`;

const TOO_LONG: ReadonlySet<string> = new Set<Ending>(['MAX_TOKENS', 'CONTINUATION']);
const REFUSED: ReadonlySet<string> = new Set<Ending>([
  'SAFETY', 'RECITATION', 'LANGUAGE', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'SPII',
  'IMAGE_SAFETY', 'IMAGE_PROHIBITED_CONTENT', 'IMAGE_RECITATION',
]); // prettier-ignore
/** The model made a mess of it; asked again it may do better. */
const BROKEN: ReadonlySet<string> = new Set<Ending>([
  'MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'TOO_MANY_TOOL_CALLS', 'MALFORMED_RESPONSE', 'OTHER',
]); // prettier-ignore

export function readContents(draft: Draft, reasoner: string): Reader<GenerateContentResponse> {
  const calls: Finished['calls'] = [];
  const signatures: Signatures = {};
  let counts: GenerateContentResponse['usageMetadata'];
  let model: string | undefined;
  let id: string | undefined;
  let ending: string | undefined;

  const takePart = ({ text, thought, thoughtSignature, functionCall }: Part): void => {
    if (functionCall) {
      const arguments_raw = JSON.stringify(functionCall.args ?? {});
      if (thoughtSignature) (signatures.calls ??= {})[calls.length] = draft.hold(thoughtSignature);
      calls.push({ id: functionCall.id, name: textIn(functionCall.name), arguments_raw });
      draft.checkCalls(calls.length);
      draft.add('arguments', arguments_raw);
    } else {
      draft.add(thought ? 'reasoning' : 'text', textIn(text));
      if (thoughtSignature) signatures.text = draft.hold(thoughtSignature);
    }
  };

  return {
    take({ promptFeedback, candidates, usageMetadata, modelVersion, responseId }) {
      counts = usageMetadata ?? counts;
      model ??= modelVersion;
      id ??= responseId;
      const { blockReason, blockReasonMessage } = promptFeedback ?? {};
      if (blockReason) {
        const why = textIn(blockReason);
        throw new ModelFault('refused', why, textIn(blockReasonMessage) || `the request was blocked (${why})`);
      }
      const candidate = candidates?.find(({ index }) => (index ?? 0) === 0);
      for (const part of candidate?.content?.parts ?? []) takePart(part);
      ending = candidate?.finishReason ?? ending;
      if (ending !== undefined && BROKEN.has(ending)) {
        throw new ModelFault(
          'malformed',
          ending,
          textIn(candidate?.finishMessage) || `the model broke off (${ending})`,
        );
      }
    },
    ended: () => ending !== undefined,
    settled: () => ending !== undefined,
    usage: () =>
      counts && {
        input: count(counts.promptTokenCount) + count(counts.toolUsePromptTokenCount),
        output: count(counts.candidatesTokenCount) + count(counts.thoughtsTokenCount),
        cached: count(counts.cachedContentTokenCount),
        reasoning: count(counts.thoughtsTokenCount),
      },
    finish() {
      const text = draft.text('text');
      return {
        parts: [
          ...seal(draft.text('reasoning'), signatures, reasoner),
          ...(text === '' ? [] : [{ type: 'text' as const, text }]),
        ],
        calls,
        stop_reason: stopReason(ending!, calls.length > 0),
        model,
        id,
      };
    },
  };
}

function stopReason(ending: string, hasCalls: boolean): Finished['stop_reason'] {
  if (REFUSED.has(ending)) return 'refused';
  if (TOO_LONG.has(ending)) return 'length';
  return hasCalls ? 'tool_calls' : 'end';
}

/** Requests of Google's Gemini API (`streamGenerateContent`). */
import type { Content, FunctionDeclaration, GenerateContentConfig, Part } from '@google/genai/web';
import type { MessagePart, ModelRequest } from '../../../contract/messages.ts';
import { type AssistantTurn, turnsOf, type UserTurn } from '../reply/turns.ts';
import { demandsSignatures } from './endpoint.ts';
import { type Signatures, unseal, UNSIGNED } from './sealed.ts';

export function contentsOf({ messages, model }: ModelRequest, reasoner: string): Content[] {
  const unsigned = demandsSignatures(model) ? UNSIGNED : undefined;
  return turnsOf(messages, reasoner).map((turn) =>
    turn.role === 'user'
      ? { role: 'user', parts: userParts(turn) }
      : { role: 'model', parts: modelParts(turn, unsigned) },
  );
}

export function configOf({ instructions, tools, max_output_tokens, output_schema }: ModelRequest): GenerateContentConfig {
  const functionDeclarations = tools.map(({ name, description, parameters }): FunctionDeclaration => ({
    name,
    description,
    parametersJsonSchema: parameters,
  }));
  return {
    maxOutputTokens: max_output_tokens,
    ...(instructions.trim() !== '' && { systemInstruction: instructions }),
    ...(tools.length > 0 && { tools: [{ functionDeclarations }] }),
    ...(output_schema && { responseMimeType: 'application/json', responseJsonSchema: output_schema.schema }),
    // What the SDK would do by itself: run functions, and ask again.
    automaticFunctionCalling: { disable: true },
    automaticContinuation: false,
  };
} // prettier-ignore

function userParts({ results, said }: UserTurn): Part[] {
  return [
    ...results.map(({ id, name, output }): Part => ({ functionResponse: { id, name, response: { output } } })),
    ...said.map(saidPart),
  ];
}

function modelParts({ parts, calls }: AssistantTurn, unsigned: string | undefined): Part[] {
  let signatures: Signatures = {};
  const made: Part[] = [];
  for (const part of parts) {
    if (part.type === 'reasoning') signatures = unseal(part);
    else if (part.type === 'text') made.push({ text: part.text, ...signed(signatures.text) });
  }
  for (const [index, { id, name, args }] of calls.entries()) {
    // Of calls side by side only the first is signed.
    const signature = signatures.calls?.[index] ?? (index === 0 ? unsigned : undefined);
    made.push({ functionCall: { id, name, args }, ...signed(signature) });
  }
  return made;
}

function signed(thoughtSignature: string | undefined): Pick<Part, 'thoughtSignature'> {
  return thoughtSignature === undefined ? {} : { thoughtSignature };
}

const READABLE = /^(image|audio|video|text)\/|^application\/pdf$/;

function saidPart(part: MessagePart): Part {
  if (part.type === 'text') return { text: part.text };
  if (part.type === 'reasoning') return { text: '' };
  const { base64, media_type, name } = part;
  if (READABLE.test(media_type)) return { inlineData: { mimeType: media_type, data: base64 } };
  // Said rather than refused: the rest of the conversation can go on.
  return { text: `[${name ?? 'a file'} (${media_type}) can't be shown to this model]` };
}

/** What Google's Gemini API refuses: https://ai.google.dev/api/generate-content. */
import type { MockRefusal, MockRequest } from './mock-service.ts';

interface Part {
  text?: string;
  thought?: boolean;
  thoughtSignature?: string;
  inlineData?: { mimeType?: string; data?: string };
  functionCall?: { id?: string; name?: string; args?: unknown };
  functionResponse?: { id?: string; name?: string; response?: unknown };
}

interface Body {
  contents?: { role?: string; parts?: Part[] }[];
  systemInstruction?: { parts?: Part[] };
  tools?: { functionDeclarations?: { name?: string; parametersJsonSchema?: unknown }[] }[];
  generationConfig?: Record<string, unknown>;
}

const FIELDS = new Set(['contents', 'systemInstruction', 'tools', 'generationConfig']);
const GENERATION = new Set(['maxOutputTokens', 'responseMimeType', 'responseJsonSchema']);
const PART = new Set(['text', 'thought', 'thoughtSignature', 'inlineData', 'functionCall', 'functionResponse']);
const NAME = /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/;
const SIGNATURES = ['sealed', 'skip_thought_signature_validator'];

export function refuseGemini({ method, path, headers, body }: MockRequest): MockRefusal | undefined {
  const refuse = (code: number, status: string, message: string): MockRefusal => ({
    status: code,
    body: { error: { code, message, status } },
  });
  const [, model] = /^\/v1beta\/models\/([^/:]+):streamGenerateContent\?alt=sse$/.exec(path) ?? [];
  if (model === undefined || method !== 'POST') return refuse(404, 'NOT_FOUND', `Not found: ${path}`);
  if (headers['x-goog-api-key'] === undefined) {
    return refuse(403, 'PERMISSION_DENIED', "Method doesn't allow unregistered callers.");
  }
  const why = wrongBody(body as Body, model);
  return why === undefined ? undefined : refuse(400, 'INVALID_ARGUMENT', why);
}

function wrongBody(body: Body, model: string): string | undefined {
  const unknown = [
    ...Object.keys(body).filter((name) => !FIELDS.has(name)),
    ...Object.keys(body.generationConfig ?? {}).filter((name) => !GENERATION.has(name)),
  ];
  if (unknown.length > 0) return `Invalid JSON payload received. Unknown name "${unknown[0]}": Cannot find field.`;
  const { contents = [], systemInstruction, tools = [] } = body;
  if (contents.length === 0) return '* GenerateContentRequest.contents: contents is not specified';
  if (systemInstruction && !systemInstruction.parts?.[0]?.text) return 'system_instruction: must not be empty';
  for (const { name, parametersJsonSchema } of tools.flatMap(({ functionDeclarations }) => functionDeclarations ?? [])) {
    if (!NAME.test(name ?? '')) return `Invalid function name: ${name}`;
    if (typeof parametersJsonSchema !== 'object') return `functionDeclarations.${name}: parameters missing`;
  }
  return wrongContents(contents, model);
} // prettier-ignore

function wrongContents(contents: NonNullable<Body['contents']>, model: string): string | undefined {
  let open: { id?: string; name?: string }[] = [];
  for (const [index, { role, parts = [] }] of contents.entries()) {
    if (role !== 'user' && role !== 'model') return 'Please use a valid role: user, model.';
    if (index === 0 && role !== 'user') return 'Please ensure that the conversation begins with a user turn.';
    if (index > 0 && contents[index - 1]!.role === role) return 'Please ensure that multiturn requests alternate between user and model.';
    if (parts.length === 0) return `* GenerateContentRequest.contents[${index}].parts: contents.parts must not be empty.`;
    for (const part of parts) {
      const why = wrongPart(part);
      if (why !== undefined) return `contents[${index}]: ${why}`;
    }
    const responses = parts.flatMap(({ functionResponse }) => functionResponse ?? []);
    const calls = parts.flatMap(({ functionCall }) => functionCall ?? []);
    if (role === 'user') {
      if (calls.length > 0) return 'Please ensure that function call turn comes immediately after a user turn or after a function response turn.';
      if (responses.length !== open.length) return 'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.';
      const strange = responses.find(({ id, name }) => !open.some((call) => call.name === name && call.id === id));
      if (strange) return `function_response.name: ${strange.name} was not called`;
      open = [];
    } else {
      if (responses.length > 0) return 'Please ensure that function response turn comes immediately after a function call turn.';
      const first = parts.find(({ functionCall }) => functionCall);
      if (/^gemini-[3-9]/.test(model) && first && first.thoughtSignature === undefined) {
        return `Function call is missing a thought_signature in functionCall parts: ${first.functionCall!.name}`;
      }
      open = calls;
    }
  }
  if (contents.at(-1)!.role !== 'user') return 'Please ensure that single turn requests end with a user role.';
  return undefined;
} // prettier-ignore

function wrongPart(part: Part): string | undefined {
  const unknown = Object.keys(part).find((name) => !PART.has(name));
  if (unknown !== undefined) return `Unknown name "${unknown}": Cannot find field.`;
  const { text, inlineData, functionCall, functionResponse, thoughtSignature } = part;
  if ([text, inlineData, functionCall, functionResponse].filter((one) => one !== undefined).length !== 1) {
    return "required oneof field 'data' must have one initialized field";
  }
  if (thoughtSignature !== undefined && !SIGNATURES.includes(thoughtSignature)) return 'Thought signature is not valid';
  if (inlineData && !(inlineData.mimeType && inlineData.data)) return 'inline_data: invalid';
  for (const called of [functionCall, functionResponse]) {
    if (called && !NAME.test(called.name ?? '')) return 'function name cannot be empty';
  }
  if (functionCall && (typeof functionCall.args !== 'object' || functionCall.args === null)) return 'function_call.args: not a Struct';
  if (functionResponse && (typeof functionResponse.response !== 'object' || functionResponse.response === null)) {
    return 'function_response.response: not a Struct';
  }
  return undefined;
} // prettier-ignore

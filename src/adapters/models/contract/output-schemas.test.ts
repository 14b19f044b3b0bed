/** A schema for the reply's text, in the words of each API. */
import { expect, test } from 'vitest';
import { modelRequest } from '../../../../test/support/model-request.ts';
import type { JsonObject } from '../../../base/json.ts';
import { playing, serviceNamed, SERVICES } from '../testing/services.ts';

const OPEN: JsonObject = {
  type: 'object',
  properties: {
    done: { type: 'boolean' },
    steps: { type: 'array', items: { type: 'object', properties: { name: { enum: [{ type: 'object' }] } } } },
  },
  required: ['done'],
};
const STRICT: JsonObject = {
  type: 'object',
  properties: { done: { type: 'boolean' } },
  required: ['done'],
  additionalProperties: false,
};

async function sentBy(name: string, schema: JsonObject): Promise<Record<string, unknown>> {
  const { mock, ask } = await playing(serviceNamed(name), [{ text: '{"done":true}' }]);
  const answer = await ask(modelRequest({ output_schema: { name: 'verdict', schema } }));
  expect(answer).toMatchObject({ ok: true, parts: [{ type: 'text', text: '{"done":true}' }] });
  return mock.requests[0]!.body as Record<string, unknown>;
}

test('OpenAI: as a format, strict where the schema leaves nothing open', async () => {
  const format = { type: 'json_schema', name: 'verdict' };
  expect(await sentBy('openai, responses', STRICT)).toMatchObject({ text: { format: { ...format, schema: STRICT, strict: true } } });
  expect(await sentBy('openai, responses', OPEN)).toMatchObject({ text: { format: { ...format, schema: OPEN, strict: false } } });
  expect(await sentBy('openai, chat', STRICT)).toMatchObject({
    response_format: { type: 'json_schema', json_schema: { name: 'verdict', schema: STRICT, strict: true } },
  });
  expect(await sentBy('ollama', OPEN)).toMatchObject({
    response_format: { type: 'json_schema', json_schema: { name: 'verdict', schema: OPEN, strict: false } },
  });
}); // prettier-ignore

test('Anthropic: as a format, with every object closed', async () => {
  expect(await sentBy('anthropic', STRICT)).toMatchObject({ output_config: { format: { type: 'json_schema', schema: STRICT } } });
  const { output_config } = (await sentBy('anthropic', OPEN)) as { output_config: { format: { schema: unknown } } };
  expect(output_config.format.schema).toEqual({
    type: 'object',
    properties: {
      done: { type: 'boolean' },
      steps: {
        type: 'array',
        items: { type: 'object', properties: { name: { enum: [{ type: 'object' }] } }, additionalProperties: false },
      },
    },
    required: ['done'],
    additionalProperties: false,
  });
}); // prettier-ignore

test('Gemini: as the schema of the response', async () => {
  const { generationConfig } = await sentBy('gemini', OPEN);
  expect(generationConfig).toMatchObject({ responseMimeType: 'application/json', responseJsonSchema: OPEN });
});

test('Z.AI, which knows JSON but no schemas: in words', async () => {
  const { response_format, messages } = (await sentBy('zai', OPEN)) as { response_format: unknown; messages: object[] };
  expect(response_format).toEqual({ type: 'json_object' });
  expect(messages[0]).toEqual({
    role: 'system',
    content: `Be brief.\n\nAnswer with one JSON object that follows this JSON schema: ${JSON.stringify(OPEN)}`,
  });
});

test('without one nothing is said of it', async () => {
  for (const service of SERVICES) {
    const { mock, ask } = await playing(service, [{}]);
    await ask();
    expect(JSON.stringify(mock.requests[0]!.body)).not.toMatch(/schema|format|json/i);
  }
});

import { expect, test } from 'vitest';
import { configSchema } from '../../contract/config.ts';
import { maskSecrets, secretsOf } from './secrets.ts';

const config = configSchema.parse({
  models: {
    registry: [
      { name: 'a', api_key: 'sk-own-secret' },
      { name: 'b', api_key_env: 'B_KEY' },
      { name: 'c', api_key: 'none', base_url: 'http://user:pass-word@127.0.0.1:1/v1' },
    ],
  },
});

test('keys of the configuration and of the environment are known, by name; short texts are not', () => {
  const environment = { OPENAI_API_KEY: 'sk-abcdef', B_KEY: 'b-key-value', ZAI_API_KEY: '', PATH: '/usr/local/bin' };
  expect(secretsOf({ config, inFile: {} }, environment)).toEqual([
    { name: 'OPENAI_API_KEY', value: 'sk-abcdef' },
    { name: 'B_KEY', value: 'b-key-value' },
    { name: 'api_key of a', value: 'sk-own-secret' },
    { name: 'password of c', value: 'pass-word' },
  ]);
});

test('what stands in the file is known also where a flag or the environment says otherwise', () => {
  const registry = [
    { name: 'a', api_key: 'sk-in-the-file', base_url: 'http://u:pass-word@h/v1', headers: ['x-api-key: header-key'], more_key_envs: ['MORE'] },
    { name: 7, api_key: 12345678, headers: 'no list' },
    'no entry',
  ]; // prettier-ignore
  const inFile = { models: { registry }, telemetry: { endpoint: 'http://u:tele-pass@h' } };
  expect(secretsOf({ config: configSchema.parse({}), inFile }, { MORE: 'more-key-value' })).toEqual([
    { name: 'MORE', value: 'more-key-value' },
    { name: 'api_key of a', value: 'sk-in-the-file' },
    { name: 'password of a', value: 'pass-word' },
    { name: 'header x-api-key of a', value: 'header-key' },
    { name: 'password of telemetry.endpoint', value: 'tele-pass' },
  ]);
  expect(secretsOf({ config, inFile: { models: 'none' } }, {})).toEqual(secretsOf({ config, inFile: {} }, {}));
});

test('a masked configuration holds no secret, and masking it again changes nothing', () => {
  const masked = maskSecrets(config);
  expect(masked.models.registry).toEqual([
    { name: 'a', provider: 'openai', api_key: '********' },
    { name: 'b', provider: 'openai', api_key_env: 'B_KEY' },
    { name: 'c', provider: 'openai', api_key: '********', base_url: 'http://user:********@127.0.0.1:1/v1' },
  ]);
  expect(maskSecrets(masked)).toEqual(masked);
});

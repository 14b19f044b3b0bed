/** All that is loaded when a model behind Anthropic's API is used, the SDK with it. */
export { createAnthropicClient } from './client.ts';

/** All that is loaded when a model behind the OpenAI API is used, the SDK with it. */
export { createOpenaiClient } from './client.ts';

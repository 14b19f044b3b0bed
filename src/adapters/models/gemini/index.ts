/** All that is loaded when a model behind Google's Gemini API is used, the SDK with it. */
export { createGeminiClient } from './client.ts';

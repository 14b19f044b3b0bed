/** All that is loaded when a script model is used. */
export { createScriptClient } from './client.ts';
export { demoScript } from './demo.ts';
export { loadScript } from './load.ts';

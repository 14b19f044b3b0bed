import { join } from 'node:path';
import type { Environment } from '../../base/environment.ts';
import type { Config } from '../../contract/config.ts';
import { runtimeHome } from './home.ts';

/** Where the login with ChatGPT lies, or would. */
export function codexLoginPath({ auth }: Config, environment: Environment): string {
  return join(runtimeHome(environment), auth.codex.token_path);
}

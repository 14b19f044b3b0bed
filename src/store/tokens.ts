/**
 * The tokens of a home, in `auth/tokens.json`. Of a token only its digest is kept. It is 32 random bytes, which nobody can
 * guess: a slow hash, as passwords need it, would only make each request slow.
 */
import { randomSecret } from '../base/ids.ts';
import { sha256 } from '../base/digest.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validate } from '#generated/tokens-validator.js';
import { RuntimeError } from '../contract/errors.ts';
import type { TokenRecord, Tokens } from '../contract/tokens.ts';
import { fileStamp } from './files.ts';
import { changeJson, parsedJson } from './json-file.ts';
import { isFileError, storeError } from './store-error.ts';

const SECRET_BYTES = 32;
/** How long another process may take to change the file. */
const PATIENCE_MS = 5000;

/** What nobody can guess, to be shown once. */
export function newToken(): string {
  return `rt_${randomSecret(SECRET_BYTES)}`;
}

/** Those that are kept, also expired ones, oldest first. @throws RuntimeError store_damaged | no_permission | … */
export function readTokens(home: string): TokenRecord[] {
  const path = tokensPath(home);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (isFileError(error, 'ENOENT')) return [];
    throw storeError(`Reading ${path}`, error);
  }
  const found = parsedJson(text);
  if (validate(found)) return found.tokens;
  throw new RuntimeError('store_damaged', `${path} is not what \`runtime token\` writes.`, {
    next: 'Move it away, then make the tokens anew with `runtime token create`.',
  });
}

/** Keeps a new token, and gives it. @throws RuntimeError usage, when the name is taken */
export function createToken(home: string, record: Omit<TokenRecord, 'sha256'>): string {
  const token = newToken();
  changeTokens(home, (tokens) => {
    if (tokens.some(({ name }) => name === record.name)) {
      throw new RuntimeError('usage', `There is a token ${record.name} already.`, {
        next: `Choose another name, or take that one back with \`runtime token revoke ${record.name}\`.`,
      });
    }
    return [...tokens, { ...record, sha256: sha256(token) }];
  });
  return token;
}

/** @throws RuntimeError not_found */
export function revokeToken(home: string, name: string): void {
  changeTokens(home, (tokens) => {
    const left = tokens.filter((token) => token.name !== name);
    if (left.length < tokens.length) return left;
    throw new RuntimeError('not_found', `There is no token ${name}.`, { next: 'See them with `runtime token ls`.' });
  });
}

/** Gives the tokens as they are now. The file is read only when it is another one than before. */
export function watchTokens(home: string): () => readonly TokenRecord[] {
  const path = tokensPath(home);
  let seen: string | undefined;
  let tokens: readonly TokenRecord[] = [];
  return () => {
    const now = fileStamp(path);
    if (now !== seen) {
      tokens = readTokens(home);
      seen = now;
    }
    return tokens;
  };
}

export function tokensPath(home: string): string {
  return join(home, 'auth/tokens.json');
}

/** One process at a time, so that no change is lost. @throws RuntimeError locked */
function changeTokens(home: string, change: (tokens: TokenRecord[]) => TokenRecord[]): void {
  changeJson(tokensPath(home), 'the tokens', PATIENCE_MS, (): Tokens => ({ v: 1, tokens: change(readTokens(home)) }));
}

/** TLS with a certificate of one's own. What it takes is loaded only where there is one. */
import { readFileSync } from 'node:fs';
import type { Config } from '../../../contract/config.ts';
import { RuntimeError } from '../../../contract/errors.ts';
import { storeError } from '../../../store/store-error.ts';
import type { CreateServer } from '../server.ts';

/** Certificate chain and private key, PEM. */
export interface Tls {
  cert: string;
  key: string;
}

/** Undefined: plain HTTP. @throws RuntimeError config_invalid | no_permission | store_unavailable */
export function readTls({ cert, key }: Config['server']['tls']): Tls | undefined {
  if (!cert && !key) return undefined;
  if (!cert || !key) {
    throw new RuntimeError('config_invalid', 'server.tls needs both cert and key.');
  }
  return { cert: readText(cert), key: readText(key) };
}

/** @throws RuntimeError config_invalid */
export async function createsTls(tls: Tls): Promise<CreateServer> {
  const { createServer } = await import('node:https');
  return (limits, handle) => {
    try {
      return createServer({ ...limits, ...tls, handshakeTimeout: limits.headersTimeout }, handle);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new RuntimeError('config_invalid', `server.tls: certificate and key can't be used (${why}).`, { cause });
    }
  };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw storeError(`Reading ${path}`, error);
  }
}

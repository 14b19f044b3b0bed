/**
 * A service on the loopback that logs people in with ChatGPT: authorization codes with PKCE, tokens that rotate and whose
 * reuse it notices, revocation, and codes for another device.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface IssuerRequest {
  path: string;
  query: URLSearchParams;
  /** Of a form or JSON. */
  fields: Record<string, string>;
}

type Answer = { status: number; body: object };

export interface MockIssuer {
  url: string;
  requests: IssuerRequest[];
  /** Bodies of the renewals. */
  renewals(): Record<string, string>[];
  /** All tokens that it ever gave. */
  tokens: string[];
  /** Makes tokens as a login would. */
  grant(): { access_token: string; refresh_token: string; id_token: string };
  /** What a person's browser is sent back with, in place of a code. */
  deny(error: string): void;
  /** What the next requests of a path are answered with, one each. */
  next(path: string, ...answers: Answer[]): void;
  /** From now on renewals are done, but their answers wait. */
  hold(): void;
  release(): void;
  close(): Promise<void>;
}

const CLAIMS = { chatgpt_account_id: 'acc-7', chatgpt_plan_type: 'plus' };

export async function startMockIssuer({ expires_in = 3600 }: { expires_in?: number } = {}): Promise<MockIssuer> {
  const requests: IssuerRequest[] = [];
  const tokens: string[] = [];
  const codes = new Map<string, { challenge: string; redirect_uri: string }>();
  const live = new Set<string>();
  const planned = new Map<string, Answer[]>();
  let denial: string | undefined;
  let held: { promise: Promise<void>; resolve: () => void } | undefined;

  const grant = () => {
    const access_token = jwt({ iat: 1, exp: 1 + expires_in });
    const refresh_token = `rt.${randomBytes(24).toString('base64url')}`;
    const id_token = jwt({ email: 'person@example.org', 'https://api.openai.com/auth': CLAIMS });
    live.add(refresh_token);
    tokens.push(access_token, refresh_token, id_token);
    return { access_token, refresh_token, id_token };
  };
  const granted = () => ({ status: 200, body: { ...grant(), token_type: 'Bearer', expires_in } });
  const refused = (code: string, status = 400) => ({ status, body: { error: code } });

  async function token(fields: Record<string, string>): Promise<Answer> {
    if (fields['grant_type'] === 'refresh_token') {
      const known = live.delete(fields['refresh_token'] ?? '');
      const answer = known ? granted() : refused('invalid_grant');
      await held?.promise;
      return answer;
    }
    const code = codes.get(fields['code'] ?? '');
    codes.delete(fields['code'] ?? '');
    const challenge = createHash('sha256').update(fields['code_verifier'] ?? '').digest('base64url'); // prettier-ignore
    const fits = code && code.challenge === challenge && code.redirect_uri === fields['redirect_uri'];
    return fits ? granted() : refused('invalid_grant');
  }

  function authorize(query: URLSearchParams, response: ServerResponse): void {
    const redirect_uri = query.get('redirect_uri')!;
    const back = new URL(redirect_uri);
    back.searchParams.set('state', query.get('state')!);
    if (denial === undefined) {
      const code = randomBytes(16).toString('hex');
      codes.set(code, { challenge: query.get('code_challenge')!, redirect_uri });
      back.searchParams.set('code', code);
    } else back.searchParams.set('error', denial);
    response.writeHead(302, { location: back.href }).end();
  }

  function device(path: string): Answer {
    if (path.endsWith('/usercode')) {
      return { status: 200, body: { device_auth_id: 'dev-1', user_code: 'ABCD-1234', interval: '1' } };
    }
    const verifier = randomBytes(32).toString('base64url');
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    codes.set('device-code', { challenge, redirect_uri: `${url()}/deviceauth/callback` });
    const body = { authorization_code: 'device-code', code_verifier: verifier, code_challenge: challenge };
    return { status: 200, body };
  }

  const server = createServer((incoming, response) => {
    void (async () => {
      const { pathname: path, searchParams: query } = new URL(incoming.url!, 'http://x');
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      const fields = fieldsOf(Buffer.concat(chunks).toString('utf8'));
      requests.push({ path, query, fields });
      if (path === '/oauth/authorize') return authorize(query, response);
      const answer = planned.get(path)?.shift() ?? (await answerTo(path, fields));
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
    })();
  });
  const answerTo = async (path: string, fields: Record<string, string>): Promise<Answer> => {
    if (path === '/oauth/token') return token(fields);
    if (path === '/oauth/revoke') return { status: live.delete(fields['token'] ?? '') ? 200 : 400, body: {} };
    return path.startsWith('/api/accounts/deviceauth/') ? device(path) : { status: 404, body: {} };
  };
  const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: url(),
    requests,
    renewals: () => requests.map(({ fields }) => fields).filter((one) => one['grant_type'] === 'refresh_token'),
    tokens,
    grant,
    deny: (error) => void (denial = error),
    next: (path, ...answers) => void planned.set(path, [...(planned.get(path) ?? []), ...answers]),
    hold: () => void (held = Promise.withResolvers<void>()),
    release() {
      held?.resolve();
      held = undefined;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function jwt(payload: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256' })}.${part({ ...payload, jti: randomBytes(12).toString('hex') })}.c2lnbmF0dXJl`;
}

function fieldsOf(text: string): Record<string, string> {
  if (text.startsWith('{')) return JSON.parse(text) as Record<string, string>;
  return Object.fromEntries(new URLSearchParams(text));
}

// As a process of its own it is the person's browser: goes to the address, and where that sends it.
if (import.meta.main) await fetch(process.argv[2]!);

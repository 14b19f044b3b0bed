/**
 * What a token of the issuer says about itself (JWT, RFC 7519). Its signature isn't checked: it came from the issuer itself
 * over TLS (OpenID Connect Core, 3.1.3.7), and nothing is allowed by what it says.
 */
export interface Claims {
  account_id?: string;
  email?: string;
  plan?: string;
  /** How long the token is good from when it was made, ms. */
  lasts_ms?: number;
}

/** Nothing, where the text is no such token. */
export function claimsOf(token: string): Claims {
  const payload = objectIn(parsed(token));
  const auth = objectIn(payload['https://api.openai.com/auth']);
  const profile = objectIn(payload['https://api.openai.com/profile']);
  const account_id = text(auth['chatgpt_account_id']);
  const plan = text(auth['chatgpt_plan_type']);
  const email = text(payload['email']) ?? text(profile['email']);
  const { iat, exp } = payload;
  return {
    ...(account_id !== undefined && { account_id }),
    ...(plan !== undefined && { plan }),
    ...(email !== undefined && { email }),
    ...(typeof iat === 'number' && typeof exp === 'number' && { lasts_ms: (exp - iat) * 1000 }),
  };
}

function parsed(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

function objectIn(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

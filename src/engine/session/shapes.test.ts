import { createHash, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRedactor } from './redact.ts';
import { redactShapes, ShapeScanner } from './shape-scanner.ts';
import { MOST_HELD } from './shape-finders.ts';
import { SHAPES } from './shapes.ts';

const ALNUM = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const HEX = '0123456789abcdef';
const CAPITALS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** So many characters, the same each time: no secret stands in this file, so that nobody finds one. */
function some(length: number, alphabet = ALNUM): string {
  const bytes = createHash('shake256', { outputLength: length }).update(alphabet).digest();
  return [...bytes].map((byte) => alphabet[byte % alphabet.length]).join('');
}

const jwt = ['{"alg":"HS256"}', '{"sub":"1234567890","name":"Ann"}'].map((part) => Buffer.from(part).toString('base64url')); // prettier-ignore
const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' }) as string; // prettier-ignore
const locked = `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,${some(32, HEX)}\n\n${rsa.split('\n').slice(1).join('\n')}`; // prettier-ignore

/** Each with what is left of it; without one: the placeholder alone. */
const SECRETS: [shape: string, text: string, left?: string][] = [
  ['anthropic-key', `sk-ant-api03-${some(93)}AA`],
  ['openai-key', `sk-proj-${some(74)}T3BlbkFJ${some(74)}`],
  ['openai-key', `sk-svcacct-${some(120)}`],
  ['openrouter-key', `sk-or-v1-${some(64, HEX)}`],
  ['api-key', `sk-${some(48)}`],
  ['api-key', `sk-${some(32, HEX)}`],
  ['groq-key', `gsk_${some(52)}`],
  ['huggingface-token', `hf_${some(34)}`],
  ['github-token', `ghp_${some(36)}`],
  ['github-token', `ghs_${some(36)}`],
  ['github-token', `github_pat_${some(22)}_${some(59)}`],
  ['gitlab-token', `glpat-${some(20)}`],
  ['slack-token', `xoxb-${some(12, '0123456789')}-${some(12, '0123456789')}-${some(24)}`],
  ['slack-token', `xapp-1-${some(11, CAPITALS)}-${some(13, '0123456789')}-${some(64, HEX)}`],
  ['slack-webhook', `https://hooks.slack.com/services/T${some(10, CAPITALS)}/B${some(10, CAPITALS)}/${some(24)}`, 'https://hooks.slack.com/services/[REDACTED:slack-webhook]'], // prettier-ignore
  ['discord-webhook', `https://discord.com/api/webhooks/${some(18, '0123456789')}/${some(68)}`, 'https://discord.com/api/webhooks/[REDACTED:discord-webhook]'], // prettier-ignore
  ['aws-key', `AKIA${some(16, CAPITALS)}`],
  ['aws-key', `AKIA${some(16, CAPITALS)},${some(40)}`, '[REDACTED:aws-key],[REDACTED:aws-key]'],
  ['aws-secret', `aws_secret_access_key = ${some(40)}`, 'aws_secret_access_key = [REDACTED:aws-secret]'],
  ['aws-secret', `AWS_SECRET_ACCESS_KEY=${some(40)}`, 'AWS_SECRET_ACCESS_KEY=[REDACTED:aws-secret]'],
  ['aws-secret', `"secretAccessKey": "${some(40)}"`, '"secretAccessKey": "[REDACTED:aws-secret]"'],
  ['google-key', `AIza${some(35)}`],
  ['google-secret', `GOCSPX-${some(28)}`],
  ['google-token', `ya29.${some(60)}`],
  ['azure-key', `AccountKey=${some(86)}==`, 'AccountKey=[REDACTED:azure-key]'],
  ['stripe-key', `sk_live_${some(24)}`],
  ['stripe-key', `rk_live_${some(24)}`],
  ['stripe-secret', `whsec_${some(32)}`],
  ['npm-token', `npm_${some(36)}`],
  ['pypi-token', `pypi-AgEIcHlwaS5vcmc${some(120)}`],
  ['sendgrid-key', `SG.${some(22)}.${some(43)}`],
  ['twilio-key', `SK${some(32, HEX)}`],
  ['telegram-token', `https://api.telegram.org/bot${some(10, '123456789')}:AA${some(33)}/getMe`, `https://api.telegram.org/bot${some(10, '123456789')}:[REDACTED:telegram-token]/getMe`], // prettier-ignore
  ['age-key', `AGE-SECRET-KEY-1${some(58, CAPITALS)}`],
  ['digitalocean-token', `dop_v1_${some(64, HEX)}`],
  ['shopify-token', `shpat_${some(32, HEX)}`],
  ['vault-token', `hvs.${some(92)}`],
  ['linear-key', `lin_api_${some(40)}`],
  ['jwt', `${jwt.join('.')}.${some(43)}`],
  ['private-key', pem.trim()],
  ['private-key', rsa.trim()],
  ['private-key', locked.trim()],
  ['private-key', JSON.stringify({ k: rsa.trim() }), '{"k":"[REDACTED:private-key]"}'],
  ['private-key', rsa.trim().split('\n').map((line) => `> ${line}`).join('\n'), '> [REDACTED:private-key]'],
  ['url-password', 'postgres://ann:s3cr3t-p4ss@db.example.org:5432/x', 'postgres://ann:[REDACTED:url-password]@db.example.org:5432/x'], // prettier-ignore
  ['url-password', 'redis://:f00b4rbaz@127.0.0.1:6379', 'redis://:[REDACTED:url-password]@127.0.0.1:6379'],
  ['bearer-token', `Authorization: Bearer ${some(40)}`, 'Authorization: Bearer [REDACTED:bearer-token]'],
  ['bearer-token', `curl -H "authorization: bearer ${some(40, HEX)}"`, 'curl -H "authorization: bearer [REDACTED:bearer-token]"'], // prettier-ignore
  ['authorization', `"Authorization": "Basic ${Buffer.from('ann:s3cr3t').toString('base64')}"`, '"Authorization": "Basic [REDACTED:authorization]"'], // prettier-ignore
  ['authorization', `Authorization: token ${some(40, HEX)}`, 'Authorization: token [REDACTED:authorization]'],
]; // prettier-ignore

/** What must be left alone, however often it comes by. */
const HARMLESS: [what: string, text: string][] = [
  ['a commit', some(40, HEX)],
  ['a commit in a line of a log', `commit ${some(40, HEX)} (HEAD -> main)`],
  ['a UUID', '3f2504e0-4f89-41d3-9a0c-0305e82c3301'],
  ['a digest', `sha256:${some(64, HEX)}`],
  ['an integrity of a lock file', `"integrity": "sha512-${Buffer.from(some(64)).toString('base64')}"`],
  ['an image', `data:image/png;base64,${Buffer.from(some(3000)).toString('base64')}`],
  ['ids of ours', 's-01m7xc30kyacxnv7rnhet839sg e-01m7xc30kyacxnv7rnhet839sg task-0123456789abcdef0123'],
  ['classes of CSS', '.sk-circle-fade-dot-animation-01 { } .sk-chase-dot:before { }'],
  ['patterns', `ghp_${'x'.repeat(36)} sk-${'X'.repeat(48)} AKIA${'0'.repeat(16)} glpat-<your token here>`],
  ['AWS in its documentation', `AKIAIOSFODNN7EXAMPLE`],
  ['holes', 'https://user:$PASSWORD@host https://x:${TOKEN}@host https://user:<password>@host https://u:****@host'],
  ['what everybody says', 'postgres://postgres:postgres@localhost/db amqp://guest:guest@localhost'],
  ['URLs with ports and at signs', 'https://localhost:8080/@scope/pkg https://x.test/a:b@c http://a.test:80 git@github.com:a/b'],
  ['headers without a value', 'Authorization: Bearer $TOKEN, "Authorization: Bearer <token>", Bearer authentication-is-needed-here'],
  ['words of the header', 'The Authorization: Basic authentication scheme; authorization code flow with tokens'],
  ['what speaks of keys', "if (text.startsWith('-----BEGIN PRIVATE KEY-----')) throw new Error('not here');"],
  ['a public key', `-----BEGIN PUBLIC KEY-----\n${some(64)}\n-----END PUBLIC KEY-----`],
  ['a certificate', `-----BEGIN CERTIFICATE-----\n${some(64)}\n-----END CERTIFICATE-----`],
  ['a public key of ssh', `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${some(43)} ann@example.org`],
  ['the beginning of a token', 'The token begins with eyJ, ghp_ or sk-ant-; AKIA is for keys, ASIA for sessions.'],
  ['JSON in base64', Buffer.from(JSON.stringify({ a: some(300) })).toString('base64')],
  ['a placeholder', 'Bearer [REDACTED:api_key of main] and https://ann:[REDACTED:url-password]@x.test'],
  ['names of variables', 'npm_config_registry npm_package_name hf_transformers_cache sk_test_mode SKU ASKED SKIP AKIA'],
  ['versions and times', 'v1.2.3-rc.4+build.567 2026-11-21T19:00:00.000Z 12345678:AAA 192.168.0.1:8080'],
]; // prettier-ignore

/** In pieces of such sizes, one after the other. */
function inPieces(text: string, sizes: readonly number[]): { shown: string; mostHeld: number } {
  const scanner = new ShapeScanner();
  let shown = '';
  let mostHeld = 0;
  let given = 0;
  for (let turn = 0; given < text.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    shown += scanner.push(text.slice(given, given + size));
    given = Math.min(text.length, given + size);
    mostHeld = Math.max(mostHeld, given - shown.length);
  }
  return { shown: shown + scanner.push('', true), mostHeld };
}

describe('what looks like a secret', () => {
  test.each(SECRETS)('%s: %.30s…', (shape, text, left = `[REDACTED:${shape}]`) => {
    expect(redactShapes(text)).toBe(left);
    const around = `before ${text}\nafter`;
    expect(redactShapes(around)).toBe(`before ${left}\nafter`);
    expect(redactShapes(JSON.stringify({ line: `x\n${text}` }))).toContain('[REDACTED:');
    expect(redactShapes(left)).toBe(left);
  });

  test('is found behind an escape and in a URL', () => {
    const key = `ghp_${some(36)}`;
    expect(redactShapes(`a\\n${key}\\nb ?t=%3D${key}&x`)).toBe(
      'a\\n[REDACTED:github-token]\\nb ?t=%3D[REDACTED:github-token]&x',
    );
    expect(redactShapes(`x${key}`)).toBe(`x${key}`);
  });

  test('is replaced beside known values, which keep their names', () => {
    const { text, exact, stream } = createRedactor([{ name: 'OWN', value: `sk-${some(48)}` }], { shapes: true });
    const told = `sk-${some(48)} and ghp_${some(36)}`;
    expect(text(told)).toBe('[REDACTED:OWN] and [REDACTED:github-token]');
    expect(exact.text(told)).toBe(`[REDACTED:OWN] and ghp_${some(36)}`);
    const flow = stream();
    const shown = [...told].map((char) => flow.push(char)).join('');
    expect(shown + flow.end()).toBe(text(told));
  });
});

describe('what is none', () => {
  test.each(HARMLESS)('%s', (_, text) => {
    expect(redactShapes(text)).toBe(text);
    expect(redactShapes(` ${text}\n`.repeat(3))).toBe(` ${text}\n`.repeat(3));
  });

  test('lock files, documentation and sources of this project', () => {
    const root = join(import.meta.dirname, '../../..');
    for (const path of ['package-lock.json', 'docs/security.md', 'docs/reference/configuration.md', 'src/main.ts']) {
      const text = readFileSync(join(root, path), 'utf8');
      expect(redactShapes(text)).toBe(text);
    }
  });
});

describe('a text in pieces', () => {
  test.each(SECRETS)('%s, cut at each place', (_, text) => {
    const around = `a ${text} b`;
    const whole = redactShapes(around);
    for (let cut = 1; cut < around.length; cut++) {
      const scanner = new ShapeScanner();
      const shown = scanner.push(around.slice(0, cut)) + scanner.push(around.slice(cut)) + scanner.push('', true);
      expect(shown).toBe(whole);
    }
    expect(inPieces(around, [1]).shown).toBe(whole);
  });

  test('gives the same as the whole, whatever it is and however it is cut', () => {
    const words = fc.constantFrom(
      ...SHAPES.flatMap(({ anchors }) => anchors),
      ...SECRETS.map(([, text]) => text),
      ...HARMLESS.map(([, text]) => text.slice(0, 200)),
      'ä', '\n', '\\n', '-----', '-----END PRIVATE KEY-----', '.', ':', '@', ' ', some(20), some(40), some(33, HEX),
    ); // prettier-ignore
    const texts = fc.array(words, { maxLength: 8 }).map((all) => all.join(''));
    const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(texts, sizes, (text, cuts) => {
        const whole = redactShapes(text);
        expect(inPieces(text, cuts).shown).toBe(whole);
      }),
      { numRuns: 500 },
    );
  });

  test('is held back for a few characters only', () => {
    for (const text of [`eyJ${some(30_000)}`, `-----BEGIN ${'A '.repeat(9000)}`, `a://${some(30_000)}`]) {
      expect(redactShapes(text)).toBe(text);
      expect(inPieces(text, [100]).mostHeld).toBeLessThan(MOST_HELD + 100);
    }
    // Of what is one nothing is kept: it goes on, and nobody waits for its end.
    const scanner = new ShapeScanner();
    const shown = Array.from({ length: 1000 }, () => scanner.push(some(100))).join('');
    expect(shown).toBe(some(100).repeat(1000));
    expect(new ShapeScanner().push(`glpat-${some(100_000)}`)).toBe('[REDACTED:gitlab-token]');
  });
});

describe('no text makes it slow', () => {
  const SIZE = 1_000_000;
  // Anything that looks at a text again and again would take minutes for one of them, and so be ended.
  test.each([
    'x', 'a=', '/a/a/a', 'sk-', '-sk-ant-', '-eyJ', 'eyJ', '-eyJaaaaaaaaaa.', '-eyJaaaaaaaaaa.eyJ', '://', 'a://b:', 'a://b:c@',
    'a://b:cccc@d', '12345678:AA', ' Bearer ', 'uthorization: ', `uthorization${' '.repeat(20)}`, ' AKIA', 'ecret_access_key=',
    '-----', '-----BEGIN ', '-----BEGIN PRIVATE KEY-----\n', '-----BEGIN PRIVATE KEY-----\nVersion: \n', '-----END ',
    `-----BEGIN PRIVATE KEY-----\n${some(40)}\n`,
    `-----BEGIN PRIVATE KEY-----\n${some(40)}\n-----END `,
  ])('%j', (part) => {
    const text = part.repeat(Math.ceil(SIZE / part.length));
    expect(inPieces(text, [65_536]).shown).toBe(redactShapes(text));
  }); // prettier-ignore
});

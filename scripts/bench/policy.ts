/**
 * What the policy costs a call: reading a command line of 1 KB, and deciding over it with 200 rules. The floor is a SHA-256
 * of the same line: one of the several that each call has anyway. And what it costs to take known secrets out of a text.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCommand } from '../../src/adapters/tools/shell/parse-command.ts';
import { digestOf, sha256 } from '../../src/base/digest.ts';
import type { Policy } from '../../src/contract/manifest.ts';
import type { PolicyRule } from '../../src/contract/policy-rule.ts';
import { createRedactor } from '../../src/engine/session/redact.ts';
import { judge, type JudgedCall } from '../../src/kernel/policy/judge.ts';
import { median } from './measure.ts';
import { printTable, printTitle } from './report.ts';

const RULES = 200;
const ROUNDS = 41;
const WARM_UP = 20;
/** At once: the clock is coarse. */
const TIMES = 50;

const LINE = Array.from({ length: 24 }, (_, index) => `git log --oneline -${index} | grep -n "fix ${index}"`).join(
  ' && ',
);

const names = ['git status', 'git log', 'npm run lint', 'grep', 'ls', 'cat', 'head', 'node scripts/x'];
const rules = Array.from({ length: RULES }, (_, index): PolicyRule => {
  const decision = index % 3 === 0 ? 'deny' : 'allow';
  const word = `${names[index % names.length]}${decision === 'deny' ? ` --never-${index}` : ''} *`;
  return { id: `rule ${index}`, tool: ['exec_command'], command: [word], decision };
});
const policy: Policy = { v: 1, deny: [], require_approval: [], allow: [], rules, sandbox: 'off', approver_roles: [] };

function callOf(line: string): JudgedCall {
  return {
    tool: 'exec_command',
    effect: 'exec',
    facts: { paths: [], hosts: [], commands: parseCommand(line), preimages: [] },
    args_digest: digestOf(line),
    facts_digest: digestOf(line),
    project_root: '/project',
    asked: { role: 'operator', channels: ['cli'], lane: 'interactive', tainted: false, left_micro_usd: Infinity },
  };
}

const call = callOf(LINE);
const short = callOf('git status --short');
if (judge([policy], [], call).verdict !== 'allow') throw new Error('the line is to be allowed');

const works: [name: string, asked: string, work: () => unknown][] = [
  ['a SHA-256 of it (floor)', '', () => sha256(LINE)],
  [`reading ${LINE.length} characters, ${call.facts.commands.length} commands`, '≤ 1 ms', () => parseCommand(LINE)],
  [`deciding over them, ${RULES} rules`, '≤ 0.2 ms', () => judge([policy], [], call)],
  [`deciding over one command, ${RULES} rules`, '≤ 0.2 ms', () => judge([policy], [], short)],
];

const samples = works.map((): number[] => []);
for (let round = -WARM_UP; round < ROUNDS; round++) {
  for (const [index, [, , work]] of works.entries()) {
    const before = process.hrtime.bigint();
    for (let n = 0; n < TIMES; n++) work();
    if (round >= 0) samples[index]!.push(Number(process.hrtime.bigint() - before) / 1e6 / TIMES);
  }
}
printTitle(`policy, ${ROUNDS} rounds`);
const [floor] = samples.map(median) as [number];
printTable([
  ['', 'ms', '× floor', 'asked'],
  ...works.map(([name, asked], index) => {
    const ms = median(samples[index]!);
    return [name, ms.toFixed(4), (ms / floor).toFixed(0), asked];
  }),
]);

const secrets = Array.from({ length: 10 }, (_, index) => ({
  name: `K${index}`,
  value: randomBytes(20).toString('hex'),
}));
const pem = { type: 'pkcs8', format: 'pem' } as const;
secrets.push({
  name: 'PEM',
  value: generateKeyPairSync('rsa', { modulusLength: 4096 }).privateKey.export(pem).toString(),
});
const { text } = createRedactor(secrets);
const { text: shaped } = createRedactor(secrets, { shapes: true });
const prose = 'The quick brown fox jumps over the lazy dog: 0123456789, sk-nothing. '.repeat(60_000);
const encoded = randomBytes(3_000_000).toString('base64');
const lockFile = readFileSync(join(import.meta.dirname, '../../package-lock.json'), 'utf8').repeat(10);
printTitle('redaction, 10 secrets and a key of 50 lines in all their spellings; and what looks like one');
printTable([
  ['', 'MB/s', 'with shapes', 'asked'],
  ...[
    ['prose', prose],
    ['base64', encoded],
    ['base64 in lines', encoded.replace(/.{76}/g, '$&\n')],
    ['a lock file', lockFile],
  ].map(([name, told]) => [
    name!,
    megabytesASecond(text, told!).toFixed(0),
    megabytesASecond(shaped, told!).toFixed(0),
    '≥ 50',
  ]),
]);

function megabytesASecond(text: (told: string) => string, told: string): number {
  const times = Array.from({ length: 11 }, () => {
    const before = process.hrtime.bigint();
    text(told);
    return Number(process.hrtime.bigint() - before) / 1e9;
  });
  return told.length / 1e6 / median(times);
}

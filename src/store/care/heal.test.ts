/** What is healed is what was written, byte for byte; what can't be proved isn't made up. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../base/digest.ts';
import { isEntryType } from '../../contract/entry-types.ts';
import { buildLine } from '../chain/line.ts';
import { entry } from '../testing.ts';
import { healChain, readableIn, type Derive } from './heal.ts';

const SESSION = 's-1';
const rules = { genesis: sha256(SESSION), knows: isEntryType };

/** Lines of a journal with these `durable`s. */
function linesOf(durables: number[], texts: Record<number, string> = {}): string[] {
  let prev = rules.genesis;
  return durables.map((durable, index) => {
    const built = buildLine(entry(index + 1, texts[index + 1]), { seq: index + 1, durable, prev });
    prev = built.hash;
    return built.text;
  });
}

const lines = linesOf([0, 0, 2, 2], { 2: 'a\u2028b\u2029\u0085 "quoted" {"v":1,"seq":9}' });
const whole = Buffer.from(lines.join(''));

async function expectHealed(damaged: Buffer | string, how?: string): Promise<void> {
  const { bytes, missing, rest, fixes } = await healChain(Buffer.from(damaged), rules);
  expect({ missing, rest: rest.toString(), healed: bytes.equals(whole) }).toEqual({
    missing: false,
    rest: '',
    healed: true,
  });
  if (how !== undefined) expect(fixes.map((fix) => fix.how)).toContain(how);
}

test('one bit, at every byte, is found and made as it was', { timeout: 120_000 }, async () => {
  const unhealed: string[] = [];
  for (let at = 0; at < whole.length; at++) {
    const damaged = Buffer.from(whole);
    damaged[at] = damaged[at]! ^ (1 << (at % 8));
    const { bytes, missing } = await healChain(damaged, rules);
    if (missing || !bytes.equals(whole)) unhealed.push(`${at} ^ ${1 << (at % 8)}`);
  }
  expect(unhealed).toEqual([]);
});

describe('bytes', () => {
  test.each([
    ['in the text', 'timer 3', 'timer X'],
    ['in the hash of the line before', '"prev":"', '"prev":"0'],
  ])('one changed %s', async (_, from, to) => {
    await expectHealed(lines.map((line, index) => (index === 2 ? line.replace(from, to) : line)).join(''), 'bytes');
  });

  test('the hash of a line that others name, all of it', async () => {
    await expectHealed(
      whole.toString().replace(/("seq":2,[^\n]*"hash":")[0-9a-f]{64}/, `$1${'0'.repeat(64)}`),
      'bytes',
    );
  });

  test('a newline in the middle of a line, in the place of a byte, and as one too many', async () => {
    const at = lines[0]!.length + 40;
    await expectHealed(Buffer.concat([whole.subarray(0, at), Buffer.from('\n'), whole.subarray(at + 1)]));
    await expectHealed(Buffer.concat([whole.subarray(0, at), Buffer.from('\n'), whole.subarray(at)]));
  });
});

describe('lines', () => {
  const [one, two, three, four] = lines as [string, string, string, string];
  test.each([
    ['glued together', `${one}${two.trimEnd()}${three}${four}`, 'glued'],
    ['glued behind a torn beginning of itself', `${one}${two.slice(0, 60)}${two}${three}${four}`, 'glued'],
    ['with CR LF', whole.toString().replaceAll('\n', '\r\n'), 'line_end'],
    ['the last without its newline', whole.toString().slice(0, -1), 'line_end'],
    ['swapped', `${one}${three}${two}${four}`, 'order'],
    ['from the last to the first', `${four}${three}${two}${one}`, 'order'],
    ['twice', `${one}${two}${two}${three}${four}`, 'removed'],
    ['twice at the end', `${one}${two}${three}${four}${four}`, 'removed'],
    ['with empty ones between', `${one}\n${two}\n\n${three}${four}\n`, 'removed'],
    ['with something else between', `${one}${two}not ours\n${three}${four}`, 'removed'],
    ['with zeros between', `${one}${two}${'\0'.repeat(600)}\n${three}${four}`, 'removed'],
  ])('%s', (_, damaged, how) => expectHealed(damaged, how));
});

describe('what can’t be proved', () => {
  test('a lost line ends the chain before it, and what is behind can still be read', async () => {
    const { bytes, missing, rest } = await healChain(Buffer.from(`${lines[0]}${lines[2]}${lines[3]}`), rules);
    expect({ missing, kept: bytes.toString() }).toEqual({ missing: true, kept: lines[0] });
    expect(readableIn(rest).map(({ seq }) => seq)).toEqual([3, 4]);
  });

  test('zeros in the place of a line', async () => {
    const { missing, bytes } = await healChain(
      Buffer.from(`${lines[0]}${'\0'.repeat(lines[1]!.length - 1)}\n${lines[2]}`),
      rules,
    );
    expect({ missing, kept: bytes.toString() }).toEqual({ missing: true, kept: lines[0] });
  });

  test('an end that the audit log knows of and that is gone', async () => {
    const head = { seq: 4, hash: 'f'.repeat(64) };
    const { missing, rest } = await healChain(Buffer.from(lines.slice(0, 3).join('')), { ...rules, head });
    expect({ missing, rest: rest.length }).toEqual({ missing: true, rest: 0 });
  });

  test('a line written anew is not taken for the one that the next line names', async () => {
    const [, forged] = linesOf([0, 0], { 2: 'another' });
    const { missing, bytes } = await healChain(Buffer.from(`${lines[0]}${forged}${lines[2]}${lines[3]}`), rules);
    expect({ missing, kept: bytes.toString() }).toEqual({ missing: true, kept: `${lines[0]}${forged}` });
  });

  test('a line of a newer version is neither healed nor taken for damage', async () => {
    const { tooNew, bytes } = await healChain(Buffer.from(`${lines[0]}{"v":2,"seq":2,"new":true}\n`), rules);
    expect({ tooNew, kept: bytes.toString() }).toEqual({ tooNew: true, kept: lines[0] });
  });
});

describe('what the rules decide', () => {
  const derive: Derive = async (known) => {
    const decided = [
      { type: 'plan.made' as const, data: { n: known.length + 1 } },
      { type: 'turn.reflected' as const, data: { n: known.length + 2 } },
    ];
    return known.length === 1 ? decided : [];
  };
  function decidedLines(durables: number[]): string[] {
    let prev = rules.genesis;
    return durables.map((durable, index) => {
      const seq = index + 1;
      const types = ['', 'plan.made', 'turn.reflected'];
      const record = types[index] ? { at: entry(1).at, type: types[index], data: { n: seq } } : entry(seq);
      const built = buildLine(record, { seq, durable, prev });
      prev = built.hash;
      return built.text;
    });
  }

  test.each([
    ['one is missing', [1]],
    ['two are missing', [1, 2]],
  ])('%s: it is decided again, with the mark that its hash proves', async (_, gone) => {
    const made = decidedLines([0, 1, 1, 2]);
    const { bytes, missing, fixes } = await healChain(
      Buffer.from(made.filter((_line, index) => !gone.includes(index)).join('')),
      rules,
      derive,
    );
    expect({ missing, healed: bytes.toString() === made.join('') }).toEqual({ missing: false, healed: true });
    expect(fixes.map(({ how }) => how)).toEqual(gone.map(() => 'derived'));
  });

  test('zeros stand in its place; its end is gone and the audit log names its hash', async () => {
    const made = decidedLines([0, 0, 0]);
    const hash = /"hash":"(\w+)"/.exec(made[2]!)![1]!;
    const zeros = await healChain(Buffer.from(`${made[0]}${'\0'.repeat(200)}\n${made[2]}`), rules, derive);
    expect(zeros.bytes.toString()).toBe(made.join(''));
    const cut = await healChain(Buffer.from(made[0]!), { ...rules, head: { seq: 3, hash } }, derive);
    expect({ healed: cut.bytes.toString() === made.join(''), missing: cut.missing }).toEqual({
      healed: true,
      missing: false,
    });
  });

  test('another decision than the one that was written is not put there', async () => {
    const made = decidedLines([0, 0, 0]);
    const other: Derive = async () => [{ type: 'plan.made', data: { n: 99 } }];
    const { missing } = await healChain(Buffer.from(`${made[0]}${made[2]}`), rules, other);
    expect(missing).toBe(true);
  });
});

describe('in any disorder', () => {
  const long = linesOf([0, 0, 1, 3, 3, 3], { 4: '\r\n\u2028' });
  const at = fc.nat(10_000);
  const disorder = fc.oneof(
    fc.record({ kind: fc.constant('flip' as const), at, bit: fc.nat(7) }),
    fc.record({ kind: fc.constant('remove' as const), at }),
    fc.record({ kind: fc.constant('twice' as const), at }),
    fc.record({ kind: fc.constant('swap' as const), at }),
    fc.record({ kind: fc.constant('stranger' as const), at }),
    fc.record({ kind: fc.constant('glue' as const), at }),
    fc.record({ kind: fc.constant('end' as const), at }),
  );

  type Disorder = typeof disorder extends fc.Arbitrary<infer One> ? One : never;

  function disturb(lines: string[], one: Disorder): string[] {
    const n = one.at % lines.length;
    const line = lines[n]!;
    switch (one.kind) {
      case 'flip': {
        const bytes = Buffer.from(line);
        const place = one.at % bytes.length;
        bytes[place] = bytes[place]! ^ (1 << one.bit);
        return lines.with(n, bytes.toString());
      }
      case 'remove':
        return lines.length > 1 ? lines.toSpliced(n, 1) : lines;
      case 'twice':
        return lines.toSpliced(n, 0, line);
      case 'swap':
        return [...lines.slice(n), ...lines.slice(0, n)];
      case 'stranger':
        return lines.toSpliced(n, 0, 'a stranger\n');
      case 'glue':
        return lines.with(n, line.trimEnd());
      case 'end':
        return lines.slice(0, n + 1);
    }
  }

  test(
    'what comes out is the beginning of what was written, and what is left can be read',
    { timeout: 120_000 },
    async () => {
      const property = fc.asyncProperty(fc.array(disorder, { minLength: 1, maxLength: 4 }), async (disorders) => {
        const damaged = disorders.reduce(disturb, long).join('');
        const { bytes, lines: healed, rest } = await healChain(Buffer.from(damaged), rules);
        expect(bytes.toString()).toBe(long.slice(0, healed.length).join(''));
        // Whole lines that have no place any more are all in what is kept.
        const kept = readableIn(rest).map(({ hash }) => hash);
        const whole = damaged.split('\n').flatMap((line) => readableIn(Buffer.from(line)));
        for (const { seq, hash } of whole) if (seq > healed.length) expect(kept).toContain(hash);
      });
      await fc.assert(property, { numRuns: Number(process.env['HEAL_RUNS'] ?? 40) });
    },
  );
});

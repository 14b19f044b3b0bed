import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Output } from './io.ts';
import { paged, printPaged } from './pager.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runtime-pager-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A terminal of 5 rows and 10 columns, or whatever is said. */
function terminal(screen: Partial<Output> = {}) {
  const written = { text: '' };
  const stdout: Output = {
    isTty: true,
    colour: false,
    columns: 10,
    rows: 5,
    ...screen,
    write: (part) => void (written.text += part),
  };
  return { io: { stdout }, written };
}

/** What the pager was given, and what of its environment it was told, by a pager that keeps it. */
const shown = (): string | undefined =>
  existsSync(join(folder, 'shown')) ? readFileSync(join(folder, 'shown'), 'utf8') : undefined;
const environment = (variables: Record<string, string> = {}) => ({
  PATH: process.env['PATH'],
  TERM: 'xterm',
  RUNTIME_PAGER: `cat >'${join(folder, 'shown')}'`,
  ...variables,
});
const LONG = 'a\nb\nc\nd\ne\n';

test('what fits is written as it is', async () => {
  for (const text of ['a\nb\nc\nd\n', '0123456789\nb\nc\nd\n', '\x1b[1m0123456789\x1b[0m\n\n\n\n']) {
    const { io, written } = terminal();
    await paged(io, environment(), text);
    expect([written.text, shown()]).toEqual([text, undefined]);
  }
});

test('what is higher than the screen goes through the pager, also when only by its width', async () => {
  for (const text of [LONG, '0123456789a\nb\nc\nd\n']) {
    const { io, written } = terminal();
    await paged(io, environment(), text);
    expect([written.text, shown()]).toEqual(['', text]);
  }
});

test('RUNTIME_PAGER goes before PAGER; an empty one and cat mean none', async () => {
  const { RUNTIME_PAGER: pager } = environment();
  const byPager = terminal();
  await paged(byPager.io, { PATH: process.env['PATH'], TERM: 'xterm', PAGER: pager }, LONG);
  expect([byPager.written.text, shown()]).toEqual(['', LONG]);
  rmSync(join(folder, 'shown'));
  for (const none of ['', 'cat', ' cat ']) {
    const { io, written } = terminal();
    await paged(io, environment({ RUNTIME_PAGER: none, PAGER: pager }), LONG);
    expect([written.text, shown()]).toEqual([LONG, undefined]);
  }
});

test('no pager without a terminal, on a dumb one, or where there is no less', async () => {
  const cases = [
    [terminal({ isTty: false }), environment()],
    [terminal({ rows: undefined }), environment()],
    [terminal(), environment({ TERM: 'dumb' })],
    [terminal(), { TERM: 'xterm', PATH: folder }],
  ] as const;
  for (const [{ io, written }, variables] of cases) {
    await paged(io, variables, LONG);
    expect([written.text, shown()]).toEqual([LONG, undefined]);
  }
});

test('a pager that can not be started loses nothing', async () => {
  for (const pager of ['/nowhere/pager 2>/dev/null', folder + ' 2>/dev/null']) {
    const { io, written } = terminal();
    const many = Array.from({ length: 20_000 }, (_, line) => `line ${line}\n`).join('');
    await paged(io, environment({ RUNTIME_PAGER: pager }), many);
    expect(written.text === many).toBe(true);
  }
});

test('less is told what suits, unless the person says otherwise', async () => {
  const tell = `printf '%s\\n' "$LESS $LESSSECURE" >'${join(folder, 'shown')}'; cat >/dev/null`;
  await paged(terminal().io, environment({ RUNTIME_PAGER: tell }), LONG);
  expect(shown()).toBe('FRX 1\n');
  await paged(terminal().io, environment({ RUNTIME_PAGER: tell, LESS: 'S', LESSSECURE: '0' }), LONG);
  expect(shown()).toBe('S 0\n');
});

test('leaving early is no error, and ends the reading of lines', async () => {
  let asked = 0;
  let closed = false;
  async function* endless(): AsyncGenerator<string> {
    try {
      for (;;) yield `line ${asked++} ${'x'.repeat(1000)}`;
    } finally {
      closed = true;
    }
  }
  const { io, written } = terminal();
  await paged(io, environment({ RUNTIME_PAGER: `head -n 1 >'${join(folder, 'shown')}'` }), endless());
  expect(shown()).toMatch(/^line 0 x+\n$/);
  expect({ text: written.text, closed }).toEqual({ text: '', closed: true });
});

test('what a command prints by itself is paged as a whole, and seen by it as on a terminal', async () => {
  const { io, written } = terminal({ colour: true });
  const whole = {
    ...io,
    stderr: io.stdout,
    stdin: { stream: () => process.stdin },
    terminal: () => undefined,
    flush: async () => undefined,
  };
  await printPaged(whole, environment(), async ({ stdout }) => {
    for (const letter of 'abcde') stdout.write(`${letter} ${stdout.isTty && stdout.colour}\n`);
  });
  expect([written.text, shown()]).toEqual(['', 'a true\nb true\nc true\nd true\ne true\n']);
});

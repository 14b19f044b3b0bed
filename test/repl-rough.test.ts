/** The terminal treated badly: slow lines, much text, sudden ends, other writers. What was sent is there, whatever comes. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readlinkSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { expectVerified, linesOf, type Place, test, until } from './support/place.ts';
import { familyOf } from './support/processes.ts';
import { dataOf, inputOf, LEFT, leftBy, messagesOf, openRough, SESSION, STEPS } from './support/rough.ts';
import { openTerminal, type Terminal } from './support/terminal.ts';

const PAGE = 4096;

const send = (terminal: Terminal, text: string): void => {
  terminal.type(text);
  terminal.press('enter');
};

/** A terminal that has marked a paste is believed to mark all: what comes at once after that is typed. */
async function markPastes(terminal: Terminal): Promise<void> {
  terminal.type('\x1b[200~pasted\x1b[201~');
  await terminal.waitFor(() => inputOf(terminal) === 'pasted');
  terminal.press('ctrl-u');
}

async function leave(terminal: Terminal): Promise<void> {
  terminal.press('ctrl-d');
  expect(await leftBy(terminal)).toEqual(LEFT);
}

describe.concurrent('slow lines', () => {
  test('typing, an approval and an answer at 300 ms', async ({ place }) => {
    place.play(STEPS);
    const terminal = await openRough(place, { latencyMs: 300 });
    for (const text of ['first of all', 'ask then']) {
      for (const letter of text) {
        terminal.type(letter);
        await delay(20); // as somebody who types quickly, and doesn't wait to see it
      }
      terminal.press('enter');
      await delay(100);
    }
    await terminal.waitFor(/y yes · n no/);
    expect(messagesOf(place)).toEqual(['first of all', 'ask then']);
    await terminal.settled(800);
    terminal.type('y');
    await terminal.waitFor('Done with it.');
    expect(place.read('ran.txt')).toBe('ran\n');
    await leave(terminal);
  });

  test('what is typed before the prompt is there is not lost, and in order', async ({ place }) => {
    place.play(STEPS);
    const terminal = await openRough(place, { early: true });
    for (const letter of 'typed before anything is there') terminal.type(letter);
    await terminal.waitFor(() => inputOf(terminal) === 'typedbeforeanythingisthere');
    terminal.press('enter');
    await terminal.waitFor('You said: typed before anything is there');
    expect(messagesOf(place)).toEqual(['typed before anything is there']);
    await leave(terminal);
  });

  test('what is sent while it starts goes first, and in order', async ({ place }) => {
    place.play(STEPS);
    const terminal = await openRough(place, { early: true });
    await until('it reads keys', () => terminal.raw().includes('\x1b[?2004h'));
    await markPastes(terminal);
    const said = Array.from({ length: 12 }, (_, n) => `message ${n}`);
    for (const text of said) {
      send(terminal, text);
      await delay(15);
    }
    await until('all were entered', () => messagesOf(place).length === said.length);
    expect(messagesOf(place)).toEqual(said);
    await terminal.waitFor('You said: message 11');
    await leave(terminal);
  });

  test('what is typed behind a command goes where the command leads', async ({ place }) => {
    place.play(STEPS);
    const terminal = await openRough(place);
    await markPastes(terminal);
    terminal.type('here\r/new\rthere\r/resume one\rhere again\r');
    await until('all were entered', () => messagesOf(place).length === 2);
    expect(messagesOf(place)).toEqual(['here', 'here again']);
    await terminal.waitFor('You said: here again');
    await leave(terminal);
  });
});

describe.concurrent('history', () => {
  const historyOf = (place: Place): unknown[] => linesOf(readFileSync(join(place.home, 'history.jsonl'), 'utf8'));

  test('lasts, is private, and keeps no secret', async ({ place }) => {
    place.play(STEPS);
    const secrets = [
      'use sk-proj-abcdefghijklmnop0123',
      'curl -H "Authorization: Bearer abcdef0123456789"',
      'password=hunter2',
      'DB_PASSWORD=hunter2x and AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMIK7MDENG',
      '{"password": "hunter22"}',
      'git clone https://ann:hunter22@example.org/x',
    ];
    const first = await openRough(place);
    await markPastes(first);
    for (const text of ['one thing', ...secrets, '漢字 "quoted"']) send(first, text);
    await until('all were sent', () => messagesOf(place).length === secrets.length + 2);
    await leave(first);
    expect(historyOf(place)).toEqual(['one thing', '漢字 "quoted"']);
    expect(statSync(join(place.home, 'history.jsonl')).mode & 0o777).toBe(0o600);
    const second = await openRough(place);
    second.press('up', 'up');
    await second.waitFor(() => inputOf(second) === 'onething');
    second.press('ctrl-c');
    await leave(second);
  });

  test.for<[string, (path: string) => void]>([
    ['garbage', (path) => writeFileSync(path, Buffer.from(Array.from({ length: 5000 }, (_, n) => (n * 7919) % 256)))],
    ['huge', (path) => writeFileSync(path, '"an old line of it"\n'.repeat(3_000_000))],
    ['a directory', (path) => mkdirSync(path)],
    ['a pipe', (path) => void spawnSync('/bin/sh', ['-c', 'mkfifo "$1"', 'sh', path])],
    ['one line without an end', (path) => writeFileSync(path, `"${'x'.repeat(3_000_000)}`)],
  ])('that is %s hinders nothing', async ([, damage], { place }) => {
    place.play(STEPS);
    damage(join(place.home, 'history.jsonl'));
    const terminal = await openRough(place);
    terminal.press('up', 'down');
    send(terminal, 'hi');
    await terminal.waitFor('You said: hi');
    await leave(terminal);
  });

  test('of two terminals at a time loses nothing', async ({ place }) => {
    place.play(STEPS);
    writeFileSync(join(place.home, 'history.jsonl'), '"old"\n', { mode: 0o600 });
    const both = [await openRough(place), await openRough(place, { args: ['--session', 'two'] })];
    for (let n = 0; n < 6; n++) {
      const terminal = both[n % 2]!;
      send(terminal, `m${n}`);
      await terminal.waitFor(`You said: m${n}`);
    }
    for (const terminal of both) await leave(terminal);
    expect(historyOf(place)).toEqual(['old', 'm0', 'm1', 'm2', 'm3', 'm4', 'm5']);
  });
});

describe.concurrent('others write in the session', () => {
  test('what is being typed stays as it is', async ({ place }) => {
    place.play(STEPS);
    const terminal = await openRough(place);
    send(terminal, 'hi');
    await terminal.waitFor('You said: hi');
    const other = await openRough(place);
    await markPastes(other);
    let typed = '';
    for (const [n, word] of ['some ', 'words ', '漢字 ', 'é ', '😀 ', 'and ', 'a ', 'very long end of it'].entries()) {
      send(other, n === 3 ? 'ask' : n === 2 ? 'a long one' : `message ${n}`);
      for (const letter of word) {
        terminal.type(letter);
        await delay(5);
      }
      typed += word;
      if (n === 5) terminal.resize(40, 12);
      await terminal.waitFor(() => inputOf(terminal) === typed.replace(/\s/g, ''));
    }
    await until('it asks', () => dataOf(place, 'approval.requested').length === 1);
    await terminal.waitFor(/y yes · n no/);
    expect(dataOf(place, 'approval.resolved')).toEqual([]);
    terminal.press('ctrl-a');
    terminal.type('(');
    terminal.press('ctrl-e');
    terminal.type(')');
    await terminal.waitFor(() => inputOf(terminal) === `(${typed})`.replace(/\s/g, ''));
    await terminal.settled();
    const { column, visible } = terminal.cursor();
    const end = terminal.screen().split('\n').at(-2)!;
    expect({ column, visible }).toEqual({ column: end.length, visible: true });
    const [approval] = dataOf(place, 'approval.requested');
    expect((await place.run(['deny', approval!.approval_id])).code).toBe(0);
    await until('all is done', () => dataOf(place, 'turn.ended').flatMap((turn) => turn.event_ids).length === 9);
    expect(inputOf(terminal)).toBe(`(${typed})`.replace(/\s/g, ''));
    terminal.press('enter');
    await until('it was sent', () => messagesOf(place).includes(`(${typed})`));
    await leave(other);
    await leave(terminal);
    await expectVerified(place, SESSION);
  });
});

describe.concurrent('what does not take what is written', () => {
  test('a terminal that stands still for a while', async ({ place }) => {
    place.play(STEPS);
    const terminal = await openRough(place);
    send(terminal, 'a long one');
    await terminal.waitFor('Line 1 ');
    terminal.stopReading();
    terminal.type('typed meanwhile');
    await delay(1500);
    terminal.readOn();
    await terminal.waitFor(() => inputOf(terminal) === 'typedmeanwhile');
    await terminal.waitFor('Line 39');
    terminal.press('enter');
    await terminal.waitFor('You said: typed meanwhile');
    await leave(terminal);
  });

  test('Ctrl-C while it leaves: the terminal is given back once more, since the system may have dropped that', async ({
    place,
  }) => {
    place.play(STEPS);
    const terminal = await openRough(place);
    const other = await openRough(place); // for its sake what runs may come to its end
    send(terminal, 'stay');
    await terminal.waitFor('thinks');
    const [program] = familyOf(terminal.pid).filter(({ pid }) => pid !== terminal.pid);
    const tty = readlinkSync(`/proc/${program!.pid}/fd/0`);
    terminal.press('ctrl-d');
    const isCooked = (): boolean => / icanon/.test(spawnSync('stty', ['-a', '-F', tty], { encoding: 'utf8' }).stdout);
    await until('keys are signals again', isCooked);
    terminal.press('ctrl-c');
    expect(await leftBy(terminal)).toEqual(LEFT);
    expect(terminal.raw().split('\x1b[?2004l')).toHaveLength(3);
    await other.waitFor('has taken over');
    other.kill();
  });

  test.runIf(process.getuid?.() === 0)(
    'a disk that is full: said, and nothing that was accepted is lost',
    async ({ place, skip }) => {
      const mounted = spawnSync('/bin/sh', ['-c', 'mount -t tmpfs -o size=1M,mode=700 tmpfs "$1"', 'sh', place.home]);
      if (mounted.status !== 0) return skip('only root can make a small disk');
      place.atEnd(async () => void spawnSync('/bin/sh', ['-c', 'umount -l "$1"', 'sh', place.home]));
      place.play(STEPS);
      const terminal = await openRough(place);
      send(terminal, 'before');
      await terminal.waitFor('You said: before');
      await terminal.settled();
      const { bavail, bsize } = statfsSync(place.home);
      writeFileSync(join(place.home, 'filler'), Buffer.alloc(bavail * bsize - 2 * PAGE, 1));
      // Each counts once: on a busy machine what is being said may be painted twice.
      const answered = (): number => new Set(terminal.raw().match(/You said: (?:before|message \d+)/g)).size;
      for (let n = 0; n < 200 && !terminal.raw().includes('left '); n++) {
        const before = answered();
        send(terminal, `message ${n} ${'x'.repeat(150)}`);
        await terminal.waitFor(() => answered() > before || terminal.raw().includes('left '));
      }
      expect(await leftBy(terminal)).toEqual({ code: 1, changed: [] });
      expect(terminal.scrollback()).toMatch(/error: Writing .*ENOSPC[^]*next: Free some space, then go on with/);
      rmSync(join(place.home, 'filler'));
      expect((await place.run(['run', '--session', SESSION])).code).toBe(0);
      expect(messagesOf(place).length).toBeGreaterThanOrEqual(answered());
      expect(dataOf(place, 'turn.ended')).toHaveLength(messagesOf(place).length);
      await expectVerified(place, SESSION);
    },
  );
});

describe.concurrent('leaving while a turn runs', () => {
  const ways: [string, (terminal: Terminal) => unknown, number][] = [
    ['Ctrl-D', (terminal) => terminal.press('ctrl-d'), 0],
    ['/exit', (terminal) => send(terminal, '/exit'), 0],
    ['SIGTERM', (terminal) => signal(terminal, 'SIGTERM'), 143],
    ['SIGHUP', (terminal) => signal(terminal, 'SIGHUP'), 129],
    ['kill -9', (terminal) => signal(terminal, 'SIGKILL'), 137],
  ];
  test.for(ways)('%s', async ([, how, expected], { place }) => {
    place.play(STEPS);
    const terminal = await openRough(place);
    send(terminal, 'stay');
    await until('it runs', () => dataOf(place, 'model.requested').length === 1);
    send(terminal, 'and then this');
    await terminal.waitFor('next: and then this');
    how(terminal);
    const { code, changed } = await leftBy(terminal);
    expect(code).toBe(expected);
    if (expected !== 137) {
      expect(changed).toEqual([]);
      expect(terminal.raw()).toContain(`left open: runtime run --session ${SESSION}`);
    }
    expect(dataOf(place, 'turn.ended')).toEqual([]);
    await goesOn(place, ['stay', 'and then this']);
  });

  test('the window is closed', async ({ place }) => {
    place.play(STEPS);
    const code = join(place.project, 'code');
    const terminal = openTerminal(place, ['-c', 'trap : HUP; "$PROGRAM" run --session one; echo $? > "$0"', code], {
      program: '/bin/sh',
    });
    await terminal.waitFor('/help');
    await terminal.waitFor((screen) => !screen.includes('starting'));
    send(terminal, 'stay');
    await until('it runs', () => dataOf(place, 'model.requested').length === 1);
    await terminal.hangUp();
    await until('it has ended', () => place.read('code') !== '');
    expect(place.read('code')).toBe('129\n');
    await goesOn(place, ['stay']);
  });

  test('Ctrl-C twice', async ({ place }) => {
    place.play(STEPS);
    const terminal = await openRough(place);
    send(terminal, 'stay');
    await until('it runs', () => dataOf(place, 'model.requested').length === 1);
    terminal.press('ctrl-c', 'ctrl-c');
    expect(await leftBy(terminal)).toEqual({ code: 130, changed: [] });
    expect(messagesOf(place)).toEqual(['stay']);
    await expectVerified(place, SESSION);
  });

  test('at once behind Enter', async ({ place }) => {
    place.play(STEPS);
    const terminal = await openRough(place);
    terminal.type('hello\r\x04');
    expect(await leftBy(terminal)).toEqual(LEFT);
    await goesOn(place, ['hello']);
  });

  test('at once behind Enter, while it starts', async ({ place }) => {
    place.play(STEPS);
    const terminal = await openRough(place, { early: true });
    await until('it reads keys', () => terminal.raw().includes('\x1b[?2004h'));
    terminal.type('hello\r\x04');
    expect(await leftBy(terminal)).toEqual(LEFT);
    await goesOn(place, ['hello']);
  });

  test('Ctrl-Z and fg, in a shell', async ({ place }) => {
    place.play(STEPS);
    const terminal = openTerminal(place, ['--norc', '--noprofile', '-i'], {
      program: '/bin/bash',
    });
    await terminal.waitFor(/[#$]$/m);
    send(terminal, 'stty -g > before; "$PROGRAM" run --session one');
    await terminal.waitFor('/help');
    await terminal.waitFor((screen) => !screen.includes('starting'));
    send(terminal, 'hi');
    await terminal.waitFor('You said: hi');
    terminal.type('half a');
    await terminal.waitFor('half a');
    terminal.press('ctrl-z');
    await terminal.waitFor(/Stopped/);
    send(terminal, 'stty -g > stopped; echo shell works');
    await terminal.waitFor(/^shell works$/m);
    send(terminal, 'fg');
    await terminal.waitFor(/› half a$/m);
    send(terminal, ' word');
    await terminal.waitFor('You said: half a word');
    terminal.press('ctrl-d');
    await terminal.waitFor(/to go on.*\n.*[#$]$/m);
    send(terminal, 'echo left $?; stty -g > after; echo all done');
    await terminal.waitFor(/^all done$/m);
    expect(terminal.screen()).toMatch(/^left 0$/m);
    expect([place.read('stopped'), place.read('after')]).toEqual([place.read('before'), place.read('before')]);
  });
});

function signal(terminal: Terminal, name: NodeJS.Signals): void {
  const program = familyOf(terminal.pid).find(({ pid }) => pid !== terminal.pid);
  process.kill(program!.pid, name);
}

/** What was sent is answered when the session goes on, in order, once. */
async function goesOn(place: Place, said: string[]): Promise<void> {
  place.play([{ match: { any: true }, reply: { text: 'You said: {{asked}}' } }]);
  const { code } = await place.run(['run', '--session', SESSION]);
  expect(code).toBe(0);
  expect(messagesOf(place)).toEqual(said);
  await until(
    'all have ended',
    () => dataOf(place, 'turn.ended').flatMap((turn) => turn.event_ids).length === said.length,
  );
  await expectVerified(place, SESSION);
}

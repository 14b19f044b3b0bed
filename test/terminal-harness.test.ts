/** The harness for interactive programs itself: what it says must be what is on the screen, and nothing may be left. */
import { readdirSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { randomKeys } from './support/keys.ts';
import { LAUNCHER, type Place, test, until } from './support/place.ts';
import { familyOf, isAlive } from './support/processes.ts';
import { openTerminal, type Terminal, type TerminalOptions } from './support/terminal.ts';
import { openTmux, TMUX, WHY_NO_TMUX } from './support/tmux.ts';

const sh = (place: Place, script: string, options: TerminalOptions = {}): Terminal =>
  openTerminal(place, ['-c', script], { program: '/bin/sh', ...options });

/** Shows what it reads; before that it writes its first argument. */
const ECHO_BYTES = `
process.stdin.setRawMode(true);
process.stdout.write(process.argv[1] + 'ready\\n');
process.stdin.on('data', (bytes) => {
  process.stdout.write(JSON.stringify(bytes.toString()).replaceAll('\\x7f', '\\\\u007f') + '\\n');
  if (bytes.includes('q')) process.exit(0);
});
process.stdout.on('resize', () => process.stdout.write(process.stdout.columns + 'x' + process.stdout.rows + '\\n'));
`;
const openEcho = async (place: Place, modes = '', options: TerminalOptions = {}): Promise<Terminal> => {
  const terminal = openTerminal(place, ['-e', ECHO_BYTES, modes], { program: process.execPath, ...options });
  await terminal.waitFor('ready');
  return terminal;
};

describe('what is seen', () => {
  test('the built program runs in a terminal of its size', async ({ place }) => {
    const terminal = openTerminal(place, ['--version']);
    expect(await terminal.exited).toEqual({ code: 0, signal: null });
    expect(terminal.screen()).toMatch(/^\d+\.\d+\.\d+$/);
    const other = sh(place, 'stty size; echo $TERM', { columns: 51, rows: 7, term: 'vt100' });
    await other.exited;
    expect(other.screen()).toBe('7 51\nvt100');
  });

  test('the screen, and all that was written', async ({ place }) => {
    const terminal = sh(place, 'for n in 1 2 3 4; do echo "line $n, which is too long"; done; echo 漢字漢字漢字漢字', {
      columns: 15,
      rows: 4,
    });
    await terminal.exited;
    expect(terminal.screen()).toBe('s too long\n漢字漢字漢字漢\n字');
    expect(terminal.scrollback()).toBe(
      'line 1, which is too long\nline 2, which is too long\nline 3, which is too long\nline 4, which is too long\n漢字漢字漢字漢字',
    );
    expect(terminal.raw()).toMatch(/^line 1, which is too long\r\n/);
  });

  test('styles, and the cursor', async ({ place }) => {
    const terminal = sh(
      place,
      String.raw`printf 'a \033[1;31mbold\033[0m \033[38;2;1;2;3;48;5;200mx\033[m\033[7m  \033[m\033[?25l'`,
    );
    await terminal.exited;
    expect(terminal.styled()).toBe('a <bold red>bold</> <#010203 on-colour-200>x</><inverse>  </>');
    expect(terminal.cursor()).toEqual({ column: 10, row: 0, visible: false });
  });

  test('emoji take two columns', async ({ place }) => {
    const terminal = sh(place, `printf '😀e\u0301'`);
    await terminal.exited;
    expect([terminal.screen(), terminal.cursor().column]).toEqual(['😀e\u0301', 3]);
  });

  test('the alternate screen comes and goes', async ({ place }) => {
    const terminal = sh(place, String.raw`echo before; printf '\033[?1049hinside'; read x; printf '\033[?1049l'`);
    await terminal.waitFor('inside');
    expect([terminal.isAlternate(), terminal.screen().trim()]).toEqual([true, 'inside']);
    terminal.press('enter');
    await terminal.exited;
    expect([terminal.isAlternate(), terminal.screen()]).toEqual([false, 'before']);
  });

  test('a synchronized update is not seen before it is whole', async ({ place }) => {
    const terminal = sh(place, String.raw`printf '\033[?2026hhalf'; read x; printf ' and half\033[?2026l'; read x`);
    await until('it has written', () => terminal.raw().includes('half'));
    await expect(terminal.waitFor('half', 50)).rejects.toThrow('in vain');
    terminal.press('enter');
    await terminal.waitFor(/half\s+and half/);
  });
});

describe('what is sent', () => {
  test('keys, as a terminal sends them', async ({ place }) => {
    const terminal = await openEcho(place);
    const sent: Record<string, string> = {
      x: 'x',
      ß: 'ß',
      '-': '-',
      enter: '\r',
      escape: '\x1b',
      backspace: '\x7f',
      up: '\x1b[A',
      f1: '\x1bOP',
      f5: '\x1b[15~',
      delete: '\x1b[3~',
      'ctrl-c': '\x03',
      'ctrl-_': '\x1f',
      'ctrl-space': '\0',
      'ctrl-left': '\x1b[1;5D',
      'ctrl-delete': '\x1b[3;5~',
      'shift-tab': '\x1b[Z',
      'alt-b': '\x1bb',
      'alt--': '\x1b-',
      'alt-enter': '\x1b\r',
      'alt-shift-b': '\x1bB',
      'ctrl-alt-a': '\x1b\x01',
    };
    for (const [key, bytes] of Object.entries(sent)) {
      const before = terminal.scrollback();
      terminal.press(key);
      await terminal.waitFor(() => terminal.scrollback() !== before);
      await terminal.settled(20);
      expect(terminal.scrollback()).toBe(`${before}\n${JSON.stringify(bytes).replaceAll('\x7f', '\\u007f')}`);
    }
    expect(() => terminal.press('ctrl-1')).toThrow('ctrl-1');
    expect(() => terminal.press('entre')).toThrow('no such key: entre');
  });

  test('cursor keys in application mode', async ({ place }) => {
    const terminal = await openEcho(place, '\x1b[?1h');
    terminal.press('up');
    await terminal.waitFor(String.raw`"\u001bOA"`);
    terminal.press('ctrl-up');
    await terminal.waitFor(String.raw`"\u001b[1;5A"`);
  });

  test('a paste has brackets only when the program asked, and its text can not close them', async ({ place }) => {
    const plain = await openEcho(place);
    plain.paste('one\ntwo\r\n');
    await plain.waitFor(String.raw`"one\rtwo\r"`);
    const bracketed = await openEcho(place, '\x1b[?2004h');
    bracketed.paste('one\n\x1b[201~two');
    await bracketed.waitFor('"\\u001b[200~one\\r\u241b[201~two\\u001b[201~"');
  });

  test('a new size reaches the program', async ({ place }) => {
    const terminal = await openEcho(place);
    terminal.resize(40, 10);
    await terminal.waitFor('40x10');
    expect([terminal.columns(), terminal.rows()]).toEqual([40, 10]);
  });

  test('the terminal answers what the program asks', async ({ place }) => {
    const terminal = await openEcho(place);
    const other = await openEcho(place, '\x1b[c\x1b[6n');
    await other.waitFor(/\\u001b\[\?[\d;]+c/);
    await other.waitFor(/\\u001b\[1;1R/);
    expect(terminal.screen()).toBe('ready');
  });

  test('random keys are the same for a seed, and all can be pressed', async ({ place }) => {
    const actions = randomKeys(7, 300);
    expect(randomKeys(7, 300)).toEqual(actions);
    expect(randomKeys(8, 300)).not.toEqual(actions);
    expect(new Set(actions.map((action) => action.do))).toEqual(new Set(['press', 'type', 'paste', 'resize']));
    const terminal = sh(place, 'stty raw -echo; echo on; exec cat >/dev/null');
    await terminal.waitFor('on');
    for (const action of actions) terminal.perform(action);
    await terminal.settled();
    expect(isAlive(terminal.pid)).toBe(true);
  });
});

describe('waiting', () => {
  test('in vain: the error shows the screen, the cursor and what was written', async ({ place }) => {
    const terminal = sh(place, 'echo here I am; read x');
    await terminal.waitFor('here');
    const said = terminal.waitFor('there', 50);
    await expect(said).rejects.toThrow(/waited 50 ms in vain for there.*\n┌─+┐\nhere I am\n└.*column 0, row 1/);
  });

  test('in vain, for a program that has ended: at once', async ({ place }) => {
    const terminal = sh(place, 'echo bye; exit 3');
    await expect(terminal.waitFor('there')).rejects.toThrow(/never: there.*"code":3[^]*\nbye\n/);
    await terminal.waitFor('bye');
  });

  test('settled: the last of what comes in pieces is there, and a screen that never rests is said', async ({
    place,
  }) => {
    const terminal = sh(place, 'for n in 1 2 3 4 5; do printf $n; sleep 0.05; done; read x');
    await terminal.settled(250);
    expect(terminal.screen()).toBe('12345');
    const restless = sh(place, String.raw`n=0; while :; do n=$((n+1)); printf '\r%s' $n; sleep 0.02; done`);
    await expect(restless.settled(200, 600)).rejects.toThrow('not settled after 600 ms');
  });

  test('settled: silence of a program that computes is not rest', async ({ place }) => {
    const script = `console.log('a'); const end = Date.now() + 700; while (Date.now() < end); console.log('b'); process.stdin.resume()`;
    const terminal = openTerminal(place, ['-e', script], { program: process.execPath });
    await terminal.waitFor('a');
    await terminal.settled(40);
    expect(terminal.screen()).toBe('a\nb');
  });

  test('with latency, all comes later and in order', async ({ place }) => {
    const terminal = await openEcho(place, '', { latencyMs: 150 });
    terminal.press('a', 'b', 'c');
    expect(terminal.screen()).toBe('ready');
    await terminal.settled();
    terminal.resize(70, 20);
    await terminal.waitFor('70x20');
    terminal.press('q');
    expect((await terminal.exited).code).toBe(0);
    // The keys may come to the program together.
    expect(terminal.screen().replace(/["\n]/g, '')).toBe('readyabc70x20q');
  });
});

describe('ends', () => {
  test('nothing of what was written is lost, even when this process is busy as the program ends', async ({ place }) => {
    for (const size of [9000, 40_000]) {
      const terminal = sh(place, `head -c ${size} /dev/zero | tr '\\0' x; exit 3`);
      const blocking = setInterval(() => block(250), 1);
      const exit = await terminal.exited;
      clearInterval(blocking);
      expect([exit, terminal.raw().length, terminal.scrollback().length]).toEqual([
        { code: 3, signal: null },
        size,
        size,
      ]);
    }
  });

  test('by signals', async ({ place }) => {
    const terminal = sh(place, 'echo on; exec cat');
    await terminal.waitFor('on');
    terminal.signal('SIGTERM');
    expect(await terminal.exited).toEqual({ code: null, signal: 'SIGTERM' });
    const trapping = sh(place, `trap 'echo hung up > hup.txt; exit 4' HUP; echo on; while :; do sleep 0.05; done`);
    await trapping.waitFor('on');
    await trapping.hangUp();
    expect(await trapping.exited).toEqual({ code: 4, signal: null });
    expect(place.read('hup.txt')).toBe('hung up\n');
    const interrupted = sh(place, 'echo on; sleep 30');
    await interrupted.waitFor('on');
    interrupted.press('ctrl-c');
    expect(await interrupted.exited).toEqual({ code: null, signal: 'SIGINT' });
  });

  test('a terminal hangs up although others were opened after it; what else holds it is named', async ({ place }) => {
    const first = sh(place, 'echo on; exec cat');
    await first.waitFor('on');
    const second = sh(place, 'echo on; exec cat');
    await first.hangUp();
    expect(await first.exited).toEqual({ code: null, signal: 'SIGHUP' });
    expect(isAlive(second.pid)).toBe(true);
    const holder = place.start([], { shell: 'exec sleep 30' });
    await expect(second.hangUp()).rejects.toThrow(`also held by ${holder.pid}`);
  });

  test('killed with its children, also those in sessions of their own', async ({ place }) => {
    const terminal = sh(place, 'sleep 31 & setsid sh -c "trap : HUP TERM INT; sleep 32 & wait" & echo on; wait');
    await terminal.waitFor('on');
    await until('all have started', () => familyOf(terminal.pid).length === 4);
    const family = familyOf(terminal.pid);
    terminal.kill();
    expect(await terminal.exited).toEqual({ code: null, signal: 'SIGKILL' });
    await until('all have ended', () => !family.some(({ pid }) => isAlive(pid)));
  });

  test('bash, as a person uses it', async ({ place }) => {
    const terminal = openTerminal(place, ['--norc', '--noprofile'], {
      program: '/bin/bash',
      environment: { PS1: '> ' },
    });
    await terminal.waitFor('>');
    terminal.type('echo one two');
    terminal.press('ctrl-left', 'alt-d');
    terminal.type('three');
    terminal.press('enter');
    await terminal.waitFor(/^one three$/m);
    terminal.press('ctrl-d');
    expect((await terminal.exited).code).toBe(0);
  });

  describe('with the place', () => {
    let pids: number[] = [];
    let descriptors = 0;
    test('twenty terminals …', async ({ place }) => {
      descriptors = openDescriptors();
      const terminals = Array.from({ length: 20 }, () => sh(place, 'setsid sleep 33 & echo on; wait'));
      await Promise.all(terminals.map((terminal) => terminal.waitFor('on')));
      pids = terminals.flatMap(({ pid }) => familyOf(pid).map((process) => process.pid));
      expect(pids).toHaveLength(40);
      // Half of them end before the test does, and leave a child behind.
      for (const terminal of terminals.slice(0, 10)) terminal.signal('SIGTERM');
      await Promise.all(terminals.slice(0, 10).map((terminal) => terminal.exited));
    });
    test.runIf(openDescriptors() > 0)('… leave no process and no descriptor', async () => {
      await until('all have ended', () => !pids.some(isAlive));
      await until('the descriptors are closed', () => openDescriptors() <= descriptors);
    });
  });
});

describe.skipIf(!TMUX)(`in tmux${WHY_NO_TMUX}`, () => {
  test('the built program, to its end', async ({ place }) => {
    // tmux 3.3 loses now and then what a program wrote right before its end; so a shell ends later, and it first.
    const pane = await openTmux(place, ['-c', '"$0" --version; echo "ended $?"; read -r key', LAUNCHER], {
      program: '/bin/sh',
    });
    await pane.waitFor(/^\d+\.\d+\.\d+\nended 0$/m);
    await pane.press('Enter');
    await pane.ended();
  });

  test('keys, a paste and a new size', async ({ place }) => {
    const pane = await openTmux(place, ['-e', ECHO_BYTES, '\x1b[?2004h'], { program: process.execPath, columns: 70 });
    await pane.waitFor('ready');
    await pane.type('a;');
    await pane.waitFor('"a;"');
    await pane.press('Up');
    await pane.waitFor(String.raw`"\u001b[A"`);
    await pane.paste('one\ntwo');
    await pane.waitFor(String.raw`\u001b[200~one\rtwo\u001b[201~`);
    await pane.resize(50, 12);
    await pane.waitFor('50x12');
    await expect(pane.ended(50)).rejects.toThrow(/in vain for its end[^]*50x12/);
    await pane.type('q');
    await pane.ended();
  });
});

/** Keeps this process from everything else. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** 0 on systems without /proc. */
function openDescriptors(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
}

/** Whatever a model, a tool, a file or a service says: no control sequence of theirs reaches the terminal. */
import { expect } from 'vitest';
import { expectFrame } from './support/frames.ts';
import { test } from './support/place.ts';
import { answerApproval, clean, enter, openRepl, send } from './support/repl.ts';

/** Clipboard, title, a cursor that moves up, another screen, C1 forms, a device query, bell, backspaces, direction marks. */
const NASTY = [
  '\x1b]52;c;ZXZpbA==\x07',
  '\x1b]0;evil title\x1b\\',
  '\x1b[66;66H\x1b[7A',
  '\x1b[?1049h\x1b[?1000h',
  '\x9b77;77H',
  '\x9d0;evil too\x9c',
  '\x90evil\x9c',
  '\x1b[c\x1b[6n\x05',
  '\x07\b\b\b\x7f\0',
  '\u202eevil\u2066\u200f',
  '\r\x1bM\x1bc',
].join('-');
const SHELL = Buffer.from(NASTY.replace('\0', '')).toString('base64');

/** What the program itself writes. */
const OWN =
  // eslint-disable-next-line no-control-regex
  /\x1b(?:[78]|\[(?:[\d;]*[ABCDGHJKm]|\?(?:25|7|2004|2026)[hl]|>5u|<u|>4;1m|>4m|6n)|\]8;;(?:https:\/\/[\x21-\x7e]*?)?(?:\x1b\\|\x07))/g;
// eslint-disable-next-line no-control-regex
const CONTROL = /[\0-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

test('nothing nasty passes: answers, outputs, approvals, names, failures, titles', async ({ place, mock }) => {
  place.connect(mock, {}, { orchestrator: { model_attempts: 1 } });
  place.write(`evil\x1b]0;name\x07\x9b9A.txt`, 'a text');
  place.write('inside.txt', `before ${NASTY} after`);
  const terminal = await openRepl(place, { rows: 40 });

  const text = `An answer ${NASTY}\n\n\`\`\`sh\ncode ${NASTY}\n\`\`\`\n\n- item ${NASTY}\n- [link${NASTY}](https://example.org/x) [bad](https://e.org/\x1b]0;x\x07)\n\n| a${NASTY} |\n| --- |\n| b${NASTY} |`;
  mock.reply({ text, chunks: 60 });
  await enter(terminal, 'Say something', 'tokens');
  expectFrame('repl-hostile-answer', terminal);

  await clean(terminal);
  const cmd = `printf %s ${SHELL} | base64 -d; echo; ls; cat inside.txt # ${NASTY.replace('\0', '')}`;
  const patch = `*** Begin Patch\n*** Add File: new\x1b]0;x\x07.txt\n+line ${NASTY}\n*** End Patch`;
  mock.reply(
    { calls: [{ name: 'exec_command', arguments: { cmd } }] },
    { calls: [{ name: 'apply_patch', arguments: { patch } }] },
    {
      calls: [
        { name: 'read_file', arguments: { path: 'inside.txt' } },
        { name: `tool${NASTY}`, arguments: {} },
      ],
    },
    { text: 'All read.' },
  );
  await send(terminal, 'Run it', 'y yes');
  await terminal.settled();
  expectFrame('repl-hostile-approval', terminal);
  await answerApproval(terminal, 'y');
  await terminal.waitFor(/Change 1 file[^]*y yes/);
  await answerApproval(terminal, 'y');
  await terminal.waitFor('All read.');
  await terminal.settled();

  mock.reply({ status: 400, body: { error: { message: `refused ${NASTY}`, code: `c${NASTY}` } } });
  await enter(terminal, 'Fail', '■ validation');
  terminal.type('/new ');
  terminal.paste(`title ${NASTY}`);
  await enter(terminal, '', 'a new session');
  mock.reply({ text: 'Begun.' });
  await enter(terminal, 'Begin', 'Begun.');
  terminal.paste(`pasted ${NASTY}`);
  await terminal.settled();
  terminal.press('ctrl-c');
  terminal.type('look at @evil');
  terminal.press('tab');
  await terminal.settled();
  expect(terminal.raw()).toContain('evil');
  terminal.press('ctrl-c');
  await terminal.settled();
  await enter(terminal, '/sessions', 'SESSION');
  await enter(terminal, '/resume', 'Fail');

  const rest = terminal.raw().replace(OWN, '');
  const at = rest.search(CONTROL);
  expect(at === -1 ? '' : JSON.stringify(rest.slice(Math.max(0, at - 60), at + 40))).toBe('');
  expect(terminal.isAlternate()).toBe(false);
});

/**
 * The recording in docs/terminal.md, from the real program: an approval, a steer, and a terminal that takes over when the
 * other is killed. UPDATE_FRAMES=1 writes it anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { normalise } from './support/frames.ts';
import { test } from './support/place.ts';
import { openTerminal, type Terminal } from './support/terminal.ts';

const DOCUMENT = join(import.meta.dirname, '../docs/terminal.md');
const RECORDING = /(?<=<!-- recording -->\n\n```text\n)[^]*?(?=```\n)/;

const SHOPPING = 'Shopping\n\nmilk\nbread\nmilk\napples\n';
const PATCH = `*** Begin Patch
*** Update File: shopping.txt
@@
-milk
+apples
 bread
 milk
-apples
*** End Patch`;

const LOOK_MS = 1000;

test('the recording in the documentation is what the program does', async ({ place }) => {
  place.play([
    {
      match: { contains: 'how many' },
      stall: '2s',
      reply: { text: 'Done: `shopping.txt` is sorted, **3 things** are left on it.', chunks: 8, delay: '10ms' },
    },
    {
      match: { tool_result: 'apply_patch' },
      reply: {
        text: 'Now I check that it is sorted.',
        calls: [
          {
            tool: 'exec_command',
            arguments: { cmd: 'sleep 5; tail -n +3 shopping.txt | sort --check && echo sorted' },
          },
        ],
      },
    },
    {
      match: { tool_result: 'read_file' },
      reply: {
        text: '`milk` is there twice, and `apples` should come first.',
        calls: [{ tool: 'apply_patch', arguments: { patch: PATCH } }],
      },
    },
    {
      match: { any: true },
      reply: { text: 'I look at the list.', calls: [{ tool: 'read_file', arguments: { path: 'shopping.txt' } }] },
    },
  ]);
  place.write('shopping.txt', SHOPPING);

  const first = openTerminal(place, [], { columns: 84, rows: 34 });
  await first.waitFor('/help');
  first.type('Sort my shopping list, each thing once.');
  first.press('enter');
  await first.waitFor('Esc later');
  await first.settled();
  const asked = first.screen();

  const second = openTerminal(place, ['run', '--continue'], { columns: 84, rows: 40 });
  await second.waitFor('attached to pid');
  await second.settled();
  await sayYes(first);
  await second.waitFor('sort --check');
  await second.settled();
  const answers = second.screen();
  await sayYes(second);
  await first.waitFor('Ctrl-C stops');
  first.type('/steer Say how many are left.');
  first.press('enter');
  await first.waitFor('» Say');
  const steered = first.screen();
  first.kill();
  await second.waitFor('are left on it');
  await second.settled();

  expectRecording([
    ['The first terminal.', asked],
    [
      'A second one, `runtime run --continue`, joins. The first says y; both are asked for the next, the second answers.',
      since('attached to', answers),
    ],
    ['The first one steers while the command runs. Then it is killed (`kill -9`).', since('Now I check', steered)],
    ['The second one takes over, and the turn goes on.', since('» Say', second.screen())],
  ]);
  await leave(second);
});

/** An answer that comes at once isn't taken for one. */
async function sayYes(terminal: Terminal): Promise<void> {
  await delay(LOOK_MS);
  terminal.press('y', 'enter');
}

async function leave(terminal: Terminal): Promise<void> {
  terminal.press('ctrl-d');
  expect(await terminal.exited).toEqual({ code: 0, signal: null });
}

/** The end of a screen. */
function since(text: string, screen: string): string {
  return `…\n${screen.slice(screen.lastIndexOf(text))}`;
}

function expectRecording(scenes: [caption: string, screen: string][]): void {
  const recording = scenes.map(([caption, screen]) => `# ${caption}\n\n${screen}\n`).join('\n');
  const document = readFileSync(DOCUMENT, 'utf8');
  if (process.env['UPDATE_FRAMES'] === '1')
    writeFileSync(
      DOCUMENT,
      document.replace(RECORDING, () => recording),
    );
  else expect(normalise(recording), 'UPDATE_FRAMES=1 writes it').toBe(normalise(RECORDING.exec(document)?.[0] ?? ''));
}

/** The built-in demo, played on what the tools give back. */
import { expect, test } from 'vitest';
import { askModel, called, modelRequest, said } from '../../../../test/support/model-request.ts';
import { systemClock } from '../../../base/clock.ts';
import type { Message } from '../../../contract/messages.ts';
import { createScriptClient } from './client.ts';
import { demoScript } from './demo.ts';

const client = createScriptClient(demoScript, { clock: systemClock, timeoutMs: 1000 });

/** What each tool gives back; a function sees the arguments. */
type World = Record<string, string | ((args: Record<string, string>) => string)>;

/** Plays a turn until the demo has nothing more to call. Gives the calls and the last text. */
async function turn(message: string, world: World, earlier: Message[] = []) {
  const messages = [...earlier, said(message)];
  const calls: { name: string; args: Record<string, string> }[] = [];
  for (let request = 1; request <= 10; request++) {
    const { answer } = await askModel(client, modelRequest({ messages, request }));
    if (!answer.ok) throw new Error(answer.message);
    const text = answer.parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
    const [call] = answer.tool_calls;
    if (!call) return { calls, text, requests: request, messages };
    const args = JSON.parse(call.arguments_raw) as Record<string, string>;
    calls.push({ name: call.name, args });
    const result = world[call.name] ?? 'Denied by policy: no rule.';
    messages.push(...called(call.name, call.arguments_raw, typeof result === 'function' ? result(args) : result));
  }
  throw new Error('it does not end');
}

const PROJECT = '.gitignore\nREADME.md\nnode_modules/\npackage.json\nsrc/\nsrc/deep.md\nsrc/main.ts';
const README = '# Toaster\n\nToasts bread.\n\n## Use\n\ntoast --dark\n';

test('asked anything it lists, reads the README and tells both', async () => {
  const { calls, text } = await turn('What does this project do?', { list_files: PROJECT, read_file: README });
  expect(calls).toEqual([
    { name: 'list_files', args: { path: '.' } },
    { name: 'read_file', args: { path: 'README.md' } },
  ]);
  expect(text).toMatchInlineSnapshot(`
    "This folder holds README.md, node_modules/, package.json, src/.

    I read README.md. It begins:

    > # Toaster
    > Toasts bread.
    > ## Use
    > toast --dark

    I am the offline demo of runtime: a script, no language model. All of this is real all the same:
    I called list_files and read_file under your policy, and the journal of this session proves it.
    Ask me to fix something, and I propose a patch that waits for your approval.
    For answers from a real model set OPENAI_API_KEY, or see \`runtime config init\`."
  `);
});

test.each([
  { listing: 'a.bin\nb.py\nc.md', reads: 'c.md' },
  { listing: 'readme.rst', reads: 'readme.rst' },
  { listing: 'README.md -> /etc/passwd\nmain.go', reads: 'main.go' },
  { listing: '.env\n.npmrc\nid_rsa\npasswords.txt\nTOKEN.txt\nnotes.txt', reads: 'notes.txt' },
])('of $listing it reads $reads', async ({ listing, reads }) => {
  const { calls } = await turn('hello', { list_files: listing, read_file: 'x' });
  expect(calls[1]).toEqual({ name: 'read_file', args: { path: reads } });
});

test.each(['[an empty folder]', '.env\nid_rsa\nphoto.png\nsrc/', 'Denied by policy: no rule.'])(
  'with nothing to read (%s) it says what it saw',
  async (listing) => {
    const { calls, text } = await turn('hello', { list_files: listing });
    expect(calls.length).toBe(1);
    expect(text).toContain(`> ${listing.split('\n')[0]!}`);
    expect(text).toContain('offline demo');
  },
);

test('asked to fix something it reads, proposes a file, and tells what came of it', async () => {
  const { calls, text, requests } = await turn('Please fix the bug.', {
    list_files: PROJECT,
    read_file: README,
    apply_patch: 'A RUNTIME-DEMO.md',
  });
  expect(calls.map(({ name }) => name)).toEqual(['list_files', 'read_file', 'apply_patch']);
  expect(calls[2]!.args.patch).toMatch(
    /^\*\*\* Begin Patch\n\*\*\* Add File: RUNTIME-DEMO\.md\n\+# .*\n(\+.*\n)+\*\*\* End Patch\n$/,
  );
  expect(text).toContain('> A RUNTIME-DEMO.md');
  expect(requests).toBe(4);
});

test('where its file is already there it proposes to add a line', async () => {
  let content = '';
  const first = await turn('Add something', {
    list_files: '[an empty folder]',
    apply_patch: ({ patch }) => {
      content = patch!.split('\n').filter((line) => line.startsWith('+')).map((line) => line.slice(1)).join('\n'); // prettier-ignore
      return 'done';
    },
  });
  expect(first.calls.map(({ name }) => name)).toEqual(['list_files', 'apply_patch']);
  const second = await turn(
    'Add more',
    { list_files: 'README.md\nRUNTIME-DEMO.md', read_file: () => content, apply_patch: 'done' },
    first.messages,
  );
  expect(second.calls.map(({ name }) => name)).toEqual(['list_files', 'read_file', 'apply_patch']);
  expect(second.calls[2]!.args.patch).toContain(`*** Update File: RUNTIME-DEMO.md\n@@\n ${content.split('\n')[0]!}\n+`);
});

test.each([
  { result: 'A person denied this call: not now', says: 'You said no' },
  { result: 'Denied by policy: rule r1.', says: 'Your policy denies apply_patch' },
  { result: 'Nobody answered the approval in time, so the call was not run.', says: 'The approval expired' },
  { result: 'The file exists already.', says: '> The file exists already.' },
])('when the patch comes to nothing ($result) it says so and ends', async ({ result, says }) => {
  const { text, calls } = await turn('fix it', { list_files: PROJECT, read_file: README, apply_patch: result });
  expect(text).toContain(says);
  expect(calls.length).toBe(3);
});

test('it goes on in a session that another model began', async () => {
  const { calls } = await turn('hello', { list_files: PROJECT, read_file: README }, [
    said('earlier'),
    ...called('exec_command', { cmd: 'ls' }, 'x'),
  ]);
  expect(calls.length).toBe(2);
});

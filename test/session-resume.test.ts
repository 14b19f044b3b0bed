/** What a killed program left: said before it goes on, and carried on to the end that it would have had. */
import { existsSync } from 'node:fs';
import { describe, expect } from 'vitest';
import type { MockOpenai, MockRequest } from './support/mock-openai.ts';
import { approvalsIn, entriesOf, expectVerified, type Place, test, until } from './support/place.ts';
import { isAlive } from './support/processes.ts';
import { joinRepl, openRepl, say, socketOf } from './support/shared.ts';

const chaos = (point: string) => ({ environment: { RUNTIME_CHAOS: '1', RUNTIME_CRASH_AT: point } });
const PATCH = ['*** Begin Patch', '*** Update File: a.txt', '@@', '-old', '+new', '*** End Patch', ''].join('\n');
const COMMAND = 'echo ran >> ran.txt\nsleep 60 # and nobody sees it end';

function prepare(place: Place, config: object = { governance: { auto_allow: ['exec_command', 'apply_patch'] } }): void {
  place.write('a.txt', 'old\n');
  place.play(
    [
      { match: { equals: 'wait' }, stall: '40s', reply: { text: 'late' } },
      { match: { tool_result: 'exec_command' }, reply: { text: 'Told: {{result}}' } },
      { match: { contains: 'cmd' }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: COMMAND } }] } },
      { match: { tool_result: 'apply_patch' }, reply: { text: 'Patched.' } },
      { match: { contains: 'patch' }, reply: { calls: [{ tool: 'apply_patch', arguments: { patch: PATCH } }] } },
      { match: { any: true }, reply: { text: 'You said: {{asked}}' } },
    ],
    config,
  );
}

/** A session whose command was running when its program was killed. */
async function killedInCommand(place: Place, session: string): Promise<void> {
  const running = place.start(['run', '--session', session, 'cmd']);
  await until('the command runs', () => place.read('ran.txt') !== '');
  running.child.kill('SIGKILL');
  await running.ended;
}

describe('session resume', () => {
  test('without an id lists what is unfinished, and what becomes of it', async ({ place }) => {
    prepare(place);
    expect(await place.run(['session', 'resume'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'nothing is unfinished\n',
    });
    await place.run(['run', '--session', 'model', 'hi'], chaos('after-append-model.requested'));
    await place.run(['run', '--session', 'patch', 'patch'], chaos('after-append-call.started'));
    await place.run(['run', '--session', 'accepted', 'hi'], chaos('before-ack'));
    await place.run(['run', '--session', 'told', 'hi'], chaos('after-sync-turn.ended'));
    await killedInCommand(place, 'command');
    const { code, stdout, stderr } = await place.run(['session', 'resume']);
    expect(code).toBe(0);
    expect(stderr).toBe('carry one on with: runtime session resume model\n');
    expect(stdout).toBe(
      [
        'model, turn 1',
        '  the model is asked again (attempt 2)',
        'patch, turn 1',
        '  Change 1 file: a.txt: is finished file by file, else its end is unknown',
        'accepted',
        '  an accepted message begins its turn',
        'told',
        '  its answer is there; nobody has seen it',
        'command, turn 1',
        '  Run echo ran >> ran.txt …: may have taken effect or not; it is not repeated',
        '',
      ].join('\n'),
    );
    const listed = await place.run(['session', 'resume', '-o', 'json']);
    expect(JSON.parse(listed.stdout)).toMatchObject([
      { session_id: 'model', turn: 1, left: [{ what: 'model', fate: 'asked_again', attempt: 2 }] },
      { session_id: 'patch', left: [{ what: 'call', fate: 'rolled_forward' }] },
      { session_id: 'accepted', left: [{ what: 'message', fate: 'begins' }] },
      { session_id: 'told', left: [{ what: 'message', fate: 'answered' }] },
      { session_id: 'command', left: [{ what: 'call', fate: 'unknown', shown: { body: COMMAND } }] },
    ]);
    const shown = await place.run(['session', 'show', 'model']);
    expect(shown.stdout).toMatch(/\n {2}left {5}the model is asked again \(attempt 2\)\n$/);
  });

  test('carries one on; then there is nothing to carry on', async ({ place }) => {
    prepare(place);
    await place.run(['run', '--session', 'one', 'hi'], chaos('after-append-model.requested'));
    const resumed = await place.run(['session', 'resume', 'one']);
    expect(resumed).toMatchObject({ code: 0, stdout: 'You said: hi\n' });
    expect(resumed.stderr).toBe('goes on: the model is asked again (attempt 2)\n');
    const again = await place.run(['session', 'resume', 'one']);
    expect(again).toMatchObject({ code: 0, stdout: '', stderr: 'session one has nothing to carry on\n' });
    expect(await place.run(['session', 'resume', 'none'])).toMatchObject({ code: 1 });
    expect(await place.run(['session', 'resume', '../x'])).toMatchObject({ code: 2 });
    expect(await place.run(['session', 'resume', '--from', '1'])).toMatchObject({ code: 2 });
  });

  test('waits for the same approval', async ({ place }) => {
    prepare(place, {});
    const asked = await place.run(['run', '--session', 'one', 'cmd']);
    expect(asked.code).toBe(5);
    const resumed = await place.run(['session', 'resume', 'one']);
    expect(resumed.code).toBe(5);
    expect(approvalsIn(resumed)).toEqual(approvalsIn(asked));
    const listed = await place.run(['session', 'resume']);
    expect(listed.stdout).toContain(`still waits for your answer: ${approvalsIn(asked)[0]!}`);
  });

  test('the terminal says it before it opens one', async ({ place }) => {
    prepare(place, {});
    const [approval = ''] = approvalsIn(await place.run(['run', '--session', 'asked', 'cmd']));
    const terminal = await openRepl(place, 'other', { columns: 140 });
    say(terminal, '/resume asked');
    await terminal.waitFor(`goes on: Run echo ran >> ran.txt …: still waits for your answer: ${approval}, expires in `);
  });

  test('another run names what is unfinished, and counts the rest', async ({ place }) => {
    prepare(place);
    for (const session of ['a', 'b', 'c', 'd', 'e']) {
      await place.run(['run', '--session', session, 'hi'], chaos('after-append-model.requested'));
    }
    const { stderr } = await place.run(['run', '--session', 'other', 'hi']);
    const line = (id: string) => `unfinished: session ${id}: the model is asked again (attempt 2); carry it on with: runtime session resume ${id}\n`; // prettier-ignore
    expect(stderr).toBe(`${line('a')}${line('b')}${line('c')}unfinished: and 2 more: runtime session resume\n`);
  });

  test('what only waits for an answer is counted in one line', async ({ place }) => {
    prepare(place, {});
    const waits = async (): Promise<string> => {
      const { stderr } = await place.run(['run', '--session', 'other', 'hi']);
      return stderr.replace(/.*sandbox.*\n/, '');
    };
    await place.run(['run', '--session', 'a', 'cmd']);
    expect(await waits()).toBe('another session waits for your answer: runtime approvals ls\n');
    await place.run(['run', '--session', 'b', 'cmd']);
    await place.run(['run', '--session', 'left', 'hi'], chaos('after-append-model.requested'));
    const left = 'unfinished: session left: the model is asked again (attempt 2); carry it on with: runtime session resume left\n'; // prettier-ignore
    expect(await waits()).toBe(`${left}2 other sessions wait for your answer: runtime approvals ls\n`);
    await place.run(['run', '--session', 'c', 'cmd']);
    expect(await waits()).toBe(`${left}unfinished: and 3 more: runtime session resume\n`);
  });
});

describe('what may have run or not is said, with the whole command', () => {
  const whole = 'nobody knows whether this took effect: Run echo ran >> ran.txt …\n  echo ran >> ran.txt\n  sleep 60 # and nobody sees it end\n'; // prettier-ignore

  test('by a one-shot run; the model is told, and it is recorded', async ({ place }) => {
    prepare(place);
    await killedInCommand(place, 'one');
    const { code, stdout, stderr } = await place.run(['session', 'resume', 'one']);
    expect(code).toBe(0);
    expect(stderr).toContain('goes on: Run echo ran >> ran.txt …: may have taken effect or not');
    expect(stderr).toContain(whole);
    expect(stdout).toContain('Told: [unknown] The program stopped while this call ran');
    expect(entriesOf(place.journal('one'), 'call.abandoned')).toHaveLength(1);
    expect(place.read('ran.txt')).toBe('ran\n');
    await expectVerified(place, 'one');
  });

  test('by the terminal that becomes the owner, also of other sessions', async ({ place }) => {
    prepare(place);
    await killedInCommand(place, 'one');
    const terminal = await openRepl(place, 'one', { columns: 120 });
    await terminal.waitFor('Told: ');
    const shown = terminal.scrollback();
    expect(shown).toContain('goes on: Run echo ran >> ran.txt …: may have taken effect or not');
    expect(shown).toMatch(
      /nobody knows whether this took effect: Run echo ran >> ran.txt …\s+echo ran >> ran.txt\s+sleep 60 # and nobody sees it end/,
    );
    terminal.press('ctrl-d');
    await terminal.exited;

    await killedAgain(place, 'two');
    const other = await openRepl(place, 'three', { columns: 140 });
    await other.waitFor('session two goes on: Run echo ran >> ran.txt …: may have taken effect or not');
  });

  test('to a client of another process, which does the work', async ({ place }) => {
    prepare(place);
    await killedInCommand(place, 'one');
    const owner = place.start(['run', '--session', 'own', '--json', 'wait']);
    await owner.says('model.requested');
    await until('the owner serves', () => existsSync(socketOf(place)));
    const { code, stdout, stderr } = await place.run(['session', 'resume', 'one']);
    expect(code).toBe(0);
    expect(stdout).toContain('Told: [unknown]');
    expect(stderr).toContain('goes on: Run echo ran >> ran.txt …: may have taken effect or not');
    expect(stderr).toContain(whole);
    const listed = await place.run(['session', 'resume']);
    expect(listed.stdout).toBe(`own: goes on, in process ${owner.pid}\n`);
  });

  test('to a terminal that takes over', async ({ place }) => {
    prepare(place);
    const held = place.start(['run', '--session', 'own', 'cmd']);
    await until('the command runs', () => place.read('ran.txt') !== '');
    const terminal = await joinRepl(place, 'own', { columns: 120 });
    held.child.kill('SIGKILL');
    await terminal.waitFor('Told: ');
    expect(terminal.scrollback()).toContain('nobody knows whether this took effect: Run echo ran >> ran.txt …');
  });

  async function killedAgain(place: Place, session: string): Promise<void> {
    const before = place.read('ran.txt');
    const running = place.start(['run', '--session', session, 'cmd']);
    await until('the command runs', () => place.read('ran.txt') !== before);
    running.child.kill('SIGKILL');
    await running.ended;
    await until('it is gone', () => !isAlive(running.pid));
  }
});

describe.concurrent('A-2: a turn that was killed and resumed ends in the same transcript as an undisturbed one', () => {
  const CALLS = [
    [
      { name: 'read_file', arguments: { path: 'a.txt' } },
      { name: 'list_files', arguments: { path: '.' } },
    ],
    [{ name: 'apply_patch', arguments: { patch: PATCH } }],
    [{ name: 'read_file', arguments: { path: 'a.txt' } }],
  ];

  /** Answers by what it is asked: the same, however often. */
  function answers(mock: MockOpenai): void {
    const next = (request: MockRequest) => {
      const rounds = messagesOf(request).filter(({ role }) => role === 'assistant').length;
      return CALLS[rounds] ? { calls: CALLS[rounds] } : { text: 'All is new.' };
    };
    mock.reply(...Array.from({ length: 20 }, () => next));
  }

  type Said = { role: string; content: unknown };
  const messagesOf = ({ body }: MockRequest): Said[] => (body as { messages: Said[] }).messages;

  /** The messages of the last request, and the answer. */
  async function play(place: Place, mock: MockOpenai, session: string, point?: string): Promise<[Said[], string]> {
    place.write('a.txt', 'old\n');
    answers(mock);
    const begun = await place.run(['run', '--session', session, 'go'], point === undefined ? {} : chaos(point));
    const { stdout } = point === undefined ? begun : await place.run(['session', 'resume', session]);
    await expectVerified(place, session);
    expect(place.read('a.txt')).toBe('new\n');
    return [messagesOf(mock.requests.at(-1)!).filter(({ role }) => role !== 'system'), stdout];
  }

  const points = [
    'after-append-input.received', 'after-append-turn.started', 'after-append-model.requested', 'before-effect:2',
    'after-effect:2', 'after-append-model.replied', 'after-append-call.inspected', 'after-append-call.started',
    'before-effect:5', 'after-effect:5', 'after-append-call.finished', 'after-append-turn.reflected',
    'after-sync-call.started', 'after-effect:9', 'after-append-call.finished:3', 'after-append-model.requested:3',
    'after-append-reply.made', 'before-sync-turn.ended',
  ]; // prettier-ignore

  test.for(points)('killed %s', async (point, { place, mock, expect }) => {
    place.connect(mock, {}, { governance: { auto_allow: ['apply_patch'] } });
    const undisturbed = await play(place, mock, 'undisturbed');
    expect(undisturbed).toMatchObject([{ length: 8 }, 'All is new.\n']);
    expect(await play(place, mock, 'killed', point)).toEqual(undisturbed);
  });
});

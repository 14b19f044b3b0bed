/** One table: every exit code, reached (docs/exit-codes.md). */
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { MockOpenai } from './support/mock-openai.ts';
import { linesOf, type Place, type Ran, test } from './support/place.ts';

interface Row {
  code: number;
  what: string;
  /** The reason or error code that `run.finished` gives; without it the command prints no events. */
  says?: string;
  reach(place: Place, mock: MockOpenai): Promise<Ran>;
}

const run = (place: Place, ...more: string[]): Promise<Ran> =>
  place.run(['run', '--json', '--session', 'one', ...more, 'go']);

const answers = (place: Place, config: object = {}): void =>
  place.play([{ match: { any: true }, reply: { text: 'fine' } }], config);

const fails = (place: Place, failure: 'network' | 'invalid_request' | 'refused' | 'auth'): Promise<Ran> => {
  place.play([{ match: { any: true }, fail: { class: failure } }], { orchestrator: { model_attempts: 1 } });
  return run(place);
};

const calls = (place: Place, governance: object = {}): void =>
  place.play([{ match: { any: true }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'ls' } }] } }], {
    governance,
  });

/** Sends a signal while the model is silent. */
async function signalled(place: Place, signal: NodeJS.Signals): Promise<Ran> {
  place.play([{ match: { any: true }, stall: '30s', reply: { text: 'late' } }]);
  const running = place.start(['run', '--json', '--session', 'one', 'go']);
  await running.says('model.requested');
  running.child.kill(signal);
  return running.ended;
}

const ROWS: Row[] = [
  { code: 0, what: 'an answer', says: 'success', reach: (place) => (answers(place), run(place)) },
  {
    code: 0,
    what: 'nothing to carry on',
    async reach(place) {
      answers(place);
      await run(place);
      return place.run(['run', '--session', 'one']);
    },
  },
  { code: 1, what: 'no such model call', says: 'validation_failed', reach: (place) => fails(place, 'invalid_request') },
  { code: 1, what: 'a model that cannot be reached', says: 'unavailable', reach: (place) => fails(place, 'network') },
  { code: 1, what: 'a model that refuses', says: 'failed', reach: (place) => fails(place, 'refused') },
  {
    code: 1,
    what: 'a turn out of time',
    says: 'timeout',
    reach(place) {
      place.play([{ match: { any: true }, stall: '30s', reply: { text: 'late' } }]);
      return run(place, '--timeout', '100ms');
    },
  },
  {
    code: 1,
    what: 'a budget that is used up',
    says: 'budget_exceeded',
    reach: (place) => (answers(place, { budget: { turn: { tokens: 10 } } }), run(place)),
  },
  { code: 1, what: 'no session to continue', says: 'no_session', reach: (place) => place.run(['run', '--json', '--continue', 'go']) }, // prettier-ignore
  { code: 1, what: 'an unknown session', reach: (place) => place.run(['session', 'show', 'nobody']) },
  { code: 1, what: 'an unknown approval', reach: (place) => place.run(['approve', 'a-0123456789abcdef']) },
  { code: 2, what: 'an unknown command', reach: (place) => place.run(['frobnicate']) },
  { code: 2, what: 'no message', reach: (place) => place.run(['run']) },
  {
    code: 2,
    what: 'an id that is no id',
    reach: (place) => place.run(['run', '--json', '--session', '../../x', 'go']),
  },
  {
    code: 2,
    what: 'a configuration that is none',
    says: 'config_invalid',
    reach: (place) => (place.configure({ governnance: {} }), run(place)),
  },
  {
    code: 2,
    what: 'a money limit for a model without price',
    says: 'price_missing',
    reach: (place) => (answers(place), run(place, '--max-cost', '1')),
  },
  {
    code: 2,
    what: 'a model script that is not there, and nothing is accepted',
    says: 'config_unreadable',
    async reach(place) {
      place.configure({ models: { registry: [{ name: 's', provider: 'script', script: 'absent.yaml' }] } });
      const ran = await run(place);
      expect(await place.run(['run', '--session', 'one'])).toMatchObject({ code: 1 }); // no such session
      return ran;
    },
  },
  {
    code: 2,
    what: 'a current folder that is gone',
    reach: (place) => (
      answers(place),
      place.run([], { shell: 'mkdir gone && cd gone && rmdir ../gone && exec "$PROGRAM" run hi' })
    ),
  },
  {
    code: 3,
    what: 'a workspace that another process holds, and that nobody can join',
    says: 'locked',
    async reach(place) {
      place.play([{ match: { any: true }, stall: '30s', reply: { text: 'late' } }]);
      mkdirSync(join(place.home, 'workspaces/default/control.sock'), { recursive: true });
      const first = place.start(['run', '--json', 'go']);
      await first.says('model.requested');
      const second = await run(place);
      expect(second.stderr).toContain(`locked by pid ${first.pid}`);
      return second;
    },
  },
  {
    code: 4,
    what: 'a model without its key',
    says: 'auth_missing',
    async reach(place) {
      place.configure({ models: { default: 'm', registry: [{ name: 'm', api_key_env: 'MY_KEY' }] } });
      const ran = await run(place);
      expect(ran.stderr).toContain('MY_KEY');
      return ran;
    },
  },
  {
    code: 4,
    what: 'a key that the provider refuses, asked once',
    says: 'auth_missing',
    async reach(place, mock) {
      mock.reply({ status: 401, body: { error: { message: 'bad key' } } });
      place.connect(mock);
      const ran = await run(place);
      expect(mock.requests).toHaveLength(1);
      return ran;
    },
  },
  { code: 5, what: 'a turn that waits for an approval', reach: (place) => (calls(place), run(place)) },
  { code: 5, what: 'a call that would ask', reach: (place) => place.run(['policy', 'check', 'exec_command', '{"cmd":"ls"}']) }, // prettier-ignore
  {
    code: 6,
    what: 'a turn of which all was denied',
    says: 'denied',
    reach: (place) => (calls(place, { deny: ['exec_command'] }), run(place)),
  },
  { code: 6, what: 'a call that would be denied', reach: (place) => place.run(['policy', 'check', 'nothing', '{}']) },
  {
    code: 6,
    what: 'a caller that is a tool',
    reach: (place) => place.run(['approve', 'a-0123456789abcdef'], { environment: { RUNTIME_TOOL_CALL: 'c1.1.1' } }),
  },
  {
    code: 7,
    what: 'a damaged session',
    says: 'store_damaged',
    async reach(place) {
      answers(place);
      await run(place);
      appendFileSync(place.journalFile('one'), '{"v":1}\n');
      return run(place);
    },
  },
  {
    code: 7,
    what: 'a proof that fails',
    async reach(place) {
      answers(place);
      await run(place);
      appendFileSync(place.journalFile('one'), '{"v":1}\n');
      return place.run(['session', 'verify', 'one']);
    },
  },
  { code: 130, what: 'Ctrl-C', says: 'canceled', reach: (place) => signalled(place, 'SIGINT') },
  { code: 129, what: 'the terminal gone', says: 'open', reach: (place) => signalled(place, 'SIGHUP') },
  { code: 143, what: 'SIGTERM', says: 'open', reach: (place) => signalled(place, 'SIGTERM') },
];

describe('exit codes', () => {
  test.for(ROWS)('$code: $what', async ({ code, says, reach }, { place, mock }) => {
    const ran = await reach(place, mock);
    expect(ran).toMatchObject({ code, signal: null });
    if (code === 2 && says === undefined) expect(ran.stdout).toBe('');
    if (says === undefined) return;
    const finished = linesOf(ran.stdout).at(-1) as {
      data: { state: string; reason?: string; error?: { code: string } };
    };
    expect(finished).toMatchObject({ type: 'run.finished', data: { exit_code: code } });
    const { state, reason, error } = finished.data;
    expect(reason ?? error?.code ?? state).toBe(says);
  });
});

/** What a command of the agent may do with the token of the daemon that runs it, which it can read as its person can. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { startDaemon, type Daemon } from './support/daemon.ts';
import { linesOf, type Place, test as inPlace, until } from './support/place.ts';

const test = inPlace.skipIf(!existsSync('/proc/self/net/tcp'));

/** Asks the daemon as the arguments say: a token, a method, a path, a body. `hasty`: doesn't wait for the answer. */
const ASK = `
const [url, token, method, path, body, hasty] = process.argv.slice(2);
const { hostname, port } = new URL(url);
const socket = require('node:net').connect(port, hostname, () => {
  const head = [method + ' ' + path + ' HTTP/1.1', 'Host: ' + hostname, 'Authorization: Bearer ' + token,
    'Content-Type: application/json', 'Content-Length: ' + Buffer.byteLength(body), 'Connection: close'];
  socket.write(head.join('\\r\\n') + '\\r\\n\\r\\n' + body, () => { if (hasty) process.kill(process.pid, 'SIGKILL'); });
});
socket.on('data', (bytes) => process.stdout.write(bytes));
`;

interface World {
  daemon: Daemon;
  /** Of the approval that waits. */
  id: string;
  /** Lets the agent run a line of shell; gives what it printed. */
  agentRuns(line: string): Promise<string>;
}

async function prepare(place: Place, governance: object = {}): Promise<World> {
  place.write('ask.cjs', ASK);
  place.play(
    [
      { match: { tool_result: 'exec_command' }, reply: { text: 'It said: {{result}}' } },
      { match: { contains: 'patch' }, reply: { calls: [{ tool: 'apply_patch', arguments: { patch: PATCH } }] } },
      { match: { contains: 'hello' }, reply: { text: 'hello' } },
      { match: { any: true }, reply: { calls: [{ tool: 'exec_command', arguments: { cmd: 'sh do.sh' } }] } },
    ],
    { governance: { auto_allow: ['exec_command'], ...governance } },
  );
  const daemon = await startDaemon(place);
  const { status } = await daemon.send({ content: 'patch', session_id: 'asks' });
  const agentRuns = async (line: string): Promise<string> => {
    place.write('do.sh', `(${line}) > out.txt 2>&1\n`);
    await daemon.send({ content: 'run it', session_id: 'agent' });
    return place.read('out.txt');
  };
  return { daemon, id: status.approvals[0]!, agentRuns };
}

const PATCH = ['*** Begin Patch', '*** Add File: a.txt', '+new', '*** End Patch', ''].join('\n');

const asking = (daemon: Daemon, ...rest: string[]): string =>
  [process.execPath, 'ask.cjs', daemon.url, ...rest].map((word) => `'${word}'`).join(' ');

const grantOf = (daemon: Daemon, id: string): string =>
  asking(daemon, daemon.token, 'POST', `/v1/approvals/${id}/resolve`, '{"decision":"grant"}');

const auditOf = (place: Place): unknown[] =>
  linesOf(readFileSync(join(place.home, 'workspaces/default/audit.jsonl'), 'utf8'));

describe('a command of the agent', () => {
  test("A-123: may not act with the person's own token, whatever it does about its environment", async ({ place }) => {
    const { daemon, id, agentRuns } = await prepare(place);
    const grant = grantOf(daemon, id);
    const event = asking(daemon, daemon.token, 'POST', '/v1/events', '{"content":"hello","session_id":"other"}');
    const job = '{"name":"j","schedule":"@every 1h","command":"true"}';
    for (const line of [
      grant,
      `env -i ${grant}`,
      `env -i setsid -w ${grant}`,
      `env -i ${grant} & wait $!`,
      event,
      asking(daemon, daemon.token, 'POST', '/v1/policy', '{"tool":"apply_patch","verdict":"allow"}'),
      asking(daemon, daemon.token, 'POST', '/v1/schedules', job),
      asking(daemon, daemon.token, 'DELETE', '/v1/sessions/asks?force=true', ''),
      asking(daemon, daemon.token, 'POST', '/v1/chat/completions', '{"model":"scripted","messages":[{"role":"user","content":"hello"}]}'), // prettier-ignore
    ]) {
      expect(await agentRuns(line), line).toMatch(/^HTTP\/1\.1 403 [^]*caller_is_tool/);
    }
    expect(await agentRuns(`${grant} hasty`)).not.toContain('HTTP/1.1 200');
    expect(await agentRuns(asking(daemon, daemon.token, 'GET', '/v1/approvals', ''))).toMatch(/^HTTP\/1\.1 200 /);
    await expect((await daemon.ask('GET', `/v1/approvals/${id}`)).json()).resolves.toMatchObject({ status: 'pending' });
    expect(auditOf(place)).toContainEqual(
      expect.objectContaining({
        type: 'access.denied',
        data: {
          what: `POST /v1/approvals/${id}/resolve`,
          why: expect.stringMatching(/tool of the agent/),
          by: 'token',
        },
      }),
    );
  });

  test('may do with a token of its own what a member may, which is not to approve', async ({ place }) => {
    const { daemon, id, agentRuns } = await prepare(place);
    const token = (await place.run(['token', 'create', 'agent', '--role', 'member'])).stdout.trim();
    const event = asking(daemon, token, 'POST', '/v1/events', '{"content":"hello","session_id":"other"}');
    expect(await agentRuns(event)).toMatch(/^HTTP\/1\.1 202 /);
    await until('it has been answered', () => place.read('../home/workspaces/default/sessions/other.jsonl').includes('turn.ended')); // prettier-ignore
    const grant = asking(daemon, token, 'POST', `/v1/approvals/${id}/resolve`, '{"decision":"grant"}');
    expect(await agentRuns(grant)).toMatch(/^HTTP\/1\.1 403 [^]*caller_is_tool/);
    expect((await place.run([], { shell: grant })).stdout).toMatch(/^HTTP\/1\.1 403 [^]*role_not_allowed/);
  });
});

test('whoever is no tool may, by a command that the person starts', async ({ place }) => {
  const { daemon, id } = await prepare(place);
  const { stdout } = await place.run([], { shell: grantOf(daemon, id) });
  expect(stdout).toMatch(/^HTTP\/1\.1 200 /);
});

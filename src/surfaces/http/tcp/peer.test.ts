import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createFindPeers, type Peer } from './peer.ts';
import { createRefuseTools } from './refuse-tools.ts';

const runIfProc = test.runIf(existsSync('/proc/self/net/tcp'));

/** Both ends of a connection; `by` makes the other one. */
async function connection(listenAt: string, by: (port: number) => unknown): Promise<Socket> {
  const server = createServer().listen(0, listenAt);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  by((server.address() as AddressInfo).port);
  const [socket] = (await once(server, 'connection')) as [Socket];
  onTestFinished(() => void socket.destroy());
  return socket.on('error', () => {});
}

const ours = (port: number, host: string): void => {
  const socket = connect({ port, host }).on('error', () => {});
  onTestFinished(() => void socket.destroy());
};

runIfProc.for([
  ['127.0.0.1', '127.0.0.1'],
  ['127.0.0.1', '127.5.4.3'],
  ['::', '127.0.0.1'],
  ['::1', '::1'],
])('at %s, asked at %s, the process is found that connected', async ([at, host]) => {
  if (at !== '127.0.0.1' && !existsSync('/proc/self/net/if_inet6')) return;
  const socket = await connection(host === '127.5.4.3' ? host : at!, (port) => ours(port, host!));
  expect(await createFindPeers()!([socket])).toEqual([
    { uid: process.getuid!(), pids: [process.pid] },
  ] satisfies Peer[]);
});

runIfProc('another process is found, too, and by a later connection again', async () => {
  const program = 'require("net").connect(Number(process.argv[1]), "127.0.0.1").on("error", () => {})';
  const pids: (number | undefined)[] = [];
  const start = (port: number): void => {
    const child = spawn(process.execPath, ['-e', program, String(port)], { stdio: 'ignore' });
    pids.push(child.pid);
    onTestFinished(() => void child.kill('SIGKILL'));
  };
  const findPeers = createFindPeers()!;
  for (const start_ of [start, start]) {
    const [peer] = await findPeers([await connection('127.0.0.1', start_)]);
    expect(peer?.pids).toEqual([pids.at(-1)]);
  }
});

runIfProc('whoever has let go of the connection is not found', async () => {
  const socket = await connection('127.0.0.1', (port) => {
    const other = connect(port, '127.0.0.1', () => other.end(() => other.destroy()));
  });
  socket.resume();
  await once(socket, 'end');
  expect(await createFindPeers()!([socket])).toEqual([undefined]);
});

const FROM_HERE = { remoteAddress: '127.0.0.1', remotePort: 1, localAddress: '127.0.0.1', localPort: 2 };
const FROM_ELSEWHERE = { ...FROM_HERE, remoteAddress: '203.0.113.9' };
const UID = process.getuid?.() ?? 0;

const codeOf = (refuse: () => void): string | undefined => {
  try {
    refuse();
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test.for<[what: string, refused: boolean, peer: Peer | undefined, connected?: object, tools?: number[]]>([
  ['a process that is no tool', false, { uid: UID, pids: [7] }],
  ['a tool', true, { uid: UID, pids: [7] }, FROM_HERE, [7]],
  ['one of several that it may be is a tool', true, { uid: UID, pids: [6, 7] }, FROM_HERE, [7]],
  ['a tool by another user', true, { uid: UID + 1, pids: [7] }, FROM_HERE, [7]],
  ['nobody of ours has it any more', true, { uid: UID, pids: [] }],
  ['another user, of whom nothing is seen', false, { uid: UID + 1, pids: [] }],
  ['on the loopback, and gone', true, undefined],
  ['on the loopback as IPv6 has it, and gone', true, undefined, { ...FROM_HERE, remoteAddress: '::ffff:127.0.0.2' }],
  ['a connection that is over', true, undefined, { remotePort: 1 }],
  ['another machine', false, undefined, FROM_ELSEWHERE],
])('%s', async ([, refused, peer, connected = FROM_HERE, tools = []]) => {
  const connection = connected as typeof FROM_HERE;
  const { look, refuse } = createRefuseTools({
    findPeers: async () => [peer],
    isTool: (pid) => tools.includes(pid),
    isRunning: () => true,
  });
  await look(connection);
  expect(codeOf(() => refuse(connection))).toBe(refused ? 'caller_is_tool' : undefined);
});

test('each connection is looked up once, and those that come meanwhile together', async () => {
  const connections = Array.from({ length: 6 }, () => ({ ...FROM_HERE }));
  const looked: number[][] = [];
  const { look, refuse } = createRefuseTools({
    async findPeers(all) {
      looked.push(all.map((one) => connections.indexOf(one as typeof FROM_HERE)));
      await new Promise((resolve) => setTimeout(resolve, 5));
      return looked.at(-1)!.map((pid) => ({ uid: UID, pids: [pid] }));
    },
    isTool: (pid) => pid === 4,
    isRunning: () => true,
  });
  const first = look(connections[0]!);
  await Promise.resolve();
  await Promise.all([first, ...connections.slice(1).map(look)]);
  expect(looked).toEqual([[0], [1, 2, 3, 4, 5]]);
  for (const connection of connections) expect(look(connection)).toBeUndefined();
  expect(connections.map((one) => codeOf(() => refuse(one)))).toEqual([
    ...Array<undefined>(4).fill(undefined),
    'caller_is_tool',
    undefined,
  ]);
});

test('who was not looked up is refused', () => {
  const { refuse } = createRefuseTools({ findPeers: async () => [undefined] });
  expect(codeOf(() => refuse(FROM_HERE))).toBe('caller_is_tool');
});

test('after a lookup that failed the next is tried, on the same connection and on others', async () => {
  let fails = true;
  const { look, refuse } = createRefuseTools({
    async findPeers(all) {
      if (fails) throw Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' });
      return all.map(() => ({ uid: UID, pids: [7] }));
    },
    isTool: () => false,
    isRunning: () => true,
  });
  const [one, other] = [{ ...FROM_HERE }, { ...FROM_HERE }];
  await look(one);
  expect(codeOf(() => refuse(one))).toBe('caller_is_tool');
  fails = false;
  await Promise.all([look(one), look(other)]);
  expect([one, other].map((connection) => codeOf(() => refuse(connection)))).toEqual([undefined, undefined]);
});

runIfProc('a process that ended before it was looked at is refused', async () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const { look, refuse } = createRefuseTools({
    findPeers: async (all) => all.map(() => ({ uid: UID, pids: [child.pid!] })),
    isTool: () => false,
  });
  const [runs, ended] = [{ ...FROM_HERE }, { ...FROM_HERE }];
  await look(runs);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await look(ended);
  expect([runs, ended].map((connection) => codeOf(() => refuse(connection)))).toEqual([undefined, 'caller_is_tool']);
});

import type { Facts } from '../../../../contract/values.ts';
import type { TestHost } from '../../test-host.ts';

/** What is seen of a line where others are confined, and this one isn't. */
export async function factsOf(host: TestHost, args: string | object): Promise<Facts> {
  const request = host.request('exec_command', typeof args === 'string' ? { cmd: args } : args);
  return (await host.host.inspect({ ...request, links: true })).facts;
}

/** What such a line goes by, as a person is told it: paths of the project relative to its root. */
export async function goesBy(host: TestHost, args: string | object): Promise<string[] | undefined> {
  const facts = await factsOf(host, args);
  return facts.runs?.map(({ path, digest }) =>
    digest === undefined ? `whatever ${path} is by then` : path.replace(`${host.root}/`, ''),
  );
}

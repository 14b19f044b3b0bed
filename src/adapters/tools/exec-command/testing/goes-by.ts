import type { ToolRequest } from '../../../../contract/ports.ts';
import type { Facts } from '../../../../contract/values.ts';
import type { TestHost } from '../../test-host.ts';

/** A line that leaves the sandbox, or finds none, where others are confined. */
export function leaving(host: TestHost, args: string | object): ToolRequest {
  return { ...host.request('exec_command', typeof args === 'string' ? { cmd: args } : args), links: true };
}

/** What is seen of such a line. */
export async function factsOf(host: TestHost, args: string | object): Promise<Facts> {
  return (await host.host.inspect(leaving(host, args))).facts;
}

/** What it goes by, as a person is told it: paths of the project relative to its root. */
export async function goesBy(host: TestHost, args: string | object): Promise<string[] | undefined> {
  const facts = await factsOf(host, args);
  return facts.runs?.map(({ path, digest }) =>
    digest === undefined ? `whatever ${path} is by then` : path.replace(`${host.root}/`, ''),
  );
}

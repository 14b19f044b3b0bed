import type { TestHost } from '../../test-host.ts';

/** What a line goes by, as a person is told it: paths of the project relative to its root. */
export async function goesBy(host: TestHost, args: string | object): Promise<string[] | undefined> {
  const { facts } = await host.inspect('exec_command', typeof args === 'string' ? { cmd: args } : args);
  return facts.runs?.map(({ path, digest }) =>
    digest === undefined ? `whatever ${path} is by then` : path.replace(`${host.root}/`, ''),
  );
}

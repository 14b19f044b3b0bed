/** Whether the environment wants a host reached through a proxy: as other programs read it, lower case first. */
import type { Environment } from '../../../base/environment.ts';
import type { HostFact } from '../../../contract/values.ts';

/** The variable that names one. */
export function proxyFor(environment: Environment, { url, host, port }: HostFact): string | undefined {
  const lower = url.startsWith('https:') ? 'https_proxy' : 'http_proxy';
  const name = [lower, lower.toUpperCase()].find((one) => environment[one]);
  const exempt = (environment['no_proxy'] || environment['NO_PROXY'] || '').toLowerCase().split(/[\s,]+/);
  return exempt.some((one) => isExempt(one, host, port)) ? undefined : name;
}

function isExempt(entry: string, host: string, port: number): boolean {
  if (entry === '*') return true;
  const [, name = entry, wanted] = /^(.*):(\d+)$/.exec(entry) ?? [];
  if (name === '' || (wanted !== undefined && Number(wanted) !== port)) return false;
  const suffix = name.replace(/^\*?\./, '');
  return host === suffix || host.endsWith(`.${suffix}`);
}

/** What may stand behind the `?` of a request. @throws RuntimeError invalid_request, both */
import { invalid } from './read-body.ts';

interface Query {
  query: URLSearchParams;
}

export function flag({ query }: Query, name: string): boolean {
  const text = query.get(name) ?? 'false';
  if (text !== 'true' && text !== 'false') throw invalid(`\`${name}\` must be true or false.`);
  return text === 'true';
}

export function number({ query }: Query, name: string, usual: number, most = Number.MAX_SAFE_INTEGER): number {
  const text = query.get(name);
  if (text === null) return usual;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (value <= most) return value;
  throw invalid(`\`${name}\` must be a whole number${most === Number.MAX_SAFE_INTEGER ? '' : `, at most ${most}`}.`);
}

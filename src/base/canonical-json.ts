import canonicalize from 'canonicalize';

/**
 * The canonical text of a JSON value (RFC 8785), the form over which values are digested.
 * @throws TypeError when the value has no JSON form (undefined, a function, a non-finite number).
 */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('The value has no JSON form.');
  return text;
}

/** Asks once for each key. */
export function remembering<T>(tell: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>();
  return (key) => {
    if (!known.has(key)) known.set(key, tell(key));
    return known.get(key)!;
  };
}

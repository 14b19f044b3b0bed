/** Asks once for each key. */
export function remembering<T>(tell: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>();
  return (key) => {
    if (!known.has(key)) known.set(key, tell(key));
    return known.get(key)!;
  };
}

/** Asks again when what it was told is older than that (ms); of so many keys it is remembered at most. `now`: ms UTC. */
export function rememberingFor<T>(ms: number, most: number, tell: (key: string) => T): (key: string, now: number) => T {
  const known = new Map<string, { at: number; told: T }>();
  return (key, now) => {
    const before = known.get(key);
    if (before !== undefined && now >= before.at && now - before.at < ms) return before.told;
    const told = tell(key);
    if (known.size >= most) known.clear();
    known.set(key, { at: now, told });
    return told;
  };
}

/**
 * Whether a name fits a pattern, in any case: `*` stands for any characters but `/`, at the beginning of the pattern not for a dot;
 * all else stands for itself. In time linear in each `*`: texts and patterns come from files.
 */
export function fits(text: string, wanted: string): boolean {
  const name = text.toLowerCase();
  const pattern = wanted.toLowerCase();
  if (pattern.startsWith('*') && name.startsWith('.')) return false;
  const [first, ...rest] = pattern.split('*') as [string, ...string[]];
  const last = rest.pop();
  if (last === undefined) return name === pattern;
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false;
  const middle = name.slice(first.length, name.length - last.length);
  let position = 0;
  let stars = '';
  for (const piece of rest) {
    const found = middle.indexOf(piece, position);
    if (found < 0) return false;
    stars += middle.slice(position, found);
    position = found + piece.length;
  }
  stars += middle.slice(position);
  return !stars.includes('/');
}

/** Redirects of a shell line: how they are recorded, and of which nobody knows what they open. */
import type { Redirect, Redirection } from 'unbash';
import { recordedText, shellWord } from './words.ts';

/** As it would be written: `> out.txt`, `2>&1`, `<<EOF`. */
export function redirectText(node: Redirection): string {
  const { descriptor } = node;
  const from = descriptor === undefined ? '' : descriptor.type === 'FileDescriptor' ? String(descriptor.value) : `{${descriptor.name}}`; // prettier-ignore
  if (node.type === 'HereDoc') return `${from}${node.operator}${node.delimiter?.text ?? ''}`;
  if (node.target === undefined) return `${from}${node.operator}`;
  const target = recordedText(shellWord(node.target));
  const blank = node.operator.endsWith('&') && /^(?:\d+-?|-)$/.test(target) ? '' : ' ';
  return `${from}${node.operator}${blank}${target}`;
}

/** What a here-string says is no file. */
export function isDynamicRedirect(node: Redirection): boolean {
  return node.type === 'Redirect' && (node.target === undefined || shellWord(node.target).dynamic);
}

/** Behind `>&` bash expands what it got once more. */
export function isReadTwice({ operator, target }: Redirect): boolean {
  if (operator !== '>&' || target === undefined) return false;
  const { text, dynamic } = shellWord(target);
  return !dynamic && /[$`<>]/.test(text); // what is dynamic is unclear anyhow
}

/** What stands faintly behind the input. */
import { COMMANDS } from './slash.ts';

/** `fresh`: nothing was said in the session yet. */
export function hintFor(text: string, fresh: boolean): string {
  if (text === '') return fresh ? 'ask, or say what is to be done' : '';
  const typed = /^\/([a-z]*)$/.exec(text)?.[1];
  if (typed === undefined) return '';
  if (typed === '') return '  Tab lists the commands';
  const found = Object.entries(COMMANDS).find(([name]) => name.startsWith(typed));
  if (found === undefined) return '';
  const [name, { usage, summary }] = found;
  return `${name.slice(typed.length)}${usage === '' ? '' : ` ${usage}`}   ${summary}`;
}

/** Programs of every day that are given a host as a word of its own. */
import { operandsBehind } from './operands.ts';
import type { ShellWord } from './words.ts';

/** Short options that have a value; which of the operands are hosts; whether those are `host:path`. */
const PROGRAMS: Record<string, { values: string; hosts: (word: string, at: number) => boolean; isRemote?: true }> = {
  ping: { values: 'cFGghIiklMmpQSsTtWwz', hosts: () => true },
  traceroute: { values: 'fgimNpqstwz', hosts: (_, at) => at === 0 },
  nc: { values: 'IiMmOPpqsTVWwXx', hosts: (_, at) => at === 0 },
  telnet: { values: 'bekln', hosts: (_, at) => at === 0 },
  ssh: { values: 'BbcDEeFIiJLlmOopQRSWw', hosts: (_, at) => at === 0 },
  // Other words are kinds of records.
  dig: { values: 'bcfkpqtxy', hosts: (word) => /[@.:]/.test(word) && !word.startsWith('+') },
  nslookup: { values: '', hosts: () => true },
  host: { values: 'cNRtWm', hosts: () => true },
  scp: { values: 'cDFiJloPSX', hosts: () => true, isRemote: true },
  rsync: { values: 'eBfMT@', hosts: () => true, isRemote: true },
}; // prettier-ignore
PROGRAMS['ping6'] = PROGRAMS['ping']!;
PROGRAMS['ncat'] = PROGRAMS['nc']!;
PROGRAMS['netcat'] = PROGRAMS['nc']!;

export function hostOperands([program, ...words]: readonly ShellWord[]): { word: ShellWord; isRemote: boolean }[] {
  const name = program?.text.slice(program.text.lastIndexOf('/') + 1) ?? '';
  if (!Object.hasOwn(PROGRAMS, name)) return [];
  const { values, hosts, isRemote = false } = PROGRAMS[name]!;
  return operandsBehind(words, values)
    .filter(({ text }, at) => hosts(text, at))
    .map((word) => ({ word, isRemote }));
}

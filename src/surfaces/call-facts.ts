/** What a person is told of a call beside what its tool shows: what was found out about it. */
import type { ApprovalRecord } from '../contract/answers.ts';
import type { EntryData } from '../contract/entries.ts';
import type { Facts, Presentation } from '../contract/values.ts';

/** As far as it is known. */
export type ShownCall = Presentation & Partial<Pick<ApprovalRecord, 'facts' | 'effect' | 'rules' | 'reason' | 'taint'>>;

/** A row for each that says something. */
export function factRows({
  facts,
  rules = [],
  reason,
  taint = [],
}: Partial<ShownCall>): [name: string, text: string][] {
  const rows: [string, string][] = [];
  const asking = rules.filter(({ id, verdict }) => verdict !== 'allow' && !isUsual(id)).map(({ id }) => id);
  if (reason !== undefined && asking.length > 0) rows.push(['asks', `${asking.join(', ')}: ${reason}`]);
  if (facts) rows.push(...touched(facts));
  if (taint.length > 0) rows.push(['tainted by', taint.join(', ')]);
  return rows;
}

/** Every call of the tool asks: that needs no words. */
function isUsual(id: string): boolean {
  return id.startsWith('ask:') || id.startsWith('default:');
}

function touched({ paths, hosts, commands, executable, runs = [], links = [], unbound = [], secrets = [] }: Facts): [string, string][] {
  const rows: [string, string][] = [];
  const isWritten = (path: Facts['paths'][number]): boolean => path.writes === true;
  const row = (name: string, texts: string[]): void => void (texts.length > 0 && rows.push([name, [...new Set(texts)].join(', ')])); // prettier-ignore
  const place = ({ path, real }: Facts['paths'][number]): string => (path === real ? real : `${path}, which is ${real}`); // prettier-ignore
  row('program', executable && commands.some(({ parser }) => parser === 'argv') ? [executable.path] : []);
  row('goes by', runs.map(({ path, digest }) => (digest === undefined ? `whatever ${path} is by then` : path)));
  row('links', links.map(({ path }) => path));
  row('not bound', unbound.map((folder) => `whatever else lies in ${folder} by then`));
  row('gets', secrets.map(({ variable, name }) => `the secret ${name} as ${variable}`));
  row('works in', paths.filter(({ arg }) => arg === 'workdir').map(({ real }) => real));
  row('writes', paths.filter(isWritten).map(({ real }) => real));
  row('outside', paths.filter((path) => !path.inside_root && !isWritten(path)).map(place));
  row('runs later', paths.filter(({ runs_later }) => runs_later).map(place));
  row('secret', paths.filter(({ secret_shaped }) => secret_shaped).map(place));
  row('hosts', hosts.map(({ host, port, addresses, scope }) => `${host}:${port}${inBrackets([...addresses.filter((one) => one !== host), ...(scope ? [`no public place: ${scope}`] : [])])}`));
  row('unclear', commands.flatMap(({ unclear }) => unclear?.replaceAll('_', ' ') ?? []));
  row('careful', commands.some(({ names_runtime }) => names_runtime) ? ['it names this program or its home'] : []);
  return rows;
} // prettier-ignore

function inBrackets(texts: string[]): string {
  return texts.length === 0 ? '' : ` (${texts.join(', ')})`;
}

/** Calls with what was shown and found out of them, entry by entry. */
export interface ShownCalls {
  named(call_id: string, title: string): void;
  inspected(data: EntryData<'call.inspected'>): void;
  decided(data: EntryData<'policy.decided'>): void;
  get(call_id: string): ShownCall | undefined;
  clear(): void;
}

export function createShownCalls(): ShownCalls {
  const calls = new Map<string, ShownCall>();
  return {
    named: (call_id, title) => void calls.set(call_id, { title }),
    inspected: ({ call_id, presentation, facts }) => void calls.set(call_id, { ...presentation, facts }),
    decided({ call_id, effect, reason, rules, taint }) {
      const shown = calls.get(call_id);
      if (shown) calls.set(call_id, { ...shown, effect, reason, rules, taint });
    },
    get: (call_id) => calls.get(call_id),
    clear: () => calls.clear(),
  };
}
